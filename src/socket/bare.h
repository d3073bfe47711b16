
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What nginx keeps of a connection, once it is a WebSocket.
 */


#ifndef _NGX_HTTP_WSGW_BARE_H_INCLUDED_
#define _NGX_HTTP_WSGW_BARE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * Frees the pool of wc->connection, in which its log and its addresses are: wc
 * has those.  NGX_DECLINED: somebody needs the pool, so it stays.
 */
ngx_int_t ngx_http_wsgw_bare(ngx_http_wsgw_connection_t *wc);

/* closes a connection, with or without a pool */
void ngx_http_wsgw_bare_close(ngx_connection_t *c);


#endif /* _NGX_HTTP_WSGW_BARE_H_INCLUDED_ */
