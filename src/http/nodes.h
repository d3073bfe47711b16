
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * $wsgw_cluster: how a zone with wsgw_redis stands to other nodes, as JSON.
 */


#ifndef _NGX_HTTP_WSGW_NODES_H_INCLUDED_
#define _NGX_HTTP_WSGW_NODES_H_INCLUDED_


#include "ngx_http_wsgw.h"


ngx_int_t ngx_http_wsgw_nodes_variables(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_NODES_H_INCLUDED_ */
