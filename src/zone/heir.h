
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A worker slot is taken, and what its last owner left is taken over.  Who
 * holds the slot's record lock writes the slot, and the loads of its index.
 */


#ifndef _NGX_HTTP_WSGW_HEIR_H_INCLUDED_
#define _NGX_HTTP_WSGW_HEIR_H_INCLUDED_


#include "zone/zone.h"


/* Takes a worker slot for this process; NGX_ERROR: none is free, logged. */
ngx_int_t ngx_http_wsgw_heir_claim(ngx_http_wsgw_process_t *process,
    ngx_log_t *log);

/*
 * Makes us the heir of a worker slot's last owner, which is dead or gone:
 * nobody else comes into the slot until we leave it.  NGX_DECLINED: the owner
 * lives, or somebody else is its heir.
 */
ngx_int_t ngx_http_wsgw_heir_inherit(ngx_http_wsgw_process_t *process,
    uint32_t index);
void ngx_http_wsgw_heir_leave(ngx_http_wsgw_process_t *process,
    uint32_t index);

/* Both at once: ends what is left of the owner, and leaves the slot free. */
ngx_int_t ngx_http_wsgw_heir_bury(ngx_http_wsgw_process_t *process,
    uint32_t index);

/*
 * Makes a worker slot whose lock we hold one that nobody was ever in: it has a
 * new epoch, no load, and an empty mailbox.
 */
void ngx_http_wsgw_heir_reset(ngx_http_wsgw_process_t *process,
    uint32_t index);


#endif /* _NGX_HTTP_WSGW_HEIR_H_INCLUDED_ */
