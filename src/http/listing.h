
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * GET @connections: which connections there are, or how many.
 */


#ifndef _NGX_HTTP_WSGW_LISTING_H_INCLUDED_
#define _NGX_HTTP_WSGW_LISTING_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* NGX_OK, or the status to refuse the call with */
ngx_int_t ngx_http_wsgw_listing_asked(ngx_http_request_t *r, ngx_uint_t verb);

/* carries it out, and finalizes the request */
void ngx_http_wsgw_listing(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_LISTING_H_INCLUDED_ */
