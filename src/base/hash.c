
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * FNV-1a of 64 bits.
 */


#include "base/hash.h"


#define ngx_http_wsgw_hash_byte(hash, byte)  (((hash) ^ (byte)) * 0x100000001b3)


uint64_t
ngx_http_wsgw_hash(uint64_t hash, ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        hash = ngx_http_wsgw_hash_byte(hash, s->data[i]);
    }

    return hash;
}


/* No byte of UTF-8 is 0xff. */

uint64_t
ngx_http_wsgw_hash_whole(uint64_t hash, ngx_str_t *s)
{
    return ngx_http_wsgw_hash_byte(ngx_http_wsgw_hash(hash, s), 0xff);
}
