
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The zone that a directive names.
 */


#ifndef _NGX_HTTP_WSGW_DECLARED_H_INCLUDED_
#define _NGX_HTTP_WSGW_DECLARED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* once all zones are known; NULL: there is none of that name, which is logged
   with the place of the directive */
ngx_http_wsgw_zone_t *ngx_http_wsgw_declared(ngx_conf_t *cf,
    const char *directive, ngx_str_t *name, u_char *file, ngx_uint_t line);


#endif /* _NGX_HTTP_WSGW_DECLARED_H_INCLUDED_ */
