
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * From a socket's bytes to whole messages.
 */


#ifndef _NGX_HTTP_WSGW_INPUT_H_INCLUDED_
#define _NGX_HTTP_WSGW_INPUT_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* what a read leaves in the bytes that were kept or in the socket */

typedef enum {
    ngx_http_wsgw_input_nothing = 0,    /* the socket's next event is awaited */
    ngx_http_wsgw_input_rest,           /* there may be more: it is read in the
                                           next turn, or when there is room */
    ngx_http_wsgw_input_gone            /* the socket is closed */
} ngx_http_wsgw_input_left_e;


/* Reads what was kept and then what the socket has, until both are empty, the
   connection had its share of the turn, or a message has to wait.  The caller
   holds a reference, since the connection may end. */
ngx_http_wsgw_input_left_e ngx_http_wsgw_input_read(
    ngx_http_wsgw_connection_t *wc);

/* Keeps bytes that are read before the socket's.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_wsgw_input_keep(ngx_http_wsgw_connection_t *wc, u_char *p,
    size_t len);


#endif /* _NGX_HTTP_WSGW_INPUT_H_INCLUDED_ */
