
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A node that was killed leaves its line behind.  Who sees that nobody has
 * written to it for long removes it: else all of them would be read, and asked,
 * for ever.  A node that was only cut off writes it again.
 */


#include "cluster/poll.h"


#define NGX_HTTP_WSGW_POLL_REMOVES  64          /* at a time */


static void ngx_http_wsgw_poll_remove(ngx_http_wsgw_pair_t *pair,
    ngx_str_t *number, wsgw_node_line_t *line);


unsigned
ngx_http_wsgw_poll(ngx_http_wsgw_pair_t *pair, wsgw_node_watch_t *watch,
    ngx_http_wsgw_reply_t *reply)
{
    unsigned                 flags;
    uint32_t                 still;
    ngx_int_t                number;
    ngx_uint_t               i, removed;
    wsgw_node_line_t         line, *read;
    ngx_http_wsgw_reply_t   *name, *value;
    ngx_http_wsgw_header_t  *h;

    removed = 0;

    wsgw_node_watch_poll(watch, ngx_current_msec);

    for (i = 0; i + 1 < reply->n; i += 2) {
        name = reply->element[i];
        value = reply->element[i + 1];

        if (name->type != ngx_http_wsgw_reply_string
            || value->type != ngx_http_wsgw_reply_string
            || name->text.len != 6)
        {
            continue;
        }

        number = ngx_hextoi(name->text.data, name->text.len);

        if (number < 0 || number > NGX_HTTP_WSGW_NUMBER) {
            continue;
        }

        read = wsgw_node_line_read(&line, value->text.data, value->text.len)
               == WSGW_DONE ? &line : NULL;

        still = wsgw_node_watch_see(watch, (uint32_t) number, read);

        if (still >= WSGW_NODE_LEFT_POLLS
            && removed < NGX_HTTP_WSGW_POLL_REMOVES)
        {
            ngx_http_wsgw_poll_remove(pair, &name->text, read);
            removed++;
        }
    }

    flags = wsgw_node_watch_polled(watch, ngx_current_msec);

    h = ngx_http_wsgw_header(pair->process->zone);
    h->nodes = watch->nothers + 1;
    h->suspects = watch->suspects;

    return flags;
}


static void
ngx_http_wsgw_poll_remove(ngx_http_wsgw_pair_t *pair, ngx_str_t *number,
    wsgw_node_line_t *line)
{
    u_char     key[NGX_HTTP_WSGW_PAIR_KEY];
    ngx_str_t  words[3];

    ngx_str_set(&words[0], "HDEL");
    words[1] = ngx_http_wsgw_pair_key(pair, key, "nodes");
    words[2] = *number;

    if (ngx_http_wsgw_pair_send(pair, 3, words, NULL, NULL) != NGX_OK) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "node %V \"%*s\" of zone \"%V\" does not beat, its line in "
                  "redis is removed", number, line->name_len, line->name,
                  &pair->process->zone->name);
}
