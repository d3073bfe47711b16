
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Zones that outlive their nginx: files ZONE.NUMBER in a directory.
 */


#ifndef _NGX_HTTP_WSGW_STATE_H_INCLUDED_
#define _NGX_HTTP_WSGW_STATE_H_INCLUDED_


#include "ngx_http_wsgw_registry.h"


/*
 * The master: makes the file of a new instance and maps it at zone->base, all
 * zero.  Its number is zone->instance, its descriptor, closed with the zone's
 * others, tells who lives.  Errors are logged.
 */
ngx_int_t ngx_http_wsgw_state_create(ngx_http_wsgw_zone_t *zone, size_t size);

/* the master's end: removes the file if no $disconnect is owed in it */
void ngx_http_wsgw_state_leave(ngx_http_wsgw_zone_t *zone);

/*
 * A worker: a file of that zone that no instance holds any more, as a zone
 * that this process alone is attached to.  NULL: there is none.
 */
ngx_http_wsgw_zone_t *ngx_http_wsgw_state_take(ngx_http_wsgw_zone_t *zone);

/* removes the file of a zone that was taken, and the zone */
void ngx_http_wsgw_state_drop(ngx_http_wsgw_zone_t *orphan);


#endif /* _NGX_HTTP_WSGW_STATE_H_INCLUDED_ */
