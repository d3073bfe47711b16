
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The name by which backends call back.
 */


#ifndef _NGX_HTTP_WSGW_DOMAIN_H_INCLUDED_
#define _NGX_HTTP_WSGW_DOMAIN_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * domain=; else Host if it is one of the server's names; else the first of
 * them that is a plain host name, with the port unless it is the scheme's;
 * else Host.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_domain(ngx_http_request_t *r, ngx_str_t *domain);


#endif /* _NGX_HTTP_WSGW_DOMAIN_H_INCLUDED_ */
