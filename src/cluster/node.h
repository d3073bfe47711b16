
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The node as others see it: one of its workers, the beater, writes its line
 * into Redis and watches the lines of the others.
 */


#ifndef _NGX_HTTP_WSGW_NODE_H_INCLUDED_
#define _NGX_HTTP_WSGW_NODE_H_INCLUDED_


#include "cluster/pair.h"


/* for a process that has a pair; does nothing the second time */
ngx_int_t ngx_http_wsgw_node_start(ngx_http_wsgw_process_t *process);

/* exit_process; 1: it has a line in Redis */
ngx_uint_t ngx_http_wsgw_node_stop(ngx_http_wsgw_process_t *process);


#endif /* _NGX_HTTP_WSGW_NODE_H_INCLUDED_ */
