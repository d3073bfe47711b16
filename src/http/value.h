
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How a variable gets its value.  All return what a get_handler returns.
 */


#ifndef _NGX_HTTP_WSGW_VALUE_H_INCLUDED_
#define _NGX_HTTP_WSGW_VALUE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* a text of the configuration's, as it is */
ngx_int_t ngx_http_wsgw_value_text(ngx_http_variable_value_t *v,
    ngx_str_t *text);

/* a constant; NULL: none */
ngx_int_t ngx_http_wsgw_value_literal(ngx_http_variable_value_t *v,
    const char *text);

/*
 * What a client has said may be put into a header or a line of a log: a
 * control character becomes a space, so that it stays one.
 */
ngx_int_t ngx_http_wsgw_value_line(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *text);

ngx_int_t ngx_http_wsgw_value_base64(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *bytes);

ngx_int_t ngx_http_wsgw_value_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, u_char id[WSGW_ID_LEN]);

ngx_int_t ngx_http_wsgw_value_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t number);

/* in seconds, with three digits, as $request_time */
ngx_int_t ngx_http_wsgw_value_ms(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_msec_t ms);

/*
 * The member of a JSON object that is called as what follows the prefix in the
 * variable's name, "data".  A string is unescaped, any other value is as
 * written; the value is a line.
 */
ngx_int_t ngx_http_wsgw_value_member(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data, size_t prefix,
    ngx_str_t *json);

/* that of an object without its braces, whose members "before", or NULL, and
   "text" are */
ngx_int_t ngx_http_wsgw_value_members(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data, size_t prefix,
    ngx_str_t *before, ngx_str_t *text);

ngx_int_t ngx_http_wsgw_value_none(ngx_http_variable_value_t *v);


#endif /* _NGX_HTTP_WSGW_VALUE_H_INCLUDED_ */
