
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What wsgw_status tells, collected: the numbers of all workers added up.
 */


#ifndef _NGX_HTTP_WSGW_PICTURE_H_INCLUDED_
#define _NGX_HTTP_WSGW_PICTURE_H_INCLUDED_


#include "zone/census.h"
#include "zone/meter.h"


/* a stage, or a route of one */

typedef struct {
    ngx_str_t                      api;
    ngx_str_t                      stage;
    ngx_str_t                      route;       /* empty: a stage */
    uint64_t                      *row[ngx_http_wsgw_row_last];
                                                /* sums; NULL: nothing yet */
    ngx_http_wsgw_census_stage_t   census;      /* a stage's */
} ngx_http_wsgw_subject_numbers_t;


typedef struct {
    uint32_t                       worker;
    uint64_t                      *row;         /* in the zone */
} ngx_http_wsgw_picture_worker_t;


typedef struct {
    ngx_http_wsgw_zone_t          *zone;
    ngx_http_wsgw_census_t         census;
    uint64_t                       own[NGX_HTTP_WSGW_ROW_VALUES];
                                                /* ngx_http_wsgw_worker_e */
    ngx_array_t                    workers;     /* ..._picture_worker_t */
    ngx_uint_t                     letters;     /* chunks in use */
    ngx_uint_t                     records;
} ngx_http_wsgw_picture_zone_t;


typedef struct {
    ngx_pool_t                    *pool;
    ngx_array_t                    zones;       /* ..._picture_zone_t */
    ngx_array_t                    stages;      /* ..._subject_numbers_t * */
    ngx_array_t                    routes;      /* the same */

    /* of the zone that is being looked at, the last one in "zones" */

    ngx_array_t                   *asked;       /* all zones */
    ngx_uint_t                     part;        /* what of it is next, */
    uint32_t                       at;          /* from here on */
    ngx_http_wsgw_subject_numbers_t
                                 **numbers;     /* by the name's number + 1; 0
                                                   is the worker slots' own */
} ngx_http_wsgw_picture_t;


/* begins to collect what the zones (ngx_http_wsgw_zone_t *) have; NGX_ERROR: no
   memory */
ngx_int_t ngx_http_wsgw_picture_begin(ngx_pool_t *pool, ngx_array_t *zones,
    ngx_array_t *stages, ngx_http_wsgw_picture_t *picture);

/* goes on for a fraction of a millisecond; NGX_AGAIN: there is more */
ngx_int_t ngx_http_wsgw_picture_step(ngx_http_wsgw_picture_t *picture);

/* a value of a row that may not be there */
#define ngx_http_wsgw_picture_value(numbers, kind, n)                         \
    ((numbers)->row[kind] ? (numbers)->row[kind][n] : 0)


#endif /* _NGX_HTTP_WSGW_PICTURE_H_INCLUDED_ */
