
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
 * Does nothing the second time.  A single process runs init_process once, and
 * not after a reload that brings the first stage, so the handshake calls it.
 */
ngx_int_t ngx_http_wsgw_worker_init(ngx_log_t *log);

void ngx_http_wsgw_worker_exit(ngx_log_t *log);

/*
 * Has the event's handler called in the next turn of the event loop, so that
 * others are served before it.  The event gets a timer as well, since a worker
 * that exits waits for timers alone.  Whoever owns it ends that by ..._rest().
 */
void ngx_http_wsgw_worker_turn(ngx_event_t *ev);
void ngx_http_wsgw_worker_rest(ngx_event_t *ev);

/*
 * The level of a line that a client can cause as often as it likes and that
 * an operator wants to see: the first of a second is an error, others are
 * info.  Each kind of line keeps the time of its last error in *logged.
 */
ngx_uint_t ngx_http_wsgw_worker_level(time_t *logged);


#endif /* _NGX_HTTP_WSGW_WORKER_H_INCLUDED_ */
