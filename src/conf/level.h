
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What nginx calls for each level of the configuration.
 */


#ifndef _NGX_HTTP_WSGW_LEVEL_H_INCLUDED_
#define _NGX_HTTP_WSGW_LEVEL_H_INCLUDED_


#include "ngx_http_wsgw.h"


void *ngx_http_wsgw_level_create_main(ngx_conf_t *cf);
char *ngx_http_wsgw_level_init_main(ngx_conf_t *cf, void *conf);
void *ngx_http_wsgw_level_create(ngx_conf_t *cf);
char *ngx_http_wsgw_level_merge(ngx_conf_t *cf, void *parent, void *child);


#endif /* _NGX_HTTP_WSGW_LEVEL_H_INCLUDED_ */
