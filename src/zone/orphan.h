
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an nginx that has ended left in its files.  The one process that holds
 * the lock of such a file writes all of it.
 */


#ifndef _NGX_HTTP_WSGW_ORPHAN_H_INCLUDED_
#define _NGX_HTTP_WSGW_ORPHAN_H_INCLUDED_


#include "zone/slot.h"


/*
 * Takes a file of that zone that no instance holds any more, as a zone in which
 * this process is alone.  NULL: there is none.
 */
ngx_http_wsgw_zone_t *ngx_http_wsgw_orphan_take(ngx_http_wsgw_zone_t *zone);

/* removes the file of a zone that was taken, and the zone */
void ngx_http_wsgw_orphan_drop(ngx_http_wsgw_zone_t *orphan);


#endif /* _NGX_HTTP_WSGW_ORPHAN_H_INCLUDED_ */
