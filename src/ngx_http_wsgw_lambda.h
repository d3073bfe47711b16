
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The result of a Lambda.
 */


#ifndef _NGX_HTTP_WSGW_LAMBDA_H_INCLUDED_
#define _NGX_HTTP_WSGW_LAMBDA_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "ngx_http_wsgw_invoke.h"


/* the strings lie in the pool */

typedef struct {
    ngx_int_t                      status;      /* -1: no integer */
    ngx_str_t                      body;
    ngx_str_t                      subprotocol;
    unsigned                       null:1;
    unsigned                       base64:1;    /* the body was */
} ngx_http_wsgw_lambda_t;


/* reads the answer; NULL, or how the function or its result failed */
const char *ngx_http_wsgw_lambda_result(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_lambda_t *lambda);


#endif /* _NGX_HTTP_WSGW_LAMBDA_H_INCLUDED_ */
