
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The directive wsgw_redis.
 */


#ifndef _NGX_HTTP_WSGW_CLUSTER_H_INCLUDED_
#define _NGX_HTTP_WSGW_CLUSTER_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* wsgw_redis ZONE ADDRESS ... [password_file=FILE] [prefix=PREFIX] ... */
char *ngx_http_wsgw_cluster(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* when all has been read: gives the zones theirs, and looks up names */
ngx_int_t ngx_http_wsgw_cluster_resolve(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_CLUSTER_H_INCLUDED_ */
