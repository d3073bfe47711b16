
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The page of wsgw_status.
 */


#ifndef _NGX_HTTP_WSGW_PAGE_H_INCLUDED_
#define _NGX_HTTP_WSGW_PAGE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* It asks for "?format=json" and draws what it gets. */
extern ngx_str_t  ngx_http_wsgw_page;


#endif /* _NGX_HTTP_WSGW_PAGE_H_INCLUDED_ */
