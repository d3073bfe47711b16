
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The query of a call of @connections: a DELETE may say with which code and
 * reason, SigV4 may sign by X-Amz-*.  An argument that means nothing is more
 * likely a misspelt one than one for nobody, so it is an error.
 */


#include "http/arguments.h"
#include "base/text.h"
#include "pure/utf8.h"
#include "pure/wire.h"
#include "push/push.h"
#include "socket/client.h"
#include "socket/close.h"


#define NGX_HTTP_WSGW_ARGUMENTS_REASON  123       /* RFC 6455, 5.5 */


static ngx_int_t ngx_http_wsgw_arguments_take(
    ngx_http_wsgw_arguments_t *arguments, ngx_uint_t verb, ngx_str_t *name,
    ngx_str_t *value);
static ngx_uint_t ngx_http_wsgw_arguments_code(ngx_str_t *value);
static ngx_uint_t ngx_http_wsgw_arguments_is(ngx_str_t *name,
    const char *text);


ngx_int_t
ngx_http_wsgw_arguments(ngx_http_request_t *r, ngx_uint_t verb,
    ngx_http_wsgw_arguments_t *arguments)
{
    ngx_int_t  rc;
    ngx_str_t  query, name, value;

    ngx_memzero(arguments, sizeof(ngx_http_wsgw_arguments_t));

    query = r->args;

    do {
        rc = ngx_http_wsgw_text_argument(r->pool, &query, &name, &value);

        if (rc == NGX_OK) {
            rc = ngx_http_wsgw_arguments_take(arguments, verb, &name, &value);
        }

    } while (rc == NGX_OK);

    return (rc == NGX_DONE) ? NGX_OK : rc;
}


static ngx_int_t
ngx_http_wsgw_arguments_take(ngx_http_wsgw_arguments_t *arguments,
    ngx_uint_t verb, ngx_str_t *name, ngx_str_t *value)
{
    if (name->len > sizeof("X-Amz-") - 1
        && ngx_strncasecmp(name->data, (u_char *) "X-Amz-",
                           sizeof("X-Amz-") - 1)
           == 0)
    {
        return NGX_OK;
    }

    arguments->value = *value;

    if (verb == WSGW_VERB_CLOSE
        && ngx_http_wsgw_arguments_is(name, "code"))
    {
        if (arguments->code == 0) {
            arguments->code = ngx_http_wsgw_arguments_code(value);

            if (arguments->code) {
                return NGX_OK;
            }
        }

        arguments->error = "Invalid code: %V";
        return NGX_DECLINED;
    }

    if (verb == WSGW_VERB_CLOSE
        && ngx_http_wsgw_arguments_is(name, "reason"))
    {
        if (arguments->reason.data == NULL
            && value->len <= NGX_HTTP_WSGW_ARGUMENTS_REASON
            && wsgw_utf8_is_valid(value->data, value->len))
        {
            arguments->reason = *value;
            return NGX_OK;
        }

        arguments->error = "Invalid reason: %V";
        return NGX_DECLINED;
    }

    arguments->value = *name;
    arguments->error = "Unknown query argument: %V";

    return NGX_DECLINED;
}


/* 0: none that a server may send of its own accord (RFC 6455, 7.4) */

static ngx_uint_t
ngx_http_wsgw_arguments_code(ngx_str_t *value)
{
    ngx_int_t  code;

    if (value->len != 4) {
        return 0;
    }

    code = ngx_atoi(value->data, value->len);

    switch (code) {

    case NGX_HTTP_WSGW_CLOSE_NORMAL:
    case NGX_HTTP_WSGW_CLOSE_GOING_AWAY:
    case NGX_HTTP_WSGW_CLOSE_POLICY:
    case NGX_HTTP_WSGW_CLOSE_INTERNAL:
    case NGX_HTTP_WSGW_CLOSE_RESTART:
    case NGX_HTTP_WSGW_CLOSE_TRY_LATER:
        return (ngx_uint_t) code;

    default:
        return (code >= 3000 && code <= 4999) ? (ngx_uint_t) code : 0;
    }
}


static ngx_uint_t
ngx_http_wsgw_arguments_is(ngx_str_t *name, const char *text)
{
    return name->len == ngx_strlen(text)
           && ngx_memcmp(name->data, text, name->len) == 0;
}


ngx_int_t
ngx_http_wsgw_arguments_close(ngx_pool_t *pool,
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *payload)
{
    u_char      *p;
    ngx_uint_t   code;

    ngx_str_null(payload);

    if (arguments->code == 0 && arguments->reason.data == NULL) {
        return NGX_OK;
    }

    code = arguments->code ? arguments->code : NGX_HTTP_WSGW_CLOSE_NORMAL;

    p = ngx_pnalloc(pool, 2 + arguments->reason.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    payload->data = p;
    payload->len = 2 + arguments->reason.len;

    *p++ = (u_char) (code >> 8);
    *p++ = (u_char) code;

    if (arguments->reason.len) {
        ngx_memcpy(p, arguments->reason.data, arguments->reason.len);
    }

    return NGX_OK;
}
