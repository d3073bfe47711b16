
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The result of a Lambda.
 */


#ifndef _NGX_HTTP_WSGW_LAMBDA_H_INCLUDED_
#define _NGX_HTTP_WSGW_LAMBDA_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "invoke/invoke.h"
#include "pure/json.h"


/* the strings lie in the pool, or in the answer, which reading spoils */

typedef struct {
    ngx_uint_t                     status;      /* of $connect, 200 to 599 */
    ngx_str_t                      body;
    ngx_str_t                      subprotocol; /* of $connect; or empty */
    ngx_str_t                      key;         /* the unknown one, or empty */
    wsgw_json_value_t              headers;     /* "headers", and */
    wsgw_json_value_t              lists;       /* "multiValueHeaders" */
    unsigned                       null:1;
    unsigned                       base64:1;    /* the body was */
    unsigned                       malformed:1; /* is no result at all */
    unsigned                       refused:1;   /* by $connect, or failed */
} ngx_http_wsgw_lambda_t;


/* begins with what is told without the answer's body; NULL, or why there is
   no result */
const char *ngx_http_wsgw_lambda_failure(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_lambda_t *lambda);

/* then reads the answer, for "connect" what decides a handshake, too; NULL, or
   how the function or its result failed */
const char *ngx_http_wsgw_lambda_result(ngx_http_wsgw_invoke_t *inv,
    ngx_uint_t connect, ngx_http_wsgw_lambda_t *lambda);


/* what an authorizer's result needs of it */

/* returns 1 if a header says that the function has failed */
ngx_uint_t ngx_http_wsgw_lambda_thrown(ngx_http_wsgw_invoke_t *inv);

/* returns the answer without a byte order mark */
ngx_str_t ngx_http_wsgw_lambda_text(ngx_http_wsgw_invoke_t *inv);

/* unescapes a string in place: the text cannot be scanned any more */
ngx_str_t ngx_http_wsgw_lambda_string(wsgw_json_value_t *v);


#endif /* _NGX_HTTP_WSGW_LAMBDA_H_INCLUDED_ */
