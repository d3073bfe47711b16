
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether requests come as far as a stage, a management location or a page of
 * wsgw_status.
 */


#ifndef _NGX_HTTP_WSGW_REACH_H_INCLUDED_
#define _NGX_HTTP_WSGW_REACH_H_INCLUDED_


#include "ngx_http_wsgw.h"

/*
 * Warns of what keeps a location, in which the directive is at that place, from
 * being asked: "internal", "return", "try_files", another location.
 */
void ngx_http_wsgw_reach(ngx_conf_t *cf, ngx_http_wsgw_place_t *place,
    const char *directive);


#endif /* _NGX_HTTP_WSGW_REACH_H_INCLUDED_ */
