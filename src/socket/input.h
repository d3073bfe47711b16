
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * From a socket's bytes to whole messages.
 */


#ifndef _NGX_HTTP_WSGW_INPUT_H_INCLUDED_
#define _NGX_HTTP_WSGW_INPUT_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* reads until the socket is empty, the connection had its share of the turn,
   or a message has to wait; the caller holds a reference, since the connection
   may end in it */
void ngx_http_wsgw_input_read(ngx_http_wsgw_connection_t *wc);

/* bytes to be read before the socket's; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_input_keep(ngx_http_wsgw_connection_t *wc, u_char *p,
    size_t len);

#endif /* _NGX_HTTP_WSGW_INPUT_H_INCLUDED_ */
