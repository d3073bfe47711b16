
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * When a process looks at its mailbox and at the letters it has out.  Both are
 * its own, and so are the eventfd and the timer that this adds to its event
 * loop.
 */


#ifndef _NGX_HTTP_WSGW_TICK_H_INCLUDED_
#define _NGX_HTTP_WSGW_TICK_H_INCLUDED_


#include "zone/zone.h"


/* for a process that has just taken its worker slot */
ngx_int_t ngx_http_wsgw_tick_start(ngx_http_wsgw_zone_t *zone,
    ngx_log_t *log);

/* before it leaves the slot; what it waits for is not answered any more */
void ngx_http_wsgw_tick_stop(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_TICK_H_INCLUDED_ */
