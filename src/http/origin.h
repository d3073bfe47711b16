
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_origin: which pages may open a connection.
 */


#ifndef _NGX_HTTP_WSGW_ORIGIN_H_INCLUDED_
#define _NGX_HTTP_WSGW_ORIGIN_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "http/request.h"


/* NGX_OK, or the status to refuse it with, of which the log says why */
ngx_int_t ngx_http_wsgw_origin_check(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req);


#endif /* _NGX_HTTP_WSGW_ORIGIN_H_INCLUDED_ */
