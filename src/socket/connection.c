
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A socket's states and what moves it from one to the next: the peer, the
 * clock, the worker's exit, @connections.
 */


#include "socket/connection.h"
#include "socket/close.h"
#include "socket/deadline.h"
#include "socket/input.h"
#include "socket/output.h"
#include "zone/succession.h"


static void ngx_http_wsgw_connection_read_handler(ngx_event_t *rev);
static void ngx_http_wsgw_connection_write_handler(ngx_event_t *wev);
static void ngx_http_wsgw_connection_going_away(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_drain(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_timer(ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_connection_ping(ngx_http_wsgw_connection_t *wc);


void
ngx_http_wsgw_connection_open(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c, ngx_str_t *in)
{
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

    ngx_http_wsgw_close_deferred(wc);

    if (ngx_exiting || ngx_terminate) {
        ngx_http_wsgw_connection_going_away(wc);

    } else {
        ngx_http_wsgw_deadline_arm(wc);
    }

    ngx_post_event(c->read, &ngx_posted_events);
}


void
ngx_http_wsgw_connection_resume(ngx_http_wsgw_connection_t *wc)
{
    if (!wc->blocked || wc->connection == NULL
        || !ngx_http_wsgw_client_upward.room(wc, wc->rare->protocol.size))
    {
        return;
    }

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
        ngx_http_wsgw_close_socket(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
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
    ngx_http_wsgw_client_release(wc);
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
        ngx_http_wsgw_close_socket(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                   "send timed out");
        return;
    }

    rc = ngx_http_wsgw_output_flush(wc);

    if (rc == NGX_ERROR) {
        return;
    }

    if (rc == NGX_OK && wc->deaf) {
        ngx_http_wsgw_close_socket(wc, wc->code, "");
        return;
    }

    if (wc->state == ngx_http_wsgw_open
        && !ngx_http_wsgw_output_is_congested(wc))
    {
        ngx_http_wsgw_client_upward.next(wc);
    }

    ngx_http_wsgw_client_trim(wc);
}


/* the worker exits: at its leisure, or (error) its patience is at an end */

static void
ngx_http_wsgw_connection_going_away(ngx_http_wsgw_connection_t *wc)
{
    static ngx_str_t   reason = ngx_string("Going away");

    if (wc->connection->error) {
        ngx_http_wsgw_close(wc, NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
                            &reason);
        ngx_http_wsgw_close_socket(wc, NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
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

    window = ngx_http_wsgw_succession_succeeded(wc->zone) ? wmcf->drain_time
                                                    : wmcf->quit_time;

    wc->draining = 1;
    wc->drain_at = (uint32_t) ngx_current_msec
                   + (uint32_t) ((uint64_t) ngx_random() * window
                                   / 0x80000000);

    ngx_http_wsgw_deadline_arm(wc);
}


static void
ngx_http_wsgw_connection_timer(ngx_http_wsgw_connection_t *wc)
{
    static ngx_str_t           going_away = ngx_string("Going away");

    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;

    if (wc->state == ngx_http_wsgw_closing) {
        if (ngx_http_wsgw_deadline_due(wc->active, wlcf->close_timeout)
            == 0)
        {
            ngx_http_wsgw_close_socket(wc, wc->code, "");
            return;
        }

    } else if ((wc->draining
                && (int32_t) (wc->drain_at - (uint32_t) ngx_current_msec) <= 0)
               || ngx_http_wsgw_deadline_due(wc->opened, wlcf->max_lifetime)
                  == 0
               || (!wc->blocked
                   && ngx_http_wsgw_deadline_due(wc->active,
                                                 wlcf->idle_timeout)
                      == 0))
    {
        ngx_http_wsgw_close(wc, NGX_HTTP_WSGW_CLOSE_GOING_AWAY,
                            &going_away);
        return;

    } else if (!wc->blocked
               && ngx_http_wsgw_deadline_ping(wc) == 0
               && ngx_http_wsgw_connection_ping(wc) != NGX_OK)
    {
        return;
    }

    ngx_http_wsgw_deadline_arm(wc);
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
        ngx_http_wsgw_close_socket(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                   "missed pong");
        return NGX_DONE;
    }

    wc->ping_sent = 1;
    (void) ngx_http_wsgw_output_control(wc, WSGW_OP_PING, NULL, 0);

    return NGX_OK;
}
