
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who is in a zone now: its connections by stage, its workers.
 */


#ifndef _NGX_HTTP_WSGW_CENSUS_H_INCLUDED_
#define _NGX_HTTP_WSGW_CENSUS_H_INCLUDED_


#include "zone/zone.h"


typedef struct {
    uint64_t                       api;
    ngx_uint_t                     connecting;
    ngx_uint_t                     open;
    ngx_uint_t                     closing;     /* ended, and not yet left: its
                                                   $disconnect did not fail */
    ngx_uint_t                     draining;    /* of the open ones: their
                                                   worker exits */
    ngx_uint_t                     owed;        /* $disconnects */
    uint64_t                       oldest;      /* of these: ms */
} ngx_http_wsgw_census_stage_t;


typedef struct {
    ngx_array_t                    stages;      /* ..._census_stage_t */
    ngx_uint_t                     slots;       /* in use */
    ngx_uint_t                     serving;     /* workers */
    ngx_uint_t                     draining;
} ngx_http_wsgw_census_t;


/*
 * Counts: init(), then each stripe of the slots, then the workers.  Nothing
 * stands still meanwhile: each slot counts as what it is when it is looked at.
 * NGX_DECLINED: that was the last stripe; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_census_init(ngx_pool_t *pool,
    ngx_http_wsgw_census_t *census);
ngx_int_t ngx_http_wsgw_census_stripe(ngx_http_wsgw_zone_t *zone,
    uint32_t stripe, ngx_http_wsgw_census_t *census);
void ngx_http_wsgw_census_workers(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_census_t *census);

/* 1: this worker can have no slot for another connection */
ngx_uint_t ngx_http_wsgw_census_is_full(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_CENSUS_H_INCLUDED_ */
