
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * POST @connections?batch: several messages in one call.
 */


#ifndef _NGX_HTTP_WSGW_BATCH_H_INCLUDED_
#define _NGX_HTTP_WSGW_BATCH_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* 1: the request says so, and may have a batch's body */
ngx_uint_t ngx_http_wsgw_batch_is_meant(ngx_http_request_t *r);

/* of every POST @connections; NGX_OK, or the status to refuse the call with */
ngx_int_t ngx_http_wsgw_batch_asked(ngx_http_request_t *r, ngx_uint_t verb);


#endif /* _NGX_HTTP_WSGW_BATCH_H_INCLUDED_ */
