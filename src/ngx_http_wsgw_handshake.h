
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * From an upgrade request to an open connection, or a refusal.
 */


#ifndef _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_
#define _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the content handler of wsgw_api */
ngx_int_t ngx_http_wsgw_handshake_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_ */
