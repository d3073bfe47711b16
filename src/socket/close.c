
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How a connection ends.
 */


#include "socket/close.h"
#include "base/worker.h"
#include "socket/client.h"
#include "socket/deadline.h"
#include "socket/output.h"
#include "zone/slot.h"


/* A flood of unread bytes must not hold a worker: so many reads at most. */
#define NGX_HTTP_WSGW_DROP_READS  64


static ngx_int_t ngx_http_wsgw_close_send(
    ngx_http_wsgw_connection_t *wc, ngx_uint_t code, ngx_str_t *reason);
static void ngx_http_wsgw_close_linger(ngx_connection_t *c,
    ngx_msec_t timeout);
static void ngx_http_wsgw_close_linger_handler(ngx_event_t *rev);
static void ngx_http_wsgw_close_drop(ngx_connection_t *c);


void
ngx_http_wsgw_close(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason)
{
    if (wc->code) {
        return;
    }

    ngx_http_wsgw_close_end(wc, code, reason);

    if (wc->state == ngx_http_wsgw_open) {
        ngx_http_wsgw_close_begin(wc, reason);
    }
}


void
ngx_http_wsgw_close_begin(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason)
{
    wc->state = ngx_http_wsgw_closing;
    wc->active = ngx_current_msec;

    if (ngx_http_wsgw_close_send(wc, wc->code, reason) != NGX_OK) {
        wc->error = 1;
    }

    /* reading goes on, for the peer's Close only */

    ngx_http_wsgw_client_forget_message(wc);
    wc->blocked = 0;

    ngx_http_wsgw_deadline_arm(wc);
    ngx_post_event(wc->connection->read, &ngx_posted_events);
}


void
ngx_http_wsgw_close_end(ngx_http_wsgw_connection_t *wc, ngx_uint_t code,
    ngx_str_t *reason)
{
    ngx_str_t  kept;

    if (wc->code == 0) {
        wc->code = (uint16_t) code;
        (void) ngx_http_wsgw_client_keep_reason(wc, reason);
    }

    /* $connect's outcome decides first */

    if (wc->state == ngx_http_wsgw_connecting || wc->owed) {
        return;
    }

    wc->owed = 1;
    wc->attempt = 1;

    kept = ngx_http_wsgw_client_reason(wc);

    ngx_http_wsgw_slot_owe(wc->zone, wc->slot, wc->code, &kept);
}


void
ngx_http_wsgw_close_received(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason)
{
    static ngx_str_t  none = ngx_string("");
    static ngx_str_t  no_status =
                         ngx_string("Client-side close frame status not set");

    if (code == NGX_HTTP_WSGW_CLOSE_NO_STATUS) {
        reason = &no_status;
    }

    ngx_http_wsgw_close_end(wc, code, reason);

    wc->corked = 0;
    wc->deaf = 1;
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

    wc->corked = 0;
    rc = ngx_http_wsgw_output_control(wc, WSGW_OP_CLOSE, payload, len);
    wc->close_sent = 1;

    return rc;
}


void
ngx_http_wsgw_close_socket(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, const char *reason)
{
    ngx_str_t          text;
    ngx_uint_t         linger;
    ngx_connection_t  *c;

    text.data = (u_char *) reason;
    text.len = ngx_strlen(reason);

    ngx_http_wsgw_close_end(wc, code, &text);

    c = wc->connection;
    linger = wc->close_sent && !wc->error
             && (wc->rare == NULL || wc->rare->queued == 0);

    ngx_http_wsgw_output_discard(wc);
    ngx_http_wsgw_client_discard_input(wc);

    wc->connection = NULL;
    wc->state = ngx_http_wsgw_closed;

    if (wc->rare && wc->rare->request) {
        ngx_http_free_request(wc->rare->request, 0);
        wc->rare->request = NULL;
    }

    if (linger) {
        ngx_http_wsgw_close_linger(c, wc->wlcf->close_timeout);

    } else {
        ngx_http_close_connection(c);
    }

    ngx_http_wsgw_client_upward.next(wc);
    ngx_http_wsgw_client_release(wc);
}


/*
 * We have said Close, and the client has answered, or broke the protocol, or
 * its time to answer is over: the server ends TCP first (RFC 6455, 7.1.1).
 * What still comes is dropped until the client's end, for a byte that nobody
 * reads is answered by a reset, which takes along what the client has not yet
 * taken, the Close among it.
 */

static void
ngx_http_wsgw_close_linger(ngx_connection_t *c, ngx_msec_t timeout)
{
#if (NGX_SSL)
    if (c->ssl) {
        c->ssl->shutdown_without_free = 1;

        if (ngx_ssl_shutdown(c) == NGX_ERROR) {
            ngx_http_close_connection(c);
            return;
        }

        /* NGX_AGAIN: the socket has no room for TLS's own end */

        c->ssl->shutdown_without_free = 0;
        c->recv = ngx_recv;
    }
#endif

    if (ngx_shutdown_socket(c->fd, NGX_WRITE_SHUTDOWN) == -1) {
        ngx_http_close_connection(c);
        return;
    }

    if (c->error) {

        /* the worker does not wait any longer */

        ngx_http_wsgw_close_drop(c);
        return;
    }

    /* nor does a worker that exits cut this short */

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
    ssize_t            n;
    ngx_connection_t  *c;

    c = rev->data;

    if (rev->timedout || c->close) {
        ngx_http_wsgw_close_drop(c);
        return;
    }

    n = c->recv(c, ngx_http_wsgw_worker.recv_buffer, NGX_HTTP_WSGW_READ_SIZE);

    if (n == 0 || n == NGX_ERROR
        || ngx_handle_read_event(rev, 0) != NGX_OK)
    {
        ngx_http_close_connection(c);
        return;
    }

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }
}


/* a close() with unread bytes is a reset, those that are here are read */

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

    ngx_http_close_connection(c);
}
