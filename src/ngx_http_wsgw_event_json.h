
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The body of an aws_proxy event.
 */


#ifndef _NGX_HTTP_WSGW_EVENT_JSON_H_INCLUDED_
#define _NGX_HTTP_WSGW_EVENT_JSON_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "ngx_http_wsgw_event.h"


/* NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_event_body(ngx_pool_t *pool,
    ngx_http_wsgw_event_t *event, ngx_str_t *body);

/* the bytes of a query from p to last, with their escapes undone in the pool;
   NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_event_unescape(ngx_pool_t *pool, u_char *p,
    u_char *last, ngx_str_t *text);


#endif /* _NGX_HTTP_WSGW_EVENT_JSON_H_INCLUDED_ */
