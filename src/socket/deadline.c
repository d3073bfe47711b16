
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The one timer of a connection: the nearest of idle, lifetime, ping, drain.
 */


#include "socket/deadline.h"


#define NGX_HTTP_WSGW_NO_DEADLINE  ((ngx_msec_t) -1)


/* the next moment at which something may be due; activity moves deadlines
   later without touching the timer */

void
ngx_http_wsgw_deadline_arm(ngx_http_wsgw_connection_t *wc)
{
    ngx_msec_t                 next;
    ngx_msec_int_t             left;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;

    if (wc->state == ngx_http_wsgw_closing) {
        next = ngx_http_wsgw_deadline_due(wc->active, wlcf->close_timeout);

    } else {
        next = ngx_http_wsgw_deadline_due(wc->opened, wlcf->max_lifetime);

        if (!wc->blocked) {
            next = ngx_min(next,
                           ngx_http_wsgw_deadline_due(wc->active,
                                                      wlcf->idle_timeout));
            next = ngx_min(next,
                           ngx_http_wsgw_deadline_ping(wc));
        }

        if (wc->draining) {
            left = (int32_t) (wc->drain_at - (uint32_t) ngx_current_msec);
            next = ngx_min(next, (ngx_msec_t) ngx_max(left, 1));
        }
    }

    if (wc->connection->read->timer_set) {
        ngx_del_timer(wc->connection->read);
    }

    if (next != NGX_HTTP_WSGW_NO_DEADLINE) {
        ngx_add_timer(wc->connection->read, ngx_max(next, 1));
    }
}


/* ms until "from" is "after" ms ago, 0: it is; after 0: never */

ngx_msec_t
ngx_http_wsgw_deadline_due(ngx_msec_t from, ngx_msec_t after)
{
    ngx_msec_t  passed;

    if (after == 0) {
        return NGX_HTTP_WSGW_NO_DEADLINE;
    }

    passed = ngx_current_msec - from;

    return passed < after ? after - passed : 0;
}


/* ping_from is the lower half of a time */

ngx_msec_t
ngx_http_wsgw_deadline_ping(ngx_http_wsgw_connection_t *wc)
{
    uint32_t  passed;

    passed = (uint32_t) ngx_current_msec - wc->ping_from;

    return ngx_http_wsgw_deadline_due(ngx_current_msec - passed,
                                      wc->wlcf->ping_interval);
}
