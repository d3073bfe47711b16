
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Where stages, routes and calls of @connections are counted.
 */


#ifndef _NGX_HTTP_WSGW_METERED_H_INCLUDED_
#define _NGX_HTTP_WSGW_METERED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* gives each stage and each of its routes a meter, and each wsgw_management
   that of its stage */
ngx_int_t ngx_http_wsgw_metered(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_METERED_H_INCLUDED_ */
