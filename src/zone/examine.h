
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether a zone that a dead instance left can be used.
 */


#ifndef _NGX_HTTP_WSGW_EXAMINE_H_INCLUDED_
#define _NGX_HTTP_WSGW_EXAMINE_H_INCLUDED_


#include "zone/zone.h"


/*
 * What of a whole zone that a dead instance left cannot be, and of which
 * element, or NULL: all that is read from it leads to where it may lead.
 */
const char *ngx_http_wsgw_examine(ngx_http_wsgw_zone_t *zone,
    uint32_t *element);


#endif /* _NGX_HTTP_WSGW_EXAMINE_H_INCLUDED_ */
