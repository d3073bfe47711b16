
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * From bytes to frames.  An idle connection has neither a read buffer nor
 * parser state: bytes come into the worker's one buffer, and only what cannot
 * be finished at once is kept in wc->rare: the begun frame and message, and
 * bytes that have to wait.
 */


#include "socket/input.h"
#include "base/memory.h"
#include "base/worker.h"
#include "socket/close.h"
#include "socket/gather.h"
#include "socket/output.h"


/* Frames handled per connection and turn of the event loop: a flooding client
   delays others by at most so many. */
#define NGX_HTTP_WSGW_TURN_FRAMES  8

/* While the worker's memory is full a read is short: what has to wait behind
   it is kept. */
#define NGX_HTTP_WSGW_SHORT_READ  512


static ngx_http_wsgw_input_left_e ngx_http_wsgw_input_unread(
    ngx_http_wsgw_connection_t *wc);
static ngx_http_wsgw_input_left_e ngx_http_wsgw_input_socket(
    ngx_http_wsgw_connection_t *wc);
static ngx_uint_t ngx_http_wsgw_input_is_stuck(
    ngx_http_wsgw_connection_t *wc);
static ngx_uint_t ngx_http_wsgw_input_is_drained(ngx_connection_t *c);
static u_char *ngx_http_wsgw_input_process(ngx_http_wsgw_connection_t *wc,
    u_char *pos, u_char *last);
static ngx_uint_t ngx_http_wsgw_input_has_room(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p);
static void ngx_http_wsgw_input_event(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p, wsgw_protocol_event_t event);
static ngx_int_t ngx_http_wsgw_input_store(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p);
static void ngx_http_wsgw_input_heard(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t data);


ngx_http_wsgw_input_left_e
ngx_http_wsgw_input_read(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_input_left_e  left;

    if (wc->rare) {
        left = ngx_http_wsgw_input_unread(wc);

        if (left != ngx_http_wsgw_input_nothing || wc->blocked) {
            return left;
        }
    }

    return ngx_http_wsgw_input_socket(wc);
}


/* Reads what was kept: bytes, or an empty frame that waited and has none. */

static ngx_http_wsgw_input_left_e
ngx_http_wsgw_input_unread(ngx_http_wsgw_connection_t *wc)
{
    u_char                *p, *start;
    size_t                 len;
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;
    start = rare->unread;
    len = rare->unread_len;

    if (start == NULL) {
        p = ngx_http_wsgw_worker.recv_buffer;
        (void) ngx_http_wsgw_input_process(wc, p, p);

        return wc->connection ? ngx_http_wsgw_input_nothing
                              : ngx_http_wsgw_input_gone;
    }

    rare->unread = NULL;

    p = ngx_http_wsgw_input_process(wc, start + rare->unread_pos, start + len);

    if (wc->connection && p < start + len) {
        rare->unread = start;
        rare->unread_len = len;
        rare->unread_pos = p - start;

        return ngx_http_wsgw_input_rest;
    }

    ngx_http_wsgw_memory_free(start, len);

    return wc->connection ? ngx_http_wsgw_input_nothing
                          : ngx_http_wsgw_input_gone;
}


/* Receives once: other connections come before the next time. */

static ngx_http_wsgw_input_left_e
ngx_http_wsgw_input_socket(ngx_http_wsgw_connection_t *wc)
{
    u_char            *p, *last;
    size_t             size;
    ssize_t            n;
    ngx_connection_t  *c;

    c = wc->connection;
    p = ngx_http_wsgw_worker.recv_buffer;
    size = NGX_HTTP_WSGW_READ_SIZE;

    if (ngx_http_wsgw_memory_is_full()) {
        if (ngx_http_wsgw_input_is_stuck(wc)) {
            wc->blocked = 1;
            return ngx_http_wsgw_input_nothing;
        }

        size = NGX_HTTP_WSGW_SHORT_READ;

    } else if (wc->rare) {
        p = ngx_http_wsgw_gather_buffer(wc, &size);
    }

    n = c->recv(c, p, size);

    if (n == NGX_AGAIN) {
        if (ngx_handle_read_event(c->read, 0) == NGX_OK) {
            return ngx_http_wsgw_input_nothing;
        }

        n = NGX_ERROR;
    }

    if (n == 0 || n == NGX_ERROR) {
        ngx_http_wsgw_close_socket(wc, ngx_http_wsgw_ended_client_lost,
                                   NGX_HTTP_WSGW_CLOSE_ABNORMAL, "");
        return ngx_http_wsgw_input_gone;
    }

    ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_traffic,
                            ngx_http_wsgw_traffic_wire_in, n);

    last = p + n;
    p = ngx_http_wsgw_input_process(wc, p, last);

    if (wc->connection == NULL) {
        return ngx_http_wsgw_input_gone;
    }

    if (p < last) {
        if (ngx_http_wsgw_input_keep(wc, p, last - p) != NGX_OK) {
            ngx_http_wsgw_close_socket(wc, ngx_http_wsgw_ended_internal,
                                       NGX_HTTP_WSGW_CLOSE_INTERNAL,
                                       "no memory");
            return ngx_http_wsgw_input_gone;
        }

        return ngx_http_wsgw_input_rest;
    }

    return ngx_http_wsgw_input_is_drained(c) ? ngx_http_wsgw_input_nothing
                                             : ngx_http_wsgw_input_rest;
}


/* Returns 1 if the socket has no more: nginx says so, or, as its recv() would,
   the last of the bytes that it has counted was taken. */

static ngx_uint_t
ngx_http_wsgw_input_is_drained(ngx_connection_t *c)
{
#if (NGX_HAVE_EPOLLRDHUP)

    if ((ngx_event_flags & NGX_USE_EPOLL_EVENT) && ngx_use_epoll_rdhup
#if (NGX_SSL)
        && c->ssl == NULL
#endif
        && c->read->available == 0 && !c->read->pending_eof)
    {
        c->read->ready = 0;
    }

#endif

    return !c->read->ready;
}


/* Returns 1 inside a frame of a message that would have to wait: nothing but
   its rest can come. */

static ngx_uint_t
ngx_http_wsgw_input_is_stuck(ngx_http_wsgw_connection_t *wc)
{
    return wc->rare && wc->state == ngx_http_wsgw_open
           && wsgw_protocol_is_inside(&wc->rare->protocol)
           && !ngx_http_wsgw_client_upward.room(wc, wc->rare->protocol.size);
}


/*
 * Handles frames.  Returns the first byte that was not taken: last, or the one
 * after the header of a data frame for whose message there is no room (then
 * wc->blocked is set), or where the connection had its share of the turn.
 */

static u_char *
ngx_http_wsgw_input_process(ngx_http_wsgw_connection_t *wc, u_char *pos,
    u_char *last)
{
    ngx_uint_t              frames;
    wsgw_protocol_t         p;
    wsgw_protocol_conf_t   *conf;
    wsgw_protocol_event_t   event;

    if (wc->deaf) {
        return last;
    }

    conf = wc->deflate_bits ? &wc->wlcf->protocol_deflate
                            : &wc->wlcf->protocol;

    frames = 0;

    if (wc->rare) {
        p = wc->rare->protocol;

    } else {
        ngx_memzero(&p, offsetof(wsgw_protocol_t, control));
    }

    for ( ;; ) {

        event = wsgw_protocol_next(&p, conf, &pos, last);

        if (event == WSGW_PROTOCOL_AGAIN) {
            break;
        }

        if (event == WSGW_PROTOCOL_HEADER) {
            if (!ngx_http_wsgw_input_has_room(wc, &p)) {
                wc->blocked = 1;
                break;
            }

            continue;
        }

        wc->corked = (pos < last);

        ngx_http_wsgw_input_event(wc, &p, event);

        if (wc->connection == NULL || wc->deaf) {

            if (pos < last) {
                wc->close_received = 0;
            }

            return last;
        }

        if (pos == last || ++frames == NGX_HTTP_WSGW_TURN_FRAMES) {
            break;
        }
    }

    return ngx_http_wsgw_input_store(wc, &p) == NGX_OK ? pos : last;
}


/* Returns 1 if the data frame of this header may be taken.  What a connection
   that closes sends is taken and forgotten. */

static ngx_uint_t
ngx_http_wsgw_input_has_room(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p)
{
    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw frame in op:%ui fin:%ui len:%uL",
                   (ngx_uint_t) p->frame.opcode, (ngx_uint_t) p->frame.fin,
                   p->frame.length);

    if (wc->state != ngx_http_wsgw_open
        || ngx_http_wsgw_client_upward.room(wc, p->size))
    {
        return 1;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw reading stopped size:%uL pending:%uz queued:%uz",
                   p->size, wc->rare ? wc->rare->pending : 0,
                   wc->rare ? wc->rare->queued : 0);

    return 0;
}


static void
ngx_http_wsgw_input_event(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p,
    wsgw_protocol_event_t event)
{
    ngx_str_t  reason;

    if (event == WSGW_PROTOCOL_DATA) {
        ngx_http_wsgw_input_heard(wc, 1);
        ngx_http_wsgw_gather(wc, p);
        return;
    }

    if (event == WSGW_PROTOCOL_FAIL) {
        ngx_http_wsgw_gather_fail(wc, p->code, p->reason, "");
        return;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw frame in op:%ui fin:1 len:%uL",
                   (ngx_uint_t) p->frame.opcode, p->frame.length);

    ngx_http_wsgw_meter_count(wc->wlcf->meter, traffic,
        ngx_http_wsgw_traffic_close_in + p->frame.opcode - WSGW_OP_CLOSE);

    if (event == WSGW_PROTOCOL_CLOSE) {
        reason.data = p->control;
        reason.len = p->control_len;
        ngx_http_wsgw_close_received(wc, p->code, &reason);
        return;
    }

    if (event == WSGW_PROTOCOL_PONG && wc->ping_sent) {
        ngx_http_wsgw_meter_time(wc->wlcf->meter, ngx_http_wsgw_row_ping_time,
                                 (uint32_t) ngx_current_msec - wc->ping_from);
    }

    ngx_http_wsgw_input_heard(wc, 0);

    if (event == WSGW_PROTOCOL_PING) {
        (void) ngx_http_wsgw_output_control(wc, WSGW_OP_PONG, p->control,
                                            p->control_len);
    }
}


/* Keeps where the parser stands, unless it is between two messages. */

static ngx_int_t
ngx_http_wsgw_input_store(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p)
{
    if (wsgw_protocol_is_idle(p)) {
        if (wc->rare) {
            ngx_memzero(&wc->rare->protocol, sizeof(wsgw_protocol_t));
        }

        return NGX_OK;
    }

    if (ngx_http_wsgw_client_rare(wc) == NULL) {
        wc->error = 1;
        ngx_post_event(wc->connection->read, &ngx_posted_events);
        return NGX_ERROR;
    }

    wc->rare->protocol = *p;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_input_keep(ngx_http_wsgw_connection_t *wc, u_char *p,
    size_t len)
{
    ngx_http_wsgw_rare_t  *rare;

    rare = ngx_http_wsgw_client_rare(wc);
    if (rare == NULL) {
        return NGX_ERROR;
    }

    rare->unread = ngx_http_wsgw_memory_alloc(len);
    if (rare->unread == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(rare->unread, p, len);
    rare->unread_len = len;
    rare->unread_pos = 0;

    return NGX_OK;
}


/* A frame has come: wsgw_ping_interval begins anew, and with a data frame, in
   the extended profile with any, so does wsgw_idle_timeout. */

static void
ngx_http_wsgw_input_heard(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t data)
{
    if (wc->state != ngx_http_wsgw_open) {
        return;
    }

    wc->ping_sent = 0;
    wc->ping_from = (uint32_t) ngx_current_msec;

    if (data || wc->wlcf->profile == NGX_HTTP_WSGW_EXTENDED) {
        wc->active = ngx_current_msec;
    }
}
