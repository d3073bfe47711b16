
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * At most wsgw_concurrency events of a connection run at a time; whole
 * messages beyond that wait here, up to wsgw_max_pending_size, and then the
 * socket is not read.  $disconnect starts when nothing runs or waits.
 */


#include "flow/dispatch.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/worker.h"
#include "event/event.h"
#include "event/orders.h"
#include "event/verdict.h"
#include "flow/disconnect.h"
#include "invoke/invoke.h"
#include "socket/close.h"
#include "socket/connection.h"
#include "socket/output.h"


/* an empty message is not free of charge */
#define NGX_HTTP_WSGW_PENDING_MIN  64


/* of the message that has come last: two numbers each, for the ids of its
   request and of itself */

#define ngx_http_wsgw_dispatch_number(wc)  (2 * (wc)->messages_in - 1)


struct ngx_http_wsgw_message_s {
    ngx_http_wsgw_message_t       *next;
    ngx_msec_t                     arrived;
    uint64_t                       number;      /* of its event's id */
    ngx_uint_t                     opcode;
    size_t                         len;
    u_char                         data[1];
};


#define ngx_http_wsgw_dispatch_size(len)                                      \
    (offsetof(ngx_http_wsgw_message_t, data) + (len))


static void ngx_http_wsgw_dispatch_full(ngx_http_wsgw_connection_t *wc);
static size_t ngx_http_wsgw_dispatch_charge(size_t len);
static ngx_uint_t ngx_http_wsgw_dispatch_has_turn(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_dispatch_start(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_event_t *what);
static void ngx_http_wsgw_dispatch_refuse(ngx_http_wsgw_connection_t *wc,
    uint64_t number, ngx_http_wsgw_failures_e kind);
static ngx_int_t ngx_http_wsgw_dispatch_send(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_event_t *what, ngx_http_wsgw_failures_e *kind);
static ngx_uint_t ngx_http_wsgw_dispatch_has_rate(
    ngx_http_wsgw_connection_t *wc);
static ngx_http_wsgw_route_t *ngx_http_wsgw_dispatch_route(
    ngx_http_wsgw_connection_t *wc, ngx_uint_t opcode, u_char *p, size_t len);
static void ngx_http_wsgw_dispatch_free_turn(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_dispatch_done(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_dispatch_reply(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_traffic_e source, ngx_uint_t opcode, u_char *p, size_t len);
static void ngx_http_wsgw_dispatch_error(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_failures_e kind, const u_char id[WSGW_ID_LEN]);
static ngx_http_wsgw_message_t *ngx_http_wsgw_dispatch_shift(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_dispatch_free(ngx_http_wsgw_message_t *m);


ngx_uint_t
ngx_http_wsgw_dispatch_room(ngx_http_wsgw_connection_t *wc, uint64_t size)
{
    size_t  pending;

    if (ngx_http_wsgw_memory_is_full()
        && wc->inflight >= wc->wlcf->concurrency)
    {
        return 0;
    }

    if (wc->rare == NULL) {
        return 1;
    }

    if (ngx_http_wsgw_output_is_congested(wc)) {
        return 0;
    }

    pending = wc->rare->pending;

    if (pending == 0) {
        return 1;
    }

    return pending + ngx_http_wsgw_dispatch_charge((size_t) size)
           <= wc->wlcf->max_pending_size;
}


ngx_int_t
ngx_http_wsgw_dispatch_message(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, ngx_str_t *text, ngx_http_wsgw_block_t *block)
{
    ngx_uint_t                turn;
    ngx_http_wsgw_rare_t     *rare;
    ngx_http_wsgw_event_t     what;
    ngx_http_wsgw_message_t  *m;

    rare = wc->rare;
    turn = (rare == NULL || rare->messages == NULL)
           && ngx_http_wsgw_dispatch_has_turn(wc);

    if (ngx_http_wsgw_memory_is_full()
        && (!turn || !ngx_http_wsgw_invoke_has_turn(wc)))
    {
        ngx_http_wsgw_dispatch_full(wc);
        return NGX_OK;
    }

    if (turn) {
        ngx_http_wsgw_event_init(&what, NGX_HTTP_WSGW_MESSAGE);

        what.arrived = ngx_current_msec;
        what.number = ngx_http_wsgw_dispatch_number(wc);
        what.opcode = opcode;
        what.body = *text;
        what.block = block;

        wc->starting = 1;
        ngx_http_wsgw_dispatch_start(wc, &what);
        wc->starting = 0;

        return NGX_OK;
    }

    rare = ngx_http_wsgw_client_rare(wc);
    if (rare == NULL) {
        return NGX_ERROR;
    }

    m = ngx_http_wsgw_memory_alloc(ngx_http_wsgw_dispatch_size(text->len));
    if (m == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_client_hold(rare);

    m->next = NULL;
    m->arrived = ngx_current_msec;
    m->number = ngx_http_wsgw_dispatch_number(wc);
    m->opcode = opcode;
    m->len = text->len;
    ngx_memcpy(m->data, text->data, text->len);

    if (rare->messages) {
        rare->last_message->next = m;

    } else {
        rare->messages = m;
    }

    rare->last_message = m;
    rare->pending += ngx_http_wsgw_dispatch_charge(text->len);

    return NGX_OK;
}


/* Answers a message that would have to wait while the worker is full. */

static void
ngx_http_wsgw_dispatch_full(ngx_http_wsgw_connection_t *wc)
{
    ngx_uint_t     level;

    static time_t  told;

    level = ngx_http_wsgw_worker_level(&told);

    ngx_log_error(level, wc->connection->log, 0,
                  "wsgw_worker_memory is used up, refusing a message that "
                  "would have to wait");

    ngx_http_wsgw_dispatch_refuse(wc, ngx_http_wsgw_dispatch_number(wc),
                                  ngx_http_wsgw_failures_limited);
}


static size_t
ngx_http_wsgw_dispatch_charge(size_t len)
{
    return ngx_max(len, NGX_HTTP_WSGW_PENDING_MIN);
}


/* A client that reads slowly holds its own messages back, until it has gone. */

static ngx_uint_t
ngx_http_wsgw_dispatch_has_turn(ngx_http_wsgw_connection_t *wc)
{
    return wc->inflight < wc->wlcf->concurrency
           && (wc->connection == NULL
               || !ngx_http_wsgw_output_is_congested(wc));
}


static void
ngx_http_wsgw_dispatch_start(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_event_t *what)
{
    ngx_http_wsgw_failures_e  kind;

    if (ngx_http_wsgw_dispatch_send(wc, what, &kind) != NGX_OK) {
        ngx_http_wsgw_dispatch_refuse(wc, what->number, kind);
    }
}


/* a message without an event has the id that its event would have had */

static void
ngx_http_wsgw_dispatch_refuse(ngx_http_wsgw_connection_t *wc, uint64_t number,
    ngx_http_wsgw_failures_e kind)
{
    u_char  id[WSGW_ID_LEN];

    ngx_http_wsgw_client_event_id(wc, number, id);
    ngx_http_wsgw_dispatch_error(wc, kind, id);
}


/* NGX_ERROR: the client gets an error frame of that kind instead */

static ngx_int_t
ngx_http_wsgw_dispatch_send(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_event_t *what, ngx_http_wsgw_failures_e *kind)
{
    ngx_http_wsgw_route_t  *route;

    if (wc->wlcf->message_rate && !ngx_http_wsgw_dispatch_has_rate(wc)) {
        ngx_http_wsgw_meter_count(wc->wlcf->meter, traffic,
                                  ngx_http_wsgw_traffic_limited);
        *kind = ngx_http_wsgw_failures_limited;
        return NGX_ERROR;
    }

    route = ngx_http_wsgw_dispatch_route(wc, what->opcode, what->body.data,
                                         what->body.len);
    if (route == NULL) {
        *kind = ngx_http_wsgw_failures_forbidden;
        return NGX_ERROR;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                   "wsgw route \"%V\"", &route->key_header);

    if (route->async) {
        what->started = ngx_http_wsgw_dispatch_free_turn;
    }

    wc->inflight++;

    if (ngx_http_wsgw_event_send(wc, route, what, ngx_http_wsgw_dispatch_done)
        == NGX_OK)
    {
        return NGX_OK;
    }

    wc->inflight--;

    *kind = ngx_http_wsgw_failures_internal;

    return route->async ? NGX_OK : NGX_ERROR;
}


/* This is a leaky bucket, as limit_req's; 1: the message fits. */

static ngx_uint_t
ngx_http_wsgw_dispatch_has_rate(ngx_http_wsgw_connection_t *wc)
{
    int64_t   excess;
    uint32_t  now;

    now = (uint32_t) ngx_current_msec;

    excess = (int64_t) wc->rate_excess
             - (int64_t) wc->wlcf->message_rate
               * (uint32_t) (now - wc->rate_last) / 1000;

    excess = ngx_max(excess, 0);

    if (excess > (int64_t) wc->wlcf->message_burst * 1000) {
        return 0;
    }

    wc->rate_excess = (uint32_t) excess + 1000;
    wc->rate_last = now;

    return 1;
}


static ngx_http_wsgw_route_t *
ngx_http_wsgw_dispatch_route(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, u_char *p, size_t len)
{
    int                        rc;
    size_t                     n;
    u_char                     key[NGX_HTTP_WSGW_MAX_ROUTE_KEY];
    ngx_uint_t                 level;
    const char                *why;
    ngx_http_wsgw_route_t      wanted, *route, **found;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    static time_t              told;

    wlcf = wc->wlcf;

    n = 0;
    rc = 0;

    if (wlcf->selects && opcode == WSGW_OP_TEXT) {
        rc = wsgw_selector_evaluate(wlcf->selector, p, len, key,
                                    NGX_HTTP_WSGW_MAX_ROUTE_KEY, &n);
    }

    if (rc != 0) {
        n = 0;
    }

    if (n) {
        wanted.key.len = n;
        wanted.key.data = key;
        route = &wanted;

        found = bsearch(&route, wlcf->message_routes.elts,
                        wlcf->message_routes.nelts,
                        sizeof(ngx_http_wsgw_route_t *),
                        ngx_http_wsgw_dispatch_compare);
        if (found) {
            return *found;
        }
    }

    if (wlcf->fallback == NULL) {
        ngx_http_wsgw_meter_count(wlcf->meter, traffic,
                                  ngx_http_wsgw_traffic_unrouted);
        why = rc == -2 ? ", which is longer than 256 bytes"
              : rc ? " of a message that is not JSON"
              : opcode == WSGW_OP_BINARY ? " of a binary message"
              : "";

        level = ngx_http_wsgw_worker_level(&told);

        ngx_http_wsgw_text_log(level, ngx_http_wsgw_client_log(wc),
                               "no route for key \"%*s\"%s, and stage \"%V\" "
                               "has no \"wsgw_route $default\"",
                               n, key, why, &wlcf->stage);
    }

    return wlcf->fallback;
}


int ngx_libc_cdecl
ngx_http_wsgw_dispatch_compare(const void *one, const void *two)
{
    ngx_http_wsgw_route_t *const  *first, *const  *second;

    first = one;
    second = two;

    return (int) ngx_memn2cmp((*first)->key.data, (*second)->key.data,
                              (*first)->key.len, (*second)->key.len);
}


/*
 * An event of an async route gives its turn back when its integration is being
 * called.  Until then it has one, or a client could make any number of events
 * wait.
 */

static void
ngx_http_wsgw_dispatch_free_turn(ngx_http_wsgw_invoke_t *inv)
{
    inv->started = NULL;
    inv->wc->inflight--;

    ngx_http_wsgw_dispatch_next(inv->wc);
}


static void
ngx_http_wsgw_dispatch_done(ngx_http_wsgw_invoke_t *inv)
{
    ngx_http_wsgw_event_t       *event;
    ngx_http_wsgw_result_t      *result;
    ngx_http_wsgw_connection_t  *wc;

    wc = inv->wc;
    event = inv->data;

    result = ngx_http_wsgw_verdict(inv, event);

    if (result->orders) {
        ngx_http_wsgw_orders(inv, event);
    }

    if (event->route->async) {
        if (inv->started) {
            ngx_http_wsgw_dispatch_free_turn(inv);
        }

        return;
    }

    wc->inflight--;

    switch (result->type) {

    case ngx_http_wsgw_result_reply:
        ngx_http_wsgw_dispatch_reply(wc, ngx_http_wsgw_traffic_reply,
                                     result->opcode, result->body.data,
                                     result->body.len);
        break;

    case ngx_http_wsgw_result_failed:
        ngx_http_wsgw_dispatch_error(wc, result->kind, event->id);
        break;

    default: /* ngx_http_wsgw_result_none */
        break;
    }

    ngx_http_wsgw_dispatch_next(wc);
}


static void
ngx_http_wsgw_dispatch_reply(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_traffic_e source, ngx_uint_t opcode, u_char *p, size_t len)
{
    ngx_int_t         rc;

    static ngx_str_t  reason = ngx_string("Client reads too slowly");

    rc = ngx_http_wsgw_output_message(wc, source, opcode, p, len);

    if (rc == NGX_OK) {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                       "wsgw reply queued op:%ui len:%uz", opcode, len);
        return;
    }

    /* with any other result the client has gone, or goes */

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                   "wsgw reply dropped op:%ui len:%uz: %i", opcode, len, rc);

    if (rc == NGX_BUSY) {
        ngx_http_wsgw_close(wc, ngx_http_wsgw_ended_slow,
                            NGX_HTTP_WSGW_CLOSE_TRY_LATER, &reason);
    }
}


static void
ngx_http_wsgw_dispatch_error(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_failures_e kind, const u_char id[WSGW_ID_LEN])
{
    size_t  len;
    u_char  frame[NGX_HTTP_WSGW_ERROR_FRAME_LEN];

    ngx_http_wsgw_meter_count(wc->wlcf->meter, failures, kind);

    len = ngx_http_wsgw_event_error(frame, ngx_http_wsgw_event_errors[kind],
                                    wc, id);
    ngx_http_wsgw_dispatch_reply(wc, ngx_http_wsgw_traffic_error, WSGW_OP_TEXT,
                                 frame, len);
}


/*
 * Starts what waits, as a turn is free, or the queue is short again, or the
 * client has gone; then the socket is read on, or $disconnect starts.
 */

void
ngx_http_wsgw_dispatch_next(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_block_t     block;
    ngx_http_wsgw_event_t     what;
    ngx_http_wsgw_message_t  *m;

    /* An event that is answered at once calls this from the loop below.  Of
       most connections nothing waits. */

    if (wc->starting
        || (wc->rare == NULL && wc->state != ngx_http_wsgw_closed))
    {
        return;
    }

    wc->refs++;
    wc->starting = 1;

    while (wc->rare && wc->rare->messages
           && ngx_http_wsgw_dispatch_has_turn(wc))
    {
        m = ngx_http_wsgw_dispatch_shift(wc);

        ngx_http_wsgw_event_init(&what, NGX_HTTP_WSGW_MESSAGE);

        what.arrived = m->arrived;
        what.number = m->number;
        what.opcode = m->opcode;
        what.body.data = m->data;
        what.body.len = m->len;
        what.block = &block;

        /* It is the event's from here on, and no more what waits. */

        block.data = m;
        block.size = ngx_http_wsgw_dispatch_size(m->len);

        ngx_http_wsgw_dispatch_start(wc, &what);

        ngx_http_wsgw_memory_uncount(block.size);

        if (block.data) {
            ngx_http_wsgw_block_free(block.data, block.size);
        }
    }

    wc->starting = 0;

    if (wc->state != ngx_http_wsgw_closed) {
        ngx_http_wsgw_connection_resume(wc);

    } else if (wc->inflight == 0) {
        ngx_http_wsgw_disconnect(wc);
    }

    ngx_http_wsgw_client_release(wc);
}


static ngx_http_wsgw_message_t *
ngx_http_wsgw_dispatch_shift(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_message_t  *m;

    m = wc->rare->messages;
    wc->rare->messages = m->next;
    wc->rare->pending -= ngx_http_wsgw_dispatch_charge(m->len);

    return m;
}


static void
ngx_http_wsgw_dispatch_free(ngx_http_wsgw_message_t *m)
{
    ngx_http_wsgw_memory_free(m, ngx_http_wsgw_dispatch_size(m->len));
}


void
ngx_http_wsgw_dispatch_forget(ngx_http_wsgw_connection_t *wc)
{
    while (wc->rare->messages) {
        ngx_http_wsgw_dispatch_free(ngx_http_wsgw_dispatch_shift(wc));
    }
}
