
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A Lambda's result, read: what it may be is AWS's proxy format.  It is read
 * where it is, by the scanner that reads messages, and forgivingly: what is
 * not used need only be JSON, and what is not text becomes text.
 */


#include "event/lambda.h"
#include "base/block.h"
#include "base/text.h"
#include "invoke/invoke_answer.h"
#include "pure/json.h"
#include "pure/json_number.h"
#include "pure/utf8.h"


/* bytes of a key that are shown in the log */
#define NGX_HTTP_WSGW_LAMBDA_KEY  64


static const char *ngx_http_wsgw_lambda_read(ngx_http_wsgw_invoke_t *inv,
    ngx_uint_t connect, ngx_str_t *text, ngx_http_wsgw_lambda_t *lambda);
static const char *ngx_http_wsgw_lambda_other(ngx_str_t *text,
    wsgw_json_value_t *other, ngx_uint_t status,
    ngx_http_wsgw_lambda_t *lambda);
static const char *ngx_http_wsgw_lambda_bare(ngx_str_t *text,
    ngx_http_wsgw_lambda_t *lambda);
static const char *ngx_http_wsgw_lambda_connect(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *status, wsgw_json_value_t *headers,
    wsgw_json_value_t *lists, ngx_http_wsgw_lambda_t *lambda);
static ngx_int_t ngx_http_wsgw_lambda_status(wsgw_json_value_t *v);
static void ngx_http_wsgw_lambda_subprotocol(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *headers, ngx_str_t *value);
static const char *ngx_http_wsgw_lambda_body(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *v, ngx_http_wsgw_lambda_t *lambda);
static const char *ngx_http_wsgw_lambda_decode(ngx_pool_t *pool,
    ngx_str_t *body);
static const char *ngx_http_wsgw_lambda_repair(ngx_http_wsgw_invoke_t *inv,
    ngx_str_t *body);


static const char  ngx_http_wsgw_lambda_no_memory[] = "no memory";
static const char  ngx_http_wsgw_lambda_function_error[] = "function error";


const char *
ngx_http_wsgw_lambda_failure(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_lambda_t *lambda)
{
    ngx_memzero(lambda, sizeof(ngx_http_wsgw_lambda_t));

    lambda->refused = 1;

    if (inv->status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return "function was not invoked";
    }

    if (ngx_http_wsgw_lambda_thrown(inv)) {
        return ngx_http_wsgw_lambda_function_error;
    }

    lambda->refused = 0;

    return NULL;
}


ngx_uint_t
ngx_http_wsgw_lambda_thrown(ngx_http_wsgw_invoke_t *inv)
{
    return ngx_http_wsgw_invoke_answer_header(inv, "X-Amz-Function-Error").data
           || ngx_http_wsgw_invoke_answer_header(inv, "Error-Type").data;
}


const char *
ngx_http_wsgw_lambda_result(ngx_http_wsgw_invoke_t *inv, ngx_uint_t connect,
    ngx_http_wsgw_lambda_t *lambda)
{
    ngx_str_t  text;

    text = ngx_http_wsgw_lambda_text(inv);

    if (text.len == 0) {
        ngx_str_set(&text, "null");
    }

    return ngx_http_wsgw_lambda_read(inv, connect, &text, lambda);
}


ngx_str_t
ngx_http_wsgw_lambda_text(ngx_http_wsgw_invoke_t *inv)
{
    ngx_str_t  text;

    text = inv->answer;

    /* RFC 8259, 8.1: a byte order mark may be ignored */

    if (text.len >= 3 && ngx_memcmp(text.data, "\xEF\xBB\xBF", 3) == 0) {
        text.data += 3;
        text.len -= 3;
    }

    return text;
}


static const char *
ngx_http_wsgw_lambda_read(ngx_http_wsgw_invoke_t *inv, ngx_uint_t connect,
    ngx_str_t *text, ngx_http_wsgw_lambda_t *lambda)
{
    const char         *error;
    wsgw_json_value_t   v[5], other;

    static const wsgw_json_step_t  names[] = {
        wsgw_json_name("statusCode"),
        wsgw_json_name("body"),
        wsgw_json_name("isBase64Encoded"),
        wsgw_json_name("headers"),
        wsgw_json_name("multiValueHeaders")
    };

    if (wsgw_json_members(text->data, text->len, names, 5, v, &other) != 0) {
        lambda->malformed = 1;
        return "result is not JSON";
    }

    if (other.type != WSGW_JSON_NONE) {
        return ngx_http_wsgw_lambda_other(text, &other, v[0].type, lambda);
    }

    if (v[0].type == WSGW_JSON_NONE && v[1].type == WSGW_JSON_NONE) {
        error = ngx_http_wsgw_lambda_bare(text, lambda);

        if (error) {
            return error;
        }
    }

    if (connect) {
        error = ngx_http_wsgw_lambda_connect(inv, &v[0], &v[3], &v[4],
                                             lambda);

        if (error) {
            return error;
        }
    }

    lambda->base64 = (v[2].type == WSGW_JSON_TRUE);
    lambda->headers = v[3];
    lambda->lists = v[4];

    return ngx_http_wsgw_lambda_body(inv, &v[1], lambda);
}


/* a key that no result has: a runtime emulator's only sign of a function
   error, or what AWS takes for a malformed result */

static const char *
ngx_http_wsgw_lambda_other(ngx_str_t *text, wsgw_json_value_t *other,
    ngx_uint_t status, ngx_http_wsgw_lambda_t *lambda)
{
    wsgw_json_value_t  v[2], unused;

    static const wsgw_json_step_t  names[] = {
        wsgw_json_name("errorMessage"),
        wsgw_json_name("errorType")
    };

    (void) wsgw_json_members(text->data, text->len, names, 2, v, &unused);

    if (v[0].type != WSGW_JSON_NONE && v[1].type != WSGW_JSON_NONE
        && status == WSGW_JSON_NONE)
    {
        lambda->refused = 1;
        return ngx_http_wsgw_lambda_function_error;
    }

    lambda->malformed = 1;
    lambda->key = ngx_http_wsgw_lambda_string(other);
    lambda->key.len = ngx_min(lambda->key.len, NGX_HTTP_WSGW_LAMBDA_KEY);

    return "result has an unknown key";
}


/* without a status or a body: no object perhaps, and null is no result */

static const char *
ngx_http_wsgw_lambda_bare(ngx_str_t *text, ngx_http_wsgw_lambda_t *lambda)
{
    wsgw_json_value_t  v;

    (void) wsgw_json_find(text->data, text->len, NULL, 0, &v);

    if (v.type == WSGW_JSON_NULL) {
        lambda->null = 1;
        return NULL;
    }

    if (v.type != WSGW_JSON_OBJECT) {
        lambda->malformed = 1;
        return "result is not an object";
    }

    return NULL;
}


static const char *
ngx_http_wsgw_lambda_connect(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *status, wsgw_json_value_t *headers,
    wsgw_json_value_t *lists, ngx_http_wsgw_lambda_t *lambda)
{
    ngx_int_t  n;

    n = ngx_http_wsgw_lambda_status(status);

    if (n < NGX_HTTP_OK || n > 599) {
        lambda->malformed = 1;
        return "result has no valid statusCode";
    }

    lambda->status = n;
    lambda->refused = (n >= NGX_HTTP_SPECIAL_RESPONSE);

    /* At AWS the list of a header's values precedes its single one. */

    ngx_http_wsgw_lambda_subprotocol(inv, headers, &lambda->subprotocol);
    ngx_http_wsgw_lambda_subprotocol(inv, lists, &lambda->subprotocol);

    return NULL;
}


/* It is a number, or a string of three digits, as AWS's REST APIs take it. */

static ngx_int_t
ngx_http_wsgw_lambda_status(wsgw_json_value_t *v)
{
    ngx_str_t  text;

    if (v->type == WSGW_JSON_NUMBER) {
        return wsgw_json_number_whole(v->data, v->len);
    }

    if (v->type != WSGW_JSON_STRING) {
        return -1;
    }

    text = ngx_http_wsgw_lambda_string(v);

    return text.len == 3 ? ngx_atoi(text.data, text.len) : -1;
}


/* a Sec-WebSocket-Protocol in any letter case, the last of several */

static void
ngx_http_wsgw_lambda_subprotocol(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *headers, ngx_str_t *value)
{
    wsgw_json_value_t  v;

    static const wsgw_json_step_t  name = {
        (u_char *) "sec-websocket-protocol", 22, 0, WSGW_JSON_ANY_CASE
    };

    static const wsgw_json_step_t  last = { NULL, 0, 0, WSGW_JSON_LAST };

    if (headers->type != WSGW_JSON_OBJECT) {
        return;
    }

    (void) wsgw_json_find(headers->data, headers->len, &name, 1, &v);

    if (v.type == WSGW_JSON_ARRAY) {
        (void) wsgw_json_find(v.data, v.len, &last, 1, &v);
    }

    if (v.type == WSGW_JSON_STRING) {
        (void) ngx_http_wsgw_text_json(inv->pool, &v, value);

    } else if (v.type != WSGW_JSON_NONE && v.type != WSGW_JSON_NULL) {
        ngx_log_error(NGX_LOG_ERR, &inv->log, 0,
                      "result's Sec-WebSocket-Protocol is not a string, the "
                      "client gets none of it");
    }
}


static const char *
ngx_http_wsgw_lambda_body(ngx_http_wsgw_invoke_t *inv, wsgw_json_value_t *v,
    ngx_http_wsgw_lambda_t *lambda)
{
    ngx_str_t  *body;

    if (v->type == WSGW_JSON_NONE || v->type == WSGW_JSON_NULL) {
        return NULL;
    }

    if (v->type != WSGW_JSON_STRING) {
        lambda->malformed = 1;
        return "result's body is not a string";
    }

    body = &lambda->body;
    *body = ngx_http_wsgw_lambda_string(v);

    if (lambda->base64) {
        return ngx_http_wsgw_lambda_decode(inv->pool, body);
    }

    return wsgw_utf8_is_valid(body->data, body->len)
           ? NULL : ngx_http_wsgw_lambda_repair(inv, body);
}


static const char *
ngx_http_wsgw_lambda_decode(ngx_pool_t *pool, ngx_str_t *body)
{
    ngx_str_t  text;

    text = *body;

    body->data = ngx_http_wsgw_block_palloc(pool,
                                       ngx_base64_decoded_length(text.len));
    if (body->data == NULL) {
        return ngx_http_wsgw_lambda_no_memory;
    }

    return ngx_decode_base64(body, &text) == NGX_OK
           ? NULL : "result's body is not base64";
}


/* What comes of it may not be larger than an answer may be. */

static const char *
ngx_http_wsgw_lambda_repair(ngx_http_wsgw_invoke_t *inv, ngx_str_t *body)
{
    size_t   len;
    u_char  *p;

    len = wsgw_utf8_repair(NULL, body->data, body->len);

    if (len > inv->max_response) {
        return "result's body is not UTF-8";
    }

    p = ngx_pnalloc(inv->pool, len);
    if (p == NULL) {
        return ngx_http_wsgw_lambda_no_memory;
    }

    (void) wsgw_utf8_repair(p, body->data, body->len);

    body->data = p;
    body->len = len;

    return NULL;
}


ngx_str_t
ngx_http_wsgw_lambda_string(wsgw_json_value_t *v)
{
    ngx_str_t  text;

    text.data = (u_char *) v->data;
    text.len = v->escaped ? wsgw_json_string_unescape(text.data, v->data,
                                                      v->len)
                          : v->len;

    return text;
}
