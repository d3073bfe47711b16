
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How a connection ends.
 */


#ifndef _NGX_HTTP_WSGW_CLOSE_H_INCLUDED_
#define _NGX_HTTP_WSGW_CLOSE_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_CLOSE_NORMAL      1000
#define NGX_HTTP_WSGW_CLOSE_GOING_AWAY  1001
#define NGX_HTTP_WSGW_CLOSE_NO_STATUS   1005    /* never sent */
#define NGX_HTTP_WSGW_CLOSE_ABNORMAL    1006    /* never sent */
#define NGX_HTTP_WSGW_CLOSE_INVALID     1007
#define NGX_HTTP_WSGW_CLOSE_POLICY      1008
#define NGX_HTTP_WSGW_CLOSE_TOO_BIG     1009
#define NGX_HTTP_WSGW_CLOSE_INTERNAL    1011
#define NGX_HTTP_WSGW_CLOSE_RESTART     1012
#define NGX_HTTP_WSGW_CLOSE_TRY_LATER   1013


/*
 * Sends a Close behind what is queued and waits for the peer's, up to
 * wsgw_close_timeout.  The connection has ended from now on; code and reason
 * are $disconnect's too.  While $connect is pending it is remembered for the
 * moment behind the 101.
 */
void ngx_http_wsgw_close(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason);

/* remembers how it ended, once, and says so in the zone */
void ngx_http_wsgw_close_end(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason);

/* the peer's Close: answered, and what is queued still leaves */
void ngx_http_wsgw_close_received(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason);

/* the socket is of no use any more; code and reason count if nothing ended
   the connection before.  It may be freed */
void ngx_http_wsgw_close_socket(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, const char *reason);

void ngx_http_wsgw_close_begin(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason);


#endif /* _NGX_HTTP_WSGW_CLOSE_H_INCLUDED_ */
