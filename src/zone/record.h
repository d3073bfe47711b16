
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a $disconnect needs and a slot does not hold, in chunks of the zone.
 */


#ifndef _NGX_HTTP_WSGW_RECORD_H_INCLUDED_
#define _NGX_HTTP_WSGW_RECORD_H_INCLUDED_


#include "zone/zone.h"


ngx_uint_t ngx_http_wsgw_record_used(u_char *base, uint32_t chunk);

/*
 * For a sweeper: the slot's record into dst, its length returned; NGX_DECLINED
 * if the slot has none or dst is too small.  The reason points into dst too.
 */
ssize_t ngx_http_wsgw_record_read(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    u_char *dst, size_t size, ngx_str_t *reason);

uint32_t ngx_http_wsgw_record_write(ngx_http_wsgw_process_t *process,
    uint32_t slot, uint32_t sequence, u_char *data, size_t len);

void ngx_http_wsgw_record_put(ngx_http_wsgw_process_t *process, uint32_t slot,
    uint32_t sequence, uint32_t next);

void ngx_http_wsgw_record_add_reason(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_str_t *reason);


#endif /* _NGX_HTTP_WSGW_RECORD_H_INCLUDED_ */
