
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Where stages, routes and calls of @connections are counted.
 */


#ifndef _NGX_HTTP_WSGW_METERED_H_INCLUDED_
#define _NGX_HTTP_WSGW_METERED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* gives a stage and each of its routes a meter */
ngx_int_t ngx_http_wsgw_metered_stage(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);

/* Gives a wsgw_management the meter of its stage, of which all have theirs by
   then. */
ngx_int_t ngx_http_wsgw_metered_management(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);


#endif /* _NGX_HTTP_WSGW_METERED_H_INCLUDED_ */
