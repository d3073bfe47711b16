
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A $disconnect runs, and is tried again until it is delivered.
 */


#ifndef _NGX_HTTP_WSGW_DISCONNECT_H_INCLUDED_
#define _NGX_HTTP_WSGW_DISCONNECT_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* delivers the $disconnect of a connection that has ended, if there is such a
   route, and frees its slot */
void ngx_http_wsgw_disconnect(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_DISCONNECT_H_INCLUDED_ */
