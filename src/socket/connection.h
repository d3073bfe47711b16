
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One socket from the 101 on: its events, its timer, and drain.
 */


#ifndef _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_
#define _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "socket/client.h"


/* Makes c a WebSocket, which takes a reference of wc.  "in" are the bytes that
   came after the handshake; the first is read from the event loop. */
void ngx_http_wsgw_connection_open(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c, ngx_str_t *in);

/* Goes on with what was left unread if there is room again. */
void ngx_http_wsgw_connection_resume(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_ */
