
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection without a socket, for an event request.
 */


#ifndef _NGX_HTTP_WSGW_FAKE_H_INCLUDED_
#define _NGX_HTTP_WSGW_FAKE_H_INCLUDED_


#include "invoke/invoke.h"


/*
 * Makes inv->connection and inv->request.  The request is held until it is
 * left; closed(inv) is called when nginx has closed the connection.
 * NGX_ERROR: no connection or no memory.
 */
ngx_int_t ngx_http_wsgw_fake_connect(ngx_http_wsgw_invoke_t *inv,
    ngx_pool_cleanup_pt closed);

/* replaces the write handler that nginx has set: nobody is slow to take the
   answer, so there is no send_timeout */
void ngx_http_wsgw_fake_wait(ngx_connection_t *fc);

/* the caller lets go of the request, which ends here if nginx is through */
void ngx_http_wsgw_fake_leave(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_FAKE_H_INCLUDED_ */
