
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What other nodes say to this worker, through Redis.
 */


#ifndef _NGX_HTTP_WSGW_INBOX_H_INCLUDED_
#define _NGX_HTTP_WSGW_INBOX_H_INCLUDED_


#include "zone/zone.h"


/* for a process that has a pair; does nothing the second time */
ngx_int_t ngx_http_wsgw_inbox_start(ngx_http_wsgw_zone_t *zone);

/* exit_process */
void ngx_http_wsgw_inbox_stop(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_INBOX_H_INCLUDED_ */
