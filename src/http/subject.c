
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a request's variables speak of: in an integration its event, in a stage
 * the connection that the handshake makes.
 */


#include "http/subject.h"
#include "invoke/invoke_answer.h"


ngx_http_wsgw_subject_t
ngx_http_wsgw_subject(ngx_http_request_t *r)
{
    ngx_http_wsgw_invoke_t   *inv;
    ngx_http_wsgw_subject_t   s;

    s.wc = NULL;
    s.event = NULL;
    s.ctx = NULL;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv) {
        s.wc = inv->wc;
        s.event = inv->data;
        return s;
    }

    s.ctx = ngx_http_get_module_ctx(r->main, ngx_http_wsgw_module);

    if (s.ctx) {
        s.wc = s.ctx->wc;
    }

    return s;
}


ngx_http_wsgw_event_t *
ngx_http_wsgw_subject_event(ngx_http_request_t *r, ngx_uint_t type)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    return event && event->type == type ? event : NULL;
}
