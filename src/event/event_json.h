
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The body of an aws_proxy event.
 */


#ifndef _NGX_HTTP_WSGW_EVENT_JSON_H_INCLUDED_
#define _NGX_HTTP_WSGW_EVENT_JSON_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "event/event.h"


/* NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_event_json(ngx_pool_t *pool,
    ngx_http_wsgw_event_t *event, ngx_str_t *body);

#endif /* _NGX_HTTP_WSGW_EVENT_JSON_H_INCLUDED_ */
