
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A header of an answer to a client.
 */


#ifndef _NGX_HTTP_WSGW_HEADER_H_INCLUDED_
#define _NGX_HTTP_WSGW_HEADER_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* adds a response header; name is a constant, value lives as long as r */
ngx_int_t ngx_http_wsgw_header_add(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


#endif /* _NGX_HTTP_WSGW_HEADER_H_INCLUDED_ */
