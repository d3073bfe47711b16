
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * FNV-1a of 64 bits.
 */


#include "base/hash.h"


/* FNV-1a, the string's end included */

uint64_t
ngx_http_wsgw_hash(uint64_t hash, ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        hash = (hash ^ s->data[i]) * 0x100000001b3;
    }

    return (hash ^ 0xff) * 0x100000001b3;
}
