
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The 101, and the end of HTTP on its connection.
 */


#ifndef _NGX_HTTP_WSGW_UPGRADE_H_INCLUDED_
#define _NGX_HTTP_WSGW_UPGRADE_H_INCLUDED_


#include "http/handshake.h"


/* sends the 101 and opens the connection; from the event loop only, as the
   request, and hs with it, may be gone afterwards */
void ngx_http_wsgw_upgrade(ngx_http_wsgw_handshake_t *hs);

/* Ends the request of a handshake that is not over.  It has no post_action,
   which would go on with a request that the handshake still knows. */
void ngx_http_wsgw_upgrade_end(ngx_http_request_t *r, ngx_int_t rc);


#endif /* _NGX_HTTP_WSGW_UPGRADE_H_INCLUDED_ */
