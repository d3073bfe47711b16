
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Calls of @connections/ID: POST sends, GET describes, DELETE closes.
 */


#ifndef _NGX_HTTP_WSGW_SINGLE_H_INCLUDED_
#define _NGX_HTTP_WSGW_SINGLE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* NGX_OK, or the status to refuse the call with: to whom, and how */
ngx_int_t ngx_http_wsgw_single_asked(ngx_http_request_t *r, ngx_uint_t verb);

/* carries it out, and finalizes the request */
void ngx_http_wsgw_single(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_SINGLE_H_INCLUDED_ */
