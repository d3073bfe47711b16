
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Where else connections of a zone may be: other instances on this host, and
 * other nodes.
 */


#ifndef _NGX_HTTP_WSGW_PLACES_H_INCLUDED_
#define _NGX_HTTP_WSGW_PLACES_H_INCLUDED_


#include "cluster/roster.h"


typedef struct ngx_http_wsgw_places_s  ngx_http_wsgw_places_t;

struct ngx_http_wsgw_places_s {
    ngx_http_wsgw_zone_t          *zone;

    /* called once: before places_find() returns, or from the event loop */
    void                         (*found)(ngx_http_wsgw_places_t *places);
    void                          *data;

    /* readable from then on: numbers, in their order, without our own; and how
       many there may be besides, which cannot be named now */
    uint32_t                      *number;
    ngx_uint_t                     n;
    ngx_uint_t                     missing;

    /* private */
    ngx_http_wsgw_roster_waiter_t  waiter;
    ngx_uint_t                     waits;       /* 1: for the roster */
};


/* 1: there may be others */
#define ngx_http_wsgw_places_may_be(zone)                                     \
    ((zone)->state.len || (zone)->cluster)


/* 1: there are, or nobody can say; of a process that is in the zone */
ngx_uint_t ngx_http_wsgw_places_are(ngx_http_wsgw_zone_t *zone);

/* finds them; 1: found was called */
ngx_uint_t ngx_http_wsgw_places_find(ngx_http_wsgw_places_t *places);

/* found is not called any more, and what was found is freed */
void ngx_http_wsgw_places_free(ngx_http_wsgw_places_t *places);


#endif /* _NGX_HTTP_WSGW_PLACES_H_INCLUDED_ */
