
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection without a socket, for an event request.
 */


#ifndef _NGX_HTTP_WSGW_FAKE_H_INCLUDED_
#define _NGX_HTTP_WSGW_FAKE_H_INCLUDED_


#include "invoke/invoke.h"


/* makes inv->request, which is held until it is left, and calls closed(inv)
   when nginx has closed it; NULL: it cannot be */
ngx_connection_t *ngx_http_wsgw_fake_connect(ngx_http_wsgw_invoke_t *inv,
    ngx_pool_cleanup_pt closed);

/* once nginx has set its handlers: nobody is slow to take the answer */
void ngx_http_wsgw_fake_wait(ngx_connection_t *fc);

/* the caller is done with the request */
void ngx_http_wsgw_fake_leave(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_FAKE_H_INCLUDED_ */
