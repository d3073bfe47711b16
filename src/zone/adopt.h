
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What dead owners left in a zone.
 */


#ifndef _NGX_HTTP_WSGW_ADOPT_H_INCLUDED_
#define _NGX_HTTP_WSGW_ADOPT_H_INCLUDED_


#include "zone/zone.h"


/*
 * Makes what dead owners left ours, and calls found() for each slot of theirs
 * that is not free.
 */
void ngx_http_wsgw_adopt(ngx_http_wsgw_zone_t *zone,
    void (*found)(ngx_http_wsgw_zone_t *zone, uint32_t slot));

/* 1: nothing is left to adopt, and no slot is in use */
ngx_uint_t ngx_http_wsgw_adopt_is_done(ngx_http_wsgw_zone_t *zone);

/*
 * Owed ones may fill a quarter of the zone: so many are more than that, of
 * "mine" that this process has and above its share.
 */
ngx_uint_t ngx_http_wsgw_adopt_excess(ngx_http_wsgw_zone_t *zone,
    ngx_uint_t mine);


#endif /* _NGX_HTTP_WSGW_ADOPT_H_INCLUDED_ */
