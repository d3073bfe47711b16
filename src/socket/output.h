
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What leaves a socket: encoded frames, the queue of a slow client and its
 * limits.  The only caller of send_chain.
 */


#ifndef _NGX_HTTP_WSGW_OUTPUT_H_INCLUDED_
#define _NGX_HTTP_WSGW_OUTPUT_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "socket/client.h"


/*
 * Sends a message, or queues what the socket does not take.  NGX_OK: written
 * or queued behind what is; NGX_BUSY: it would exceed wsgw_max_queue_size,
 * nothing was queued; NGX_DECLINED: the connection ended or is ending;
 * NGX_ERROR: no memory.  A failing socket is finalized from a posted event,
 * never inside these calls.  While $connect is pending the message is queued
 * to leave behind the 101.
 */
ngx_int_t ngx_http_wsgw_output_message(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, u_char *p, size_t len);

/* ping, pong, close: at most 125 bytes, not subject to the queue's limit;
   a pong replaces a pong that still waits (RFC 6455, 5.5.3) */
ngx_int_t ngx_http_wsgw_output_control(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, u_char *p, size_t len);

/* writes what is queued; NGX_OK: empty, NGX_AGAIN: waits for the socket */
ngx_int_t ngx_http_wsgw_output_flush(ngx_http_wsgw_connection_t *wc);

/* over half of wsgw_max_queue_size waits */

static ngx_inline ngx_uint_t
ngx_http_wsgw_output_congested(ngx_http_wsgw_connection_t *wc)
{
    return wc->rare && wc->rare->queued > wc->wlcf->max_queue_size / 2;
}


/* frees the queue */
void ngx_http_wsgw_output_discard(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_OUTPUT_H_INCLUDED_ */
