
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

/* postconfiguration, when sizes are known */
ngx_int_t ngx_http_wsgw_management_init(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_MANAGEMENT_H_INCLUDED_ */
