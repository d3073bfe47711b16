
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The other instances of a zone on this host, as their files say.
 */


#ifndef _NGX_HTTP_WSGW_SIBLINGS_H_INCLUDED_
#define _NGX_HTTP_WSGW_SIBLINGS_H_INCLUDED_


#include "zone/zone.h"


struct ngx_http_wsgw_siblings_s {
    uint32_t                      *number;
    ngx_uint_t                     n;

    /* private */
    ngx_uint_t                     room;
    struct timespec                changed;     /* when the directory was */
    time_t                         read_at;
};


/*
 * Those that live now; one that ends meanwhile may be among them.  NULL: the
 * directory cannot be read, or there is no memory.
 */
ngx_http_wsgw_siblings_t *ngx_http_wsgw_siblings(ngx_http_wsgw_zone_t *zone);

/* when the process leaves the zone */
void ngx_http_wsgw_siblings_free(ngx_http_wsgw_process_t *process);


#endif /* _NGX_HTTP_WSGW_SIBLINGS_H_INCLUDED_ */
