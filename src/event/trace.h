
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_trace: which trace an event belongs to.
 */


#ifndef _NGX_HTTP_WSGW_TRACE_H_INCLUDED_
#define _NGX_HTTP_WSGW_TRACE_H_INCLUDED_


#include "event/event.h"
#include "pure/traceparent.h"


/* what a connection keeps of its handshake's trace, in the request's pool:
   that of its traceparent, or of a new one; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_trace_of_handshake(ngx_http_request_t *r,
    ngx_str_t *kept);

/* "00-TRACE-SPAN-FLAGS" of a connection that keeps a trace, with a span of its
   own, in the pool; NGX_ERROR: no memory, or no random number */
ngx_int_t ngx_http_wsgw_trace_parent(ngx_pool_t *pool,
    ngx_http_wsgw_connection_t *wc, ngx_str_t *parent);

/* writes the NGX_HTTP_WSGW_TRACE_LEN bytes of its X-Amzn-Trace-Id */
void ngx_http_wsgw_trace_root(ngx_http_wsgw_connection_t *wc, u_char *p);

/* $wsgw_traceparent; with "off" it is empty */
ngx_int_t ngx_http_wsgw_trace_of_event(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_str_t *parent);


/* A connection that is older than the directive keeps none. */

static ngx_inline ngx_uint_t
ngx_http_wsgw_trace_is_kept(ngx_http_wsgw_event_t *event)
{
    return event->wc->wlcf->trace == NGX_HTTP_WSGW_TRACE_CONNECTION
           && ngx_http_wsgw_client_text(event->wc,
                                        ngx_http_wsgw_text_trace).len;
}


#endif /* _NGX_HTTP_WSGW_TRACE_H_INCLUDED_ */
