
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * $wsgw_traceparent.
 */


#ifndef _NGX_HTTP_WSGW_TRACED_H_INCLUDED_
#define _NGX_HTTP_WSGW_TRACED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the variable's get_handler */
ngx_int_t ngx_http_wsgw_traced_parent(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* _NGX_HTTP_WSGW_TRACED_H_INCLUDED_ */
