
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which location of a server nginx will choose for a URI.
 */


#ifndef _NGX_HTTP_WSGW_LOCATE_H_INCLUDED_
#define _NGX_HTTP_WSGW_LOCATE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* after the location trees have been built; NULL: none, the server itself */
ngx_http_core_loc_conf_t *ngx_http_wsgw_locate(
    ngx_http_core_srv_conf_t *cscf, ngx_str_t *uri);

ngx_http_core_loc_conf_t *ngx_http_wsgw_locate_named(
    ngx_http_core_srv_conf_t *cscf, ngx_str_t *name);


#endif /* _NGX_HTTP_WSGW_LOCATE_H_INCLUDED_ */
