
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * FNV-1a of 64 bits.
 */


#ifndef _NGX_HTTP_WSGW_HASH_H_INCLUDED_
#define _NGX_HTTP_WSGW_HASH_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_HASH_EMPTY  0xcbf29ce484222325    /* of no bytes */


/* The hash of all that "hash" stands for, followed by the string's bytes. */
uint64_t ngx_http_wsgw_hash(uint64_t hash, ngx_str_t *s);

/*
 * The same, followed by the string's end: of several strings in a row it then
 * matters where one ends and the next begins.
 */
uint64_t ngx_http_wsgw_hash_whole(uint64_t hash, ngx_str_t *s);


#endif /* _NGX_HTTP_WSGW_HASH_H_INCLUDED_ */
