
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Thousands of questions may end at once, as when Redis is lost.  Each of their
 * callers is written an answer, which is done so many at a time.
 */


#include "push/ending.h"
#include "base/soon.h"


typedef struct {
    ngx_http_wsgw_soon_t    soon;
    ngx_http_wsgw_push_t   *push;
    wsgw_outcome_t          outcome;
} ngx_http_wsgw_ending_t;


static void ngx_http_wsgw_ending_handler(void *data);
static void ngx_http_wsgw_ending_cancel(ngx_http_wsgw_push_t *push);


static ngx_http_wsgw_transport_t  ngx_http_wsgw_ending = {
    NULL,
    ngx_http_wsgw_ending_cancel
};


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

    ending->soon.handler = ngx_http_wsgw_ending_handler;
    ending->soon.data = ending;

    ngx_http_wsgw_soon(&ending->soon);
}


static void
ngx_http_wsgw_ending_handler(void *data)
{
    ngx_http_wsgw_ending_t *ending = data;

    wsgw_outcome_t         outcome;
    ngx_http_wsgw_push_t  *push;

    push = ending->push;
    outcome = ending->outcome;

    ngx_free(ending);

    ngx_http_wsgw_push_complete(push, outcome, 1);
}


static void
ngx_http_wsgw_ending_cancel(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_ending_t  *ending;

    ending = push->pending;

    ngx_queue_remove(&ending->soon.queue);
    ngx_free(ending);
}
