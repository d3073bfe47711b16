
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who may connect.
 */


#ifndef _NGX_HTTP_WSGW_ACCESS_H_INCLUDED_
#define _NGX_HTTP_WSGW_ACCESS_H_INCLUDED_


#include "ngx_http_wsgw.h"


char *ngx_http_wsgw_access_authorizer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_WSGW_ACCESS_H_INCLUDED_ */
