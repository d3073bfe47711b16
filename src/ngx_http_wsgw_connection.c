
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A socket's states and what moves it from one to the next: the peer, the
 * clock, the worker's exit, @connections.
 */


#include "ngx_http_wsgw_connection.h"
#include "ngx_http_wsgw_input.h"
#include "ngx_http_wsgw_output.h"
#include "ngx_http_wsgw_registry.h"
#include "ngx_http_wsgw_worker.h"


#define NGX_HTTP_WSGW_NO_DEADLINE  ((ngx_msec_t) -1)

/* of one client's unread bytes; a flood shall not hold a worker */
#define NGX_HTTP_WSGW_DROP_READS   64


static void ngx_http_wsgw_connection_closing(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason);
static ngx_int_t ngx_http_wsgw_connection_send_close(
    ngx_http_wsgw_connection_t *wc, ngx_uint_t code, ngx_str_t *reason);
static void ngx_http_wsgw_connection_linger(ngx_connection_t *c,
    ngx_msec_t timeout);
static void ngx_http_wsgw_connection_linger_handler(ngx_event_t *rev);
static void ngx_http_wsgw_connection_drop(ngx_connection_t *c);
static void ngx_http_wsgw_connection_read_handler(ngx_event_t *rev);
static void ngx_http_wsgw_connection_write_handler(ngx_event_t *wev);
static void ngx_http_wsgw_connection_going_away(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_drain(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_timer(ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_connection_ping(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_arm(ngx_http_wsgw_connection_t *wc);
static ngx_msec_t ngx_http_wsgw_connection_ping_due(
    ngx_http_wsgw_connection_t *wc);
static ngx_msec_t ngx_http_wsgw_connection_due(ngx_msec_t from,
    ngx_msec_t after);


ngx_http_wsgw_connection_handlers_t  ngx_http_wsgw_on;


void
ngx_http_wsgw_connection_open(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c, ngx_str_t *in)
{
    ngx_str_t  reason;

    wc->refs++;
    wc->connection = c;
    wc->state = ngx_http_wsgw_open;
    wc->opened = ngx_current_msec;
    wc->active = wc->opened;
    wc->ping_from = (uint32_t) wc->opened;

    c->data = wc;
    c->idle = 1;
    c->read->handler = ngx_http_wsgw_connection_read_handler;
    c->write->handler = ngx_http_wsgw_connection_write_handler;

#if (NGX_SSL)
    if (c->ssl) {
        c->ssl->buffer = 0;     /* a frame is written as a whole */
    }
#endif

    if (in->len
        && ngx_http_wsgw_input_keep(wc, in->data, in->len) != NGX_OK)
    {
        wc->error = 1;
    }

    /* what was pushed and asked for while $connect was pending */

    if (ngx_http_wsgw_output_flush(wc) == NGX_ERROR) {
        return;
    }

    if (wc->code) {
        reason = ngx_http_wsgw_connection_reason(wc);

        ngx_http_wsgw_connection_end(wc, wc->code, &reason);
        ngx_http_wsgw_connection_closing(wc, &reason);
    }

    if (ngx_exiting || ngx_terminate) {
        ngx_http_wsgw_connection_going_away(wc);

    } else {
        ngx_http_wsgw_connection_arm(wc);
    }

    ngx_post_event(c->read, &ngx_posted_events);
}


void
ngx_http_wsgw_connection_close(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason)
{
    if (wc->code) {
        return;
    }

    ngx_http_wsgw_connection_end(wc, code, reason);

    if (wc->state == ngx_http_wsgw_open) {
        ngx_http_wsgw_connection_closing(wc, reason);
    }
}


static void
ngx_http_wsgw_connection_closing(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason)
{
    wc->state = ngx_http_wsgw_closing;
    wc->active = ngx_current_msec;

    if (ngx_http_wsgw_connection_send_close(wc, wc->code, reason) != NGX_OK) {
        wc->error = 1;
    }

    /* reading goes on, for the peer's Close only */

    ngx_http_wsgw_input_forget(wc);
    wc->blocked = 0;

    ngx_http_wsgw_connection_arm(wc);
    ngx_post_event(wc->connection->read, &ngx_posted_events);
}


void
ngx_http_wsgw_connection_end(ngx_http_wsgw_connection_t *wc, ngx_uint_t code,
    ngx_str_t *reason)
{
    ngx_str_t  kept;

    if (wc->code == 0) {
        wc->code = (uint16_t) code;
        (void) ngx_http_wsgw_connection_keep_reason(wc, reason);
    }

    /* $connect's outcome decides first */

    if (wc->state == ngx_http_wsgw_connecting || wc->owed) {
        return;
    }

    wc->owed = 1;
    wc->attempt = 1;

    kept = ngx_http_wsgw_connection_reason(wc);

    ngx_http_wsgw_slot_owe(wc->zone, wc->slot, wc->code, &kept);
}


void
ngx_http_wsgw_connection_resume(ngx_http_wsgw_connection_t *wc)
{
    if (!wc->blocked || wc->connection == NULL
        || !ngx_http_wsgw_on.room(wc, wc->rare->protocol.size))
    {
        return;
    }

    wc->blocked = 0;
    wc->active = ngx_current_msec;
    wc->ping_from = (uint32_t) wc->active;

    ngx_http_wsgw_connection_arm(wc);
    ngx_post_event(wc->connection->read, &ngx_posted_events);
}


void
ngx_http_wsgw_connection_peer_close(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason)
{
    static ngx_str_t  none = ngx_string("");
    static ngx_str_t  no_status =
                         ngx_string("Client-side close frame status not set");

    if (code == NGX_HTTP_WSGW_CLOSE_NO_STATUS) {
        reason = &no_status;
    }

    ngx_http_wsgw_connection_end(wc, code, reason);

    wc->corked = 0;
    wc->deaf = 1;
    wc->state = ngx_http_wsgw_closing;
    wc->active = ngx_current_msec;

    ngx_http_wsgw_input_discard(wc);

    if (!wc->close_sent) {
        (void) ngx_http_wsgw_connection_send_close(wc, code, &none);
    }

    if (wc->error) {
        return;
    }

    ngx_http_wsgw_connection_arm(wc);
}


static ngx_int_t
ngx_http_wsgw_connection_send_close(ngx_http_wsgw_connection_t *wc,
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
ngx_http_wsgw_connection_finalize(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, const char *reason)
{
    ngx_str_t          text;
    ngx_uint_t         linger;
    ngx_connection_t  *c;

    text.data = (u_char *) reason;
    text.len = ngx_strlen(reason);

    ngx_http_wsgw_connection_end(wc, code, &text);

    c = wc->connection;
    linger = wc->close_sent && !wc->error
             && (wc->rare == NULL || wc->rare->queued == 0);

    ngx_http_wsgw_output_discard(wc);
    ngx_http_wsgw_input_discard(wc);

    wc->connection = NULL;
    wc->state = ngx_http_wsgw_closed;

    if (wc->rare && wc->rare->request) {
        ngx_http_free_request(wc->rare->request, 0);
        wc->rare->request = NULL;
    }

    if (linger) {
        ngx_http_wsgw_connection_linger(c, wc->wlcf->close_timeout);

    } else {
        ngx_http_close_connection(c);
    }

    ngx_http_wsgw_on.next(wc);
    ngx_http_wsgw_connection_release(wc);
}


/*
 * We have said Close, and the client has answered, or broke the protocol, or
 * its time to answer is over: the server ends TCP first (RFC 6455, 7.1.1).
 * What still comes is dropped until the client's end, for a byte that nobody
 * reads is answered by a reset, which takes along what the client has not yet
 * taken, the Close among it.
 */

static void
ngx_http_wsgw_connection_linger(ngx_connection_t *c, ngx_msec_t timeout)
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

        ngx_http_wsgw_connection_drop(c);
        return;
    }

    /* nor does a worker that exits cut this short */

    c->idle = 0;
    c->read->handler = ngx_http_wsgw_connection_linger_handler;
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
ngx_http_wsgw_connection_linger_handler(ngx_event_t *rev)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = rev->data;

    if (rev->timedout || c->close) {
        ngx_http_wsgw_connection_drop(c);
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
ngx_http_wsgw_connection_drop(ngx_connection_t *c)
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


static void
ngx_http_wsgw_connection_read_handler(ngx_event_t *rev)
{
    ngx_connection_t            *c;
    ngx_http_wsgw_connection_t  *wc;

    c = rev->data;
    wc = c->data;

    if (wc->error) {
        ngx_http_wsgw_connection_finalize(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                          "");
        return;
    }

    if (c->close) {
        c->close = 0;
        ngx_http_wsgw_connection_going_away(wc);
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;
        ngx_http_wsgw_connection_timer(wc);
        return;
    }

    wc->refs++;
    ngx_http_wsgw_input_read(wc);
    ngx_http_wsgw_connection_release(wc);
}


static void
ngx_http_wsgw_connection_write_handler(ngx_event_t *wev)
{
    ngx_int_t                    rc;
    ngx_connection_t            *c;
    ngx_http_wsgw_connection_t  *wc;

    c = wev->data;
    wc = c->data;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client does not read");
        ngx_http_wsgw_connection_finalize(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                          "send timed out");
        return;
    }

    rc = ngx_http_wsgw_output_flush(wc);

    if (rc == NGX_ERROR) {
        return;
    }

    if (rc == NGX_OK && wc->deaf) {
        ngx_http_wsgw_connection_finalize(wc, wc->code, "");
        return;
    }

    if (wc->state == ngx_http_wsgw_open
        && !ngx_http_wsgw_output_congested(wc))
    {
        ngx_http_wsgw_on.next(wc);
    }

    ngx_http_wsgw_connection_trim(wc);
}


/* the worker exits: at its leisure, or (error) its patience is at an end */

static void
ngx_http_wsgw_connection_going_away(ngx_http_wsgw_connection_t *wc)
{
    static ngx_str_t   reason = ngx_string("Going away");

    if (wc->connection->error) {
        ngx_http_wsgw_connection_close(wc, NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
                                       &reason);
        ngx_http_wsgw_connection_finalize(wc, NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
                                          "Going away");
        return;
    }

    wc->connection->idle = 0;

    if (!wc->draining && wc->state == ngx_http_wsgw_open) {
        ngx_http_wsgw_connection_drain(wc);
    }
}


/* closes are spread evenly, so that clients do not come back all at once */

static void
ngx_http_wsgw_connection_drain(ngx_http_wsgw_connection_t *wc)
{
    ngx_msec_t                  window;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(wc->wlcf->server->ctx,
                                         ngx_http_wsgw_module);

    window = ngx_http_wsgw_zone_succeeded(wc->zone) ? wmcf->drain_time
                                                    : wmcf->quit_time;

    wc->draining = 1;
    wc->drain_at = (uint32_t) ngx_current_msec
                   + (uint32_t) ((uint64_t) ngx_random() * window
                                   / 0x80000000);

    ngx_http_wsgw_connection_arm(wc);
}


static void
ngx_http_wsgw_connection_timer(ngx_http_wsgw_connection_t *wc)
{
    static ngx_str_t           going_away = ngx_string("Going away");

    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;

    if (wc->state == ngx_http_wsgw_closing) {
        if (ngx_http_wsgw_connection_due(wc->active, wlcf->close_timeout)
            == 0)
        {
            ngx_http_wsgw_connection_finalize(wc, wc->code, "");
            return;
        }

    } else if ((wc->draining
                && (int32_t) (wc->drain_at - (uint32_t) ngx_current_msec) <= 0)
               || ngx_http_wsgw_connection_due(wc->opened, wlcf->max_lifetime)
                  == 0
               || (!wc->blocked
                   && ngx_http_wsgw_connection_due(wc->active,
                                                   wlcf->idle_timeout)
                      == 0))
    {
        ngx_http_wsgw_connection_close(wc, NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
                                       &going_away);
        return;

    } else if (!wc->blocked
               && ngx_http_wsgw_connection_ping_due(wc) == 0
               && ngx_http_wsgw_connection_ping(wc) != NGX_OK)
    {
        return;
    }

    ngx_http_wsgw_connection_arm(wc);
}


/*
 * NGX_DONE: the connection has ended.  A ping would stand behind what waits
 * for a slow client, and may do so already: whether that one still reads,
 * wsgw_send_timeout judges.
 */

static ngx_int_t
ngx_http_wsgw_connection_ping(ngx_http_wsgw_connection_t *wc)
{
    wc->ping_from = (uint32_t) ngx_current_msec;

    if (wc->rare && wc->rare->queued) {
        wc->ping_sent = 0;
        return NGX_OK;
    }

    if (wc->ping_sent) {
        ngx_log_error(NGX_LOG_INFO, wc->connection->log, NGX_ETIMEDOUT,
                      "client did not answer a ping");
        ngx_http_wsgw_connection_finalize(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                          "missed pong");
        return NGX_DONE;
    }

    wc->ping_sent = 1;
    (void) ngx_http_wsgw_output_control(wc, WSGW_OP_PING, NULL, 0);

    return NGX_OK;
}


/* the next moment at which something may be due; activity moves deadlines
   later without touching the timer */

static void
ngx_http_wsgw_connection_arm(ngx_http_wsgw_connection_t *wc)
{
    ngx_msec_t                 next;
    ngx_msec_int_t             left;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;

    if (wc->state == ngx_http_wsgw_closing) {
        next = ngx_http_wsgw_connection_due(wc->active, wlcf->close_timeout);

    } else {
        next = ngx_http_wsgw_connection_due(wc->opened, wlcf->max_lifetime);

        if (!wc->blocked) {
            next = ngx_min(next,
                           ngx_http_wsgw_connection_due(wc->active,
                                                        wlcf->idle_timeout));
            next = ngx_min(next,
                           ngx_http_wsgw_connection_ping_due(wc));
        }

        if (wc->draining) {
            left = (int32_t) (wc->drain_at - (uint32_t) ngx_current_msec);
            next = ngx_min(next, (ngx_msec_t) ngx_max(left, 1));
        }
    }

    if (wc->connection->read->timer_set) {
        ngx_del_timer(wc->connection->read);
    }

    if (next != NGX_HTTP_WSGW_NO_DEADLINE) {
        ngx_add_timer(wc->connection->read, ngx_max(next, 1));
    }
}


/* ms until "from" is "after" ms ago, 0: it is; after 0: never */

static ngx_msec_t
ngx_http_wsgw_connection_due(ngx_msec_t from, ngx_msec_t after)
{
    ngx_msec_t  passed;

    if (after == 0) {
        return NGX_HTTP_WSGW_NO_DEADLINE;
    }

    passed = ngx_current_msec - from;

    return passed < after ? after - passed : 0;
}


/* ping_from is the lower half of a time */

static ngx_msec_t
ngx_http_wsgw_connection_ping_due(ngx_http_wsgw_connection_t *wc)
{
    uint32_t  passed;

    passed = (uint32_t) ngx_current_msec - wc->ping_from;

    return ngx_http_wsgw_connection_due(ngx_current_msec - passed,
                                        wc->wlcf->ping_interval);
}
