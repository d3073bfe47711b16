
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The one timer of a connection: the nearest of idle, lifetime, ping, drain.
 */


#ifndef _NGX_HTTP_WSGW_DEADLINE_H_INCLUDED_
#define _NGX_HTTP_WSGW_DEADLINE_H_INCLUDED_


#include "ngx_http_wsgw.h"

void ngx_http_wsgw_deadline_arm(ngx_http_wsgw_connection_t *wc);

ngx_msec_t ngx_http_wsgw_deadline_due(ngx_msec_t from, ngx_msec_t after);

ngx_msec_t ngx_http_wsgw_deadline_ping(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_DEADLINE_H_INCLUDED_ */
