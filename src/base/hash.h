
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * FNV-1a of 64 bits.
 */


#ifndef _NGX_HTTP_WSGW_HASH_H_INCLUDED_
#define _NGX_HTTP_WSGW_HASH_H_INCLUDED_


#include "ngx_http_wsgw.h"


uint64_t ngx_http_wsgw_hash(uint64_t hash, ngx_str_t *s);


#endif /* _NGX_HTTP_WSGW_HASH_H_INCLUDED_ */
