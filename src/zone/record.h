
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a $disconnect needs and a slot does not hold, in chunks of the zone that
 * the slot's owner alone writes.
 */


#ifndef _NGX_HTTP_WSGW_RECORD_H_INCLUDED_
#define _NGX_HTTP_WSGW_RECORD_H_INCLUDED_


#include "zone/zone.h"


/* 1: the chunk is part of a slot's record; what stripes_init() asks for */
ngx_uint_t ngx_http_wsgw_record_used(u_char *base, uint32_t chunk);

/*
 * Copies a slot's record into dst, and the reason after it, to which "reason"
 * points.  Returns the record's length; NGX_DECLINED: the slot has no whole
 * record, or dst is too small.
 */
ssize_t ngx_http_wsgw_record_read(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    u_char *dst, size_t size, ngx_str_t *reason);

/* Returns the first chunk + 1; 0: the zone has too few chunks. */
uint32_t ngx_http_wsgw_record_write(ngx_http_wsgw_process_t *process,
    uint32_t slot, uint32_t sequence, u_char *data, size_t len);

/* gives the chunks of a slot that is free back, beginning with next - 1 */
void ngx_http_wsgw_record_put(ngx_http_wsgw_process_t *process, uint32_t slot,
    uint32_t sequence, uint32_t next);

/* before the slot becomes OWED: why the connection has ended */
void ngx_http_wsgw_record_add_reason(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_str_t *reason);


#endif /* _NGX_HTTP_WSGW_RECORD_H_INCLUDED_ */
