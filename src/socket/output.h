
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What leaves a socket: messages and control frames are encoded, sent, and
 * queued if the client is slow.  Nobody else calls send_chain.
 */


#ifndef _NGX_HTTP_WSGW_OUTPUT_H_INCLUDED_
#define _NGX_HTTP_WSGW_OUTPUT_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "socket/client.h"
#include "socket/copies.h"
#include "zone/meter.h"


/*
 * Sends a message, or queues what the socket does not take.  NGX_OK: it was
 * sent, or queued after what waits already; NGX_BUSY: it would exceed
 * wsgw_max_queue_size, nothing was queued; NGX_DECLINED: the connection has
 * ended or is ending; NGX_ERROR: no memory.  A socket that fails is closed from
 * a posted event, never inside these calls.  While $connect is pending the
 * message is queued, to leave after the 101.  "source" is traffic_reply, _push
 * or _error.
 */
ngx_int_t ngx_http_wsgw_output_message(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_traffic_e source, ngx_uint_t opcode, u_char *p, size_t len);

/* The same of a message for many, which is counted by who sends it. */
ngx_int_t ngx_http_wsgw_output_copy(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_copies_t *copies);

/* Sends a Ping, Pong or Close of at most 125 bytes, to which the queue's limit
   does not apply.  A Pong replaces one that still waits (RFC 6455, 5.5.3). */
ngx_int_t ngx_http_wsgw_output_control(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, u_char *p, size_t len);

/* Sends what is queued.  NGX_OK: nothing waits any more; NGX_AGAIN: the rest
   waits for the socket; NGX_ERROR: the socket has failed. */
ngx_int_t ngx_http_wsgw_output_flush(ngx_http_wsgw_connection_t *wc);

/* Returns 1 if over half of wsgw_max_queue_size waits: no message of the client
   is taken then. */

static ngx_inline ngx_uint_t
ngx_http_wsgw_output_is_congested(ngx_http_wsgw_connection_t *wc)
{
    return wc->rare && wc->rare->queued > wc->wlcf->max_queue_size / 2;
}


#endif /* _NGX_HTTP_WSGW_OUTPUT_H_INCLUDED_ */
