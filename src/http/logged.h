
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an access log is told of how an event or a handshake went.
 */


#ifndef _NGX_HTTP_WSGW_LOGGED_H_INCLUDED_
#define _NGX_HTTP_WSGW_LOGGED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* $wsgw_integration_status; 0: none */
ngx_uint_t ngx_http_wsgw_logged_status(ngx_http_request_t *r);

/* $wsgw_error, a constant; NULL: none */
const char *ngx_http_wsgw_logged_error(ngx_http_request_t *r);

/* $wsgw_push_result, likewise */
const char *ngx_http_wsgw_logged_result(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_LOGGED_H_INCLUDED_ */
