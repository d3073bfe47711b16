
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether a zone that a dead instance left can be used.  It writes the owner
 * words of stripes that have lost theirs.
 */


#ifndef _NGX_HTTP_WSGW_EXAMINE_H_INCLUDED_
#define _NGX_HTTP_WSGW_EXAMINE_H_INCLUDED_


#include "zone/zone.h"


/*
 * Looks at all of a zone.  Returns what is damaged in it, and sets the number
 * of that element; NULL: all that is read from it leads to where it may lead.
 */
const char *ngx_http_wsgw_examine(ngx_http_wsgw_zone_t *zone,
    uint32_t *element);


#endif /* _NGX_HTTP_WSGW_EXAMINE_H_INCLUDED_ */
