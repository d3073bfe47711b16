
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Events as requests: where they go and with what body; the texts that name
 * the gateway to its backends; the error frame.
 */


#include "event/event.h"
#include "base/block.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/writer.h"
#include "event/event_json.h"
#include "event/headers.h"
#include "invoke/invoke_request.h"
#include "socket/client.h"


/* of a Lambda's result, for all but its body */
#define NGX_HTTP_WSGW_RESULT_ROOM  (64 * 1024)

/* of an authorizer's, as of AWS's */
#define NGX_HTTP_WSGW_AUTHORIZER_MAX  8192

/* bytes of stage variables, to begin with */
#define NGX_HTTP_WSGW_MEMBERS      256


static ngx_http_wsgw_invoke_t *ngx_http_wsgw_event_create(
    ngx_http_wsgw_connection_t *wc, ngx_http_wsgw_route_t *route,
    ngx_http_wsgw_event_t *what);
static ngx_int_t ngx_http_wsgw_event_request(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);
static ngx_int_t ngx_http_wsgw_event_told(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);
static ngx_int_t ngx_http_wsgw_event_payload(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);
static ngx_int_t ngx_http_wsgw_event_keep(ngx_pool_t *pool,
    ngx_http_wsgw_event_t *event);
static size_t ngx_http_wsgw_event_max_response(ngx_http_wsgw_event_t *event);
static ngx_int_t ngx_http_wsgw_event_target(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);


const char *const  ngx_http_wsgw_event_errors[] = {
    [ngx_http_wsgw_failures_internal] = "Internal server error",
    [ngx_http_wsgw_failures_timeout] = "Endpoint request timed out",
    [ngx_http_wsgw_failures_forbidden] = "Forbidden",
    [ngx_http_wsgw_failures_limited] = "Too Many Requests"
};


ngx_int_t
ngx_http_wsgw_event_send(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_route_t *route, ngx_http_wsgw_event_t *what,
    ngx_http_wsgw_invoke_done_pt done)
{
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_event_create(wc, route, what);
    if (inv == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_event_request(inv, inv->data) != NGX_OK) {
        ngx_http_wsgw_invoke_discard(inv);
        return NGX_ERROR;
    }

    inv->done = done;
    inv->started = what->started;

    if (what->pending) {
        *what->pending = inv;
    }

    if (what->type == NGX_HTTP_WSGW_DISCONNECT) {
        inv->reserved = 1;
        ngx_http_wsgw_invoke_post(inv);

    } else {
        ngx_http_wsgw_invoke_run(inv);
    }

    return NGX_OK;
}


static ngx_http_wsgw_invoke_t *
ngx_http_wsgw_event_create(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_route_t *route, ngx_http_wsgw_event_t *what)
{
    ngx_http_wsgw_event_t   *event;
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_create(wc);
    if (inv == NULL) {
        return NULL;
    }

    event = ngx_palloc(inv->pool, sizeof(ngx_http_wsgw_event_t));
    if (event == NULL) {
        ngx_http_wsgw_invoke_discard(inv);
        return NULL;
    }

    ngx_memcpy(&event->type, &what->type, NGX_HTTP_WSGW_EVENT_CALLERS);

    event->wc = wc;
    event->route = route;
    event->status = 0;
    event->error = NULL;
    event->judged = 0;

    if (event->type != NGX_HTTP_WSGW_MESSAGE) {
        event->arrived = ngx_current_msec;
    }

    event->attempt = (event->type == NGX_HTTP_WSGW_DISCONNECT) ? wc->attempt
                                                               : 1;
    event->time = ngx_http_wsgw_clock();

    ngx_http_wsgw_client_event_id(wc, event->number, event->id);

    inv->data = event;

    ngx_log_debug7(NGX_LOG_DEBUG_HTTP, &inv->log, 0,
                   "wsgw event created %V route:\"%V\" attempt:%ui "
                   "id:%*s connection:%*s",
                   ngx_http_wsgw_event_type(event), &route->key_header,
                   event->attempt,
                   (size_t) WSGW_ID_LEN, event->id,
                   (size_t) WSGW_ID_LEN, wc->id);

    return inv;
}


/* Address, headers and body are made from the handshake, which may end before
   the event does: nothing looks at it afterwards. */

static ngx_int_t
ngx_http_wsgw_event_request(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event)
{
    if (ngx_http_wsgw_event_target(inv, event) != NGX_OK
        || ngx_http_wsgw_headers(inv, event) != NGX_OK
        || ngx_http_wsgw_event_told(inv, event) != NGX_OK
        || ngx_http_wsgw_event_payload(inv, event) != NGX_OK)
    {
        return NGX_ERROR;
    }

    event->handshake = NULL;

    return NGX_OK;
}


/* A function gets the client's headers and query in its event alone, but the
   location that leads to it may look at those that http_proxy would send. */

static ngx_int_t
ngx_http_wsgw_event_told(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event)
{
    ngx_str_t  *args;

    if (event->handshake == NULL
        || event->route->type != NGX_HTTP_WSGW_AWS_PROXY)
    {
        return NGX_OK;
    }

    args = &event->handshake->args;

    if (args->len) {
        inv->told_args.len = args->len;
        inv->told_args.data = ngx_pnalloc(inv->pool, args->len);

        if (inv->told_args.data == NULL) {
            return NGX_ERROR;
        }

        ngx_http_wsgw_text_header(inv->told_args.data, args->data, args->len);
    }

    return ngx_http_wsgw_headers_client(inv->pool, event, 0, &inv->told,
                                        &inv->ntold);
}


static ngx_int_t
ngx_http_wsgw_event_payload(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event)
{
    if (event->type == NGX_HTTP_WSGW_MESSAGE
        && ngx_http_wsgw_event_keep(inv->pool, event) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (event->route->type == NGX_HTTP_WSGW_AWS_PROXY) {
        return ngx_http_wsgw_event_json(inv->pool, event, &inv->body);
    }

    inv->body = event->body;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_event_keep(ngx_pool_t *pool, ngx_http_wsgw_event_t *event)
{
    u_char  *p;

    if (event->block->data == NULL) {
        p = ngx_http_wsgw_block_palloc(pool, event->body.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, event->body.data, event->body.len);
        event->body.data = p;

        return NGX_OK;
    }

    if (ngx_http_wsgw_block_give(pool, event->block) != NGX_OK) {
        return NGX_ERROR;
    }

    event->block->data = NULL;

    return NGX_OK;
}


size_t
ngx_http_wsgw_event_error(u_char *dst, const char *message,
    ngx_http_wsgw_connection_t *wc, const u_char id[WSGW_ID_LEN])
{
    u_char  *last;

    last = ngx_snprintf(dst, NGX_HTTP_WSGW_ERROR_FRAME_LEN,
                        "{\"message\": \"%s\", \"connectionId\":\"%*s\", "
                        "\"requestId\":\"%*s\"}",
                        message, (size_t) WSGW_ID_LEN, wc->id,
                        (size_t) WSGW_ID_LEN, id);

    return last - dst;
}


ngx_int_t
ngx_http_wsgw_event_members(ngx_http_request_t *r, ngx_array_t *values,
    ngx_str_t *members)
{
    ngx_uint_t                    i;
    ngx_str_t                     text;
    ngx_http_wsgw_writer_t        w;
    ngx_http_wsgw_named_value_t  *value;

    ngx_str_null(members);

    if (values == NULL || values->nelts == 0) {
        return NGX_OK;
    }

    ngx_http_wsgw_writer_init(&w, r->pool, NGX_HTTP_WSGW_MEMBERS);

    value = values->elts;

    for (i = 0; i < values->nelts; i++) {
        if (ngx_http_complex_value(r, &value[i].value, &text) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_http_wsgw_writer_member(&w, i, &value[i].name, &text);
    }

    return ngx_http_wsgw_writer_text(&w, members);
}


/* The answer is a message, or JSON around one, every byte of which may be
   escaped. */

static size_t
ngx_http_wsgw_event_max_response(ngx_http_wsgw_event_t *event)
{
    size_t  size;

    if (event->type == NGX_HTTP_WSGW_AUTHORIZE) {
        return NGX_HTTP_WSGW_AUTHORIZER_MAX;
    }

    size = event->wc->wlcf->max_message_size;

    return event->route->type == NGX_HTTP_WSGW_AWS_PROXY
           ? 6 * size + NGX_HTTP_WSGW_RESULT_ROOM : size;
}


static ngx_int_t
ngx_http_wsgw_event_target(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event)
{
    u_char                 *p;
    ngx_str_t              *args;
    ngx_http_wsgw_route_t  *route;

    route = event->route;

    inv->uri = route->uri;
    inv->args = route->args;
    inv->exten = route->exten;
    inv->request_line = route->request_line;
    inv->name = route->name;
    inv->timeout = route->timeout;
    inv->max_response = ngx_http_wsgw_event_max_response(event);

    if (route->type == NGX_HTTP_WSGW_AWS_PROXY
        || event->type != NGX_HTTP_WSGW_CONNECT)
    {
        return NGX_OK;
    }

    inv->status_only = 1;

    if (event->handshake->args.len == 0) {
        return NGX_OK;
    }

    args = &event->handshake->args;

    p = ngx_pnalloc(inv->pool, route->args.len + 1 + args->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    inv->args.data = p;

    if (route->args.len) {
        p = ngx_cpymem(p, route->args.data, route->args.len);
        *p++ = '&';
    }

    /* "set $args" may have put decoded bytes there */

    ngx_http_wsgw_text_header(p, args->data, args->len);
    p += args->len;

    inv->args.len = p - inv->args.data;

    return ngx_http_wsgw_invoke_request_line(inv->pool, &inv->uri, &inv->args,
                                             &inv->request_line);
}
