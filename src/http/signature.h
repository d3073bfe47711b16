
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who has signed a request: AWS's Signature Version 4 is verified.
 */


#ifndef _NGX_HTTP_WSGW_SIGNATURE_H_INCLUDED_
#define _NGX_HTTP_WSGW_SIGNATURE_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef enum {
    ngx_http_wsgw_signature_missing = 0,    /* there is none */
    ngx_http_wsgw_signature_incomplete,     /* it cannot be read */
    ngx_http_wsgw_signature_unknown,        /* its key is nobody's */
    ngx_http_wsgw_signature_wrong,          /* or too old, or of the future */
    ngx_http_wsgw_signature_right
} ngx_http_wsgw_signature_e;


typedef struct {
    ngx_http_wsgw_signature_e      verdict;
    ngx_str_t                      key;     /* the access key, if it is read */
    ngx_str_t                      why;     /* for a log, if it is not right */
} ngx_http_wsgw_signature_t;


/*
 * Verifies the signature of a request with that body, in Authorization or, if
 * it may be presigned and there is no such header, in the query.  NGX_OK: the
 * verdict is known; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_signature(ngx_http_request_t *r, ngx_str_t *body,
    ngx_uint_t may_be_presigned, ngx_http_wsgw_signature_t *signature);


#endif /* _NGX_HTTP_WSGW_SIGNATURE_H_INCLUDED_ */
