
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a worker does that keeps too much for its clients.
 */


#ifndef _NGX_HTTP_WSGW_SHED_H_INCLUDED_
#define _NGX_HTTP_WSGW_SHED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* Closes clients until no more than wsgw_worker_memory is buffered, if that can
   be. */
void ngx_http_wsgw_shed(ngx_event_t *ev);

/* Closes senders, as more is to be kept of what wc sends, which stays. */
void ngx_http_wsgw_shed_for(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_SHED_H_INCLUDED_ */
