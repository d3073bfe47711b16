
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What dead senders left of the memory of letters.  Of the zone it writes
 * owner words of their stripes alone.
 */


#ifndef _NGX_HTTP_WSGW_RECLAIM_H_INCLUDED_
#define _NGX_HTTP_WSGW_RECLAIM_H_INCLUDED_


#include "zone/zone.h"


/* NULL: no memory */
ngx_http_wsgw_reclaim_t *ngx_http_wsgw_reclaim_create(
    ngx_http_wsgw_zone_t *zone);

/* Takes a step once a second, and frees stripes after several of them. */
void ngx_http_wsgw_reclaim(ngx_http_wsgw_process_t *process);


#endif /* _NGX_HTTP_WSGW_RECLAIM_H_INCLUDED_ */
