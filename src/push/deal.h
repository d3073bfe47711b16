
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One message to several connections of this process, each named by its id.
 */


#ifndef _NGX_HTTP_WSGW_DEAL_H_INCLUDED_
#define _NGX_HTTP_WSGW_DEAL_H_INCLUDED_


#include "zone/zone.h"
#include "pure/outcome.h"
#include "socket/copies.h"


typedef struct {
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_http_wsgw_copies_t         copies;
} ngx_http_wsgw_deal_t;


/* begins, and keeps a copy of the message; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_deal(ngx_http_wsgw_deal_t *deal,
    ngx_http_wsgw_zone_t *zone, uint32_t stage, ngx_uint_t binary,
    ngx_str_t *message);

/* what a push of it to that id would be told */
wsgw_outcome_t ngx_http_wsgw_deal_to(ngx_http_wsgw_deal_t *deal, wsgw_id_t *id);

/* That id's turn comes in so many steps, of zone/ahead.h. */
void ngx_http_wsgw_deal_ahead(ngx_http_wsgw_deal_t *deal, wsgw_id_t *id,
    ngx_uint_t steps);

void ngx_http_wsgw_deal_end(ngx_http_wsgw_deal_t *deal);


#endif /* _NGX_HTTP_WSGW_DEAL_H_INCLUDED_ */
