
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Parts of a handshake's query and of a message as variables.
 */


#ifndef _NGX_HTTP_WSGW_MAPPING_H_INCLUDED_
#define _NGX_HTTP_WSGW_MAPPING_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* Finds the arguments that the configuration has variables of, when all of it
   has been read. */
ngx_int_t ngx_http_wsgw_mapping_init(ngx_conf_t *cf);

/*
 * What a connection keeps of its handshake's query: those arguments alone, as
 * JSON members without the braces.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_mapping_arguments(ngx_http_request_t *r,
    ngx_str_t *members);

/* $wsgw_query_NAME, $wsgw_body_NAME */
ngx_int_t ngx_http_wsgw_mapping_query(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_wsgw_mapping_body(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/* the groups of the connection */
ngx_int_t ngx_http_wsgw_mapping_groups(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* _NGX_HTTP_WSGW_MAPPING_H_INCLUDED_ */
