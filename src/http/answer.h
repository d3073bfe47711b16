
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a caller of @connections reads, whoever answers.
 */


#ifndef _NGX_HTTP_WSGW_ANSWER_H_INCLUDED_
#define _NGX_HTTP_WSGW_ANSWER_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "http/call.h"
#include "http/signature.h"
#include "pure/outcome.h"


/*
 * Answers a push, or returns the status by which the request is to be finalized
 * and the filter will answer.  Sets $wsgw_push_result.
 */
ngx_int_t ngx_http_wsgw_answer(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *ctx);

/* the status of an outcome, as if a push had had it */
ngx_int_t ngx_http_wsgw_answer_refuse(ngx_http_wsgw_call_t *ctx,
    wsgw_outcome_t outcome);

/* the status for who has not signed the call, or not rightly */
ngx_int_t ngx_http_wsgw_answer_unsigned(ngx_http_wsgw_call_t *ctx,
    ngx_http_wsgw_signature_e verdict);

/* sends the header of an answer without a body */
ngx_int_t ngx_http_wsgw_answer_empty(ngx_http_request_t *r,
    ngx_uint_t status);

/* installs the filter, where there is something for it to do */
void ngx_http_wsgw_answer_init(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_ANSWER_H_INCLUDED_ */
