
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An idle connection has neither a read buffer nor parser state: bytes come
 * into the worker's one buffer, and only what cannot be finished at once, the
 * rest of a frame or a message, or what has to wait, is kept (wc->rare).
 */


#include "ngx_http_wsgw_connection.h"
#include "ngx_http_wsgw_output.h"
#include "ngx_http_wsgw_registry.h"
#include "ngx_http_wsgw_worker.h"


/* one connection's share of a turn of the event loop */
#define NGX_HTTP_WSGW_TURN_FRAMES  64

#define NGX_HTTP_WSGW_NO_DEADLINE  ((ngx_msec_t) -1)


static void ngx_http_wsgw_connection_read_handler(ngx_event_t *rev);
static void ngx_http_wsgw_connection_write_handler(ngx_event_t *wev);
static void ngx_http_wsgw_connection_read(ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_connection_read_unread(
    ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_connection_read_socket(
    ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_connection_keep(ngx_http_wsgw_connection_t *wc,
    u_char *p, size_t len);
static u_char *ngx_http_wsgw_connection_process(
    ngx_http_wsgw_connection_t *wc, u_char *pos, u_char *last);
static void ngx_http_wsgw_connection_heard(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t data);
static void ngx_http_wsgw_connection_data(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p);
static ngx_int_t ngx_http_wsgw_connection_append(
    ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p);
static void ngx_http_wsgw_connection_deliver(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, u_char *data, size_t len);
static void ngx_http_wsgw_connection_peer_close(
    ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p);
static ngx_int_t ngx_http_wsgw_connection_send_close(
    ngx_http_wsgw_connection_t *wc, ngx_uint_t code, ngx_str_t *reason);
static void ngx_http_wsgw_connection_finalize(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, const char *reason);
static void ngx_http_wsgw_connection_free_input(
    ngx_http_wsgw_connection_t *wc);
static ngx_uint_t ngx_http_wsgw_connection_reset(ngx_connection_t *c);
static void ngx_http_wsgw_connection_going_away(
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_drain(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_timer(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_connection_arm(ngx_http_wsgw_connection_t *wc);
static ngx_msec_t ngx_http_wsgw_connection_due(ngx_msec_t from,
    ngx_msec_t after);


ngx_http_wsgw_connection_handlers_t  ngx_http_wsgw_on;


void
ngx_http_wsgw_connection_open(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c, ngx_str_t *in)
{
    ngx_str_t   reason;
    ngx_uint_t  code;

    wc->refs++;
    wc->connection = c;
    wc->state = ngx_http_wsgw_open;
    wc->opened = ngx_current_msec;
    wc->active = wc->opened;
    wc->ping_from = wc->opened;

    c->data = wc;
    c->idle = 1;
    c->log->action = "serving a WebSocket";
    c->read->handler = ngx_http_wsgw_connection_read_handler;
    c->write->handler = ngx_http_wsgw_connection_write_handler;

#if (NGX_SSL)
    if (c->ssl) {
        c->ssl->buffer = 0;     /* a frame is written as a whole */
    }
#endif

    ngx_http_wsgw_slot_open(wc->zone, wc->slot);

    if (in->len
        && ngx_http_wsgw_connection_keep(wc, in->data, in->len) != NGX_OK)
    {
        wc->error = 1;
    }

    /* what was pushed and asked for while $connect was pending */

    if (ngx_http_wsgw_output_flush(wc) == NGX_ERROR) {
        return;
    }

    if (wc->code) {
        code = wc->code;
        wc->code = 0;
        ngx_str_null(&reason);

        if (wc->rare) {
            reason = wc->rare->reason;
            ngx_str_null(&wc->rare->reason);
        }

        ngx_http_wsgw_connection_close(wc, code, &reason);

        if (reason.data) {
            ngx_free(reason.data);
        }
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

    if (wc->state != ngx_http_wsgw_open) {
        return;
    }

    wc->state = ngx_http_wsgw_closing;
    wc->active = ngx_current_msec;

    if (ngx_http_wsgw_connection_send_close(wc, code, reason) != NGX_OK) {
        wc->error = 1;
    }

    /* reading goes on, for the peer's Close only */

    ngx_http_wsgw_connection_free_input(wc);
    wc->blocked = 0;

    ngx_http_wsgw_connection_arm(wc);
    ngx_post_event(wc->connection->read, &ngx_posted_events);
}


void
ngx_http_wsgw_connection_end(ngx_http_wsgw_connection_t *wc, ngx_uint_t code,
    ngx_str_t *reason)
{
    ngx_http_wsgw_rare_t  *rare;

    if (wc->code == 0) {
        wc->code = (uint16_t) code;

        rare = reason->len ? ngx_http_wsgw_connection_rare(wc) : NULL;

        if (rare) {
            rare->reason.data = ngx_alloc(reason->len, ngx_cycle->log);

            if (rare->reason.data) {
                ngx_memcpy(rare->reason.data, reason->data, reason->len);
                rare->reason.len = reason->len;
            }
        }
    }

    /* $connect's outcome decides first */

    if (wc->state == ngx_http_wsgw_connecting || wc->owed) {
        return;
    }

    wc->owed = 1;
    ngx_http_wsgw_slot_owe(wc->zone, wc->slot, wc->code, reason);
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
    wc->ping_from = wc->active;

    ngx_http_wsgw_connection_arm(wc);
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
    ngx_http_wsgw_connection_read(wc);
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

    if (rc == NGX_OK && wc->close_received) {
        ngx_http_wsgw_connection_finalize(wc, wc->code, "");
        return;
    }

    if (wc->state == ngx_http_wsgw_open
        && !ngx_http_wsgw_output_congested(wc))
    {
        ngx_http_wsgw_on.writable(wc);
    }

    ngx_http_wsgw_connection_trim(wc);
}


static void
ngx_http_wsgw_connection_read(ngx_http_wsgw_connection_t *wc)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = wc->connection;

    if (wc->blocked) {

        /* not read now, yet a reset need not wait until it is */

        if (ngx_http_wsgw_connection_reset(c)) {
            ngx_http_wsgw_connection_finalize(wc,
                                           NGX_HTTP_WSGW_CLOSE_ABNORMAL, "");
        }

        return;
    }

    rc = NGX_OK;

    if (wc->rare && wc->rare->unread) {
        rc = ngx_http_wsgw_connection_read_unread(wc);
    }

    while (rc == NGX_OK && wc->connection && !wc->blocked) {
        rc = ngx_http_wsgw_connection_read_socket(wc);
    }

    if (wc->connection == NULL) {
        return;
    }

    wc->corked = 0;

    if (ngx_http_wsgw_output_flush(wc) == NGX_ERROR) {
        return;
    }

    if (rc == NGX_BUSY) {

        /* others first */

        ngx_post_event(c->read, &ngx_posted_next_events);
    }

    ngx_http_wsgw_connection_trim(wc);
}


/* NGX_OK: all of it processed; NGX_BUSY: the rest has to wait */

static ngx_int_t
ngx_http_wsgw_connection_read_unread(ngx_http_wsgw_connection_t *wc)
{
    u_char                *p, *start;
    size_t                 len;
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;
    start = rare->unread;
    len = rare->unread_len;
    rare->unread = NULL;

    p = ngx_http_wsgw_connection_process(wc, start + rare->unread_pos,
                                         start + len);

    if (wc->connection && p < start + len
        && ngx_http_wsgw_connection_rare(wc) != NULL)
    {
        rare = wc->rare;
        rare->unread = start;
        rare->unread_len = len;
        rare->unread_pos = p - start;

        return NGX_BUSY;
    }

    ngx_http_wsgw_free(start, len);

    return NGX_OK;
}


/* NGX_OK: go on reading; NGX_AGAIN: nothing more to read now; NGX_BUSY: this
   connection's share of the turn is used up */

static ngx_int_t
ngx_http_wsgw_connection_read_socket(ngx_http_wsgw_connection_t *wc)
{
    u_char            *p, *last;
    ssize_t            n;
    ngx_connection_t  *c;

    c = wc->connection;
    p = ngx_http_wsgw_worker.recv_buffer;

    n = c->recv(c, p, NGX_HTTP_WSGW_READ_SIZE);

    if (n == NGX_AGAIN) {
        if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
            n = NGX_ERROR;

        } else {
            return NGX_AGAIN;
        }
    }

    if (n == 0 || n == NGX_ERROR) {
        ngx_http_wsgw_connection_finalize(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                          "");
        return NGX_AGAIN;
    }

    last = p + n;
    p = ngx_http_wsgw_connection_process(wc, p, last);

    if (wc->connection == NULL) {
        return NGX_AGAIN;
    }

    if (p < last) {
        if (ngx_http_wsgw_connection_keep(wc, p, last - p) != NGX_OK) {
            ngx_http_wsgw_connection_finalize(wc,
                                NGX_HTTP_WSGW_CLOSE_ABNORMAL, "no memory");
            return NGX_AGAIN;
        }

        return NGX_BUSY;
    }

    return c->read->ready ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_http_wsgw_connection_keep(ngx_http_wsgw_connection_t *wc, u_char *p,
    size_t len)
{
    ngx_http_wsgw_rare_t  *rare;

    rare = ngx_http_wsgw_connection_rare(wc);
    if (rare == NULL) {
        return NGX_ERROR;
    }

    rare->unread = ngx_http_wsgw_alloc(len);
    if (rare->unread == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(rare->unread, p, len);
    rare->unread_len = len;
    rare->unread_pos = 0;

    return NGX_OK;
}


/*
 * Returns the first byte that was not taken: last, or the one behind the
 * header of a data frame that has to wait, since no message may be taken now
 * (wc->blocked is set) or the connection had its share of the turn.
 */

static u_char *
ngx_http_wsgw_connection_process(ngx_http_wsgw_connection_t *wc, u_char *pos,
    u_char *last)
{
    ngx_uint_t        frames;
    ngx_str_t         reason;
    wsgw_protocol_t   p;

    if (wc->deaf) {
        return last;
    }

    frames = 0;

    if (wc->rare) {
        p = wc->rare->protocol;

    } else {
        ngx_memzero(&p, sizeof(wsgw_protocol_t));
    }

    for ( ;; ) {

        switch (wsgw_protocol_next(&p, &wc->wlcf->protocol, &pos, last)) {

        case WSGW_PROTOCOL_AGAIN:
            goto done;

        case WSGW_PROTOCOL_HEADER:
            if (wc->state != ngx_http_wsgw_open) {
                break;
            }

            if (!ngx_http_wsgw_on.room(wc, p.size)) {
                wc->blocked = 1;
                goto done;
            }

            if (++frames > NGX_HTTP_WSGW_TURN_FRAMES) {
                goto done;
            }

            break;

        case WSGW_PROTOCOL_DATA:
            ngx_http_wsgw_connection_heard(wc, 1);
            wc->corked = (pos < last);
            ngx_http_wsgw_connection_data(wc, &p);
            break;

        case WSGW_PROTOCOL_PING:
            ngx_http_wsgw_connection_heard(wc, 0);
            wc->corked = (pos < last);
            (void) ngx_http_wsgw_output_control(wc, WSGW_OP_PONG, p.control,
                                                p.control_len);
            break;

        case WSGW_PROTOCOL_PONG:
            ngx_http_wsgw_connection_heard(wc, 0);
            break;

        case WSGW_PROTOCOL_CLOSE:
            ngx_http_wsgw_connection_peer_close(wc, &p);
            return last;

        case WSGW_PROTOCOL_FAIL:
            if (wc->state != ngx_http_wsgw_open) {
                ngx_http_wsgw_connection_finalize(wc, wc->code, "");
                return last;
            }

            reason.data = (u_char *) p.reason;
            reason.len = ngx_strlen(p.reason);

            ngx_log_error(NGX_LOG_INFO, wc->connection->log, 0,
                          "client broke the protocol: %ui \"%V\"",
                          (ngx_uint_t) p.code, &reason);

            ngx_http_wsgw_connection_close(wc, p.code, &reason);
            wc->deaf = 1;
            return last;
        }

        if (wc->connection == NULL) {
            return last;
        }
    }

done:

    if (!wsgw_protocol_idle(&p)) {
        if (ngx_http_wsgw_connection_rare(wc) == NULL) {
            wc->error = 1;
            ngx_post_event(wc->connection->read, &ngx_posted_events);
            return last;
        }

        wc->rare->protocol = p;

    } else if (wc->rare) {
        ngx_memzero(&wc->rare->protocol, sizeof(wsgw_protocol_t));
    }

    return pos;
}


/* a frame arrived: idle and ping intervals begin anew */

static void
ngx_http_wsgw_connection_heard(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t data)
{
    ngx_time_t  *tp;

    if (wc->state != ngx_http_wsgw_open) {
        return;
    }

    wc->ping_sent = 0;
    wc->ping_from = ngx_current_msec;

    if (data || wc->wlcf->profile == NGX_HTTP_WSGW_EXTENDED) {
        tp = ngx_timeofday();
        wc->active = ngx_current_msec;
        wc->last_active_at = (uint64_t) tp->sec * 1000 + tp->msec;
    }
}


static void
ngx_http_wsgw_connection_data(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p)
{
    u_char                *message;
    size_t                 size;
    ngx_http_wsgw_rare_t  *rare;

    if (wc->state != ngx_http_wsgw_open) {
        return;
    }

    rare = wc->rare;

    if (p->message_end && (rare == NULL || rare->message == NULL)) {
        ngx_http_wsgw_connection_deliver(wc, p->data_opcode, p->data,
                                         p->data_len);
        return;
    }

    if (ngx_http_wsgw_connection_append(wc, p) != NGX_OK) {
        wc->error = 1;
        ngx_post_event(wc->connection->read, &ngx_posted_events);
        return;
    }

    if (!p->message_end) {
        return;
    }

    rare = wc->rare;
    message = rare->message;
    size = rare->message_size;
    rare->message = NULL;

    ngx_http_wsgw_connection_deliver(wc, p->data_opcode, message,
                                     rare->message_len);
    ngx_http_wsgw_free(message, size);
}


/* grows with what has arrived, not with what was announced */

static ngx_int_t
ngx_http_wsgw_connection_append(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p)
{
    u_char                *message;
    size_t                 len, size;
    ngx_http_wsgw_rare_t  *rare;

    if (p->data_len == 0) {
        return NGX_OK;
    }

    rare = ngx_http_wsgw_connection_rare(wc);
    if (rare == NULL) {
        return NGX_ERROR;
    }

    if (rare->message == NULL) {
        rare->message_len = 0;
        rare->message_size = 0;
    }

    len = rare->message_len + p->data_len;

    if (len > rare->message_size) {
        size = ngx_max(len, ngx_min(rare->message_size * 2,
                                    wc->wlcf->max_message_size));

        message = ngx_http_wsgw_alloc(size);
        if (message == NULL) {
            return NGX_ERROR;
        }

        if (rare->message) {
            ngx_memcpy(message, rare->message, rare->message_len);
            ngx_http_wsgw_free(rare->message, rare->message_size);
        }

        rare->message = message;
        rare->message_size = size;
    }

    ngx_memcpy(rare->message + rare->message_len, p->data, p->data_len);
    rare->message_len = len;

    return NGX_OK;
}


static void
ngx_http_wsgw_connection_deliver(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, u_char *data, size_t len)
{
    static ngx_str_t  reason = ngx_string("Internal error");

    wc->messages_in++;
    wc->bytes_in += len;

    if (ngx_http_wsgw_on.message(wc, opcode, data, len) != NGX_OK) {
        ngx_http_wsgw_connection_close(wc, NGX_HTTP_WSGW_CLOSE_INTERNAL,
                                       &reason);
    }
}


static void
ngx_http_wsgw_connection_peer_close(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p)
{
    ngx_str_t  reason, echo;

    reason.data = p->control;
    reason.len = p->control_len;

    if (p->code == NGX_HTTP_WSGW_CLOSE_NO_STATUS) {
        ngx_str_set(&reason, "Client-side close frame status not set");
    }

    ngx_http_wsgw_connection_end(wc, p->code, &reason);

    wc->corked = 0;
    wc->close_received = 1;
    wc->state = ngx_http_wsgw_closing;
    wc->active = ngx_current_msec;

    ngx_http_wsgw_connection_free_input(wc);

    if (!wc->close_sent) {
        ngx_str_null(&echo);
        (void) ngx_http_wsgw_connection_send_close(wc, p->code, &echo);
    }

    if (wc->error) {
        return;
    }

    if (ngx_http_wsgw_output_flush(wc) == NGX_OK) {
        ngx_http_wsgw_connection_finalize(wc, p->code, "");
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


static void
ngx_http_wsgw_connection_finalize(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, const char *reason)
{
    ngx_str_t          text;
    ngx_connection_t  *c;

    text.data = (u_char *) reason;
    text.len = ngx_strlen(reason);

    ngx_http_wsgw_connection_end(wc, code, &text);

    c = wc->connection;

    ngx_http_wsgw_output_discard(wc);
    ngx_http_wsgw_connection_free_input(wc);

    wc->connection = NULL;
    wc->state = ngx_http_wsgw_closed;

    if (wc->request) {
        ngx_http_free_request(wc->request, 0);
        wc->request = NULL;
    }

    ngx_http_close_connection(c);

    ngx_http_wsgw_on.closed(wc);
    ngx_http_wsgw_connection_release(wc);
}


static void
ngx_http_wsgw_connection_free_input(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;

    if (rare == NULL) {
        return;
    }

    if (rare->message) {
        ngx_http_wsgw_free(rare->message, rare->message_size);
        rare->message = NULL;
    }

    if (rare->unread) {
        ngx_http_wsgw_free(rare->unread, rare->unread_len);
        rare->unread = NULL;
    }
}


static ngx_uint_t
ngx_http_wsgw_connection_reset(ngx_connection_t *c)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    return getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1 || err;
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
    wc->drain_at = ngx_current_msec
                   + (ngx_msec_t) ((uint64_t) ngx_random() * window
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
                && (ngx_msec_int_t) (wc->drain_at - ngx_current_msec) <= 0)
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
               && ngx_http_wsgw_connection_due(wc->ping_from,
                                               wlcf->ping_interval)
                  == 0)
    {
        if (wc->ping_sent) {
            ngx_log_error(NGX_LOG_INFO, wc->connection->log, NGX_ETIMEDOUT,
                          "client did not answer a ping");
            ngx_http_wsgw_connection_finalize(wc,
                                NGX_HTTP_WSGW_CLOSE_ABNORMAL, "missed pong");
            return;
        }

        wc->ping_sent = 1;
        wc->ping_from = ngx_current_msec;

        if (ngx_http_wsgw_output_control(wc, WSGW_OP_PING, NULL, 0) != NGX_OK)
        {
            return;
        }
    }

    ngx_http_wsgw_connection_arm(wc);
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
                           ngx_http_wsgw_connection_due(wc->ping_from,
                                                        wlcf->ping_interval));
        }

        if (wc->draining) {
            left = (ngx_msec_int_t) (wc->drain_at - ngx_current_msec);
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
