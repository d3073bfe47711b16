
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which API, stage and zone a location serves.
 */


#ifndef _NGX_HTTP_WSGW_API_H_INCLUDED_
#define _NGX_HTTP_WSGW_API_H_INCLUDED_


#include "ngx_http_wsgw.h"


char *ngx_http_wsgw_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

char *ngx_http_wsgw_api_management(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

char *ngx_http_wsgw_api_set_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_WSGW_API_H_INCLUDED_ */
