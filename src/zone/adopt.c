
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Slot and record stripes of dead owners become a living process's.  The heir
 * of a worker slot's last owner is who holds the slot's record lock: its new
 * owner, or who takes the lock for as long as this lasts.  So all of one
 * owner's stripes come to one process, and records stay with their slots.
 *
 *     search one table for owners that are dead
 *         inherit from one of them
 *             take its stripes of records, then those of slots
 *                 take over the connections of a stripe
 */


#include "zone/adopt.h"
#include "base/failpoint.h"
#include "zone/heir.h"
#include "zone/lease.h"
#include "zone/slot.h"
#include "zone/zone.h"


static void ngx_http_wsgw_adopt_search(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_stripes_t *stripes, ngx_http_wsgw_adopt_pt found);
static void ngx_http_wsgw_adopt_inherit(ngx_http_wsgw_process_t *process,
    uint32_t index, ngx_http_wsgw_adopt_pt found);
static void ngx_http_wsgw_adopt_estate(ngx_http_wsgw_process_t *process,
    uint32_t index, ngx_http_wsgw_adopt_pt found);
static ngx_uint_t ngx_http_wsgw_adopt_stripes(
    ngx_http_wsgw_process_t *process, ngx_http_wsgw_stripes_t *stripes,
    uint32_t index, ngx_http_wsgw_adopt_pt found);
static ngx_uint_t ngx_http_wsgw_adopt_slots(ngx_http_wsgw_process_t *process,
    uint32_t stripe, ngx_http_wsgw_adopt_pt found);
static ngx_uint_t ngx_http_wsgw_adopt_count_workers(
    ngx_http_wsgw_zone_t *zone);
static ngx_uint_t ngx_http_wsgw_adopt_count_owed(ngx_http_wsgw_zone_t *zone);


void
ngx_http_wsgw_adopt(ngx_http_wsgw_zone_t *zone, ngx_http_wsgw_adopt_pt found)
{
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (process->records.exhausted) {
        ngx_http_wsgw_stripes_rescan(&process->records);
    }

    ngx_http_wsgw_adopt_search(process, &process->records, found);
    ngx_http_wsgw_adopt_search(process, &process->slots, found);
}


/*
 * Stripes side by side often have the same owner: one that was alive just now
 * is not asked for again.
 */

static void
ngx_http_wsgw_adopt_search(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_stripes_t *stripes, ngx_http_wsgw_adopt_pt found)
{
    uint32_t               i;
    uint64_t               word, alive;
    ngx_http_wsgw_owner_t  owner;

    alive = 0;

    for (i = 0; i < stripes->nstripes; i++) {
        word = __atomic_load_n(&stripes->owners[i], __ATOMIC_ACQUIRE);

        if (word == 0 || stripes->mine[i] || word == alive) {
            continue;
        }

        owner = ngx_http_wsgw_owner(word);

        /* A former owner of our own worker slot is dead, as we are in it. */

        if (owner.index != process->self.index
            && ngx_http_wsgw_lease_owner_lives(process->zone, owner))
        {
            alive = word;
            continue;
        }

        ngx_http_wsgw_adopt_inherit(process, owner.index, found);
    }
}


/* While we hold the lock of its worker slot nobody else inherits from it. */

static void
ngx_http_wsgw_adopt_inherit(ngx_http_wsgw_process_t *process, uint32_t index,
    ngx_http_wsgw_adopt_pt found)
{
    if (index == process->self.index) {
        ngx_http_wsgw_adopt_estate(process, index, found);
        return;
    }

    if (ngx_http_wsgw_heir_inherit(process, index) == NGX_OK) {
        ngx_http_wsgw_adopt_estate(process, index, found);
        ngx_http_wsgw_heir_leave(process, index);
    }
}


/* Records come first, as freeing a slot frees its chunks. */

static void
ngx_http_wsgw_adopt_estate(ngx_http_wsgw_process_t *process, uint32_t index,
    ngx_http_wsgw_adopt_pt found)
{
    ngx_uint_t  n;

    (void) ngx_http_wsgw_adopt_stripes(process, &process->records, index, NULL);
    n = ngx_http_wsgw_adopt_stripes(process, &process->slots, index, found);

    if (n) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "%ui connections of a dead worker are taken over in "
                      "zone \"%V\"", n, &process->zone->name);
    }
}


/*
 * Takes what any owner that the worker slot ever had has left, but for what is
 * our own.  Returns the number of connections found, in a table of slots.
 */

static ngx_uint_t
ngx_http_wsgw_adopt_stripes(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_stripes_t *stripes, uint32_t index,
    ngx_http_wsgw_adopt_pt found)
{
    uint32_t    i;
    uint64_t    word;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < stripes->nstripes; i++) {
        word = __atomic_load_n(&stripes->owners[i], __ATOMIC_ACQUIRE);

        if (word == 0
            || stripes->mine[i]
            || ngx_http_wsgw_owner(word).index != index
            || ngx_http_wsgw_stripes_take(stripes, i, word) != NGX_OK)
        {
            continue;
        }

        ngx_http_wsgw_failpoint("stripe_adopted");

        if (found) {
            n += ngx_http_wsgw_adopt_slots(process, i, found);
        }
    }

    return n;
}


static ngx_uint_t
ngx_http_wsgw_adopt_slots(ngx_http_wsgw_process_t *process, uint32_t stripe,
    ngx_http_wsgw_adopt_pt found)
{
    uint32_t               slot, last;
    ngx_uint_t             n;
    ngx_http_wsgw_zone_t  *zone;

    zone = process->zone;
    n = 0;

    slot = stripe << process->slots.shift;
    last = slot + ngx_http_wsgw_stripes_size(&process->slots);

    for ( /* void */ ; slot < last; slot++) {

        if (ngx_http_wsgw_slot_used(zone->base, slot)) {
            ngx_http_wsgw_slot_inherit(zone, slot);
            found(zone, slot);
            n++;
        }
    }

    return n;
}


ngx_uint_t
ngx_http_wsgw_adopt_is_done(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                  i;
    ngx_http_wsgw_stripe_t   *stripe;
    ngx_http_wsgw_stripes_t  *slots;

    slots = &zone->process->slots;

    for (i = 0; i < slots->nstripes; i++) {
        stripe = slots->mine[i];

        if (stripe ? stripe->nfree != ngx_http_wsgw_stripes_size(slots)
                   : slots->owners[i] != 0)
        {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_http_wsgw_adopt_excess(ngx_http_wsgw_zone_t *zone, ngx_uint_t mine)
{
    ngx_uint_t  owed, workers, quarter, share;

    workers = ngx_http_wsgw_adopt_count_workers(zone);

    quarter = zone->slots / 4;
    share = quarter / ngx_max(workers, 1);

    /*
     * If no worker exceeds its share, all together cannot exceed the quarter:
     * the count is left out.
     */

    if (mine <= share) {
        return 0;
    }

    owed = ngx_http_wsgw_adopt_count_owed(zone);

    return owed > quarter ? ngx_min(owed - quarter, mine - share) : 0;
}


static ngx_uint_t
ngx_http_wsgw_adopt_count_workers(ngx_http_wsgw_zone_t *zone)
{
    uint32_t    i;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        if (__atomic_load_n(&ngx_http_wsgw_worker_slot(zone, i)->generation,
                            __ATOMIC_RELAXED))
        {
            n++;
        }
    }

    return n;
}


static ngx_uint_t
ngx_http_wsgw_adopt_count_owed(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                    i;
    ngx_uint_t                  n;
    ngx_http_wsgw_slot_view_t   view;

    n = 0;

    for (i = 0; i < zone->slots; i++) {
        ngx_http_wsgw_slot_view(zone, i, &view);

        if (view.state == NGX_HTTP_WSGW_SLOT_OWED) {
            n++;
        }
    }

    return n;
}
