
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What comes after this zone or generation, and what was before.  It only
 * reads.
 */


#ifndef _NGX_HTTP_WSGW_SUCCESSION_H_INCLUDED_
#define _NGX_HTTP_WSGW_SUCCESSION_H_INCLUDED_


#include "zone/zone.h"


/*
 * 1: a connection whose id has that number may live in a worker of another zone
 * of this master, as the one that was here before its size was changed, or
 * under the other master while nginx's binary is being replaced, so nobody here
 * can tell whether it does.
 */
ngx_uint_t ngx_http_wsgw_succession_predecessor(ngx_http_wsgw_zone_t *zone,
    uint32_t number);

/* in a worker that was told to quit: 1: others go on, 0: the server ends */
ngx_uint_t ngx_http_wsgw_succession_succeeded(ngx_http_wsgw_zone_t *zone);

/* the same, 1: others of the same zone do */
ngx_uint_t ngx_http_wsgw_succession_is_reload(ngx_http_wsgw_zone_t *zone);

/*
 * In a worker that was told to quit: 1: what it leaves is lost, as those that
 * go on are in another zone, and this one is in no file.
 */
ngx_uint_t ngx_http_wsgw_succession_is_last(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_SUCCESSION_H_INCLUDED_ */
