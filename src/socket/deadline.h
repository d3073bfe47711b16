
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The one timer of a connection: the nearest of its deadlines.
 */


#ifndef _NGX_HTTP_WSGW_DEADLINE_H_INCLUDED_
#define _NGX_HTTP_WSGW_DEADLINE_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef enum {
    ngx_http_wsgw_deadline_none = 0,
    ngx_http_wsgw_deadline_close,       /* wsgw_close_timeout, when closing */
    ngx_http_wsgw_deadline_lifetime,    /* wsgw_max_lifetime */
    ngx_http_wsgw_deadline_drain,       /* the worker exits */
    ngx_http_wsgw_deadline_idle,        /* wsgw_idle_timeout */
    ngx_http_wsgw_deadline_ping         /* wsgw_ping_interval */
} ngx_http_wsgw_deadline_e;


/* sets the read event's timer to the nearest deadline; activity moves deadlines
   later without touching it */
void ngx_http_wsgw_deadline_arm(ngx_http_wsgw_connection_t *wc);

/* returns the deadline that has passed; of several, the first of the list */
ngx_http_wsgw_deadline_e ngx_http_wsgw_deadline_due(
    ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_DEADLINE_H_INCLUDED_ */
