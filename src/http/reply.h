
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An answer to a client that is one text.
 */


#ifndef _NGX_HTTP_WSGW_REPLY_H_INCLUDED_
#define _NGX_HTTP_WSGW_REPLY_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* sends the header, with the status and what headers_out has, and the body,
   which lives as long as r; returns what a content handler returns */
ngx_int_t ngx_http_wsgw_reply(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body);


#endif /* _NGX_HTTP_WSGW_REPLY_H_INCLUDED_ */
