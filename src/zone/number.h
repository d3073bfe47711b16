
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone's number, by which its ids begin: 24 bits, of which 23 are drawn at
 * random by who makes the zone.  Nobody gives them out, so zones that know
 * nothing of each other hardly ever have the same.
 */


#ifndef _NGX_HTTP_WSGW_NUMBER_H_INCLUDED_
#define _NGX_HTTP_WSGW_NUMBER_H_INCLUDED_


#include "zone/zone.h"


/* draws the 23 bits; NGX_ERROR: there are none, logged */
ngx_int_t ngx_http_wsgw_number_draw(uint32_t *number);

/*
 * Takes zone->number in the directory of state=, for as long as one of the
 * master's children lives.  NGX_DECLINED: another instance has it, though there
 * is no file of it.
 */
ngx_int_t ngx_http_wsgw_number_take(ngx_http_wsgw_zone_t *zone);

/* 1: an instance of that number lives, though there may be no file of it */
ngx_uint_t ngx_http_wsgw_number_is_taken(ngx_http_wsgw_zone_t *zone,
    uint32_t number);

/*
 * An id is about to be made: the zone keeps its number from here on.  Returns
 * the flags of the id's slot.
 */
uint16_t ngx_http_wsgw_number_issue(ngx_http_wsgw_zone_t *zone);


/* Redis has the number as ours, or not any more: new ids are so */
void ngx_http_wsgw_number_register(ngx_http_wsgw_zone_t *zone,
    ngx_uint_t registered);

/* 1: it is so now */
ngx_uint_t ngx_http_wsgw_number_is_registered(ngx_http_wsgw_zone_t *zone);


/* the number in ids of the zone, of those that are registered or the others */

static ngx_inline uint32_t
ngx_http_wsgw_number_in_id(ngx_http_wsgw_zone_t *zone, ngx_uint_t registered)
{
    return registered ? zone->number : zone->number | NGX_HTTP_WSGW_NUMBER_OWN;
}


/* the 23 bits in an id's number, which say whose it is */

#define ngx_http_wsgw_number_of(id)  ((id)->number & NGX_HTTP_WSGW_NUMBER)


#endif /* _NGX_HTTP_WSGW_NUMBER_H_INCLUDED_ */
