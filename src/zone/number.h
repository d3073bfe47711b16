
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who has a number of those that files of a zone are called by.
 */


#ifndef _NGX_HTTP_WSGW_NUMBER_H_INCLUDED_
#define _NGX_HTTP_WSGW_NUMBER_H_INCLUDED_


#include "zone/zone.h"


/*
 * Takes zone->instance for as long as one of the master's children lives.
 * NGX_DECLINED: another instance has it, though there is no file of it.
 */
ngx_int_t ngx_http_wsgw_number_take(ngx_http_wsgw_zone_t *zone);

/* 1: an instance of that number lives, though there may be no file of it */
ngx_uint_t ngx_http_wsgw_number_is_taken(ngx_http_wsgw_zone_t *zone,
    uint32_t instance);


#endif /* _NGX_HTTP_WSGW_NUMBER_H_INCLUDED_ */
