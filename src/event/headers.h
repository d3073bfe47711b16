
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The headers that an event request has for its integration.
 */


#ifndef _NGX_HTTP_WSGW_HEADERS_H_INCLUDED_
#define _NGX_HTTP_WSGW_HEADERS_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "event/event.h"


/* before there are events: computes the hashes of their names */
void ngx_http_wsgw_headers_hash(void);

/* fills inv->headers as the route's integration type wants them */
ngx_int_t ngx_http_wsgw_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);

/*
 * CONNECT: a copy of the client's headers as it wrote them, less those of its
 * hop, with X-Forwarded-* and X-Amzn-Trace-Id: for the JSON of an event
 * (lambda), or as http_proxy sends them.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_headers_client(ngx_pool_t *pool,
    ngx_http_wsgw_event_t *event, ngx_uint_t lambda, ngx_table_elt_t **headers,
    ngx_uint_t *n);


#endif /* _NGX_HTTP_WSGW_HEADERS_H_INCLUDED_ */
