
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The frames that wait for a client, in its wc->rare.
 */


#ifndef _NGX_HTTP_WSGW_QUEUE_H_INCLUDED_
#define _NGX_HTTP_WSGW_QUEUE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "socket/client.h"


/* a new last one, "len" bytes of data to be filled in; NULL: no memory */
ngx_http_wsgw_frame_t *ngx_http_wsgw_queue_add(ngx_http_wsgw_connection_t *wc,
    size_t len);

/* n bytes have left: frees what is done with */
void ngx_http_wsgw_queue_sent(ngx_http_wsgw_rare_t *rare, size_t n);


#endif /* _NGX_HTTP_WSGW_QUEUE_H_INCLUDED_ */
