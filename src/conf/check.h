
/*
 * Copyright (C) 2026 the wsgw authors
 */


#ifndef _NGX_HTTP_WSGW_CHECK_H_INCLUDED_
#define _NGX_HTTP_WSGW_CHECK_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* after ngx_http_wsgw_resolve() */
ngx_int_t ngx_http_wsgw_check(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_CHECK_H_INCLUDED_ */
