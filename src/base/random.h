
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Random numbers of the operating system.
 */


#ifndef _NGX_HTTP_WSGW_RANDOM_H_INCLUDED_
#define _NGX_HTTP_WSGW_RANDOM_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* 54 bits from the operating system's generator */
ngx_int_t ngx_http_wsgw_random(uint64_t *secret);


#endif /* _NGX_HTTP_WSGW_RANDOM_H_INCLUDED_ */
