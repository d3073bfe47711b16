
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Zones in files whose pages are gone: somebody cut the file, or its disk
 * cannot be read.
 */


#ifndef _NGX_HTTP_WSGW_FAULT_H_INCLUDED_
#define _NGX_HTTP_WSGW_FAULT_H_INCLUDED_


#include "zone/zone.h"


/*
 * From here on neither this process nor its children die of a page of the
 * zone's file that is gone.  If the header is lost, "h" takes its place.
 */
ngx_int_t ngx_http_wsgw_fault_watch(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_header_t *h, ngx_log_t *log);

/* before the file is unmapped */
void ngx_http_wsgw_fault_unwatch(u_char *map);

/* 1: a page was gone, so this process is alone with the zone that it sees */
ngx_uint_t ngx_http_wsgw_fault_found(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_FAULT_H_INCLUDED_ */
