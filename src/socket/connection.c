
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What happens on an open socket: it can be read or written, a deadline has
 * passed, the worker exits.  How it ends is in close.c.
 */


#include "socket/connection.h"
#include "socket/close.h"
#include "socket/deadline.h"
#include "socket/input.h"
#include "socket/output.h"
#include "socket/queue.h"
#include "zone/succession.h"


static void ngx_http_wsgw_connection_read_handler(ngx_event_t *rev);
static void ngx_http_wsgw_connection_read(ngx_http_wsgw_connection_t *wc);
static ngx_uint_t ngx_http_wsgw_connection_is_reset(ngx_connection_t *c);
static void ngx_http_wsgw_connection_write_handler(ngx_event_t *wev);
static ngx_int_t ngx_http_wsgw_connection_flush(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_going_away(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_drain(ngx_http_wsgw_connection_t *wc);
static ngx_http_wsgw_ended_e ngx_http_wsgw_connection_left(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_timer(ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_connection_ping(ngx_http_wsgw_connection_t *wc);


void
ngx_http_wsgw_connection_open(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c, ngx_str_t *in)
{
    wc->refs++;
    wc->connection = c;
    wc->state = ngx_http_wsgw_open;
    wc->active = ngx_current_msec;
    wc->ping_from = (uint32_t) wc->active;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "wsgw connection open slot:%uD unread:%uz deflate:%ui",
                   wc->slot, in->len, (ngx_uint_t) wc->deflate_bits);

    c->data = wc;
    c->idle = 1;
    c->read->handler = ngx_http_wsgw_connection_read_handler;
    c->write->handler = ngx_http_wsgw_connection_write_handler;

#if (NGX_SSL)
    if (c->ssl) {
        c->ssl->buffer = 0;     /* frames are not collected again */
    }
#endif

    if (in->len
        && ngx_http_wsgw_input_keep(wc, in->data, in->len) != NGX_OK)
    {
        wc->error = 1;
    }

    /* What was pushed, and a close that was asked for, had to wait until the
       101 has left. */

    if (ngx_http_wsgw_output_flush(wc) == NGX_ERROR) {
        return;
    }

    ngx_http_wsgw_close_deferred(wc);

    if (ngx_exiting || ngx_terminate) {
        ngx_http_wsgw_connection_going_away(wc);

    } else {
        ngx_http_wsgw_deadline_arm(wc);
    }

    /* The socket is asked for bytes only where some may be. */

    if (c->read->ready || c->read->pending_eof || in->len || wc->error
#if (NGX_SSL)
        || c->ssl
#endif
       )
    {
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


void
ngx_http_wsgw_connection_resume(ngx_http_wsgw_connection_t *wc)
{
    if (!wc->blocked || wc->connection == NULL
        || !ngx_http_wsgw_client_upward.room(wc, wc->rare->protocol.size))
    {
        return;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw reading resumed");

    wc->blocked = 0;
    wc->active = ngx_current_msec;
    wc->ping_from = (uint32_t) wc->active;

    ngx_http_wsgw_deadline_arm(wc);
    ngx_post_event(wc->connection->read, &ngx_posted_events);
}


static void
ngx_http_wsgw_connection_read_handler(ngx_event_t *rev)
{
    ngx_connection_t            *c;
    ngx_http_wsgw_connection_t  *wc;

    c = rev->data;
    wc = c->data;

    if (wc->error) {
        ngx_http_wsgw_close_socket(wc, ngx_http_wsgw_ended_client_lost,
                                   NGX_HTTP_WSGW_CLOSE_ABNORMAL, "");
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

    if (wc->blocked) {

        /* Nothing is read now, yet a reset need not wait until it is. */

        if (ngx_http_wsgw_connection_is_reset(c)) {
            ngx_http_wsgw_close_socket(wc, ngx_http_wsgw_ended_client_lost,
                                       NGX_HTTP_WSGW_CLOSE_ABNORMAL, "");
        }

        return;
    }

    wc->refs++;
    ngx_http_wsgw_connection_read(wc);
    ngx_http_wsgw_client_release(wc);
}


static void
ngx_http_wsgw_connection_read(ngx_http_wsgw_connection_t *wc)
{
    ngx_connection_t            *c;
    ngx_http_wsgw_input_left_e   left;

    c = wc->connection;
    left = ngx_http_wsgw_input_read(wc);

    if (left == ngx_http_wsgw_input_gone) {
        return;
    }

    wc->corked = 0;

    if (ngx_http_wsgw_connection_flush(wc) == NGX_OK
        && left == ngx_http_wsgw_input_rest)
    {
        ngx_post_event(c->read, &ngx_posted_next_events);
    }
}


static ngx_uint_t
ngx_http_wsgw_connection_is_reset(ngx_connection_t *c)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    return getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1 || err;
}


static void
ngx_http_wsgw_connection_write_handler(ngx_event_t *wev)
{
    ngx_connection_t            *c;
    ngx_http_wsgw_connection_t  *wc;

    c = wev->data;
    wc = c->data;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client does not read");
        ngx_http_wsgw_close_socket(wc, ngx_http_wsgw_ended_send_timeout,
                                   NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                   "send timed out");
        return;
    }

    (void) ngx_http_wsgw_connection_flush(wc);
}


/*
 * Sends what is queued and does what an emptier queue allows.  NGX_DONE: the
 * socket has failed or is closed.
 */

static ngx_int_t
ngx_http_wsgw_connection_flush(ngx_http_wsgw_connection_t *wc)
{
    if (wc->rare == NULL && !wc->deaf) {
        return NGX_OK;
    }

    switch (ngx_http_wsgw_output_flush(wc)) {

    case NGX_ERROR:
        return NGX_DONE;

    case NGX_OK:
        if (wc->deaf) {

            /* Our Close has left, and nothing is expected of the client. */

            ngx_http_wsgw_close_socket(wc, wc->ended, wc->code, "");
            return NGX_DONE;
        }

        break;
    }

    /* Messages may have waited because the client did not read the replies. */

    if (wc->rare && wc->state == ngx_http_wsgw_open
        && !ngx_http_wsgw_output_is_congested(wc))
    {
        ngx_http_wsgw_client_upward.next(wc);
    }

    ngx_http_wsgw_client_trim(wc);

    return NGX_OK;
}


/* The worker exits: nginx wakes idle connections, which then close one by one,
   and sets c->error when worker_shutdown_timeout is over. */

static void
ngx_http_wsgw_connection_going_away(ngx_http_wsgw_connection_t *wc)
{
    static ngx_str_t   reason = ngx_string("Going away");

    if (wc->connection->error) {
        ngx_http_wsgw_close(wc, ngx_http_wsgw_connection_left(wc),
                            NGX_HTTP_WSGW_CLOSE_GOING_AWAY, &reason);
        ngx_http_wsgw_close_socket(wc, wc->ended,
                                   NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
                                   "Going away");
        return;
    }

    wc->connection->idle = 0;

    if (!wc->draining && wc->state == ngx_http_wsgw_open) {
        ngx_http_wsgw_connection_drain(wc);
    }
}


/* Closes are spread evenly, so that clients do not come back all at once. */

static void
ngx_http_wsgw_connection_drain(ngx_http_wsgw_connection_t *wc)
{
    ngx_msec_t                  window;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(wc->wlcf->server->ctx,
                                         ngx_http_wsgw_module);

    wc->quitting = !ngx_http_wsgw_succession_succeeded(wc->zone);
    window = wc->quitting ? wmcf->quit_time : wmcf->drain_time;

    wc->draining = 1;
    wc->drain_at = (uint32_t) ngx_current_msec
                   + (uint32_t) ((uint64_t) ngx_random() * window
                                   / 0x80000000);

    ngx_http_wsgw_deadline_arm(wc);
}


/* why a client has to go, whose worker exits */

static ngx_http_wsgw_ended_e
ngx_http_wsgw_connection_left(ngx_http_wsgw_connection_t *wc)
{
    return wc->quitting ? ngx_http_wsgw_ended_quit : ngx_http_wsgw_ended_drain;
}


static void
ngx_http_wsgw_connection_timer(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_ended_e     why;
    ngx_http_wsgw_deadline_e  due;

    static ngx_str_t  going_away = ngx_string("Going away");

    due = ngx_http_wsgw_deadline_due(wc);

    switch (due) {

    case ngx_http_wsgw_deadline_close:
        ngx_http_wsgw_close_socket(wc, wc->ended, wc->code, "");
        return;

    case ngx_http_wsgw_deadline_lifetime:
    case ngx_http_wsgw_deadline_drain:
    case ngx_http_wsgw_deadline_idle:
        why = due == ngx_http_wsgw_deadline_lifetime
                  ? ngx_http_wsgw_ended_lifetime
              : due == ngx_http_wsgw_deadline_idle
                  ? ngx_http_wsgw_ended_idle
              : ngx_http_wsgw_connection_left(wc);

        ngx_http_wsgw_close(wc, why, NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
                            &going_away);
        return;

    case ngx_http_wsgw_deadline_ping:
        if (ngx_http_wsgw_connection_ping(wc) != NGX_OK) {
            return;
        }

        break;

    default: /* ngx_http_wsgw_deadline_none */
        break;
    }

    ngx_http_wsgw_deadline_arm(wc);
}


/*
 * Sends a ping.  NGX_DONE: the last one was not answered, and the socket is
 * closed.  No ping is sent to a client for whom something waits, since it would
 * wait, too: whether such a client still reads, wsgw_send_timeout decides.
 */

static ngx_int_t
ngx_http_wsgw_connection_ping(ngx_http_wsgw_connection_t *wc)
{
    wc->ping_from = (uint32_t) ngx_current_msec;

    if (!ngx_http_wsgw_queue_is_empty(wc)) {
        wc->ping_sent = 0;
        return NGX_OK;
    }

    if (wc->ping_sent) {
        ngx_log_error(NGX_LOG_INFO, wc->connection->log, NGX_ETIMEDOUT,
                      "client did not answer a ping");
        ngx_http_wsgw_close_socket(wc, ngx_http_wsgw_ended_pong_timeout,
                                   NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                   "missed pong");
        return NGX_DONE;
    }

    wc->ping_sent = 1;
    (void) ngx_http_wsgw_output_control(wc, WSGW_OP_PING, NULL, 0);

    return NGX_OK;
}
