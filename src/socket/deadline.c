
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The deadlines of a connection.  None is kept: each is computed from when
 * something happened last, so that a message moves it by storing the time.
 */


#include "socket/deadline.h"


#define NGX_HTTP_WSGW_DEADLINE_NEVER  ((ngx_msec_t) -1)


typedef struct {
    ngx_http_wsgw_deadline_e       which;
    ngx_msec_t                     left;    /* until then; 0: it has passed */
} ngx_http_wsgw_deadline_t;


static ngx_http_wsgw_deadline_t ngx_http_wsgw_deadline_nearest(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_deadline_add(ngx_http_wsgw_deadline_t *nearest,
    ngx_http_wsgw_deadline_e which, ngx_msec_t left);
static ngx_msec_t ngx_http_wsgw_deadline_left(ngx_msec_t passed,
    ngx_msec_t after);


#if (NGX_DEBUG)

static const char *const  ngx_http_wsgw_deadline_names[] = {
    "none", "close", "lifetime", "drain", "idle", "ping"
};

#endif


void
ngx_http_wsgw_deadline_arm(ngx_http_wsgw_connection_t *wc)
{
    ngx_event_t               *rev;
    ngx_http_wsgw_deadline_t   nearest;

    rev = wc->connection->read;
    nearest = ngx_http_wsgw_deadline_nearest(wc);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw timer %s in:%M",
                   ngx_http_wsgw_deadline_names[nearest.which], nearest.left);

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    if (nearest.which != ngx_http_wsgw_deadline_none) {
        ngx_add_timer(rev, ngx_max(nearest.left, 1));
    }
}


ngx_http_wsgw_deadline_e
ngx_http_wsgw_deadline_due(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_deadline_t  nearest;

    nearest = ngx_http_wsgw_deadline_nearest(wc);

    return nearest.left ? ngx_http_wsgw_deadline_none : nearest.which;
}


static ngx_http_wsgw_deadline_t
ngx_http_wsgw_deadline_nearest(ngx_http_wsgw_connection_t *wc)
{
    int32_t                    left;
    uint32_t                   now;
    ngx_http_wsgw_loc_conf_t  *wlcf;
    ngx_http_wsgw_deadline_t   nearest;

    wlcf = wc->wlcf;
    now = (uint32_t) ngx_current_msec;

    nearest.which = ngx_http_wsgw_deadline_none;
    nearest.left = NGX_HTTP_WSGW_DEADLINE_NEVER;

    if (wc->state == ngx_http_wsgw_closing) {
        ngx_http_wsgw_deadline_add(&nearest, ngx_http_wsgw_deadline_close,
                       ngx_http_wsgw_deadline_left(ngx_current_msec
                                                   - wc->active,
                                                   wlcf->close_timeout));
        return nearest;
    }

    ngx_http_wsgw_deadline_add(&nearest, ngx_http_wsgw_deadline_lifetime,
                       ngx_http_wsgw_deadline_left(ngx_current_msec
                                                   - wc->opened,
                                                   wlcf->max_lifetime));

    if (wc->draining) {
        left = (int32_t) (wc->drain_at - now);

        ngx_http_wsgw_deadline_add(&nearest, ngx_http_wsgw_deadline_drain,
                                   (ngx_msec_t) ngx_max(left, 0));
    }

    if (wc->blocked) {

        /* A client whom nobody reads cannot show that it lives. */

        return nearest;
    }

    ngx_http_wsgw_deadline_add(&nearest, ngx_http_wsgw_deadline_idle,
                       ngx_http_wsgw_deadline_left(ngx_current_msec
                                                   - wc->active,
                                                   wlcf->idle_timeout));

    ngx_http_wsgw_deadline_add(&nearest, ngx_http_wsgw_deadline_ping,
                       ngx_http_wsgw_deadline_left(now - wc->ping_from,
                                                   wlcf->ping_interval));

    return nearest;
}


static void
ngx_http_wsgw_deadline_add(ngx_http_wsgw_deadline_t *nearest,
    ngx_http_wsgw_deadline_e which, ngx_msec_t left)
{
    if (left < nearest->left) {
        nearest->which = which;
        nearest->left = left;
    }
}


/* Returns the ms left when so many have passed of what lasts "after"; a
   timeout of 0 is off. */

static ngx_msec_t
ngx_http_wsgw_deadline_left(ngx_msec_t passed, ngx_msec_t after)
{
    if (after == 0) {
        return NGX_HTTP_WSGW_DEADLINE_NEVER;
    }

    return passed < after ? after - passed : 0;
}
