
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
static void ngx_http_wsgw_serve_answered(ngx_http_wsgw_whole_t *whole);


ngx_int_t
ngx_http_wsgw_serve(ngx_http_wsgw_serve_t *serve, ngx_str_t *question)
{
    ngx_uint_t             whole;
    ngx_http_wsgw_push_t  *push;

    push = &serve->push;

    ngx_memzero(push, sizeof(ngx_http_wsgw_push_t));

    push->zone = serve->zone;
    push->log = ngx_cycle->log;
    push->done = ngx_http_wsgw_serve_done;
    push->data = serve;
    push->served = 1;

    serve->result.data = serve->buf;
    serve->result.len = sizeof(serve->buf);
    ngx_str_null(&serve->more);

    whole = (ngx_http_wsgw_question_read_whole(push, question) == NGX_OK);

    if ((!whole && ngx_http_wsgw_question_read(push, question) != NGX_OK)
        || ngx_http_wsgw_number_of(&push->id) != push->zone->number)
    {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, push->log, 0,
                       "wsgw push not served len:%uz", question->len);
        return NGX_ERROR;
    }

    if (whole) {
        serve->whole.zone = serve->zone;
        serve->whole.done = ngx_http_wsgw_serve_answered;
        serve->whole.data = serve;

        return ngx_http_wsgw_whole(&serve->whole, &push->body);
    }

    (void) ngx_http_wsgw_push(push);

    return NGX_OK;
}


static void
ngx_http_wsgw_serve_done(ngx_http_wsgw_push_t *push)
{
    u_char                 *p;
    ngx_http_wsgw_serve_t  *serve;

    serve = push->data;
    p = NULL;

    /* A list of groups may be long. */

    if (push->known.groups.len) {
        serve->result.len = NGX_HTTP_WSGW_QUESTION_RESULT
                            + push->known.groups.len;
        p = ngx_alloc(serve->result.len, push->log);
        serve->result.data = p;
    }

    if (serve->result.data == NULL) {
        serve->result.len = 0;

    } else {
        ngx_http_wsgw_question_write_result(push, serve->asker,
                                            &serve->result);
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, push->log, 0,
                   "wsgw push served verb:%ui slot:%uD outcome:%d",
                   push->verb, push->id.slot, push->outcome);

    serve->done(serve);

    if (p) {
        ngx_free(p);
    }
}


static void
ngx_http_wsgw_serve_answered(ngx_http_wsgw_whole_t *whole)
{
    ngx_http_wsgw_push_t   *push;
    ngx_http_wsgw_serve_t  *serve;

    serve = whole->data;
    push = &serve->push;

    push->outcome = whole->outcome;
    push->answer = whole->answer;

    ngx_http_wsgw_question_write_answer(push, serve->asker, &serve->result);
    serve->more = whole->answer;

    serve->done(serve);
}
