
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How handshakes and calls of @connections ended is counted.
 */


#ifndef _NGX_HTTP_WSGW_TRIED_H_INCLUDED_
#define _NGX_HTTP_WSGW_TRIED_H_INCLUDED_


#include "http/handshake.h"


/* the slot says OPEN: from here on the connection's end is counted, too */
void ngx_http_wsgw_tried_accepted(ngx_http_wsgw_handshake_t *hs);

/* the request ends */
void ngx_http_wsgw_tried(ngx_http_wsgw_handshake_t *hs);

/* an event of the handshake has been judged: sets ctx's error, status and
   result */
void ngx_http_wsgw_tried_asked(ngx_http_wsgw_ctx_t *ctx,
    ngx_http_wsgw_event_t *event);

/* a call of @connections is answered */
void ngx_http_wsgw_tried_push(ngx_http_request_t *r, ngx_uint_t status);


#endif /* _NGX_HTTP_WSGW_TRIED_H_INCLUDED_ */
