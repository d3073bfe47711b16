
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The $disconnects that are owed by this process, in the order of their next
 * attempt.
 */


#ifndef _NGX_HTTP_WSGW_OWED_H_INCLUDED_
#define _NGX_HTTP_WSGW_OWED_H_INCLUDED_


#include "zone/zone.h"


#define NGX_HTTP_WSGW_OWED_INTERVAL  100        /* ms, between two looks */
#define NGX_HTTP_WSGW_OWED_LAST      60000      /* ms, the longest delay */


/* adds a slot whose attempt has failed, with a delay for the next one */
void ngx_http_wsgw_owed_retry(ngx_http_wsgw_zone_t *zone, uint32_t slot);

/* the slot is tried when it is due, or it is no more */
void ngx_http_wsgw_owed_add(ngx_http_wsgw_process_t *process, uint32_t slot);
void ngx_http_wsgw_owed_remove(ngx_http_wsgw_process_t *process,
    uint32_t slot);


#endif /* _NGX_HTTP_WSGW_OWED_H_INCLUDED_ */
