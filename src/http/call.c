
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What all calls of @connections do alike: complain of their request, wait
 * while others are asked, answer in JSON.
 */


#include "http/call.h"
#include "http/reply.h"
#include "pure/utf8.h"


#define NGX_HTTP_WSGW_CALL_MESSAGE  256         /* bytes, then it is cut */


ngx_int_t
ngx_http_wsgw_call_refuse(ngx_http_request_t *r, ngx_int_t status,
    const char *format, ...)
{
    u_char                *p;
    va_list                args;
    ngx_http_wsgw_call_t  *call;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (status == NGX_HTTP_BAD_REQUEST) {
        call->ctx.push_result = "bad_request";
    }

    p = ngx_pnalloc(r->pool, NGX_HTTP_WSGW_CALL_MESSAGE);
    if (p == NULL) {
        return status;
    }

    call->message.data = p;

    va_start(args, format);
    p = ngx_vslprintf(p, p + NGX_HTTP_WSGW_CALL_MESSAGE, format, args);
    va_end(args);

    /* where the last byte is used, there may have been more */

    call->message.len = wsgw_utf8_cut(call->message.data,
                                      p - call->message.data,
                                      NGX_HTTP_WSGW_CALL_MESSAGE - 1);

    return status;
}


ngx_int_t
ngx_http_wsgw_call_closed(ngx_http_request_t *r, ngx_uint_t door)
{
    ngx_http_wsgw_call_t  *call;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);
    call->ctx.push_result = "forbidden";

    return ngx_http_wsgw_call_refuse(r, NGX_HTTP_FORBIDDEN,
               "This call needs the flag \"%s\" of wsgw_management",
               door == NGX_HTTP_WSGW_DOOR_LIST ? "list"
               : door == NGX_HTTP_WSGW_DOOR_GROUPS ? "groups" : "broadcast");
}


ngx_int_t
ngx_http_wsgw_call_arguments(ngx_http_request_t *r, ngx_uint_t which)
{
    ngx_int_t                   rc;
    ngx_http_wsgw_call_t       *call;
    ngx_http_wsgw_arguments_t  *arguments;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);
    arguments = &call->arguments;

    rc = ngx_http_wsgw_arguments(r, which, arguments);

    if (rc == NGX_DECLINED) {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST,
                                         arguments->error, &arguments->value);
    }

    return rc == NGX_OK ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


void
ngx_http_wsgw_call_done(ngx_http_request_t *r, ngx_int_t rc, ngx_uint_t later)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_finalize_request(r, rc);

    /* else nginx is about to do so, and looks at the request before */

    if (later) {
        ngx_http_run_posted_requests(c);
    }
}


ngx_int_t
ngx_http_wsgw_call_watch(ngx_http_request_t *r, void (*cancel)(void *data),
    void *data)
{
    ngx_http_cleanup_t  *cln;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = cancel;
    cln->data = data;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;

        /* An end that has come with the request makes no event of its own. */

        if (r->connection->read->pending_eof) {
            ngx_post_event(r->connection->read, &ngx_posted_events);
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_call_json(ngx_http_request_t *r, ngx_str_t *text)
{
    static ngx_str_t  json = ngx_string("application/json");

    return ngx_http_wsgw_reply(r, NGX_HTTP_OK, &json, text);
}
