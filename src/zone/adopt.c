
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Slot and record stripes of dead owners become a living process's.  The heir
 * of a worker slot's last owner is who holds the slot's record lock: its new
 * owner, or who takes the lock for as long as this lasts.  So all of one
 * owner's stripes come to one process, and records stay with their slots.
 */


#include "zone/adopt.h"
#include "base/failpoint.h"
#include "zone/heir.h"
#include "zone/lease.h"
#include "zone/slot.h"
#include "zone/zone.h"


static void ngx_http_wsgw_adopt_from(ngx_http_wsgw_process_t *process,
    uint32_t index, void (*found)(ngx_http_wsgw_zone_t *zone, uint32_t slot));
static ngx_uint_t ngx_http_wsgw_adopt_pool(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_stripes_t *pool, uint32_t index,
    void (*found)(ngx_http_wsgw_zone_t *zone, uint32_t slot));


void
ngx_http_wsgw_adopt(ngx_http_wsgw_zone_t *zone,
    void (*found)(ngx_http_wsgw_zone_t *zone, uint32_t slot))
{
    uint32_t                  i;
    uint64_t                  word, alive;
    ngx_uint_t                n;
    ngx_http_wsgw_owner_t     owner;
    ngx_http_wsgw_stripes_t     *pool[2];
    ngx_http_wsgw_process_t  *process;

    process = zone->process;
    pool[0] = &process->records;
    pool[1] = &process->slots;
    alive = 0;

    if (process->records.exhausted) {
        ngx_http_wsgw_stripes_rescan(&process->records);
    }

    for (n = 0; n < 2; n++) {
        for (i = 0; i < pool[n]->stripes; i++) {

            word = __atomic_load_n(&pool[n]->owners[i], __ATOMIC_ACQUIRE);

            if (word == 0 || pool[n]->mine[i] || word == alive) {
                continue;
            }

            owner = ngx_http_wsgw_owner(word);

            if (owner.index == process->self.index) {
                ngx_http_wsgw_adopt_from(process, owner.index, found);

            } else if (ngx_http_wsgw_lease_owner_lives(zone, owner)) {
                alive = word;

            } else if (ngx_http_wsgw_heir_inherit(process, owner.index)
                       == NGX_OK)
            {
                ngx_http_wsgw_adopt_from(process, owner.index, found);
                ngx_http_wsgw_heir_leave(process, owner.index);
            }
        }
    }
}


/* records first: freeing a slot frees its chunks */

static void
ngx_http_wsgw_adopt_from(ngx_http_wsgw_process_t *process, uint32_t index,
    void (*found)(ngx_http_wsgw_zone_t *zone, uint32_t slot))
{
    ngx_uint_t  n;

    (void) ngx_http_wsgw_adopt_pool(process, &process->records, index, NULL);
    n = ngx_http_wsgw_adopt_pool(process, &process->slots, index, found);

    if (n) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "%ui connections of a dead worker are taken over in "
                      "zone \"%V\"", n, &process->zone->name);
    }
}


static ngx_uint_t
ngx_http_wsgw_adopt_pool(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_stripes_t *pool, uint32_t index,
    void (*found)(ngx_http_wsgw_zone_t *zone, uint32_t slot))
{
    uint32_t    i, first, slot;
    uint64_t    word;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < pool->stripes; i++) {
        word = __atomic_load_n(&pool->owners[i], __ATOMIC_ACQUIRE);

        /* of any owner that the worker slot has had, but for ourselves */

        if (word == 0
            || pool->mine[i]
            || ngx_http_wsgw_owner(word).index != index
            || ngx_http_wsgw_stripes_adopt(pool, i, word) != NGX_OK)
        {
            continue;
        }

        ngx_http_wsgw_failpoint("stripe_adopted");

        if (found == NULL) {
            continue;
        }

        first = i << pool->shift;

        for (slot = first; slot < first + ((uint32_t) 1 << pool->shift);
             slot++)
        {
            if (ngx_http_wsgw_slot_used(pool->base, slot)) {
                ngx_http_wsgw_slot_inherit(process->zone, slot);
                found(process->zone, slot);
                n++;
            }
        }
    }

    return n;
}


ngx_uint_t
ngx_http_wsgw_adopt_is_done(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                 i;
    ngx_http_wsgw_stripes_t    *pool;
    ngx_http_wsgw_stripe_t  *stripe;

    pool = &zone->process->slots;

    for (i = 0; i < pool->stripes; i++) {
        stripe = pool->mine[i];

        if (stripe ? stripe->nfree != (uint32_t) 1 << pool->shift
                   : pool->owners[i] != 0)
        {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_http_wsgw_adopt_excess(ngx_http_wsgw_zone_t *zone, ngx_uint_t mine)
{
    uint32_t                    i;
    ngx_uint_t                  n, workers, quarter, share;
    ngx_http_wsgw_header_t     *h;
    ngx_http_wsgw_slot_view_t   view;

    h = ngx_http_wsgw_header(zone);
    workers = 0;

    for (i = 0; i < h->nworkers; i++) {
        if (__atomic_load_n(&ngx_http_wsgw_worker_slot(zone, i)->generation,
                            __ATOMIC_RELAXED))
        {
            workers++;
        }
    }

    quarter = zone->slots / 4;
    share = quarter / ngx_max(workers, 1);

    /* while nobody has more than his share, all have not */

    if (mine <= share) {
        return 0;
    }

    n = 0;

    for (i = 0; i < zone->slots; i++) {
        ngx_http_wsgw_slot_view(zone, i, &view);
        n += view.state == NGX_HTTP_WSGW_SLOT_OWED;
    }

    return n > quarter ? ngx_min(n - quarter, mine - share) : 0;
}
