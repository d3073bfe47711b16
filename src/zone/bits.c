
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Bits of the groups that a worker has, written by the owner of its worker slot
 * alone.  Two groups may have the same bit: who asks for nothing pays a letter.
 */


#include "zone/bits.h"


static u_char *
ngx_http_wsgw_bits_byte(ngx_http_wsgw_zone_t *zone, uint32_t worker,
    uint64_t hash)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    return zone->base + h->bits + (uint64_t) worker * h->bits_size
           + (hash % h->nbits) / 8;
}


/* A sender that begins after who joins has its answer sees the bit. */

void
ngx_http_wsgw_bits_set(ngx_http_wsgw_zone_t *zone, uint64_t hash,
    ngx_uint_t value)
{
    u_char  *byte, bit;

    byte = ngx_http_wsgw_bits_byte(zone, zone->process->self.index, hash);
    bit = (u_char) (1 << hash % 8);

    __atomic_store_n(byte, (u_char) (value ? *byte | bit : *byte & ~bit),
                     __ATOMIC_SEQ_CST);
}


ngx_uint_t
ngx_http_wsgw_bits_has(ngx_http_wsgw_zone_t *zone, uint32_t worker,
    uint64_t hash)
{
    return __atomic_load_n(ngx_http_wsgw_bits_byte(zone, worker, hash),
                           __ATOMIC_SEQ_CST)
           >> hash % 8 & 1;
}


void
ngx_http_wsgw_bits_clear(ngx_http_wsgw_zone_t *zone, uint32_t worker)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    ngx_memzero(ngx_http_wsgw_bits_byte(zone, worker, 0), h->nbits / 8);

    ngx_http_wsgw_worker_slot(zone, worker)->longest = 0;
}
