
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An event as a request of nginx.
 */


#ifndef _NGX_HTTP_WSGW_INVOKE_REQUEST_H_INCLUDED_
#define _NGX_HTTP_WSGW_INVOKE_REQUEST_H_INCLUDED_


#include "invoke/invoke.h"


/* preconfiguration */
ngx_int_t ngx_http_wsgw_invoke_request_variables(ngx_conf_t *cf);

/* the request line of a URI and a query string; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_invoke_request_line(ngx_pool_t *pool, ngx_str_t *uri,
    ngx_str_t *args, ngx_str_t *line);

/* the part of a URI by which nginx finds a type */
ngx_str_t ngx_http_wsgw_invoke_request_exten(ngx_str_t *uri);

/* fills r in; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_invoke_request(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_INVOKE_REQUEST_H_INCLUDED_ */
