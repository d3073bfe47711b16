
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What can be said only when the whole configuration has been read.
 */


#ifndef _NGX_HTTP_WSGW_RESOLVE_H_INCLUDED_
#define _NGX_HTTP_WSGW_RESOLVE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* after all conf has been merged and the location trees built */
ngx_int_t ngx_http_wsgw_resolve(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_RESOLVE_H_INCLUDED_ */
