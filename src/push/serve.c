
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A question comes in, is pushed and goes out as a RESULT.  Any worker of the
 * instance serves it, as it reaches all the others by letter.  Nobody asks
 * another instance in turn.
 */


#include "push/serve.h"
#include "zone/number.h"


static void ngx_http_wsgw_serve_done(ngx_http_wsgw_push_t *push);


ngx_int_t
ngx_http_wsgw_serve(ngx_http_wsgw_serve_t *serve, ngx_str_t *question)
{
    ngx_http_wsgw_push_t  *push;

    push = &serve->push;

    ngx_memzero(push, sizeof(ngx_http_wsgw_push_t));

    push->zone = serve->zone;
    push->log = ngx_cycle->log;
    push->done = ngx_http_wsgw_serve_done;
    push->data = serve;
    push->served = 1;

    if (ngx_http_wsgw_question_read(push, question) != NGX_OK
        || ngx_http_wsgw_number_of(&push->id) != push->zone->number)
    {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, push->log, 0,
                       "wsgw push not served len:%uz", question->len);
        return NGX_ERROR;
    }

    (void) ngx_http_wsgw_push(push);

    return NGX_OK;
}


static void
ngx_http_wsgw_serve_done(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_serve_t  *serve;

    serve = push->data;

    if (serve->asker) {
        ngx_http_wsgw_question_write_result_to(push, serve->asker,
                                               &serve->result);

    } else {
        ngx_http_wsgw_question_write_result(push, &serve->result);
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, push->log, 0,
                   "wsgw push served verb:%ui slot:%uD outcome:%d",
                   push->verb, push->id.slot, push->outcome);

    serve->done(serve);
}
