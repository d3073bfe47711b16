
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection as a caller of GET @connections reads it.
 */


#ifndef _NGX_HTTP_WSGW_DESCRIBE_H_INCLUDED_
#define _NGX_HTTP_WSGW_DESCRIBE_H_INCLUDED_


#include "push/push.h"

/* the answer to a GET that has found its connection; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_describe(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push);


#endif /* _NGX_HTTP_WSGW_DESCRIBE_H_INCLUDED_ */
