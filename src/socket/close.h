
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How a connection ends: the drawing is in close.c.
 */


#ifndef _NGX_HTTP_WSGW_CLOSE_H_INCLUDED_
#define _NGX_HTTP_WSGW_CLOSE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "zone/meter.h"


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
 * Closes a connection from our side: our Close is sent after what is queued,
 * and the client's is awaited for wsgw_close_timeout.  The connection has
 * ended from now on; code and reason are $disconnect's too, "why" is counted.
 * While $connect is
 * pending they are only kept, for ngx_http_wsgw_close_deferred().
 */
void ngx_http_wsgw_close(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_ended_e why, ngx_uint_t code, ngx_str_t *reason);

/* closes what was to be closed while $connect was pending, now that the 101
   has left */
void ngx_http_wsgw_close_deferred(ngx_http_wsgw_connection_t *wc);

/* answers the client's Close; what is queued still leaves before the answer */
void ngx_http_wsgw_close_received(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason);

/* keeps how the connection has ended, the first time, and says so in the zone:
   from now on pushes find it gone and a $disconnect is owed */
void ngx_http_wsgw_close_end(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_ended_e why, ngx_uint_t code, ngx_str_t *reason);

/* gives up the socket, which is of no use any more.  Why, code and reason count
   only if the connection has not ended before.  Without a reference of the
   caller's wc may be freed */
void ngx_http_wsgw_close_socket(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_ended_e why, ngx_uint_t code, const char *reason);


#endif /* _NGX_HTTP_WSGW_CLOSE_H_INCLUDED_ */
