
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The setters of wsgw_group and wsgw_max_groups.
 */


#ifndef _NGX_HTTP_WSGW_JOINED_H_INCLUDED_
#define _NGX_HTTP_WSGW_JOINED_H_INCLUDED_


#include "ngx_http_wsgw.h"


char *ngx_http_wsgw_joined_group(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_joined_max_groups(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_WSGW_JOINED_H_INCLUDED_ */
