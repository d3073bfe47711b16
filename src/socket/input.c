
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An idle connection has neither a read buffer nor parser state: bytes come
 * into the worker's one buffer, and only what cannot be finished at once, the
 * rest of a frame or a message, or what has to wait, is kept (wc->rare).
 */


#include "socket/input.h"
#include "base/memory.h"
#include "base/worker.h"
#include "pure/utf8.h"
#include "socket/close.h"
#include "socket/deflate.h"
#include "socket/output.h"


/* one connection's share of a turn of the event loop, of one recv(): so many
   frames of one that floods are between two of another */
#define NGX_HTTP_WSGW_TURN_FRAMES  8


static ngx_int_t ngx_http_wsgw_input_unread(ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_input_socket(ngx_http_wsgw_connection_t *wc);
static u_char *ngx_http_wsgw_input_process(ngx_http_wsgw_connection_t *wc,
    u_char *pos, u_char *last);
static void ngx_http_wsgw_input_heard(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t data);
static void ngx_http_wsgw_input_data(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p);
static ngx_int_t ngx_http_wsgw_input_append(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p);
static void ngx_http_wsgw_input_deliver(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p, u_char *data, size_t len);
static ngx_int_t ngx_http_wsgw_input_inflate(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p, u_char *data, size_t len, ngx_str_t *message,
    size_t *size);
static void ngx_http_wsgw_input_no_memory(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_input_fail(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, const char *reason, const char *hint);
static ngx_uint_t ngx_http_wsgw_input_reset(ngx_connection_t *c);


void
ngx_http_wsgw_input_read(ngx_http_wsgw_connection_t *wc)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = wc->connection;

    if (wc->blocked) {

        /* not read now, yet a reset need not wait until it is */

        if (ngx_http_wsgw_input_reset(c)) {
            ngx_http_wsgw_close_socket(wc,
                                           NGX_HTTP_WSGW_CLOSE_ABNORMAL, "");
        }

        return;
    }

    rc = wc->rare ? ngx_http_wsgw_input_unread(wc) : NGX_OK;

    if (rc == NGX_OK && wc->connection && !wc->blocked) {
        rc = ngx_http_wsgw_input_socket(wc);
    }

    if (wc->connection == NULL) {
        return;
    }

    wc->corked = 0;

    switch (ngx_http_wsgw_output_flush(wc)) {

    case NGX_ERROR:
        return;

    case NGX_OK:
        if (wc->deaf) {
            ngx_http_wsgw_close_socket(wc, wc->code, "");
            return;
        }

        break;
    }

    /* replies that the burst collected may have held back the rest of it */

    if (wc->rare && wc->state == ngx_http_wsgw_open
        && !ngx_http_wsgw_output_is_congested(wc))
    {
        ngx_http_wsgw_client_upward.next(wc);
    }

    if (rc == NGX_BUSY) {

        /* others first */

        ngx_post_event(c->read, &ngx_posted_next_events);
    }

    ngx_http_wsgw_client_trim(wc);
}


/* NGX_OK: all of it processed; NGX_BUSY: the rest has to wait */

static ngx_int_t
ngx_http_wsgw_input_unread(ngx_http_wsgw_connection_t *wc)
{
    u_char                *p, *start;
    size_t                 len;
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;
    start = rare->unread;

    if (start == NULL) {

        /* an empty frame that waited has no bytes left to be read */

        (void) ngx_http_wsgw_input_process(wc,
                                           ngx_http_wsgw_worker.recv_buffer,
                                           ngx_http_wsgw_worker.recv_buffer);
        return NGX_OK;
    }

    len = rare->unread_len;
    rare->unread = NULL;

    p = ngx_http_wsgw_input_process(wc, start + rare->unread_pos,
                                         start + len);

    if (wc->connection && p < start + len) {
        rare->unread = start;
        rare->unread_len = len;
        rare->unread_pos = p - start;

        return NGX_BUSY;
    }

    ngx_http_wsgw_memory_free(start, len);

    return NGX_OK;
}


/* NGX_AGAIN: nothing more to read now; NGX_BUSY: there may be */

static ngx_int_t
ngx_http_wsgw_input_socket(ngx_http_wsgw_connection_t *wc)
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
        ngx_http_wsgw_close_socket(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                   "");
        return NGX_AGAIN;
    }

    last = p + n;
    p = ngx_http_wsgw_input_process(wc, p, last);

    if (wc->connection == NULL) {
        return NGX_AGAIN;
    }

    if (p < last) {
        if (ngx_http_wsgw_input_keep(wc, p, last - p) != NGX_OK) {
            ngx_http_wsgw_close_socket(wc,
                                NGX_HTTP_WSGW_CLOSE_ABNORMAL, "no memory");
            return NGX_AGAIN;
        }

        return NGX_BUSY;
    }

    return c->read->ready ? NGX_BUSY : NGX_AGAIN;
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


/*
 * Returns the first byte that was not taken: last, or the one behind the
 * header of a data frame that has to wait, since no message may be taken now
 * (wc->blocked is set), or where the connection had its share of the turn.
 */

static u_char *
ngx_http_wsgw_input_process(ngx_http_wsgw_connection_t *wc, u_char *pos,
    u_char *last)
{
    ngx_str_t              reason;
    ngx_uint_t             frames;
    wsgw_protocol_t        p;
    wsgw_protocol_conf_t  *conf;

    if (wc->deaf) {
        return last;
    }

    conf = wc->deflate_bits ? &wc->wlcf->protocol_deflate
                            : &wc->wlcf->protocol;

    frames = 0;

    if (wc->rare) {
        p = wc->rare->protocol;

    } else {
        ngx_memzero(&p, sizeof(wsgw_protocol_t));
    }

    for ( ;; ) {

        switch (wsgw_protocol_next(&p, conf, &pos, last)) {

        case WSGW_PROTOCOL_AGAIN:
            goto done;

        case WSGW_PROTOCOL_HEADER:
            if (wc->state == ngx_http_wsgw_open
                && !ngx_http_wsgw_client_upward.room(wc, p.size))
            {
                wc->blocked = 1;
                goto done;
            }

            continue;

        case WSGW_PROTOCOL_DATA:
            ngx_http_wsgw_input_heard(wc, 1);
            wc->corked = (pos < last);
            ngx_http_wsgw_input_data(wc, &p);
            break;

        case WSGW_PROTOCOL_PING:
            ngx_http_wsgw_input_heard(wc, 0);
            wc->corked = (pos < last);
            (void) ngx_http_wsgw_output_control(wc, WSGW_OP_PONG, p.control,
                                                p.control_len);
            break;

        case WSGW_PROTOCOL_PONG:
            ngx_http_wsgw_input_heard(wc, 0);
            break;

        case WSGW_PROTOCOL_CLOSE:
            reason.data = p.control;
            reason.len = p.control_len;
            ngx_http_wsgw_close_received(wc, p.code, &reason);
            return last;

        case WSGW_PROTOCOL_FAIL:
            ngx_http_wsgw_input_fail(wc, p.code, p.reason, "");
            return last;
        }

        if (wc->connection == NULL || wc->deaf) {
            return last;
        }

        if (pos == last || ++frames == NGX_HTTP_WSGW_TURN_FRAMES) {
            goto done;
        }
    }

done:

    if (!wsgw_protocol_is_idle(&p)) {
        if (ngx_http_wsgw_client_rare(wc) == NULL) {
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


static void
ngx_http_wsgw_input_data(ngx_http_wsgw_connection_t *wc,
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
        ngx_http_wsgw_input_deliver(wc, p, p->data, p->data_len);
        return;
    }

    if (ngx_http_wsgw_input_append(wc, p) != NGX_OK) {
        ngx_http_wsgw_input_no_memory(wc);
        return;
    }

    if (!p->message_end) {
        return;
    }

    rare = wc->rare;
    message = rare->message;
    size = rare->message_size;
    rare->message = NULL;

    ngx_http_wsgw_input_deliver(wc, p, message, rare->message_len);
    ngx_http_wsgw_memory_free(message, size);
}


/* grows with what has arrived, not with what was announced */

static ngx_int_t
ngx_http_wsgw_input_append(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p)
{
    u_char                *message;
    size_t                 len, size;
    ngx_http_wsgw_rare_t  *rare;

    if (p->data_len == 0) {
        return NGX_OK;
    }

    rare = ngx_http_wsgw_client_rare(wc);
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

        message = ngx_http_wsgw_memory_realloc(rare->message,
                                               rare->message_size,
                                               size);
        if (message == NULL) {
            return NGX_ERROR;
        }

        rare->message = message;
        rare->message_size = size;
    }

    ngx_memcpy(rare->message + rare->message_len, p->data, p->data_len);
    rare->message_len = len;

    return NGX_OK;
}


static void
ngx_http_wsgw_input_deliver(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p,
    u_char *data, size_t len)
{
    size_t     size;
    ngx_str_t  message;

    if (!p->data_compressed) {
        size = 0;
        message.data = data;
        message.len = len;

    } else if (ngx_http_wsgw_input_inflate(wc, p, data, len, &message, &size)
               != NGX_OK)
    {
        return;
    }

    wc->messages_in++;
    wc->bytes_in += message.len;

    if (ngx_http_wsgw_client_upward.message(wc, p->data_opcode,
                                                  message.data, message.len)
        != NGX_OK)
    {
        ngx_http_wsgw_input_no_memory(wc);
    }

    if (size) {
        ngx_http_wsgw_memory_free(message.data, size);
    }
}


/* the size is limited while it grows; what is no message closes (RFC 7692) */

static ngx_int_t
ngx_http_wsgw_input_inflate(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p,
    u_char *data, size_t len, ngx_str_t *message, size_t *size)
{
    const char  *hint;

    switch (ngx_http_wsgw_deflate_inflate(data, len, wc->wlcf->max_message_size,
                                          message, size))
    {
    case NGX_OK:
        wc->inflated = 1;

        if (p->data_opcode != WSGW_OP_TEXT
            || wsgw_utf8_is_valid(message->data, message->len))
        {
            return NGX_OK;
        }

        ngx_http_wsgw_memory_free(message->data, *size);
        ngx_http_wsgw_input_fail(wc, NGX_HTTP_WSGW_CLOSE_INVALID,
                                 "Invalid UTF-8", "");
        break;

    case NGX_DECLINED:
        ngx_http_wsgw_input_fail(wc, NGX_HTTP_WSGW_CLOSE_TOO_BIG,
                                 "Message too long", "");
        break;

    case NGX_ABORT:

        /* The first message cannot need what was before it: then the data are
           broken.  Some clients agree to forget it, and do not. */

        hint = wc->inflated && ngx_http_wsgw_deflate_looked_back()
               ? "; the client does not keep to client_no_context_takeover, "
                 "write \"wsgw_compression off\" for such clients"
               : "";

        ngx_http_wsgw_input_fail(wc, NGX_HTTP_WSGW_CLOSE_INVALID,
                                 "Invalid compressed data", hint);
        break;

    default: /* NGX_ERROR */
        ngx_http_wsgw_input_no_memory(wc);
    }

    return NGX_ERROR;
}


/* a connection that closes takes no message: the rest of this one, which may
   be here already, would look like a whole one */

static void
ngx_http_wsgw_input_no_memory(ngx_http_wsgw_connection_t *wc)
{
    static ngx_str_t  reason = ngx_string("Internal error");

    ngx_http_wsgw_close(wc, NGX_HTTP_WSGW_CLOSE_INTERNAL, &reason);
}


/* RFC 6455, 7.1.7: nothing of what follows is looked at */

static void
ngx_http_wsgw_input_fail(ngx_http_wsgw_connection_t *wc, ngx_uint_t code,
    const char *reason, const char *hint)
{
    ngx_str_t  text;

    text.data = (u_char *) reason;
    text.len = ngx_strlen(reason);

    ngx_log_error(NGX_LOG_INFO, wc->connection->log, 0,
                  "client broke the protocol: %ui \"%V\"%s", code, &text,
                  hint);

    wc->deaf = 1;
    ngx_http_wsgw_close(wc, code, &text);
}


static ngx_uint_t
ngx_http_wsgw_input_reset(ngx_connection_t *c)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    return getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1 || err;
}
