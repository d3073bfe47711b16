
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * $disconnects that are still owed: of workers that died, and of integrations
 * that did not take them.
 */


#ifndef _NGX_HTTP_WSGW_SWEEP_H_INCLUDED_
#define _NGX_HTTP_WSGW_SWEEP_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * Attaches to a zone and starts looking after it, as whoever attaches inherits
 * from who was in that worker slot before; idempotent.  NGX_ERROR: see
 * ngx_http_wsgw_member_attach().
 */
ngx_int_t ngx_http_wsgw_sweep_join(ngx_http_wsgw_zone_t *zone,
    ngx_log_t *log);

/*
 * What else a process of the zone does from then on, set once at start.  All
 * worker slots may be taken when it starts, so it may come in much later.
 */
typedef ngx_int_t (*ngx_http_wsgw_sweep_joined_pt)(
    ngx_http_wsgw_zone_t *zone);

extern ngx_http_wsgw_sweep_joined_pt  ngx_http_wsgw_sweep_joined;


#endif /* _NGX_HTTP_WSGW_SWEEP_H_INCLUDED_ */
