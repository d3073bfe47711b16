
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How a connection ends.
 *
 *    connecting --- close() keeps code and reason ---.
 *        |                                            |
 *        | the 101 leaves                             | close_deferred(),
 *        v                                            v the 101 has left
 *      open ------- close(): we say Close first ---> closing
 *        | '-- close_received(): the client does ---> |
 *        |                                            |
 *        | the socket fails or is reset,              | our Close has left,
 *        | wsgw_send_timeout,                         | the client's is here
 *        | a missed pong                              | or was forfeited;
 *        |                                            | wsgw_close_timeout;
 *        |                                            | the socket fails
 *        '------------> close_socket() <--------------'
 *                             |
 *                             v
 *                          closed -- next(): $disconnect, once no event runs
 *                             |
 *                             | Has our Close left, did nothing fail, and may
 *                             | the client have more to say?
 *                        no   |   yes
 *                    .--------'--------.
 *                    |                 v
 *                    |         linger(): the socket is shut for writing, what
 *                    |                 | comes is thrown away
 *                    v                 v
 *             the socket is      the client's end, or
 *             closed at once     drop() after wsgw_close_timeout
 *
 * The connection itself ends earlier than its socket: close_end() says so in
 * the zone on the way from open to closing, or in close_socket() if the client
 * has vanished.  From then on a $disconnect is owed, whatever becomes of this
 * worker, and pushes find the connection gone.
 *
 * One timer waits for the client's Close (socket/deadline.c); the write
 * event's, for wsgw_send_timeout, runs on as long as something is queued.
 */


#include "socket/close.h"
#include "base/text.h"
#include "base/worker.h"
#include "socket/bare.h"
#include "socket/client.h"
#include "socket/deadline.h"
#include "socket/output.h"
#include "socket/queue.h"
#include "zone/group.h"
#include "zone/slot.h"


/* How often bytes that nobody reads are received before the socket is closed:
   a client that floods must not hold the worker. */
#define NGX_HTTP_WSGW_DROP_READS  64


static void ngx_http_wsgw_close_begin(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason);
static ngx_int_t ngx_http_wsgw_close_send(
    ngx_http_wsgw_connection_t *wc, ngx_uint_t code, ngx_str_t *reason);
static ngx_uint_t ngx_http_wsgw_close_is_mutual(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_close_linger(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c);
static void ngx_http_wsgw_close_linger_handler(ngx_event_t *rev);
static void ngx_http_wsgw_close_drop(ngx_connection_t *c);


void
ngx_http_wsgw_close(ngx_http_wsgw_connection_t *wc, ngx_http_wsgw_ended_e why,
    ngx_uint_t code, ngx_str_t *reason)
{
    if (wc->code) {
        return;
    }

    ngx_http_wsgw_text_debug(ngx_http_wsgw_client_log(wc),
                             "wsgw close code:%ui \"%V\"", code, reason);

    ngx_http_wsgw_close_end(wc, why, code, reason);

    if (wc->state == ngx_http_wsgw_open) {
        ngx_http_wsgw_close_begin(wc, reason);
    }
}


void
ngx_http_wsgw_close_deferred(ngx_http_wsgw_connection_t *wc)
{
    ngx_str_t  reason;

    if (wc->code == 0) {
        return;
    }

    reason = ngx_http_wsgw_client_reason(wc);

    ngx_http_wsgw_close_end(wc, wc->ended, wc->code, &reason);
    ngx_http_wsgw_close_begin(wc, &reason);
}


static void
ngx_http_wsgw_close_begin(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason)
{
    wc->state = ngx_http_wsgw_closing;
    wc->active = ngx_current_msec;

    if (ngx_http_wsgw_close_send(wc, wc->code, reason) != NGX_OK) {
        wc->error = 1;
    }

    /* Reading goes on, but for the client's Close only. */

    ngx_http_wsgw_client_forget_message(wc);
    wc->blocked = 0;

    ngx_http_wsgw_deadline_arm(wc);
    ngx_post_event(wc->connection->read, &ngx_posted_events);
}


void
ngx_http_wsgw_close_received(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason)
{
    static ngx_str_t  none = ngx_string("");
    static ngx_str_t  no_status =
                         ngx_string("Client-side close frame status not set");

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw close received code:%ui len:%uz", code, reason->len);

    if (code == NGX_HTTP_WSGW_CLOSE_NO_STATUS) {
        reason = &no_status;
    }

    ngx_http_wsgw_close_end(wc, ngx_http_wsgw_ended_client, code, reason);

    wc->corked = 0;
    wc->deaf = 1;
    wc->close_received = 1;
    wc->state = ngx_http_wsgw_closing;
    wc->active = ngx_current_msec;

    ngx_http_wsgw_client_discard_input(wc);

    if (!wc->close_sent) {
        (void) ngx_http_wsgw_close_send(wc, code, &none);
    }

    if (wc->error) {
        return;
    }

    ngx_http_wsgw_deadline_arm(wc);
}


static ngx_int_t
ngx_http_wsgw_close_send(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason)
{
    u_char     payload[WSGW_CONTROL_MAX];
    size_t     len;
    ngx_int_t  rc;

    len = 0;

    if (code != NGX_HTTP_WSGW_CLOSE_NO_STATUS) {
        payload[0] = (u_char) (code >> 8);
        payload[1] = (u_char) code;
        len = 2 + ngx_min(reason->len, WSGW_CONTROL_MAX - 2);
        ngx_memcpy(&payload[2], reason->data, len - 2);
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw close sent code:%ui", code);

    wc->corked = 0;
    rc = ngx_http_wsgw_output_control(wc, WSGW_OP_CLOSE, payload, len);
    wc->close_sent = 1;

    return rc;
}


void
ngx_http_wsgw_close_end(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_ended_e why, ngx_uint_t code, ngx_str_t *reason)
{
    ngx_str_t  kept;

    if (wc->code == 0) {
        wc->code = (uint16_t) code;
        wc->ended = why;
        (void) ngx_http_wsgw_client_keep_reason(wc, reason);
    }

    /* While $connect is pending its outcome decides: a connection that it
       refuses has no $disconnect. */

    if (wc->state == ngx_http_wsgw_connecting || wc->owed) {
        return;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                   "wsgw connection ended code:%ui", (ngx_uint_t) wc->code);

    if (wc->counted) {
        ngx_http_wsgw_meter_closed(wc->wlcf->meter, wc->ended, wc->code);
        ngx_http_wsgw_meter_lifetime(wc->wlcf->meter,
                                     ngx_current_msec - wc->opened);
    }

    wc->owed = 1;
    wc->attempt = 1;
    wc->active = ngx_current_msec;

    ngx_http_wsgw_client_uncount(wc);
    ngx_http_wsgw_group_leave_all(wc);

    kept = ngx_http_wsgw_client_reason(wc);

    ngx_http_wsgw_slot_owe(wc->zone, wc->slot, wc->ended, wc->code, &kept);
}


void
ngx_http_wsgw_close_socket(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_ended_e why, ngx_uint_t code, const char *reason)
{
    ngx_str_t          text;
    ngx_uint_t         linger;
    ngx_connection_t  *c;

    text.data = (u_char *) reason;
    text.len = ngx_strlen(reason);

    ngx_http_wsgw_close_end(wc, why, code, &text);

    c = wc->connection;
    linger = wc->close_sent && !wc->error
             && ngx_http_wsgw_queue_is_empty(wc)
             && !ngx_http_wsgw_close_is_mutual(wc);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "wsgw close socket code:%ui \"%s\" linger:%ui",
                   (ngx_uint_t) wc->code, reason, linger);

    ngx_http_wsgw_queue_discard(wc);
    ngx_http_wsgw_client_discard_input(wc);

    wc->connection = NULL;
    wc->state = ngx_http_wsgw_closed;

    if (wc->rare && wc->rare->request) {
        ngx_http_free_request(wc->rare->request, 0);
        wc->rare->request = NULL;
    }

    if (linger) {
        ngx_http_wsgw_close_linger(wc, c);

    } else {
        ngx_http_wsgw_bare_close(c);
    }

    ngx_http_wsgw_client_upward.next(wc);
    ngx_http_wsgw_client_release(wc);
}


/* Returns 1 if both have said Close and nothing is unread: the client, who has
   nothing more to say, gets the end of TCP after our Close. */

static ngx_uint_t
ngx_http_wsgw_close_is_mutual(ngx_http_wsgw_connection_t *wc)
{
#if (NGX_SSL)
    if (wc->connection->ssl) {
        return 0;
    }
#endif

    return wc->close_received && !wc->connection->read->ready;
}


/*
 * We have sent our Close, and the client has answered, has broken the protocol
 * or has used up its time to answer: the server ends TCP first (RFC 6455,
 * 7.1.1).  What still comes is thrown away until the client ends TCP, too: a
 * byte that nobody reads would be answered by a reset, which destroys what the
 * client has not yet read, our Close among it.
 */

static void
ngx_http_wsgw_close_linger(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c)
{
    ngx_msec_t  timeout;

#if (NGX_SSL)
    if (c->ssl) {
        c->ssl->shutdown_without_free = 1;

        if (ngx_ssl_shutdown(c) == NGX_ERROR) {
            ngx_http_wsgw_bare_close(c);
            return;
        }

        /* With NGX_AGAIN the socket had no room for TLS's own end, which then
           does not leave. */

        c->ssl->shutdown_without_free = 0;
        c->recv = ngx_recv;
    }
#endif

    if (ngx_shutdown_socket(c->fd, NGX_WRITE_SHUTDOWN) == -1) {
        ngx_http_wsgw_bare_close(c);
        return;
    }

    if (c->error) {

        /* The worker exits and does not wait any longer. */

        ngx_http_wsgw_close_drop(c);
        return;
    }

    timeout = wc->wlcf->close_timeout;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "wsgw linger timeout:%M", timeout);

    /* The socket's log is in wc, which is held until the end. */

    c->data = wc;
    wc->refs++;

    /* A worker that exits closes idle connections: this one is none. */

    c->idle = 0;
    c->read->handler = ngx_http_wsgw_close_linger_handler;
    c->write->handler = ngx_http_empty_handler;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    if (timeout) {
        ngx_add_timer(c->read, timeout);
    }

    ngx_post_event(c->read, &ngx_posted_next_events);
}


static void
ngx_http_wsgw_close_linger_handler(ngx_event_t *rev)
{
    ssize_t                      n;
    ngx_connection_t            *c;
    ngx_http_wsgw_connection_t  *wc;

    c = rev->data;
    wc = c->data;

    if (rev->timedout || c->close) {
        ngx_http_wsgw_close_drop(c);
        ngx_http_wsgw_client_release(wc);
        return;
    }

    n = c->recv(c, ngx_http_wsgw_worker.recv_buffer, NGX_HTTP_WSGW_READ_SIZE);

    if (n == 0 || n == NGX_ERROR
        || ngx_handle_read_event(rev, 0) != NGX_OK)
    {
        ngx_http_wsgw_bare_close(c);
        ngx_http_wsgw_client_release(wc);
        return;
    }

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }
}


/* Closing a socket with unread bytes sends a reset, so those that are here are
   read first. */

static void
ngx_http_wsgw_close_drop(ngx_connection_t *c)
{
    ngx_uint_t  n;

    for (n = 0; n < NGX_HTTP_WSGW_DROP_READS; n++) {
        if (recv(c->fd, ngx_http_wsgw_worker.recv_buffer,
                 NGX_HTTP_WSGW_READ_SIZE, 0)
            <= 0)
        {
            break;
        }
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, c->log, 0, "wsgw drop reads:%ui", n);

    ngx_http_wsgw_bare_close(c);
}
