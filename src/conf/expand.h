
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Values that can have variables, and whether all of these are known.
 */


#ifndef _NGX_HTTP_WSGW_EXPAND_H_INCLUDED_
#define _NGX_HTTP_WSGW_EXPAND_H_INCLUDED_


#include "ngx_http_wsgw.h"


ngx_int_t ngx_http_wsgw_expand(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t *value);

/* after parsing, when nginx is about to refuse variables that nobody has
   defined without saying where they are written: this says so */
void ngx_http_wsgw_expand_check(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_EXPAND_H_INCLUDED_ */
