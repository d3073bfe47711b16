
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who is on this host.
 */


#ifndef _NGX_HTTP_WSGW_LOCAL_H_INCLUDED_
#define _NGX_HTTP_WSGW_LOCAL_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* at configuration: a variable that is looked at */
ngx_int_t ngx_http_wsgw_local_variables(ngx_conf_t *cf);

/* 0: the caller is not, or asks for another; logged */
ngx_uint_t ngx_http_wsgw_local(ngx_http_request_t *r, const char *directive);


#endif /* _NGX_HTTP_WSGW_LOCAL_H_INCLUDED_ */
