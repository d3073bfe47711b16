
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message to its route's integration, the answer back, $disconnect last:
 * order and concurrency of one connection's events.
 */


#ifndef _NGX_HTTP_WSGW_DISPATCH_H_INCLUDED_
#define _NGX_HTTP_WSGW_DISPATCH_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "base/block.h"


/* what ngx_http_wsgw_client_upward points to */

ngx_uint_t ngx_http_wsgw_dispatch_room(ngx_http_wsgw_connection_t *wc,
    uint64_t size);
ngx_int_t ngx_http_wsgw_dispatch_message(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t opcode, ngx_str_t *text, ngx_http_wsgw_block_t *block);
void ngx_http_wsgw_dispatch_next(ngx_http_wsgw_connection_t *wc);

/* frees the messages that wait for their turn */
void ngx_http_wsgw_dispatch_forget(ngx_http_wsgw_connection_t *wc);

/* the order of wlcf->message_routes, for qsort() */
int ngx_libc_cdecl ngx_http_wsgw_dispatch_compare(const void *one,
    const void *two);

#endif /* _NGX_HTTP_WSGW_DISPATCH_H_INCLUDED_ */
