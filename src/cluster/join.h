
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How a process comes to its pair, and leaves it.
 */


#ifndef _NGX_HTTP_WSGW_JOIN_H_INCLUDED_
#define _NGX_HTTP_WSGW_JOIN_H_INCLUDED_


#include "cluster/pair.h"


/* makes the process's pair, and opens it; does nothing the second time */
ngx_int_t ngx_http_wsgw_join_start(ngx_http_wsgw_process_t *process);

/* exit_process: the process has left it; what waits to be sent is sent */
void ngx_http_wsgw_join_stop(ngx_http_wsgw_pair_t *pair);


#endif /* _NGX_HTTP_WSGW_JOIN_H_INCLUDED_ */
