
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an access log is told of how an event or a handshake went.  nginx
 * writes an integration's line before anybody has judged its answer, so the
 * line judges it.
 */


#include "http/logged.h"
#include "event/verdict.h"
#include "http/subject.h"
#include "invoke/invoke_answer.h"


static const char *ngx_http_wsgw_logged_refused(ngx_http_request_t *r);
static ngx_http_wsgw_event_t *ngx_http_wsgw_logged_event(
    ngx_http_wsgw_invoke_t *inv);


ngx_uint_t
ngx_http_wsgw_logged_status(ngx_http_request_t *r)
{
    ngx_http_wsgw_ctx_t     *ctx;
    ngx_http_wsgw_event_t   *event;
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv) {
        event = ngx_http_wsgw_logged_event(inv);

        return event ? event->status : r->main->headers_out.status;
    }

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_wsgw_module);

    return ctx ? ctx->status : 0;
}


const char *
ngx_http_wsgw_logged_error(ngx_http_request_t *r)
{
    ngx_http_wsgw_ctx_t     *ctx;
    ngx_http_wsgw_event_t   *event;
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv) {
        event = ngx_http_wsgw_logged_event(inv);

        return event ? event->error : NULL;
    }

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_wsgw_module);

    return ctx ? ctx->error : NULL;
}


/* NULL: the integration has not answered yet */

static ngx_http_wsgw_event_t *
ngx_http_wsgw_logged_event(ngx_http_wsgw_invoke_t *inv)
{
    char                    *action;
    ngx_http_wsgw_event_t   *event;

    event = inv->data;

    if (!event->judged) {

        if (!ngx_http_wsgw_invoke_answer_ready(inv)) {
            return NULL;
        }

        /* an authorizer's answer is no result, and is judged once */

        if (event->type == NGX_HTTP_WSGW_AUTHORIZE) {
            event->status = inv->timedout ? NGX_HTTP_GATEWAY_TIME_OUT
                                          : inv->status;
            return event;
        }

        action = inv->log.action;
        (void) ngx_http_wsgw_verdict(inv, event);
        inv->log.action = action;
    }

    return event;
}


const char *
ngx_http_wsgw_logged_result(ngx_http_request_t *r)
{
    ngx_http_wsgw_ctx_t  *ctx;

    ctx = ngx_http_wsgw_subject(r).ctx;

    return ctx && ctx->push_result ? ctx->push_result
                                   : ngx_http_wsgw_logged_refused(r);
}


/* what nginx, or a module before @connections, has refused; NULL: nothing */

static const char *
ngx_http_wsgw_logged_refused(ngx_http_request_t *r)
{
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->management_zone == NULL) {
        return NULL;
    }

    switch (r->headers_out.status) {

    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_FORBIDDEN:
        return "forbidden";

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return "too_large";

    default:
        return NULL;
    }
}
