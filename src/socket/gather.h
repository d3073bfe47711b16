
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message from its frames.
 */


#ifndef _NGX_HTTP_WSGW_GATHER_H_INCLUDED_
#define _NGX_HTTP_WSGW_GATHER_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* takes the data of WSGW_PROTOCOL_DATA; the connection may end */
void ngx_http_wsgw_gather(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p);

/*
 * Returns where to receive, and at most how much; wc->rare is not NULL.  What
 * is left of a large frame goes to where its message is gathered, and nothing
 * after it: so none of it has to be moved.
 */
u_char *ngx_http_wsgw_gather_buffer(ngx_http_wsgw_connection_t *wc,
    size_t *size);

/* closes the connection of a client that broke the protocol; the hint goes to
   the log */
void ngx_http_wsgw_gather_fail(ngx_http_wsgw_connection_t *wc, ngx_uint_t code,
    const char *reason, const char *hint);


#endif /* _NGX_HTTP_WSGW_GATHER_H_INCLUDED_ */
