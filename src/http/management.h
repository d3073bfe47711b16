
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * @connections: the HTTP face of push.
 */


#ifndef _NGX_HTTP_WSGW_MANAGEMENT_H_INCLUDED_
#define _NGX_HTTP_WSGW_MANAGEMENT_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the content handler of a management location */
ngx_int_t ngx_http_wsgw_management_handler(ngx_http_request_t *r);

/* Finds the id that a path asks for.  NGX_DECLINED: there is none, and *id is
   empty, or there is more after it. */
ngx_int_t ngx_http_wsgw_management_path(ngx_str_t *uri, ngx_str_t *id);

/* postconfiguration, when sizes are known */
ngx_int_t ngx_http_wsgw_management_init(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_MANAGEMENT_H_INCLUDED_ */
