
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * POST @connections: a message to the members of groups, or to all.
 */


#ifndef _NGX_HTTP_WSGW_MANY_H_INCLUDED_
#define _NGX_HTTP_WSGW_MANY_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/outcome.h"


/* NGX_OK, or the status to refuse the call with; its arguments are read */
ngx_int_t ngx_http_wsgw_many_asked(ngx_http_request_t *r);

/* carries it out, and finalizes the request */
void ngx_http_wsgw_many(ngx_http_request_t *r);

/* OK, NOT_TEXT or TOO_LARGE; an opcode of 0 becomes the message's */
wsgw_outcome_t ngx_http_wsgw_many_judge(ngx_http_request_t *r,
    ngx_str_t *message, ngx_uint_t *opcode);


#endif /* _NGX_HTTP_WSGW_MANY_H_INCLUDED_ */
