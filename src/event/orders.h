
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which groups an integration's answer lets its connection join and leave.
 */


#ifndef _NGX_HTTP_WSGW_ORDERS_H_INCLUDED_
#define _NGX_HTTP_WSGW_ORDERS_H_INCLUDED_


#include "event/event.h"


/* carries out what the answer of that event says: X-Wsgw-Leave first */
void ngx_http_wsgw_orders(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);

/* joins all groups of a list, but for what is no name or too many */
void ngx_http_wsgw_orders_join_all(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *list, ngx_log_t *log);

/* joins that one, unless it is no name or too many */
void ngx_http_wsgw_orders_join(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *name, ngx_log_t *log);


#endif /* _NGX_HTTP_WSGW_ORDERS_H_INCLUDED_ */
