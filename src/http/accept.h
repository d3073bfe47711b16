
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What types of an answer a client takes.
 */


#ifndef _NGX_HTTP_WSGW_ACCEPT_H_INCLUDED_
#define _NGX_HTTP_WSGW_ACCEPT_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* how gladly, in thousandths; 0: not at all, or its Accept does not name it */
ngx_uint_t ngx_http_wsgw_accept(ngx_http_request_t *r, const char *type);


#endif /* _NGX_HTTP_WSGW_ACCEPT_H_INCLUDED_ */
