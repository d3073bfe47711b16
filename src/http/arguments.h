
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The query of a call of @connections.
 */


#ifndef _NGX_HTTP_WSGW_ARGUMENTS_H_INCLUDED_
#define _NGX_HTTP_WSGW_ARGUMENTS_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* what a DELETE asks for, and what is wrong with a query */

typedef struct {
    ngx_uint_t                     code;        /* 0: not said */
    ngx_str_t                      reason;      /* data is NULL: likewise */

    const char                    *error;       /* a format; NULL: nothing */
    ngx_str_t                      value;       /* its only argument */
} ngx_http_wsgw_arguments_t;


/* NGX_DECLINED: arguments->error says why, NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_arguments(ngx_http_request_t *r, ngx_uint_t verb,
    ngx_http_wsgw_arguments_t *arguments);

/*
 * The Close that they ask for, as its payload (RFC 6455, 5.5.1); it is empty
 * if they ask for none.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_arguments_close(ngx_pool_t *pool,
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *payload);


#endif /* _NGX_HTTP_WSGW_ARGUMENTS_H_INCLUDED_ */
