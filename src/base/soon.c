
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Each of them may write to a socket or publish a message, which takes some
 * microseconds.
 */


#include "base/soon.h"


#define NGX_HTTP_WSGW_SOON_TURN  64             /* of the event loop */


static void ngx_http_wsgw_soon_event(ngx_event_t *ev);


static ngx_queue_t  ngx_http_wsgw_soon_queue = {
    &ngx_http_wsgw_soon_queue, &ngx_http_wsgw_soon_queue
};

static ngx_event_t  ngx_http_wsgw_soon_turn;


void
ngx_http_wsgw_soon(ngx_http_wsgw_soon_t *soon)
{
    ngx_queue_insert_tail(&ngx_http_wsgw_soon_queue, &soon->queue);

    if (!ngx_http_wsgw_soon_turn.posted && !ngx_http_wsgw_soon_turn.timer_set)
    {
        ngx_http_wsgw_soon_turn.handler = ngx_http_wsgw_soon_event;
        ngx_http_wsgw_soon_turn.data = &ngx_http_wsgw_soon_turn;
        ngx_http_wsgw_soon_turn.log = ngx_cycle->log;

        ngx_post_event(&ngx_http_wsgw_soon_turn, &ngx_posted_events);
    }
}


static void
ngx_http_wsgw_soon_event(ngx_event_t *ev)
{
    ngx_uint_t             n;
    ngx_queue_t           *q;
    ngx_http_wsgw_soon_t  *soon;

    for (n = 0; !ngx_queue_empty(&ngx_http_wsgw_soon_queue); n++) {

        if (n == NGX_HTTP_WSGW_SOON_TURN) {

            /* A worker that exits waits for timers.  One that is due at once
               is called in the same turn. */

            ngx_add_timer(ev, 1);
            return;
        }

        q = ngx_queue_head(&ngx_http_wsgw_soon_queue);
        ngx_queue_remove(q);

        soon = ngx_queue_data(q, ngx_http_wsgw_soon_t, queue);
        soon->handler(soon->data);
    }
}
