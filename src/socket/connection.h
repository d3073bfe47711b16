
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One socket: its state, reading, timers, closing and drain.
 */


#ifndef _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_
#define _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "socket/client.h"


/* c is a WebSocket from now on and takes a reference of wc; "in" is what came
   behind the handshake.  The first byte is read from the event loop */
void ngx_http_wsgw_connection_open(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c, ngx_str_t *in);

/* there may be room again: goes on with what was left unread */
void ngx_http_wsgw_connection_resume(ngx_http_wsgw_connection_t *wc);

#endif /* _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_ */
