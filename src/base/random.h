
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Random numbers of the operating system, for secrets and names.
 */


#ifndef _NGX_HTTP_WSGW_RANDOM_H_INCLUDED_
#define _NGX_HTTP_WSGW_RANDOM_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* 64 random bits; NGX_ERROR: there are none, logged */
ngx_int_t ngx_http_wsgw_random(uint64_t *value);


#endif /* _NGX_HTTP_WSGW_RANDOM_H_INCLUDED_ */
