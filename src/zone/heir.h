
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A worker slot is taken, and what its last owner left is taken over.
 */


#ifndef _NGX_HTTP_WSGW_HEIR_H_INCLUDED_
#define _NGX_HTTP_WSGW_HEIR_H_INCLUDED_


#include "zone/zone.h"


/*
 * Ends what is left of a worker slot's last owner, if it is dead or gone, and
 * leaves the slot free.  NGX_DECLINED: it is alive.
 */
ngx_int_t ngx_http_wsgw_heir_bury(ngx_http_wsgw_process_t *process,
    uint32_t index);

ngx_int_t ngx_http_wsgw_heir_inherit(ngx_http_wsgw_process_t *process,
    uint32_t index);

/* likewise, but nobody else comes into the slot until we leave it */
void ngx_http_wsgw_heir_leave(ngx_http_wsgw_process_t *process,
    uint32_t index);

ngx_int_t ngx_http_wsgw_heir_claim(ngx_http_wsgw_process_t *process,
    ngx_log_t *log);

void ngx_http_wsgw_heir_reset(ngx_http_wsgw_process_t *process,
    uint32_t index);


#endif /* _NGX_HTTP_WSGW_HEIR_H_INCLUDED_ */
