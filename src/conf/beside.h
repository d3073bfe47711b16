
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Directives of other modules that ours cannot do their work beside.
 */


#ifndef _NGX_HTTP_WSGW_BESIDE_H_INCLUDED_
#define _NGX_HTTP_WSGW_BESIDE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * While http{} is parsed, from preconfiguration on: notes where they stand.
 * The end is postconfiguration's, or that of a configuration that failed.
 */
ngx_int_t ngx_http_wsgw_beside_begin(ngx_conf_t *cf);
void ngx_http_wsgw_beside_end(void);

/*
 * The first argument of the directive at "where", a location, a server's
 * ngx_http_core_loc_conf_t or an upstream; NULL: it is not there.  In an "if"
 * it does not count.
 */
ngx_str_t *ngx_http_wsgw_beside(ngx_conf_t *cf, const char *name,
    void *where);

/* the number that an enumeration of the module has there; 0: unknown */
ngx_uint_t ngx_http_wsgw_beside_number(ngx_conf_t *cf, const char *name,
    ngx_http_core_loc_conf_t *clcf);


#endif /* _NGX_HTTP_WSGW_BESIDE_H_INCLUDED_ */
