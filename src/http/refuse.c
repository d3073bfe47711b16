
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Handshakes that come to nothing.
 */


#include "http/refuse.h"
#include "base/text.h"
#include "event/field.h"
#include "http/header.h"
#include "http/reply.h"
#include "pure/phrase.h"
#include "zone/meter.h"


/* bytes of each text of a client in a line */
#define NGX_HTTP_WSGW_REFUSE_TEXT  256

#define NGX_HTTP_WSGW_REFUSE_PAUSE 1000     /* ms */


/* $wsgw_error; a callback that is no URL refuses nobody */

static const char *const  ngx_http_wsgw_refuse_errors[] = {
    [ngx_http_wsgw_refuse_path] = "path is not the stage's",
    [ngx_http_wsgw_refuse_url] = "URL is too long",
    [ngx_http_wsgw_refuse_method] = "method is not GET",
    [ngx_http_wsgw_refuse_http] = "request is not HTTP/1.1",
    [ngx_http_wsgw_refuse_upgrade] = "no upgrade to websocket",
    [ngx_http_wsgw_refuse_connection] = "Connection without upgrade",
    [ngx_http_wsgw_refuse_body] = "handshake has a body",
    [ngx_http_wsgw_refuse_key] = "Sec-WebSocket-Key is wrong",
    [ngx_http_wsgw_refuse_version] = "Sec-WebSocket-Version is not 13",
    [ngx_http_wsgw_refuse_extensions] = "Sec-WebSocket-Extensions is malformed",
    [ngx_http_wsgw_refuse_origin] = "origin is not allowed",
    [ngx_http_wsgw_refuse_host] = "Host is no host",
    [ngx_http_wsgw_refuse_callback] = "callback is no URL",
    [ngx_http_wsgw_refuse_context] = "authorizer context is too large",
    [ngx_http_wsgw_refuse_texts] = "path is too long",
    [ngx_http_wsgw_refuse_signature] = "signature is missing or wrong",
    [ngx_http_wsgw_refuse_api_key] = "client has no API key",
    [ngx_http_wsgw_refuse_limit] = "key has too many connections",
    [ngx_http_wsgw_refuse_memory] = "worker's memory is full",
    [ngx_http_wsgw_refuse_zone] = "zone cannot be used",
    [ngx_http_wsgw_refuse_identity] = "client has no identity",
    [ngx_http_wsgw_refuse_authorizer] = "authorizer refused the handshake",
    [ngx_http_wsgw_refuse_connect] = "$connect refused the handshake",
    [ngx_http_wsgw_refuse_last] = NULL
};


/* as what it is counted */

static const ngx_http_wsgw_handshake_e  ngx_http_wsgw_refuse_results[] = {
    [ngx_http_wsgw_refuse_path] = ngx_http_wsgw_handshake_path,
    [ngx_http_wsgw_refuse_url] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_method] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_http] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_upgrade] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_connection] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_body] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_key] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_version] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_extensions] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_origin] = ngx_http_wsgw_handshake_origin,
    [ngx_http_wsgw_refuse_host] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_context] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_texts] = ngx_http_wsgw_handshake_malformed,
    [ngx_http_wsgw_refuse_signature] = ngx_http_wsgw_handshake_unauthorized,
    [ngx_http_wsgw_refuse_api_key] = ngx_http_wsgw_handshake_unauthorized,
    [ngx_http_wsgw_refuse_limit] = ngx_http_wsgw_handshake_limit,
    [ngx_http_wsgw_refuse_memory] = ngx_http_wsgw_handshake_memory,
    [ngx_http_wsgw_refuse_zone] = ngx_http_wsgw_handshake_zone_full,
    [ngx_http_wsgw_refuse_identity] = ngx_http_wsgw_handshake_unauthorized,
    [ngx_http_wsgw_refuse_authorizer] = ngx_http_wsgw_handshake_unauthorized,
    [ngx_http_wsgw_refuse_connect] = ngx_http_wsgw_handshake_rejected,
    [ngx_http_wsgw_refuse_last] = ngx_http_wsgw_handshake_open
};


static ngx_int_t ngx_http_wsgw_refuse_text(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *body);
static ngx_int_t ngx_http_wsgw_refuse_headers(ngx_http_request_t *r,
    ngx_uint_t status);
static ngx_int_t ngx_http_wsgw_refuse_header(ngx_http_request_t *r,
    const char *name, const char *value);


ngx_int_t
ngx_http_wsgw_refuse_because(ngx_http_request_t *r,
    ngx_http_wsgw_refuse_e reason, ngx_int_t status, const char *fmt, ...)
{
    va_list               args;
    ngx_uint_t            level;
    ngx_http_wsgw_ctx_t  *ctx;

    static ngx_msec_t  next[ngx_http_wsgw_refuse_last];

    ctx = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (ngx_http_wsgw_refuse_errors[reason]) {
        ctx->error = ngx_http_wsgw_refuse_errors[reason];
        ctx->result = ngx_http_wsgw_refuse_results[reason];
    }

    if ((ngx_msec_int_t) (ngx_current_msec - next[reason]) < 0) {
        return status;
    }

    next[reason] = ngx_current_msec + NGX_HTTP_WSGW_REFUSE_PAUSE;

    level = (reason >= ngx_http_wsgw_refuse_identity) ? NGX_LOG_INFO
                                                      : NGX_LOG_ERR;

    va_start(args, fmt);
    ngx_http_wsgw_text_vlog(level, r->connection->log, fmt, args);
    va_end(args);

    return status;
}


ngx_str_t
ngx_http_wsgw_refuse_cut(ngx_str_t text)
{
    text.len = ngx_min(text.len, NGX_HTTP_WSGW_REFUSE_TEXT);

    return text;
}


ngx_int_t
ngx_http_wsgw_refuse(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_str_t  type, body;

    if (ngx_http_wsgw_refuse_text(r, status, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&type, "application/json");

    return ngx_http_wsgw_refuse_with(r, status, &type, &body);
}


/* there is no connection yet whose id could be named */

static ngx_int_t
ngx_http_wsgw_refuse_text(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body)
{
    u_char      *p;
    const char  *message;

    message = ngx_http_wsgw_refuse_message(status);

    p = ngx_pnalloc(r->pool, sizeof("{\"message\": \"\"}")
                             + ngx_strlen(message));
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    body->len = ngx_sprintf(p, "{\"message\": \"%s\"}", message) - p;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_refuse_page(ngx_http_request_t *r, ngx_http_wsgw_ctx_t *ctx,
    ngx_str_t *type)
{
    if (ngx_http_wsgw_refuse_text(r, r->err_status, &ctx->body) != NGX_OK
        || ngx_http_wsgw_refuse_headers(r, r->err_status) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(type, "application/json");

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "wsgw handshake refused by nginx status:%ui",
                   (ngx_uint_t) r->err_status);

    if (ctx->error == NULL) {
        ctx->error = "nginx or another module refused";
    }

    /* as behind our own refusals: frames may follow */

    r->keepalive = 0;

    ngx_http_wsgw_field_unsteer(r);

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_refuse_with(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body)
{
    if (ngx_http_wsgw_refuse_headers(r, status) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* an error_page that led to the stage does not decide its answer */

    r->err_status = 0;

    return ngx_http_wsgw_reply(r, status, type, body);
}


static ngx_int_t
ngx_http_wsgw_refuse_headers(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_int_t  rc;

    rc = NGX_OK;

    switch (status) {

    case NGX_HTTP_WSGW_UPGRADE_REQUIRED:
        rc = ngx_http_wsgw_refuse_header(r, "Sec-WebSocket-Version", "13");

        /* a header of HTTP/1's connections (RFC 9113, 8.2.2) */

        if (rc == NGX_OK && r->http_version <= NGX_HTTP_VERSION_11) {
            rc = ngx_http_wsgw_refuse_header(r, "Upgrade", "websocket");
        }

        /* It stands beside the one that nginx sends (RFC 9110, 7.8). */

        if (rc == NGX_OK && r->http_version <= NGX_HTTP_VERSION_11) {
            rc = ngx_http_wsgw_refuse_header(r, "Connection", "upgrade");
        }

        break;

    case NGX_HTTP_NOT_ALLOWED:
        rc = ngx_http_wsgw_refuse_header(r, "Allow", "GET");
        break;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        rc = ngx_http_wsgw_refuse_header(r, "Retry-After", "1");
        break;
    }

    return rc;
}


const char *
ngx_http_wsgw_refuse_message(ngx_uint_t status)
{
    switch (status) {

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return "Service Unavailable";

    case NGX_HTTP_GATEWAY_TIME_OUT:
        return "Endpoint request timed out";

    default:
        break;
    }

    if (status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return "Internal server error";
    }

    /* a redirect to which $connect leads is a refusal all the same */

    return status < NGX_HTTP_BAD_REQUEST ? "Forbidden" : wsgw_phrase(status);
}


static ngx_int_t
ngx_http_wsgw_refuse_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_http_wsgw_header_add(r, name, &text);
}
