
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Thousands of questions may end at once, as when Redis is lost.  Each of their
 * callers is written an answer, which is done so many at a time.
 */


#include "push/ending.h"


static void ngx_http_wsgw_ending_handler(void *data);
static void ngx_http_wsgw_ending_cancel(ngx_http_wsgw_push_t *push);


static ngx_http_wsgw_transport_t  ngx_http_wsgw_ending = {
    NULL,
    ngx_http_wsgw_ending_cancel
};


void
ngx_http_wsgw_ending_add(ngx_http_wsgw_push_t *push, wsgw_outcome_t outcome)
{
    push->outcome = outcome;
    push->transport = &ngx_http_wsgw_ending;
    push->pending = &push->ending;

    push->ending.handler = ngx_http_wsgw_ending_handler;
    push->ending.data = push;

    ngx_http_wsgw_soon(&push->ending);
}


static void
ngx_http_wsgw_ending_handler(void *data)
{
    ngx_http_wsgw_push_t *push = data;

    ngx_http_wsgw_push_complete(push, push->outcome, 1);
}


static void
ngx_http_wsgw_ending_cancel(ngx_http_wsgw_push_t *push)
{
    ngx_queue_remove(&push->ending.queue);
}
