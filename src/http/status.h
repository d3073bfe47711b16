
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_status: the gateway's numbers, for people, Prometheus and programs.
 */


#ifndef _NGX_HTTP_WSGW_STATUS_H_INCLUDED_
#define _NGX_HTTP_WSGW_STATUS_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the content handler of wsgw_status */
ngx_int_t ngx_http_wsgw_status_handler(ngx_http_request_t *r);

/* what stands there in place of a page that nginx makes (r->err_status), in the
   request's pool, and its type */
ngx_int_t ngx_http_wsgw_status_page(ngx_http_request_t *r, ngx_str_t *type,
    ngx_str_t *text);


#endif /* _NGX_HTTP_WSGW_STATUS_H_INCLUDED_ */
