
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A node whose line is evicted is not reached until its next beat, which is
 * easy to overlook.  So the server is asked, if the user may, what it does when
 * its memory is full.  Our keys have no time to live: policies that begin with
 * "volatile-" leave them alone.
 */


#include "cluster/eviction.h"


static void ngx_http_wsgw_eviction_known(void *data,
    ngx_http_wsgw_reply_t *reply);


void
ngx_http_wsgw_eviction_ask(ngx_http_wsgw_pair_t *pair)
{
    ngx_str_t  words[2];

    ngx_str_set(&words[0], "INFO");
    ngx_str_set(&words[1], "memory");

    (void) ngx_http_wsgw_pair_send(pair, 2, words,
                                   ngx_http_wsgw_eviction_known, pair);
}


static void
ngx_http_wsgw_eviction_known(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_pair_t *pair = data;

    char        *text;
    ngx_uint_t   evicts;

    if (reply == NULL || reply->type != ngx_http_wsgw_reply_string) {
        return;
    }

    text = (char *) reply->text.data;

    evicts = ngx_strstr(text, "\nmaxmemory_policy:allkeys-") != NULL
             && ngx_strstr(text, "\nmaxmemory:0\r") == NULL;

    if (evicts && !pair->evicts) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "redis \"%V\" of zone \"%V\" may evict our keys when its "
                      "memory is full: its maxmemory-policy should not begin "
                      "with \"allkeys-\"", &pair->pick.server->text,
                      &pair->process->zone->name);
    }

    pair->evicts = evicts;
}
