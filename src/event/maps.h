
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Headers and query of a handshake, as events have them.
 */


#ifndef _NGX_HTTP_WSGW_MAPS_H_INCLUDED_
#define _NGX_HTTP_WSGW_MAPS_H_INCLUDED_


#include "event/event.h"


/*
 * Returns NGX_HTTP_WSGW_MAPS texts: the headers and the query, each as members
 * of a JSON object without the braces, with single values and then with lists.
 * An authorizer and $connect are told the same: they are written once, and
 * stay with the request.  NULL: no memory.
 */
ngx_str_t *ngx_http_wsgw_maps(ngx_http_wsgw_event_t *event);


#endif /* _NGX_HTTP_WSGW_MAPS_H_INCLUDED_ */
