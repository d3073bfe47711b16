
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A frame goes straight from its owner's buffer to the socket.  It is copied
 * into the queue only if the socket does not take all of it, while a burst is
 * collected (wc->corked), before the 101 has left, and under TLS.
 */


#include "socket/output.h"
#include "socket/deflate.h"
#include "socket/queue.h"


/* bytes of a message that is copied behind its header: one buffer costs less
   than two */
#define NGX_HTTP_WSGW_OUTPUT_SMALL  1024

/* frames handed to the socket at a time */
#define NGX_HTTP_WSGW_OUTPUT_BUFS  64


static ngx_int_t ngx_http_wsgw_output_shared(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_shared_t *frame);
static ngx_int_t ngx_http_wsgw_output_data(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t first, u_char *p, size_t len);
static ngx_int_t ngx_http_wsgw_output_direct(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t first, u_char *p, size_t len);
static ngx_int_t ngx_http_wsgw_output_small(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t first, u_char *p, size_t len);
static ngx_int_t ngx_http_wsgw_output_rest(ngx_http_wsgw_connection_t *wc,
    ngx_chain_t *in, size_t whole);
static ngx_int_t ngx_http_wsgw_output_queue(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t first, u_char *p, size_t len, size_t size);
static size_t ngx_http_wsgw_output_size(ngx_http_wsgw_connection_t *wc,
    size_t len);
static u_char *ngx_http_wsgw_output_encode(ngx_http_wsgw_connection_t *wc,
    u_char *dst, ngx_uint_t first, u_char *p, size_t len);
static void ngx_http_wsgw_output_link(ngx_chain_t *cl, ngx_buf_t *b, u_char *p,
    size_t len);
static void ngx_http_wsgw_output_wait(ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_output_failed(ngx_http_wsgw_connection_t *wc);


ngx_int_t
ngx_http_wsgw_output_message(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_traffic_e source, ngx_uint_t opcode, u_char *p, size_t len)
{
    ngx_int_t  rc;
    ngx_str_t  deflated;

    if (wc->state > ngx_http_wsgw_open || wc->code || wc->error) {
        return NGX_DECLINED;
    }

    if (wc->deflate_bits && len >= NGX_HTTP_WSGW_DEFLATE_MIN
        && ngx_http_wsgw_deflate(wc->deflate_bits, p, len, &deflated)
           == NGX_OK)
    {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                       "wsgw deflated len:%uz to:%uz", len, deflated.len);

        rc = ngx_http_wsgw_output_data(wc, opcode | WSGW_FRAME_RSV1,
                                       deflated.data, deflated.len);

    } else {
        rc = ngx_http_wsgw_output_data(wc, opcode, p, len);
    }

    if (rc == NGX_OK) {
        wc->messages_out++;
        wc->bytes_out += len;
        wc->active = ngx_current_msec;

        ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_traffic,
                                source, 1);
        ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_traffic,
                                ngx_http_wsgw_traffic_bytes_out, len);
    }

    return rc;
}


/* A frame that many get is encoded, or compressed, once for all of them, and
   stays where it is: the queues of slow ones only refer to it. */

ngx_int_t
ngx_http_wsgw_output_copy(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_copies_t *copies)
{
    ngx_int_t                rc;
    ngx_http_wsgw_shared_t  *frame;

    if (wc->state > ngx_http_wsgw_open || wc->code || wc->error) {
        return NGX_DECLINED;
    }

    if (ngx_http_wsgw_output_size(wc, copies->payload.len)
        > copies->payload.len + WSGW_FRAME_MAX_HEADER)
    {
        /* The aws profile wants several frames. */

        rc = ngx_http_wsgw_output_data(wc, copies->opcode,
                                       copies->payload.data,
                                       copies->payload.len);

    } else {
        frame = ngx_http_wsgw_copies_frame(copies, wc->deflate_bits);
        rc = frame ? ngx_http_wsgw_output_shared(wc, frame) : NGX_ERROR;
    }

    if (rc == NGX_OK) {
        wc->messages_out++;
        wc->bytes_out += copies->payload.len;
        wc->active = ngx_current_msec;
    }

    return rc;
}


static ngx_int_t
ngx_http_wsgw_output_shared(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_shared_t *frame)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = wc->connection;

    if (!ngx_http_wsgw_queue_has_room(wc, frame->len)
        && (!wc->corked
            || ngx_http_wsgw_output_flush(wc) == NGX_ERROR
            || !ngx_http_wsgw_queue_has_room(wc, frame->len)))
    {
        return wc->error ? NGX_DECLINED : NGX_BUSY;
    }

    if (c == NULL || c->ssl || wc->corked || !ngx_http_wsgw_queue_is_empty(wc))
    {
        if (ngx_http_wsgw_queue_add_shared(wc, frame, 0) != NGX_OK) {
            return NGX_ERROR;
        }

        return c && !wc->corked && ngx_http_wsgw_output_flush(wc) == NGX_ERROR
               ? NGX_DECLINED : NGX_OK;
    }

    n = c->write->ready ? c->send(c, frame->data, frame->len) : NGX_AGAIN;

    if (n == NGX_AGAIN) {
        n = 0;
    }

    if (n < 0) {
        return ngx_http_wsgw_output_failed(wc);
    }

    ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_traffic,
                            ngx_http_wsgw_traffic_wire_out, n);

    if ((size_t) n < frame->len) {

        if (ngx_http_wsgw_queue_add_shared(wc, frame, n) != NGX_OK) {
            return ngx_http_wsgw_output_failed(wc);
        }

        ngx_http_wsgw_output_wait(wc);
    }

    return NGX_OK;
}


/* "first" is the first byte on the wire, less FIN */

static ngx_int_t
ngx_http_wsgw_output_data(ngx_http_wsgw_connection_t *wc, ngx_uint_t first,
    u_char *p, size_t len)
{
    size_t             size;
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = wc->connection;
    size = ngx_http_wsgw_output_size(wc, len);

    if (!ngx_http_wsgw_queue_has_room(wc, size)) {

        /* What a burst has collected may leave before the limit is judged. */

        if (wc->corked && ngx_http_wsgw_output_flush(wc) == NGX_ERROR) {
            return NGX_DECLINED;
        }

        if (!ngx_http_wsgw_queue_has_room(wc, size)) {
            ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                           "wsgw queue full queued:%uz len:%uz",
                           wc->rare->queued, len);
            return NGX_BUSY;
        }
    }

    if (c && c->ssl == NULL && !wc->corked
        && ngx_http_wsgw_queue_is_empty(wc)
        && size <= len + WSGW_FRAME_MAX_HEADER)
    {
        return len <= NGX_HTTP_WSGW_OUTPUT_SMALL
               ? ngx_http_wsgw_output_small(wc, first, p, len)
               : ngx_http_wsgw_output_direct(wc, first, p, len);
    }

    rc = ngx_http_wsgw_output_queue(wc, first, p, len, size);

    if (rc == NGX_OK && c && !wc->corked
        && ngx_http_wsgw_output_flush(wc) == NGX_ERROR)
    {
        return NGX_DECLINED;
    }

    return rc;
}


ngx_int_t
ngx_http_wsgw_output_control(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, u_char *p, size_t len)
{
    ngx_http_wsgw_frame_t  *f;

    if (wc->connection == NULL || wc->close_sent || wc->error) {
        return NGX_DECLINED;
    }

    f = wc->rare ? wc->rare->pong : NULL;

    /* RFC 6455, 5.5.3: a client that does not read its pongs gets the last. */

    if (opcode == WSGW_OP_PONG && f && !wc->connection->write->ready) {
        f->data[1] = (u_char) len;
        ngx_memcpy(&f->data[2], p, len);
        ngx_http_wsgw_queue_set_len(wc, f, 2 + len);

        return NGX_OK;
    }

    if (ngx_http_wsgw_output_queue(wc, opcode, p, len, 2 + len) != NGX_OK) {
        return NGX_ERROR;
    }

    if (opcode == WSGW_OP_PONG) {
        ngx_http_wsgw_queue_set_pong(wc);
    }

    ngx_http_wsgw_meter_count(wc->wlcf->meter, traffic,
                    ngx_http_wsgw_traffic_close_out + opcode - WSGW_OP_CLOSE);

    if (wc->corked) {
        return NGX_OK;
    }

    return ngx_http_wsgw_output_flush(wc) == NGX_ERROR ? NGX_DECLINED : NGX_OK;
}


/* Sends the header from the stack and the payload from where it is. */

static ngx_int_t
ngx_http_wsgw_output_direct(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t first, u_char *p, size_t len)
{
    u_char        header[WSGW_FRAME_MAX_HEADER];
    off_t         sent;
    size_t        n;
    ngx_buf_t     b[2];
    ngx_chain_t   out[2], *rest;

    n = wsgw_frame_header(header, WSGW_FRAME_FIN | first, len);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw frame out op:%ui len:%uz", first & WSGW_FRAME_OPCODE,
                   len);

    ngx_http_wsgw_output_link(&out[0], &b[0], header, n);

    if (len) {
        ngx_http_wsgw_output_link(&out[1], &b[1], p, len);
        out[0].next = &out[1];
    }

    sent = wc->connection->sent;
    rest = wc->connection->send_chain(wc->connection, out, 0);

    ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_traffic,
                            ngx_http_wsgw_traffic_wire_out,
                            wc->connection->sent - sent);

    if (rest == NGX_CHAIN_ERROR) {
        return ngx_http_wsgw_output_failed(wc);
    }

    if (rest == NULL) {
        return NGX_OK;
    }

    return ngx_http_wsgw_output_rest(wc, rest, n + len);
}


static ngx_int_t
ngx_http_wsgw_output_small(ngx_http_wsgw_connection_t *wc, ngx_uint_t first,
    u_char *p, size_t len)
{
    u_char             frame[WSGW_FRAME_MAX_HEADER
                             + NGX_HTTP_WSGW_OUTPUT_SMALL];
    size_t             size;
    ssize_t            n;
    ngx_buf_t          b;
    ngx_chain_t        out;
    ngx_connection_t  *c;

    c = wc->connection;

    size = wsgw_frame_header(frame, WSGW_FRAME_FIN | first, len);

    if (len) {
        ngx_memcpy(frame + size, p, len);
        size += len;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "wsgw frame out op:%ui len:%uz", first & WSGW_FRAME_OPCODE,
                   len);

    n = c->write->ready ? c->send(c, frame, size) : NGX_AGAIN;

    if (n == NGX_AGAIN) {
        n = 0;
    }

    if (n < 0) {
        return ngx_http_wsgw_output_failed(wc);
    }

    ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_traffic,
                            ngx_http_wsgw_traffic_wire_out, n);

    if ((size_t) n == size) {
        return NGX_OK;
    }

    ngx_http_wsgw_output_link(&out, &b, frame + n, size - n);

    return ngx_http_wsgw_output_rest(wc, &out, size);
}


/* Queues what the socket did not take of a frame of "whole" bytes.  If it took
   some, the rest must follow. */

static ngx_int_t
ngx_http_wsgw_output_rest(ngx_http_wsgw_connection_t *wc, ngx_chain_t *in,
    size_t whole)
{
    u_char                 *p;
    size_t                  size;
    ngx_chain_t            *cl;
    ngx_http_wsgw_frame_t  *f;

    size = 0;

    for (cl = in; cl; cl = cl->next) {
        size += cl->buf->last - cl->buf->pos;
    }

    f = ngx_http_wsgw_queue_add(wc, size);
    if (f == NULL) {
        return ngx_http_wsgw_output_failed(wc);
    }

    if (size < whole) {
        ngx_http_wsgw_queue_begin(wc);
    }

    p = f->data;

    for (cl = in; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    ngx_http_wsgw_output_wait(wc);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_output_queue(ngx_http_wsgw_connection_t *wc, ngx_uint_t first,
    u_char *p, size_t len, size_t size)
{
    u_char                 *last;
    ngx_http_wsgw_frame_t  *f;

    /* A pong that waits may be replaced by a longer one. */

    f = ngx_http_wsgw_queue_add(wc, first == WSGW_OP_PONG
                                       ? 2 + WSGW_CONTROL_MAX : size);
    if (f == NULL) {
        return NGX_ERROR;
    }

    last = ngx_http_wsgw_output_encode(wc, f->data, first, p, len);

    ngx_http_wsgw_queue_set_len(wc, f, last - f->data);

    return NGX_OK;
}


/* Returns at least the size that a message has on the wire, with the headers
   of all its frames. */

static size_t
ngx_http_wsgw_output_size(ngx_http_wsgw_connection_t *wc, size_t len)
{
    size_t                     frame;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;
    frame = wlcf->max_frame_size;

    if (wlcf->profile != NGX_HTTP_WSGW_AWS || frame == 0 || len <= frame) {
        return len + WSGW_FRAME_MAX_HEADER;
    }

    return len + (len / frame + 1) * WSGW_FRAME_MAX_HEADER;
}


/* Writes a message in one frame, or in the aws profile in frames of at most
   wsgw_max_frame_size.  Returns the end. */

static u_char *
ngx_http_wsgw_output_encode(ngx_http_wsgw_connection_t *wc, u_char *dst,
    ngx_uint_t first, u_char *p, size_t len)
{
    size_t  frame, n;

    frame = wc->wlcf->max_frame_size;

    if (wc->wlcf->profile != NGX_HTTP_WSGW_AWS || frame == 0) {
        frame = len;
    }

    for ( ;; ) {
        n = ngx_min(frame, len);
        len -= n;

        if (len == 0) {
            first |= WSGW_FRAME_FIN;
        }

        dst += wsgw_frame_header(dst, (uint8_t) first, n);

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                       "wsgw frame out op:%ui len:%uz",
                       first & WSGW_FRAME_OPCODE, n);

        if (n) {
            dst = ngx_cpymem(dst, p, n);
            p += n;
        }

        if (len == 0) {
            return dst;
        }

        first = WSGW_OP_CONTINUATION;
    }
}


static void
ngx_http_wsgw_output_link(ngx_chain_t *cl, ngx_buf_t *b, u_char *p, size_t len)
{
    ngx_memzero(b, sizeof(ngx_buf_t));

    b->pos = p;
    b->last = p + len;
    b->memory = 1;

    cl->buf = b;
    cl->next = NULL;
}


ngx_int_t
ngx_http_wsgw_output_flush(ngx_http_wsgw_connection_t *wc)
{
    off_t                   sent;
    ngx_buf_t               bufs[NGX_HTTP_WSGW_OUTPUT_BUFS];
    ngx_uint_t              n;
    ngx_chain_t             links[NGX_HTTP_WSGW_OUTPUT_BUFS], *rest;
    ngx_connection_t       *c;
    ngx_http_wsgw_frame_t  *f;

    c = wc->connection;

    while (wc->rare && wc->rare->frames) {

        n = 0;

        for (f = wc->rare->frames;
             f && n < NGX_HTTP_WSGW_OUTPUT_BUFS;
             f = f->next)
        {
            ngx_http_wsgw_output_link(&links[n], &bufs[n], f->pos,
                                      f->last - f->pos);
            if (n) {
                links[n - 1].next = &links[n];
            }

            n++;
        }

        sent = c->sent;
        rest = c->send_chain(c, links, 0);

        if (rest == NGX_CHAIN_ERROR) {
            (void) ngx_http_wsgw_output_failed(wc);
            return NGX_ERROR;
        }

        if (c->sent != sent) {
            ngx_http_wsgw_meter_add(wc->wlcf->meter,
                                    ngx_http_wsgw_row_traffic,
                                    ngx_http_wsgw_traffic_wire_out,
                                    c->sent - sent);
            ngx_http_wsgw_queue_sent(wc, (size_t) (c->sent - sent));

            if (c->write->timer_set) {
                ngx_del_timer(c->write);
            }
        }

        if (rest) {

            /* TLS may have begun the first frame although it took none of it:
               a retry must offer the same bytes. */

            if (c->ssl) {
                ngx_http_wsgw_queue_begin(wc);
            }

            ngx_http_wsgw_output_wait(wc);
            return NGX_AGAIN;
        }
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_output_wait(ngx_http_wsgw_connection_t *wc)
{
    ngx_event_t  *wev;

    wev = wc->connection->write;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw queue waits queued:%uz timeout:%M", wc->rare->queued,
                   wc->wlcf->send_timeout);

    if (wc->wlcf->send_timeout && !wev->timer_set) {
        ngx_add_timer(wev, wc->wlcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        (void) ngx_http_wsgw_output_failed(wc);
    }
}


/* Leaves it to the read handler to close the socket, from the event loop: a
   caller of this file may still need the connection. */

static ngx_int_t
ngx_http_wsgw_output_failed(ngx_http_wsgw_connection_t *wc)
{
    wc->error = 1;
    ngx_post_event(wc->connection->read, &ngx_posted_events);

    return NGX_DECLINED;
}
