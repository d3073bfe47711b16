
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The addresses that wsgw_redis names.
 */


#ifndef _NGX_HTTP_WSGW_ADDRESS_H_INCLUDED_
#define _NGX_HTTP_WSGW_ADDRESS_H_INCLUDED_


#include "cluster/server.h"


/* redis[s]://[user@]host[:port][/db], which is added to the servers */
ngx_int_t ngx_http_wsgw_address(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster, ngx_str_t *arg);

/* with "resolver" names are looked up at each connect, else now */
ngx_int_t ngx_http_wsgw_address_lookup(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster);


#endif /* _NGX_HTTP_WSGW_ADDRESS_H_INCLUDED_ */
