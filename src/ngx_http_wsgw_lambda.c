
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A Lambda's result, read: what it may be is AWS's proxy format.
 */


#include "ngx_http_wsgw_lambda.h"
#include "wsgw_json.h"
#include "wsgw_json_string.h"
#include "wsgw_utf8.h"

#include <jansson.h>


static ngx_int_t ngx_http_wsgw_lambda_usual(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_lambda_t *lambda);
static ngx_int_t ngx_http_wsgw_lambda_status(wsgw_json_value_t *v,
    ngx_http_wsgw_lambda_t *lambda);
static ngx_int_t ngx_http_wsgw_lambda_flag(wsgw_json_value_t *v,
    ngx_http_wsgw_lambda_t *lambda);
static ngx_int_t ngx_http_wsgw_lambda_string(wsgw_json_value_t *v,
    ngx_http_wsgw_lambda_t *lambda);

static const char *ngx_http_wsgw_lambda_read(ngx_http_wsgw_invoke_t *inv,
    json_t *root, ngx_http_wsgw_lambda_t *lambda);
static const char *ngx_http_wsgw_lambda_body(ngx_pool_t *pool, json_t *value,
    ngx_http_wsgw_lambda_t *lambda);
static ngx_int_t ngx_http_wsgw_lambda_subprotocol(ngx_pool_t *pool,
    json_t *headers, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_lambda_copy(ngx_pool_t *pool, json_t *value,
    ngx_str_t *text);
static const char *ngx_http_wsgw_lambda_decode(ngx_pool_t *pool,
    ngx_http_wsgw_lambda_t *lambda);
static void ngx_http_wsgw_lambda_hint(ngx_http_wsgw_invoke_t *inv);


static const char  ngx_http_wsgw_lambda_no_memory[] = "no memory";


const char *
ngx_http_wsgw_lambda_result(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_lambda_t *lambda)
{
    json_t      *root;
    const char  *error;

    ngx_memzero(lambda, sizeof(ngx_http_wsgw_lambda_t));
    lambda->status = -1;

    if (inv->status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return "function was not invoked";
    }

    if (ngx_http_wsgw_invoke_header(inv, "X-Amz-Function-Error").data
        || ngx_http_wsgw_invoke_header(inv, "Error-Type").data)
    {
        return "function error";
    }

    if (inv->answer.len == 0) {
        lambda->null = 1;
        return NULL;
    }

    error = NULL;

    if (ngx_http_wsgw_lambda_usual(inv, lambda) != NGX_OK) {

        root = json_loadb((char *) inv->answer.data, inv->answer.len,
                          JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);
        if (root == NULL) {
            ngx_http_wsgw_lambda_hint(inv);
            return "result is not JSON";
        }

        error = ngx_http_wsgw_lambda_read(inv, root, lambda);

        json_decref(root);
    }

    if (error == NULL && lambda->base64) {
        error = ngx_http_wsgw_lambda_decode(inv->pool, lambda);
    }

    return error;
}


/*
 * Nearly all results are an object of a status, a body and whether that is in
 * base64.  These are read where they are; what jansson might understand
 * otherwise or not at all is left to it.
 */

static ngx_int_t
ngx_http_wsgw_lambda_usual(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_lambda_t *lambda)
{
    size_t              i, found, members;
    wsgw_json_value_t   v[3];

    static const wsgw_json_step_t  names[] = {
        { (u_char *) "statusCode", 10, 0, 0 },
        { (u_char *) "isBase64Encoded", 15, 0, 0 },
        { (u_char *) "body", 4, 0, 0 }
    };

    if (wsgw_json_members(inv->answer.data, inv->answer.len, names, 3, v,
                          &members)
        != 0)
    {
        return NGX_DECLINED;
    }

    found = 0;

    for (i = 0; i < 3; i++) {
        found += (v[i].type != WSGW_JSON_NONE);
    }

    if (found == 0 || found != members) {
        return NGX_DECLINED;
    }

    /* the body last: reading it spoils the text for jansson */

    return ngx_http_wsgw_lambda_status(&v[0], lambda) == NGX_OK
           && ngx_http_wsgw_lambda_flag(&v[1], lambda) == NGX_OK
           && ngx_http_wsgw_lambda_string(&v[2], lambda) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


/* no sign, no fraction, and short enough for any integer */

static ngx_int_t
ngx_http_wsgw_lambda_status(wsgw_json_value_t *v,
    ngx_http_wsgw_lambda_t *lambda)
{
    if (v->type == WSGW_JSON_NONE) {
        return NGX_OK;
    }

    if (v->type != WSGW_JSON_NUMBER || v->len > 9) {
        return NGX_DECLINED;
    }

    lambda->status = ngx_atoi((u_char *) v->data, v->len);

    return lambda->status == NGX_ERROR ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_lambda_flag(wsgw_json_value_t *v,
    ngx_http_wsgw_lambda_t *lambda)
{
    if (v->type != WSGW_JSON_NONE && v->type != WSGW_JSON_FALSE
        && v->type != WSGW_JSON_TRUE)
    {
        return NGX_DECLINED;
    }

    lambda->base64 = (v->type == WSGW_JSON_TRUE);

    return NGX_OK;
}


/* unescaped in place */

static ngx_int_t
ngx_http_wsgw_lambda_string(wsgw_json_value_t *v,
    ngx_http_wsgw_lambda_t *lambda)
{
    if (v->type == WSGW_JSON_NONE || v->type == WSGW_JSON_NULL) {
        return NGX_OK;
    }

    if (v->type != WSGW_JSON_STRING
        || v->escaped & WSGW_JSON_UNICODE
        || !wsgw_utf8_is_valid(v->data, v->len))
    {
        return NGX_DECLINED;
    }

    lambda->body.data = (u_char *) v->data;
    lambda->body.len = v->escaped
                       ? wsgw_json_unescape(lambda->body.data, v->data, v->len)
                       : v->len;

    return NGX_OK;
}


static const char *
ngx_http_wsgw_lambda_read(ngx_http_wsgw_invoke_t *inv, json_t *root,
    ngx_http_wsgw_lambda_t *lambda)
{
    json_t      *value;
    const char  *key;

    if (json_is_null(root)) {
        lambda->null = 1;
        return NULL;
    }

    if (!json_is_object(root)) {
        return "result is not an object";
    }

    /* a runtime emulator's only sign of a function error */

    if (json_object_get(root, "errorMessage")
        && json_object_get(root, "errorType")
        && json_object_get(root, "statusCode") == NULL)
    {
        return "function error";
    }

    json_object_foreach(root, key, value) {

        if (ngx_strcmp(key, "statusCode") == 0) {
            if (json_is_integer(value)) {
                lambda->status = (ngx_int_t) json_integer_value(value);
            }

        } else if (ngx_strcmp(key, "isBase64Encoded") == 0) {
            lambda->base64 = json_is_true(value);

        } else if (ngx_strcmp(key, "headers") == 0
                   || ngx_strcmp(key, "multiValueHeaders") == 0)
        {
            if (ngx_http_wsgw_lambda_subprotocol(inv->pool, value,
                                                 &lambda->subprotocol)
                != NGX_OK)
            {
                return ngx_http_wsgw_lambda_no_memory;
            }

        } else if (ngx_strcmp(key, "body") != 0) {
            return "result has an unknown key";
        }
    }

    return ngx_http_wsgw_lambda_body(inv->pool, json_object_get(root, "body"),
                                     lambda);
}


static const char *
ngx_http_wsgw_lambda_body(ngx_pool_t *pool, json_t *value,
    ngx_http_wsgw_lambda_t *lambda)
{
    if (value == NULL || json_is_null(value)) {
        return NULL;
    }

    if (!json_is_string(value)) {
        return "result's body is not a string";
    }

    return ngx_http_wsgw_lambda_copy(pool, value, &lambda->body) == NGX_OK
           ? NULL : ngx_http_wsgw_lambda_no_memory;
}


static const char *
ngx_http_wsgw_lambda_decode(ngx_pool_t *pool, ngx_http_wsgw_lambda_t *lambda)
{
    ngx_str_t  text;

    text = lambda->body;

    lambda->body.data = ngx_pnalloc(pool, ngx_base64_decoded_length(text.len));
    if (lambda->body.data == NULL) {
        return ngx_http_wsgw_lambda_no_memory;
    }

    return ngx_decode_base64(&lambda->body, &text) == NGX_OK
           ? NULL : "result's body is not base64";
}


/* the last Sec-WebSocket-Protocol of the members, in any letter case */

static ngx_int_t
ngx_http_wsgw_lambda_subprotocol(ngx_pool_t *pool, json_t *headers,
    ngx_str_t *value)
{
    json_t      *header;
    const char  *name;

    json_object_foreach(headers, name, header) {

        if (ngx_strcasecmp((u_char *) name,
                           (u_char *) "Sec-WebSocket-Protocol")
            != 0)
        {
            continue;
        }

        if (json_is_array(header)) {
            header = json_array_get(header, json_array_size(header) - 1);
        }

        if (json_is_string(header)
            && ngx_http_wsgw_lambda_copy(pool, header, value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_lambda_copy(ngx_pool_t *pool, json_t *value, ngx_str_t *text)
{
    text->len = json_string_length(value);

    text->data = ngx_pnalloc(pool, text->len);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text->data, json_string_value(value), text->len);

    return NGX_OK;
}


/* what a newcomer will run into, explained once per worker */

static void
ngx_http_wsgw_lambda_hint(ngx_http_wsgw_invoke_t *inv)
{
    static ngx_uint_t  given;

    if (given) {
        return;
    }

    given = 1;

    ngx_log_error(NGX_LOG_ERR, &inv->log, 0,
                  "result is not JSON; for a plain HTTP backend write "
                  "wsgw_integration_type http_proxy");
}
