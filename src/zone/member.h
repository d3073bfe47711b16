
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A process takes part in a zone, and leaves it.  It writes its worker slot,
 * and raises the header's newest generation.
 */


#ifndef _NGX_HTTP_WSGW_MEMBER_H_INCLUDED_
#define _NGX_HTTP_WSGW_MEMBER_H_INCLUDED_


#include "zone/zone.h"


/*
 * Takes a worker slot for this process, unless it has one.  It is also called
 * when the zone is used, as a single process does not run init_process after a
 * reload.  NGX_ERROR: no slot is free, or no memory; logged once.
 */
ngx_int_t ngx_http_wsgw_member_attach(ngx_http_wsgw_zone_t *zone,
    ngx_log_t *log);

/* exit_process: gives empty stripes and the worker slot back */
void ngx_http_wsgw_member_detach(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_MEMBER_H_INCLUDED_ */
