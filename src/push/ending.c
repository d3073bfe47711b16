
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Thousands of questions may end at once, as when Redis is lost.  Each of their
 * callers is written an answer, so others have their turn in between.
 */


#include "push/ending.h"


#define NGX_HTTP_WSGW_ENDING_TURN  64           /* of the event loop */


typedef struct {
    ngx_queue_t             queue;
    ngx_http_wsgw_push_t   *push;
    wsgw_outcome_t          outcome;
} ngx_http_wsgw_ending_t;


static void ngx_http_wsgw_ending_event(ngx_event_t *ev);
static void ngx_http_wsgw_ending_cancel(ngx_http_wsgw_push_t *push);


static ngx_http_wsgw_transport_t  ngx_http_wsgw_ending = {
    NULL,
    ngx_http_wsgw_ending_cancel
};


static ngx_queue_t  ngx_http_wsgw_ending_queue = {
    &ngx_http_wsgw_ending_queue, &ngx_http_wsgw_ending_queue
};

static ngx_event_t  ngx_http_wsgw_ending_turn;


void
ngx_http_wsgw_ending_add(ngx_http_wsgw_push_t *push, wsgw_outcome_t outcome)
{
    ngx_http_wsgw_ending_t  *ending;

    ending = ngx_alloc(sizeof(ngx_http_wsgw_ending_t), ngx_cycle->log);

    if (ending == NULL) {
        ngx_http_wsgw_push_complete(push, outcome, 1);
        return;
    }

    ending->push = push;
    ending->outcome = outcome;

    push->transport = &ngx_http_wsgw_ending;
    push->pending = ending;

    ngx_queue_insert_tail(&ngx_http_wsgw_ending_queue, &ending->queue);

    if (!ngx_http_wsgw_ending_turn.posted) {
        ngx_http_wsgw_ending_turn.handler = ngx_http_wsgw_ending_event;
        ngx_http_wsgw_ending_turn.log = ngx_cycle->log;

        ngx_post_event(&ngx_http_wsgw_ending_turn, &ngx_posted_events);
    }
}


static void
ngx_http_wsgw_ending_event(ngx_event_t *ev)
{
    ngx_uint_t               n;
    wsgw_outcome_t           outcome;
    ngx_http_wsgw_push_t    *push;
    ngx_http_wsgw_ending_t  *ending;

    for (n = 0; !ngx_queue_empty(&ngx_http_wsgw_ending_queue); n++) {

        if (n == NGX_HTTP_WSGW_ENDING_TURN) {
            ngx_post_event(ev, &ngx_posted_next_events);
            return;
        }

        ending = ngx_queue_data(ngx_queue_head(&ngx_http_wsgw_ending_queue),
                                ngx_http_wsgw_ending_t, queue);
        push = ending->push;
        outcome = ending->outcome;

        ngx_http_wsgw_ending_cancel(push);

        ngx_http_wsgw_push_complete(push, outcome, 1);
    }
}


static void
ngx_http_wsgw_ending_cancel(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_ending_t  *ending;

    ending = push->pending;

    ngx_queue_remove(&ending->queue);
    ngx_free(ending);
}
