
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Handshakes that come to nothing.
 */


#ifndef _NGX_HTTP_WSGW_REFUSE_H_INCLUDED_
#define _NGX_HTTP_WSGW_REFUSE_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_UPGRADE_REQUIRED  426
#define NGX_HTTP_WSGW_HEADERS_TOO_LARGE 431


/* 400, 403, 405, 426 ... with JSON and the headers that belong to the status;
   the result is for ngx_http_finalize_request() */
ngx_int_t ngx_http_wsgw_refuse(ngx_http_request_t *r, ngx_uint_t status);

/* likewise with a body that is given, in the request's pool */
ngx_int_t ngx_http_wsgw_refuse_with(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body);

/* the words for a status */
const char *ngx_http_wsgw_refuse_message(ngx_uint_t status);

/* adds a response header; name is a constant, value lives as long as r */
ngx_int_t ngx_http_wsgw_response_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


#endif /* _NGX_HTTP_WSGW_REFUSE_H_INCLUDED_ */
