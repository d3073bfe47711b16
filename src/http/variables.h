
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * $wsgw_*: what an integration, a log or a management location may say of an
 * event, its connection, or a push.
 */


#ifndef _NGX_HTTP_WSGW_VARIABLES_H_INCLUDED_
#define _NGX_HTTP_WSGW_VARIABLES_H_INCLUDED_


#include "ngx_http_wsgw.h"


ngx_int_t ngx_http_wsgw_variables_add(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_VARIABLES_H_INCLUDED_ */
