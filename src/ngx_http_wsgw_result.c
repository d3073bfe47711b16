
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an integration's answer means: ngx_http_wsgw_event_result().
 */


#include "ngx_http_wsgw_event.h"
#include "ngx_http_wsgw_lambda.h"
#include "wsgw_utf8.h"


static void ngx_http_wsgw_result_connect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_result_connect_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_result_connect_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_result_decide(ngx_http_wsgw_result_t *result,
    ngx_uint_t status);
static void ngx_http_wsgw_result_message_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_result_message_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_result_reply_with(ngx_http_wsgw_event_t *event,
    ngx_http_wsgw_result_t *result, ngx_str_t *body, ngx_uint_t binary);
static ngx_uint_t ngx_http_wsgw_result_delivered(ngx_http_wsgw_invoke_t *inv);

static const char *ngx_http_wsgw_result_failure(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_result_fail(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result,
    const char *error);
static const char *ngx_http_wsgw_result_message(ngx_uint_t status);


static const char  ngx_http_wsgw_result_too_large[] =
                                        "integration's answer is too large";


void
ngx_http_wsgw_event_result(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    ngx_memzero(result, sizeof(ngx_http_wsgw_result_t));

    event->status = inv->status;
    event->error = NULL;

    inv->log.action = "reading the answer of an integration";

    if (event->type == NGX_HTTP_WSGW_CONNECT) {
        ngx_http_wsgw_result_connect(inv, event, result);

    } else if (event->route->type == NGX_HTTP_WSGW_AWS_PROXY) {
        ngx_http_wsgw_result_message_lambda(inv, event, result);

    } else {
        ngx_http_wsgw_result_message_http(inv, event, result);
    }

    if (event->type == NGX_HTTP_WSGW_DISCONNECT) {
        result->delivered = ngx_http_wsgw_result_delivered(inv);
    }

    if (event->type == NGX_HTTP_WSGW_DISCONNECT || event->route->async) {
        result->type = ngx_http_wsgw_result_none;
    }
}


static void
ngx_http_wsgw_result_connect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    const char  *error;

    error = ngx_http_wsgw_result_failure(inv);

    if (error) {
        ngx_http_wsgw_result_fail(inv, event, result, error);

        result->status = inv->timedout ? NGX_HTTP_GATEWAY_TIME_OUT
                                       : inv->status;

        if (result->status < NGX_HTTP_BAD_REQUEST
            || result->status > NGX_HTTP_INSUFFICIENT_STORAGE
            || result->status == NGX_HTTP_CLIENT_CLOSED_REQUEST)
        {
            result->status = NGX_HTTP_BAD_GATEWAY;
        }

        /* an answer of 2xx may have been on its way */

        result->unknown = inv->sent;

        return;
    }

    if (event->route->type == NGX_HTTP_WSGW_AWS_PROXY) {
        ngx_http_wsgw_result_connect_lambda(inv, event, result);

    } else {
        ngx_http_wsgw_result_connect_http(inv, event, result);
    }
}


static void
ngx_http_wsgw_result_connect_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    const char              *error;
    ngx_http_wsgw_lambda_t   lambda;

    error = ngx_http_wsgw_lambda_result(inv, &lambda);

    if (error == NULL && (lambda.status < 200 || lambda.status > 599)) {
        error = "result has no valid statusCode";
    }

    if (error) {
        ngx_http_wsgw_result_fail(inv, event, result, error);
        result->status = NGX_HTTP_BAD_GATEWAY;
        return;
    }

    result->body = lambda.body;
    result->subprotocol = lambda.subprotocol;
    ngx_str_set(&result->content_type, "application/json");

    ngx_http_wsgw_result_decide(result, lambda.status);
}


static void
ngx_http_wsgw_result_connect_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    result->body = inv->answer;
    result->subprotocol = ngx_http_wsgw_invoke_header(inv,
                                                    "Sec-WebSocket-Protocol");
    result->content_type = inv->answer_type;

    if (result->content_type.len == 0) {
        ngx_str_set(&result->content_type, "application/json");
    }

    ngx_http_wsgw_result_decide(result, inv->status);
}


/* accepted by 2xx; a refusal has the integration's status and body */

static void
ngx_http_wsgw_result_decide(ngx_http_wsgw_result_t *result, ngx_uint_t status)
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
ngx_http_wsgw_result_message_lambda(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    const char              *error;
    ngx_http_wsgw_lambda_t   lambda;

    error = ngx_http_wsgw_result_failure(inv);

    if (error == NULL) {
        error = ngx_http_wsgw_lambda_result(inv, &lambda);
    }

    /* there was room for escapes, which it may not have had */

    if (error == NULL && event->route->response
        && lambda.body.len > event->wc->wlcf->max_message_size)
    {
        error = ngx_http_wsgw_result_too_large;
    }

    if (error) {
        ngx_http_wsgw_result_fail(inv, event, result, error);
        return;
    }

    if (event->route->response && !lambda.null) {
        ngx_http_wsgw_result_reply_with(event, result, &lambda.body,
                                        lambda.base64);
    }
}


static void
ngx_http_wsgw_result_message_http(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    ngx_str_t   *type;
    ngx_uint_t   aws, wanted, binary;
    const char  *error;

    static ngx_str_t  octets = ngx_string("application/octet-stream");

    aws = (event->wc->wlcf->profile == NGX_HTTP_WSGW_AWS);
    error = ngx_http_wsgw_result_failure(inv);

    if (error == NULL && !aws && inv->status >= NGX_HTTP_INTERNAL_SERVER_ERROR)
    {
        error = "integration answered 5xx";
    }

    if (error) {
        ngx_http_wsgw_result_fail(inv, event, result, error);
        return;
    }

    wanted = event->route->response
             || (!aws && !event->route->oneway && inv->answer.len);

    if (!wanted) {
        return;
    }

    type = &inv->answer_type;
    binary = type->len >= octets.len
             && ngx_strncasecmp(type->data, octets.data, octets.len) == 0;

    ngx_http_wsgw_result_reply_with(event, result, &inv->answer, binary);
}


static void
ngx_http_wsgw_result_reply_with(ngx_http_wsgw_event_t *event,
    ngx_http_wsgw_result_t *result, ngx_str_t *body, ngx_uint_t binary)
{
    if (event->wc->wlcf->profile == NGX_HTTP_WSGW_AWS) {
        binary = 0;
    }

    result->type = ngx_http_wsgw_result_reply;
    result->body = *body;
    result->opcode = (!binary && wsgw_utf8_is_valid(body->data, body->len))
                     ? WSGW_OP_TEXT : WSGW_OP_BINARY;
}


/*
 * A $disconnect that a gateway on the way refused is tried again.  One whose
 * answer we cut for its length has been heard.
 */

static ngx_uint_t
ngx_http_wsgw_result_delivered(ngx_http_wsgw_invoke_t *inv)
{
    if (!inv->complete && !inv->too_large) {
        return 0;
    }

    switch (inv->status) {

    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_BAD_GATEWAY:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
    case NGX_HTTP_GATEWAY_TIME_OUT:
        return 0;
    }

    return inv->status >= NGX_HTTP_OK
           && (inv->upstream || inv->status < NGX_HTTP_BAD_REQUEST);
}


/* what fails with either type of integration; NULL: there is an answer */

static const char *
ngx_http_wsgw_result_failure(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->timedout) {
        return "integration timed out";
    }

    if (inv->too_large) {
        return ngx_http_wsgw_result_too_large;
    }

    if (!inv->complete) {
        return "integration did not answer";
    }

    if (inv->status < NGX_HTTP_OK) {
        return "integration answered 1xx";
    }

    if (!inv->upstream && inv->status >= NGX_HTTP_BAD_REQUEST) {
        return "integration could not be called";
    }

    return NULL;
}


static void
ngx_http_wsgw_result_fail(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result,
    const char *error)
{
    ngx_uint_t  status;

    ngx_log_error(NGX_LOG_ERR, &inv->log, 0,
                  "%s, route \"%V\", status %ui, connection %*s",
                  error, &event->route->key, inv->status,
                  (size_t) WSGW_ID_LEN, event->connection_id);

    event->error = error;

    /* what a Lambda service answers is none of the client's business */

    status = inv->timedout ? NGX_HTTP_GATEWAY_TIME_OUT : inv->status;

    if (inv->upstream && event->route->type == NGX_HTTP_WSGW_AWS_PROXY) {
        status = NGX_HTTP_BAD_GATEWAY;
    }

    result->type = ngx_http_wsgw_result_failed;
    result->message = ngx_http_wsgw_result_message(status);
}


static const char *
ngx_http_wsgw_result_message(ngx_uint_t status)
{
    switch (status) {

    case NGX_HTTP_FORBIDDEN:
        return "Forbidden";

    case NGX_HTTP_TOO_MANY_REQUESTS:
        return "Too Many Requests";

    case NGX_HTTP_GATEWAY_TIME_OUT:
        return "Endpoint request timed out";

    default:
        return "Internal server error";
    }
}
