
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A node that ends takes its line with it.
 */


#include "cluster/bye.h"
#include "base/told.h"
#include "zone/succession.h"


static void ngx_http_wsgw_bye_dead(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_pair_t *pair);


/*
 * Whoever hears of one that is dead need not wait for it to be claimed.  A
 * number that was given up may be another node's as well, which is not dead.
 */

void
ngx_http_wsgw_bye(ngx_http_wsgw_zone_t *zone, ngx_http_wsgw_pair_t *pair)
{
    u_char     key[NGX_HTTP_WSGW_PAIR_KEY], number[8];
    ngx_str_t  words[3];

    /* A worker that was ended by itself has a successor.  Those of a reload may
       not have come yet. */

    if (pair->state < ngx_http_wsgw_pair_subscribe
        || ngx_http_wsgw_succession_is_reload(zone)
        || ngx_http_wsgw_told_by_other())
    {
        return;
    }

    ngx_str_set(&words[0], "MULTI");
    (void) ngx_http_wsgw_dial_command(&pair->command, 1, words);

    ngx_str_set(&words[0], "HDEL");
    words[1].data = key;
    words[1].len = ngx_sprintf(key, "%Vnodes", &zone->cluster->prefix) - key;
    words[2].data = number;
    words[2].len = ngx_sprintf(number, "%06xD", zone->number) - number;
    (void) ngx_http_wsgw_dial_command(&pair->command, 3, words);

    if (ngx_http_wsgw_header(zone)->self.state != WSGW_NODE_CLAIMED) {
        ngx_http_wsgw_bye_dead(zone, pair);
    }

    ngx_str_set(&words[0], "EXEC");
    (void) ngx_http_wsgw_dial_command(&pair->command, 1, words);
}


static void
ngx_http_wsgw_bye_dead(ngx_http_wsgw_zone_t *zone, ngx_http_wsgw_pair_t *pair)
{
    u_char     key[NGX_HTTP_WSGW_PAIR_KEY], number[8], now[NGX_TIME_T_LEN];
    ngx_str_t  words[5];

    ngx_str_set(&words[0], "ZADD");
    words[1].data = key;
    words[1].len = ngx_sprintf(key, "%Vdead", &zone->cluster->prefix) - key;
    ngx_str_set(&words[2], "NX");
    words[3].data = now;
    words[3].len = ngx_sprintf(now, "%T", ngx_time()) - now;
    words[4].data = number;
    words[4].len = ngx_sprintf(number, "%06xD", zone->number) - number;

    (void) ngx_http_wsgw_dial_command(&pair->command, 5, words);
}
