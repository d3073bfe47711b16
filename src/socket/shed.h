
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who reads too slowly goes first when a worker has too much buffered.
 */


#ifndef _NGX_HTTP_WSGW_SHED_H_INCLUDED_
#define _NGX_HTTP_WSGW_SHED_H_INCLUDED_


#include "ngx_http_wsgw.h"

void ngx_http_wsgw_shed(ngx_event_t *ev);


#endif /* _NGX_HTTP_WSGW_SHED_H_INCLUDED_ */
