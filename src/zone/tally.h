
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How many connections have a key, over all processes of a zone.
 */


#ifndef _NGX_HTTP_WSGW_TALLY_H_INCLUDED_
#define _NGX_HTTP_WSGW_TALLY_H_INCLUDED_


#include "zone/zone.h"


/*
 * Counts one more connection of the key, which is a hash, and says in which
 * tally; it has to be dropped from there.  NGX_BUSY: there are as many as the
 * limit already; NGX_DECLINED: no tally is left for the key, which is logged.
 * Nothing has changed then.  Several processes that come to the limit at the
 * same time may all be refused.
 */
ngx_int_t ngx_http_wsgw_tally_raise(ngx_http_wsgw_zone_t *zone, uint64_t key,
    ngx_uint_t limit, uint32_t *tally);

/* Counts one less. */
void ngx_http_wsgw_tally_drop(ngx_http_wsgw_zone_t *zone, uint32_t tally);


#endif /* _NGX_HTTP_WSGW_TALLY_H_INCLUDED_ */
