
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which worker may have members of a group: a bit for each hash, in the zone.
 */


#ifndef _NGX_HTTP_WSGW_BITS_H_INCLUDED_
#define _NGX_HTTP_WSGW_BITS_H_INCLUDED_


#include "zone/zone.h"


/* of this process: it has, or has no longer, a group of that hash */
void ngx_http_wsgw_bits_set(ngx_http_wsgw_zone_t *zone, uint64_t hash,
    ngx_uint_t value);

/* 0: the worker has none, certainly */
ngx_uint_t ngx_http_wsgw_bits_has(ngx_http_wsgw_zone_t *zone, uint32_t worker,
    uint64_t hash);

/* those of a worker slot whose owner is dead, or goes */
void ngx_http_wsgw_bits_clear(ngx_http_wsgw_zone_t *zone, uint32_t worker);


#endif /* _NGX_HTTP_WSGW_BITS_H_INCLUDED_ */
