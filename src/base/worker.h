
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a process has once, for all zones and cycles.
 */


#ifndef _NGX_HTTP_WSGW_WORKER_H_INCLUDED_
#define _NGX_HTTP_WSGW_WORKER_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_READ_SIZE  65536


/*
 * Idempotent.  A single process runs init_process once and not after a
 * reload that brings the first stage: the handshake calls this too.
 */
ngx_int_t ngx_http_wsgw_worker_init(ngx_log_t *log);

void ngx_http_wsgw_worker_exit(ngx_log_t *log);

/*
 * The level of a line that a client can cause as often as it likes and that
 * an operator wants to see: the first of a second is an error, others are
 * info.  *told is the kind's own.
 */
ngx_uint_t ngx_http_wsgw_worker_level(time_t *told);


#endif /* _NGX_HTTP_WSGW_WORKER_H_INCLUDED_ */
