
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an integration's answer means: ngx_http_wsgw_verdict().
 */


#include "event/verdict.h"
#include "base/text.h"
#include "event/event.h"
#include "event/failure.h"
#include "event/lambda.h"
#include "event/score.h"
#include "invoke/invoke_answer.h"
#include "pure/utf8.h"


static void ngx_http_wsgw_verdict_judge(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_verdict_connect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static ngx_uint_t ngx_http_wsgw_verdict_status(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_verdict_connect_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_verdict_connect_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_verdict_decide(ngx_http_wsgw_result_t *result,
    ngx_uint_t status);
static void ngx_http_wsgw_verdict_message_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static const char *ngx_http_wsgw_verdict_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_uint_t connect, ngx_http_wsgw_lambda_t *lambda,
    ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_verdict_unsent(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_verdict_message_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_verdict_unusual(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_uint_t wanted);
static void ngx_http_wsgw_verdict_reply_with(ngx_http_wsgw_result_t *result,
    ngx_str_t *body, ngx_uint_t opcode);
static ngx_uint_t ngx_http_wsgw_verdict_opcode(ngx_http_wsgw_event_t *event,
    ngx_str_t *body, ngx_uint_t binary);
static ngx_uint_t ngx_http_wsgw_verdict_delivered(ngx_http_wsgw_invoke_t *inv);
static ngx_uint_t ngx_http_wsgw_verdict_gateway(ngx_uint_t status);

static void ngx_http_wsgw_verdict_fail(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result,
    const char *error);
static ngx_http_wsgw_failures_e ngx_http_wsgw_verdict_kind(ngx_uint_t status);


ngx_http_wsgw_result_t *
ngx_http_wsgw_verdict(ngx_http_wsgw_invoke_t *inv, ngx_http_wsgw_event_t *event)
{
    inv->log.action = "reading the answer of an integration";

    if (!event->judged) {
        ngx_http_wsgw_verdict_judge(inv, event, &event->result);
        event->judged = 1;
    }

    return &event->result;
}


static void
ngx_http_wsgw_verdict_judge(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    ngx_memzero(result, sizeof(ngx_http_wsgw_result_t));

    event->status = inv->timedout ? NGX_HTTP_GATEWAY_TIME_OUT : inv->status;
    event->error = NULL;

    if (event->type == NGX_HTTP_WSGW_CONNECT) {
        ngx_http_wsgw_verdict_connect(inv, event, result);

    } else if (event->route->type == NGX_HTTP_WSGW_AWS_PROXY) {
        ngx_http_wsgw_verdict_message_lambda(inv, event, result);

    } else {
        ngx_http_wsgw_verdict_message_http(inv, event, result);
    }

    if (event->type == NGX_HTTP_WSGW_DISCONNECT) {
        result->delivered = ngx_http_wsgw_verdict_delivered(inv);
    }

    if (event->type == NGX_HTTP_WSGW_DISCONNECT || event->route->async) {
        result->type = ngx_http_wsgw_result_none;
    }

    if (inv->orders && event->route->type != NGX_HTTP_WSGW_AWS_PROXY
        && result->type != ngx_http_wsgw_result_failed)
    {
        result->orders = 1;
    }

    ngx_http_wsgw_score(inv, event,
                        event->type == NGX_HTTP_WSGW_CONNECT
                        ? result->status != NGX_HTTP_SWITCHING_PROTOCOLS
                        : event->route->type != NGX_HTTP_WSGW_AWS_PROXY
                          && inv->status >= NGX_HTTP_BAD_REQUEST);
}


static void
ngx_http_wsgw_verdict_connect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    const char  *error;

    /* Whoever refuses: an answer of 2xx may have been there, or on its way. */

    result->unknown = (inv->willing != 0);

    error = ngx_http_wsgw_failure_to_admit(inv);

    if (error) {
        ngx_http_wsgw_verdict_fail(inv, event, result, error);

        result->status = ngx_http_wsgw_verdict_status(inv);
        return;
    }

    if (event->route->type == NGX_HTTP_WSGW_AWS_PROXY) {
        ngx_http_wsgw_verdict_connect_lambda(inv, event, result);

    } else {
        ngx_http_wsgw_verdict_connect_http(inv, event, result);
    }
}


/* of a refusal that is no integration's: 444 and those from 494 to 499 mean
   something to nginx alone */

static ngx_uint_t
ngx_http_wsgw_verdict_status(ngx_http_wsgw_invoke_t *inv)
{
    ngx_uint_t  status;

    if (inv->timedout) {
        return NGX_HTTP_GATEWAY_TIME_OUT;
    }

    status = inv->status;

    if ((!inv->complete && inv->heard == 0)
        || status < NGX_HTTP_BAD_REQUEST
        || status == NGX_HTTP_CLOSE
        || (status >= NGX_HTTP_NGINX_CODES
            && status < NGX_HTTP_INTERNAL_SERVER_ERROR)
        || status > NGX_HTTP_INSUFFICIENT_STORAGE)
    {
        return NGX_HTTP_BAD_GATEWAY;
    }

    return status;
}


static void
ngx_http_wsgw_verdict_connect_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    const char              *error;
    ngx_http_wsgw_lambda_t   lambda;

    error = ngx_http_wsgw_verdict_lambda(inv, 1, &lambda, result);

    /* A function that does not say no may have meant yes.  One that does is
       the backend whose 200 brought its word. */

    if (!lambda.refused) {
        result->unknown = 1;

    } else if (inv->upstream && inv->status < NGX_HTTP_SPECIAL_RESPONSE) {
        result->unknown = (inv->willing > 1);
    }

    if (error) {
        ngx_http_wsgw_verdict_fail(inv, event, result, error);
        result->status = NGX_HTTP_BAD_GATEWAY;
        return;
    }

    result->body = lambda.body;
    result->subprotocol = lambda.subprotocol;
    ngx_str_set(&result->content_type, "application/json");

    ngx_http_wsgw_verdict_decide(result, lambda.status);
}


static void
ngx_http_wsgw_verdict_connect_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    const char  *error;

    result->body = inv->answer;
    result->subprotocol = ngx_http_wsgw_invoke_answer_header(inv,
                                                    "Sec-WebSocket-Protocol");
    result->content_type = inv->answer_type;

    if (result->content_type.len == 0) {
        ngx_str_set(&result->content_type, "application/json");
    }

    ngx_http_wsgw_verdict_decide(result, inv->status);

    if (result->body.len == 0) {
        return;
    }

    /* The client does not get what the gateway cannot read: only the status. */

    error = ngx_http_wsgw_failure_encoded(inv, &result->note);

    if (error) {
        ngx_http_wsgw_verdict_fail(inv, event, result, error);
        ngx_str_null(&result->body);
    }
}


/* 2xx accepts; a refusal has the integration's status and body. */

static void
ngx_http_wsgw_verdict_decide(ngx_http_wsgw_result_t *result, ngx_uint_t status)
{
    if (status >= NGX_HTTP_SPECIAL_RESPONSE) {
        result->status = status;
        ngx_str_null(&result->subprotocol);
        return;
    }

    result->status = NGX_HTTP_SWITCHING_PROTOCOLS;
    ngx_str_null(&result->body);
}


static void
ngx_http_wsgw_verdict_message_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    const char              *error;
    ngx_http_wsgw_lambda_t   lambda;

    error = ngx_http_wsgw_failure(inv);

    if (error == NULL) {
        error = ngx_http_wsgw_verdict_lambda(inv, 0, &lambda, result);
    }

    /* the answer's limit had room for escapes, which it need not contain */

    if (error == NULL && event->route->response
        && lambda.body.len > event->wc->wlcf->max_message_size)
    {
        error = ngx_http_wsgw_failure_too_large;
    }

    if (error) {
        ngx_http_wsgw_verdict_fail(inv, event, result, error);
        return;
    }

    if (event->route->response) {
        if (!lambda.null) {
            ngx_http_wsgw_verdict_reply_with(result, &lambda.body,
                lambda.base64 ? ngx_http_wsgw_verdict_opcode(event,
                                                             &lambda.body, 1)
                              : WSGW_OP_TEXT);
        }

    } else if (lambda.body.len && event->type == NGX_HTTP_WSGW_MESSAGE) {
        ngx_http_wsgw_verdict_unsent(inv, event);
    }
}


/* Reads a result.  What is no result often means that wsgw_integration_type was
   forgotten: a hint is logged once per worker. */

static const char *
ngx_http_wsgw_verdict_lambda(ngx_http_wsgw_invoke_t *inv, ngx_uint_t connect,
    ngx_http_wsgw_lambda_t *lambda, ngx_http_wsgw_result_t *result)
{
    u_char      *p;
    const char  *error, *hint;

    static ngx_uint_t  given;
    static const char  use_http[] = "; for a plain HTTP backend write "
                                    "wsgw_integration_type http_proxy";

    error = ngx_http_wsgw_lambda_failure(inv, lambda);

    if (error == NULL && inv->answer_headers) {
        error = ngx_http_wsgw_failure_encoded(inv, &result->note);
    }

    if (error == NULL) {
        error = ngx_http_wsgw_lambda_result(inv, connect, lambda);
    }

    if (error == NULL
        && (lambda->headers.type == WSGW_JSON_OBJECT
            || lambda->lists.type == WSGW_JSON_OBJECT))
    {
        result->orders = 1;
        result->headers = lambda->headers;
        result->lists = lambda->lists;
    }

    if (error == NULL || result->note.len || !lambda->malformed) {
        return error;
    }

    p = ngx_pnalloc(inv->pool, sizeof(" \"\"") + lambda->key.len
                               + sizeof(use_http));
    if (p == NULL) {
        return error;
    }

    hint = given ? "" : use_http;
    given = 1;

    result->note.data = p;

    if (lambda->key.data) {
        p = ngx_sprintf(p, " \"%V\"", &lambda->key);
    }

    p = ngx_sprintf(p, "%s", hint);

    result->note.len = p - result->note.data;

    return error;
}


/* AWS's functions return a body without need, and newcomers miss it. */

static void
ngx_http_wsgw_verdict_unsent(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event)
{
    static ngx_uint_t  said;

    if (said || event->route->async) {
        return;
    }

    said = 1;

    ngx_log_error(NGX_LOG_ERR, &inv->log, 0,
                  "body of a result goes nowhere, route \"%V\"; to send it to "
                  "the client write \"response\" in wsgw_route",
                  &event->route->key);
}


static void
ngx_http_wsgw_verdict_message_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    ngx_str_t   *type;
    ngx_uint_t   aws, wanted, binary;
    const char  *error;

    static ngx_str_t  octets = ngx_string("application/octet-stream");

    aws = (event->wc->wlcf->profile == NGX_HTTP_WSGW_AWS);
    wanted = event->type == NGX_HTTP_WSGW_MESSAGE
             && !event->route->async
             && (event->route->response
                 || (!aws && !event->route->oneway && inv->answer.len));

    error = ngx_http_wsgw_failure(inv);

    if (error == NULL && !aws && inv->status >= NGX_HTTP_INTERNAL_SERVER_ERROR)
    {
        error = "integration answered 5xx";
    }

    if (error == NULL && wanted && inv->answer.len && inv->answer_headers)
    {
        error = ngx_http_wsgw_failure_encoded(inv, &result->note);
    }

    if (error) {
        ngx_http_wsgw_verdict_fail(inv, event, result, error);
        return;
    }

    ngx_http_wsgw_verdict_unusual(inv, event, wanted);

    if (!wanted) {
        return;
    }

    type = &inv->answer_type;
    binary = type->len >= octets.len
             && ngx_strncasecmp(type->data, octets.data, octets.len) == 0;

    ngx_http_wsgw_verdict_reply_with(result, &inv->answer,
                 ngx_http_wsgw_verdict_opcode(event, &inv->answer, binary));
}


/* Logs an error or a page that is taken for a message, or that nobody sees:
   errors once a second, other pages once per worker. */

static void
ngx_http_wsgw_verdict_unusual(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_uint_t wanted)
{
    static time_t      last;
    static ngx_uint_t  said;

    if (inv->status < NGX_HTTP_SPECIAL_RESPONSE) {
        if (said || inv->answer.len == 0
            || inv->answer_type.len < sizeof("text/html") - 1
            || ngx_memcmp(inv->answer_type.data + 5, "html", 4) != 0)
        {
            return;
        }

        said = 1;

    } else if (last == ngx_time()) {
        return;

    } else {
        last = ngx_time();
    }

    ngx_http_wsgw_text_log(NGX_LOG_ERR, &inv->log,
                  "integration answered %ui with type \"%V\", which %s, "
                  "route \"%V\", connection %*s",
                  inv->status, &inv->answer_type,
                  wanted ? "goes to the client as a message" : "goes nowhere",
                  &event->route->key, (size_t) WSGW_ID_LEN, event->wc->id);
}


static void
ngx_http_wsgw_verdict_reply_with(ngx_http_wsgw_result_t *result,
    ngx_str_t *body, ngx_uint_t opcode)
{
    result->type = ngx_http_wsgw_result_reply;
    result->body = *body;
    result->opcode = opcode;
}


/* of bytes that may be no text: "binary" says that the integration wants them
   to be none, which the aws profile does not know */

static ngx_uint_t
ngx_http_wsgw_verdict_opcode(ngx_http_wsgw_event_t *event, ngx_str_t *body,
    ngx_uint_t binary)
{
    if (binary && event->wc->wlcf->profile != NGX_HTTP_WSGW_AWS) {
        return WSGW_OP_BINARY;
    }

    return wsgw_utf8_is_valid(body->data, body->len) ? WSGW_OP_TEXT
                                                     : WSGW_OP_BINARY;
}


/*
 * A $disconnect that a gateway on the way refused is tried again, as is one
 * whose answer is not the integration's own.  Who was asked first and was
 * content may have handed it on, by X-Accel-Redirect, to what refuses it.  One
 * whose answer we cut for its length has been heard.
 */

static ngx_uint_t
ngx_http_wsgw_verdict_delivered(ngx_http_wsgw_invoke_t *inv)
{
    if (!inv->complete && !inv->too_large) {
        return 0;
    }

    if (inv->heard < NGX_HTTP_BAD_REQUEST
        && inv->status >= NGX_HTTP_BAD_REQUEST)
    {
        return inv->upstream && !ngx_http_wsgw_verdict_gateway(inv->status);
    }

    return inv->heard >= NGX_HTTP_OK
           && !ngx_http_wsgw_verdict_gateway(inv->heard);
}


/* what a gateway says of a backend that is away or has too much to do */

static ngx_uint_t
ngx_http_wsgw_verdict_gateway(ngx_uint_t status)
{
    return status == NGX_HTTP_TOO_MANY_REQUESTS
           || status == NGX_HTTP_BAD_GATEWAY
           || status == NGX_HTTP_SERVICE_UNAVAILABLE
           || status == NGX_HTTP_GATEWAY_TIME_OUT;
}


static void
ngx_http_wsgw_verdict_fail(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result,
    const char *error)
{
    ngx_uint_t  level, status;

    /* an outage is told once by each $disconnect, not by each attempt */

    level = event->attempt > 1 ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_http_wsgw_text_log(level, &inv->log,
                  "%s%V, route \"%V\", status %ui, connection %*s",
                  error, &result->note, &event->route->key, inv->status,
                  (size_t) WSGW_ID_LEN, event->wc->id);

    event->error = error;

    /* what a Lambda service answers is none of the client's business */

    status = inv->status;

    if (inv->timedout) {
        status = NGX_HTTP_GATEWAY_TIME_OUT;

    } else if (inv->upstream
               && event->route->type == NGX_HTTP_WSGW_AWS_PROXY)
    {
        status = NGX_HTTP_BAD_GATEWAY;
    }

    result->type = ngx_http_wsgw_result_failed;
    result->kind = ngx_http_wsgw_verdict_kind(status);
}


static ngx_http_wsgw_failures_e
ngx_http_wsgw_verdict_kind(ngx_uint_t status)
{
    switch (status) {

    case NGX_HTTP_FORBIDDEN:
        return ngx_http_wsgw_failures_forbidden;

    case NGX_HTTP_TOO_MANY_REQUESTS:
        return ngx_http_wsgw_failures_limited;

    case NGX_HTTP_GATEWAY_TIME_OUT:
        return ngx_http_wsgw_failures_timeout;

    default:
        return ngx_http_wsgw_failures_internal;
    }
}
