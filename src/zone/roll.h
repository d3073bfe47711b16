
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The open connections of a stage in a zone, called slot by slot.
 */


#ifndef _NGX_HTTP_WSGW_ROLL_H_INCLUDED_
#define _NGX_HTTP_WSGW_ROLL_H_INCLUDED_


#include "zone/slot.h"


/* slots that are looked at in a turn of the event loop */
#define NGX_HTTP_WSGW_ROLL_TURN  65536


/*
 * Calls the roll from slot *next on, for at most NGX_HTTP_WSGW_ROLL_TURN slots
 * or until n connections were found; *next is then where to go on, and
 * zone->slots at the end.  Returns how many were found; with "open" NULL they
 * are but counted.
 */
ngx_uint_t ngx_http_wsgw_roll(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    uint32_t *next, ngx_http_wsgw_slot_open_t *open, ngx_uint_t n);

/* how many connections of the stage that owner has */
ngx_uint_t ngx_http_wsgw_roll_of(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    uint64_t owner);


#endif /* _NGX_HTTP_WSGW_ROLL_H_INCLUDED_ */
