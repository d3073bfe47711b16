
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * GET @connections?count: how many connections there are.
 */


#ifndef _NGX_HTTP_WSGW_COUNTING_H_INCLUDED_
#define _NGX_HTTP_WSGW_COUNTING_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* carries it out, and finalizes the request */
void ngx_http_wsgw_counting(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_COUNTING_H_INCLUDED_ */
