
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What dead owners left of slots and records.  The heir alone writes any of
 * it, and only after it has made the stripe its own.
 */


#ifndef _NGX_HTTP_WSGW_ADOPT_H_INCLUDED_
#define _NGX_HTTP_WSGW_ADOPT_H_INCLUDED_


#include "zone/zone.h"


typedef void (*ngx_http_wsgw_adopt_pt)(ngx_http_wsgw_zone_t *zone,
    uint32_t slot);


/*
 * Makes what dead owners left ours, and calls found() for each slot of theirs
 * that is not free.
 */
void ngx_http_wsgw_adopt(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_adopt_pt found);

/* 1: nothing is left to adopt, and no slot is in use */
ngx_uint_t ngx_http_wsgw_adopt_is_done(ngx_http_wsgw_zone_t *zone);

/*
 * Slots that owe a $disconnect may fill a quarter of the zone.  Returns how
 * many of the "mine" that this process has are to be given up: as many as are
 * above the quarter, at most those above this process's share of it.
 */
ngx_uint_t ngx_http_wsgw_adopt_excess(ngx_http_wsgw_zone_t *zone,
    ngx_uint_t mine);


#endif /* _NGX_HTTP_WSGW_ADOPT_H_INCLUDED_ */
