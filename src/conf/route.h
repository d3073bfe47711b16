
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Routes, and the expression that selects one.
 */


#ifndef _NGX_HTTP_WSGW_ROUTE_H_INCLUDED_
#define _NGX_HTTP_WSGW_ROUTE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* of wsgw_integration_type and type= */
extern ngx_conf_enum_t  ngx_http_wsgw_route_types[];

char *ngx_http_wsgw_route(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* reads where a route leads to, "/uri?args" or "@name" */
ngx_int_t ngx_http_wsgw_route_integration(ngx_conf_t *cf,
    ngx_http_wsgw_route_t *route, ngx_str_t *value);

/* what errors call it */
ngx_int_t ngx_http_wsgw_route_called(ngx_conf_t *cf,
    ngx_http_wsgw_route_t *route, ngx_str_t *called);

char *ngx_http_wsgw_route_selector(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

char *ngx_http_wsgw_route_body_variable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_WSGW_ROUTE_H_INCLUDED_ */
