
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The open connections of a stage.  A connection never changes its slot, so who
 * is open during the whole of a call appears in it exactly once.
 */


#include "zone/roll.h"
#include "zone/lease.h"


/* what is known of an owner during a turn: most slots have the same as the one
   before them */

typedef struct {
    uint64_t                       word;
    ngx_uint_t                     lives;
} ngx_http_wsgw_roll_owner_t;


static ngx_uint_t ngx_http_wsgw_roll_lives(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_roll_owner_t *last, uint64_t owner);


ngx_uint_t
ngx_http_wsgw_roll(ngx_http_wsgw_zone_t *zone, uint32_t stage, uint32_t *next,
    ngx_http_wsgw_slot_open_t *open, ngx_uint_t n)
{
    uint32_t                    slot, last, all, stripe;
    uint64_t                   *owners;
    ngx_uint_t                  found;
    ngx_http_wsgw_table_t      *table;
    ngx_http_wsgw_slot_open_t   one;
    ngx_http_wsgw_roll_owner_t  owner;

    table = &ngx_http_wsgw_header(zone)->slots;
    owners = ngx_http_wsgw_at(zone->base, table->owners, uint64_t);
    stripe = (uint32_t) 1 << table->shift;

    all = zone->slots;
    slot = ngx_min(*next, all);
    last = slot + ngx_min(all - slot, NGX_HTTP_WSGW_ROLL_TURN);
    found = 0;
    owner.word = 0;
    owner.lives = 0;

    while (slot < last && found < n) {

        /* In a stripe that is nobody's no slot is in use. */

        if (__atomic_load_n(&owners[slot >> table->shift], __ATOMIC_ACQUIRE)
            == 0)
        {
            slot = (slot | (stripe - 1)) + 1;
            continue;
        }

        if (ngx_http_wsgw_slot_is_open(zone, slot, &one) == NGX_OK
            && ngx_http_wsgw_slot_api_stage(one.api) == stage
            && ngx_http_wsgw_roll_lives(zone, &owner, one.owner))
        {
            if (open) {
                open[found] = one;
            }

            found++;
        }

        slot++;
    }

    *next = ngx_min(slot, all);

    return found;
}


/* The record lock of a worker decides at once, long before its slots are
   somebody else's. */

static ngx_uint_t
ngx_http_wsgw_roll_lives(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_roll_owner_t *last, uint64_t owner)
{
    if (owner != last->word) {
        last->word = owner;
        last->lives = ngx_http_wsgw_lease_owner_lives(zone,
                                                ngx_http_wsgw_owner(owner));
    }

    return last->lives;
}


ngx_uint_t
ngx_http_wsgw_roll_of(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    uint64_t owner)
{
    uint32_t                    i, slot;
    uint64_t                   *owners;
    ngx_uint_t                  n;
    ngx_http_wsgw_table_t      *table;
    ngx_http_wsgw_slot_open_t   one;

    table = &ngx_http_wsgw_header(zone)->slots;
    owners = ngx_http_wsgw_at(zone->base, table->owners, uint64_t);
    n = 0;

    for (i = 0; i < table->stripes; i++) {

        if (__atomic_load_n(&owners[i], __ATOMIC_RELAXED) != owner) {
            continue;
        }

        for (slot = i << table->shift; slot < (i + 1) << table->shift; slot++)
        {
            if (ngx_http_wsgw_slot_is_open(zone, slot, &one) == NGX_OK
                && ngx_http_wsgw_slot_api_stage(one.api) == stage)
            {
                n++;
            }
        }
    }

    return n;
}
