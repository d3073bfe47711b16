
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The query of a call of @connections: a table says which call has which
 * arguments; SigV4 may sign any by X-Amz-*.  An argument that means nothing is
 * more likely a misspelt one than one for nobody, so it is an error.
 */


#include "http/arguments.h"
#include "base/text.h"
#include "pure/utf8.h"
#include "socket/client.h"
#include "push/fanout.h"
#include "socket/close.h"
#include "zone/group.h"


#define NGX_HTTP_WSGW_ARGUMENTS_REASON  123       /* RFC 6455, 5.5 */
#define NGX_HTTP_WSGW_ARGUMENTS_PAGE    1000


/* NGX_OK; NGX_DECLINED: the value is not one of the argument's, or it is there
   twice; NGX_ERROR: no memory */

typedef ngx_int_t (*ngx_http_wsgw_arguments_pt)(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);


typedef struct {
    const char                    *name;
    ngx_uint_t                     calls;       /* that know it */
    ngx_http_wsgw_arguments_pt     take;
    const char                    *error;
} ngx_http_wsgw_arguments_row_t;


static ngx_int_t ngx_http_wsgw_arguments_take(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_code(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_reason(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_cursor(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_count(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_details(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_group(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_all(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_except(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_batch(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_type(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_arguments_receipt(
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *value);
static ngx_uint_t ngx_http_wsgw_arguments_close_code(ngx_str_t *value);


static const ngx_http_wsgw_arguments_row_t  ngx_http_wsgw_arguments_rows[] = {

    { "code", NGX_HTTP_WSGW_CALL_CLOSE, ngx_http_wsgw_arguments_code,
      "Invalid code: %V" },

    { "reason", NGX_HTTP_WSGW_CALL_CLOSE, ngx_http_wsgw_arguments_reason,
      "Invalid reason: %V" },

    { "cursor", NGX_HTTP_WSGW_CALL_LIST, ngx_http_wsgw_arguments_cursor,
      "Invalid cursor: %V" },

    { "group", NGX_HTTP_WSGW_CALL_LIST|NGX_HTTP_WSGW_CALL_MANY,
      ngx_http_wsgw_arguments_group,
      "Invalid group, it is a name, at most 32 times, once of a list: %V" },

    { "all", NGX_HTTP_WSGW_CALL_MANY, ngx_http_wsgw_arguments_all,
      "Invalid all, it is there once, without a value: %V" },

    { "except", NGX_HTTP_WSGW_CALL_MANY, ngx_http_wsgw_arguments_except,
      "Invalid except, it is a connectionId, at most 16 times: %V" },

    { "batch", NGX_HTTP_WSGW_CALL_MANY, ngx_http_wsgw_arguments_batch,
      "Invalid batch, it is there once, without a value: %V" },

    { "type", NGX_HTTP_WSGW_CALL_MANY, ngx_http_wsgw_arguments_type,
      "Invalid type, it is text or binary: %V" },

    { "receipt", NGX_HTTP_WSGW_CALL_MANY, ngx_http_wsgw_arguments_receipt,
      "Invalid receipt, it is none: %V" },

    { "count", NGX_HTTP_WSGW_CALL_LIST, ngx_http_wsgw_arguments_count,
      "Invalid count, it is there once, from 1 to 1000: %V" },

    { "details", NGX_HTTP_WSGW_CALL_LIST, ngx_http_wsgw_arguments_details,
      "Invalid details, it has no value: %V" },

    { NULL, 0, NULL, NULL }
};


ngx_int_t
ngx_http_wsgw_arguments(ngx_http_request_t *r, ngx_uint_t call,
    ngx_http_wsgw_arguments_t *arguments)
{
    ngx_int_t                  rc;
    ngx_str_t                  query, name, value;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ngx_memzero(arguments, sizeof(ngx_http_wsgw_arguments_t));

    arguments->pool = r->pool;
    arguments->call = call;

    query = r->args;

    do {
        rc = ngx_http_wsgw_text_argument(r->pool, &query, &name, &value);

        if (rc == NGX_OK) {
            rc = ngx_http_wsgw_arguments_take(arguments, &name, &value);

            /* AWS's service ignores what it does not know. */

            if (rc == NGX_ABORT) {
                rc = wlcf->profile == NGX_HTTP_WSGW_AWS ? NGX_OK
                                                        : NGX_DECLINED;
            }
        }

    } while (rc == NGX_OK);

    return (rc == NGX_DONE) ? NGX_OK : rc;
}


/* NGX_ABORT: the call has no argument of that name */

static ngx_int_t
ngx_http_wsgw_arguments_take(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *name, ngx_str_t *value)
{
    const ngx_http_wsgw_arguments_row_t  *row;

    if (name->len > sizeof("X-Amz-") - 1
        && ngx_strncasecmp(name->data, (u_char *) "X-Amz-",
                           sizeof("X-Amz-") - 1)
           == 0)
    {
        return NGX_OK;
    }

    for (row = ngx_http_wsgw_arguments_rows; row->name; row++) {

        if ((row->calls & arguments->call)
            && ngx_http_wsgw_text_is(name, row->name))
        {
            arguments->value = *value;
            arguments->error = row->error;

            return row->take(arguments, value);
        }
    }

    arguments->value = *name;
    arguments->error = "Unknown query argument: %V";

    return NGX_ABORT;
}


static ngx_int_t
ngx_http_wsgw_arguments_code(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (arguments->code) {
        return NGX_DECLINED;
    }

    arguments->code = ngx_http_wsgw_arguments_close_code(value);

    return arguments->code ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_wsgw_arguments_reason(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (arguments->reason.data
        || value->len > NGX_HTTP_WSGW_ARGUMENTS_REASON
        || !wsgw_utf8_is_valid(value->data, value->len))
    {
        return NGX_DECLINED;
    }

    arguments->reason = *value;

    return NGX_OK;
}


/* whose it is, and where it leads, is seen by who goes on from there */

static ngx_int_t
ngx_http_wsgw_arguments_cursor(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (arguments->cursor.len || value->len == 0) {
        return NGX_DECLINED;
    }

    arguments->cursor = *value;

    return NGX_OK;
}


/* with a number it is the size of a page, without one it is the question */

static ngx_int_t
ngx_http_wsgw_arguments_count(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    ngx_int_t  n;

    if (arguments->counted || arguments->page) {
        return NGX_DECLINED;
    }

    if (value->len == 0) {
        arguments->counted = 1;
        return NGX_OK;
    }

    n = ngx_atoi(value->data, value->len);

    if (n < 1 || n > NGX_HTTP_WSGW_ARGUMENTS_PAGE) {
        return NGX_DECLINED;
    }

    arguments->page = (ngx_uint_t) n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_arguments_details(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (value->len) {
        return NGX_DECLINED;
    }

    arguments->details = 1;

    return NGX_OK;
}


/* a list is of one group, a message may be for several */

static ngx_int_t
ngx_http_wsgw_arguments_group(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    ngx_str_t    *name;
    ngx_array_t  *groups;

    groups = &arguments->groups;

    if (groups->elts == NULL
        && ngx_array_init(groups, arguments->pool, 2, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!ngx_http_wsgw_group_is_name(value)
        || groups->nelts == (arguments->call == NGX_HTTP_WSGW_CALL_LIST
                             ? 1 : NGX_HTTP_WSGW_FANOUT_GROUPS))
    {
        return NGX_DECLINED;
    }

    name = ngx_array_push(groups);
    if (name == NULL) {
        return NGX_ERROR;
    }

    *name = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_arguments_all(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (value->len || arguments->all) {
        return NGX_DECLINED;
    }

    arguments->all = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_arguments_except(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    wsgw_id_t    *id;
    ngx_array_t  *except;

    except = &arguments->except;

    if (except->elts == NULL
        && ngx_array_init(except, arguments->pool, 2, sizeof(wsgw_id_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (except->nelts == NGX_HTTP_WSGW_FANOUT_EXCEPT) {
        return NGX_DECLINED;
    }

    id = ngx_array_push(except);
    if (id == NULL) {
        return NGX_ERROR;
    }

    return wsgw_id_decode(id, value->data, value->len) == 0 ? NGX_OK
                                                            : NGX_DECLINED;
}


static ngx_int_t
ngx_http_wsgw_arguments_batch(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (value->len || arguments->batch) {
        return NGX_DECLINED;
    }

    arguments->batch = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_arguments_type(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (arguments->opcode) {
        return NGX_DECLINED;
    }

    if (ngx_http_wsgw_text_is(value, "text")) {
        arguments->opcode = WSGW_OP_TEXT;

    } else if (ngx_http_wsgw_text_is(value, "binary")) {
        arguments->opcode = WSGW_OP_BINARY;
    }

    return arguments->opcode ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_wsgw_arguments_receipt(ngx_http_wsgw_arguments_t *arguments,
    ngx_str_t *value)
{
    if (!ngx_http_wsgw_text_is(value, "none")) {
        return NGX_DECLINED;
    }

    arguments->unreceipted = 1;

    return NGX_OK;
}


/* 0: none that a server may send of its own accord (RFC 6455, 7.4) */

static ngx_uint_t
ngx_http_wsgw_arguments_close_code(ngx_str_t *value)
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
