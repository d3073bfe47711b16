
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_status.
 */


#ifndef _NGX_HTTP_WSGW_EXPOSED_H_INCLUDED_
#define _NGX_HTTP_WSGW_EXPOSED_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* wsgw_status [ZONE ...] [public] */
char *ngx_http_wsgw_exposed(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* finds the zones of each, once all has been read */
ngx_int_t ngx_http_wsgw_exposed_resolve(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_EXPOSED_H_INCLUDED_ */
