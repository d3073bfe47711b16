
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Letters between the workers of a zone, of any generation.  A letter belongs
 * to its sender, who learns what the owner of the connection did with it.
 */


#ifndef _NGX_HTTP_WSGW_TICK_H_INCLUDED_
#define _NGX_HTTP_WSGW_TICK_H_INCLUDED_


#include "zone/zone.h"


/* called by zone_attach: eventfd into the event loop, the 1 s drain */
ngx_int_t ngx_http_wsgw_tick_start(ngx_http_wsgw_zone_t *zone,
    ngx_log_t *log);
void ngx_http_wsgw_tick_stop(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_TICK_H_INCLUDED_ */
