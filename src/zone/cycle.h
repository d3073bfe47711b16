
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone from one cycle of the configuration to the next, which is written into
 * its header by the master alone.
 */


#ifndef _NGX_HTTP_WSGW_CYCLE_H_INCLUDED_
#define _NGX_HTTP_WSGW_CYCLE_H_INCLUDED_


#include "zone/zone.h"


/* init_module: the new cycle takes the descriptors over from the old one */
ngx_int_t ngx_http_wsgw_cycle_commit(ngx_cycle_t *cycle,
    ngx_http_wsgw_zone_t *zone);

/*
 * init_module, once, also without any zone: tells the workers of the old
 * cycle's zones that the new cycle does not go on with, that it is a reload.
 */
void ngx_http_wsgw_cycle_retire(ngx_cycle_t *cycle);

/* the cycle's memory of that name, if it is a zone of ours; or NULL */
ngx_shm_zone_t *ngx_http_wsgw_cycle_zone(ngx_cycle_t *cycle, ngx_str_t *name);

/* The master: warns if a worker may open fewer files than the zones take. */
void ngx_http_wsgw_cycle_check(ngx_cycle_t *cycle, ngx_array_t *zones);


#endif /* _NGX_HTTP_WSGW_CYCLE_H_INCLUDED_ */
