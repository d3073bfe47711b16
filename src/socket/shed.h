
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a worker does that has too much buffered for slow clients.
 */


#ifndef _NGX_HTTP_WSGW_SHED_H_INCLUDED_
#define _NGX_HTTP_WSGW_SHED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* Closes clients until no more than wsgw_worker_memory is buffered; ev->data is
   the main configuration. */
void ngx_http_wsgw_shed(ngx_event_t *ev);


#endif /* _NGX_HTTP_WSGW_SHED_H_INCLUDED_ */
