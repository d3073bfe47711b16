
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who is in a zone now.  Connections are never counted up and down: a slot
 * says what it is, also when its worker was killed.
 */


#include "zone/census.h"
#include "zone/fault.h"
#include "zone/lease.h"


static ngx_int_t ngx_http_wsgw_census_slot(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_slot_t *slot, ngx_http_wsgw_census_t *census);
static ngx_http_wsgw_census_stage_t *ngx_http_wsgw_census_stage(
    ngx_http_wsgw_census_t *census, uint64_t api);
static ngx_uint_t ngx_http_wsgw_census_drains(ngx_http_wsgw_zone_t *zone,
    uint64_t owner);


ngx_int_t
ngx_http_wsgw_census_init(ngx_pool_t *pool, ngx_http_wsgw_census_t *census)
{
    ngx_memzero(census, sizeof(ngx_http_wsgw_census_t));

    return ngx_array_init(&census->stages, pool, 4,
                          sizeof(ngx_http_wsgw_census_stage_t));
}


/* NGX_DECLINED: the table has no such stripe */

ngx_int_t
ngx_http_wsgw_census_stripe(ngx_http_wsgw_zone_t *zone, uint32_t stripe,
    ngx_http_wsgw_census_t *census)
{
    uint32_t                i;
    uint64_t               *owners;
    ngx_http_wsgw_table_t  *table;

    table = &ngx_http_wsgw_header(zone)->slots;
    owners = ngx_http_wsgw_at(zone->base, table->owners, uint64_t);

    if (stripe >= table->stripes) {
        return NGX_DECLINED;
    }

    if (__atomic_load_n(&owners[stripe], __ATOMIC_RELAXED) == 0) {
        return NGX_OK;
    }

    for (i = stripe << table->shift; i < (stripe + 1) << table->shift; i++) {
        if (ngx_http_wsgw_census_slot(zone,
                                      ngx_http_wsgw_slot(zone->base, i),
                                      census)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_census_slot(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_slot_t *slot, ngx_http_wsgw_census_t *census)
{
    uint64_t                       word, now;
    ngx_uint_t                     state;
    ngx_http_wsgw_census_stage_t  *stage;

    word = __atomic_load_n(&slot->word, __ATOMIC_ACQUIRE);
    state = ngx_http_wsgw_slot_word_state(word);

    if (state == NGX_HTTP_WSGW_SLOT_FREE) {
        return NGX_OK;
    }

    census->slots++;

    stage = ngx_http_wsgw_census_stage(census, slot->api);
    if (stage == NULL) {
        return NGX_ERROR;
    }

    switch (state) {

    case NGX_HTTP_WSGW_SLOT_CONNECTING:
        stage->connecting++;
        return NGX_OK;

    case NGX_HTTP_WSGW_SLOT_OPEN:
        stage->open++;
        stage->draining += ngx_http_wsgw_census_drains(zone, slot->owner);
        return NGX_OK;

    default: /* NGX_HTTP_WSGW_SLOT_OWED */
        break;
    }

    /* a failed attempt has moved the next one */

    if (slot->due <= slot->owed_at) {
        stage->closing++;
    }

    if (slot->record) {
        now = ngx_current_msec;
        stage->owed++;

        if (now > slot->owed_at) {
            stage->oldest = ngx_max(stage->oldest, now - slot->owed_at);
        }
    }

    return NGX_OK;
}


static ngx_http_wsgw_census_stage_t *
ngx_http_wsgw_census_stage(ngx_http_wsgw_census_t *census, uint64_t api)
{
    ngx_uint_t                     i;
    ngx_http_wsgw_census_stage_t  *stage;

    stage = census->stages.elts;

    for (i = 0; i < census->stages.nelts; i++) {
        if (stage[i].api == api) {
            return &stage[i];
        }
    }

    stage = ngx_array_push(&census->stages);

    if (stage) {
        ngx_memzero(stage, sizeof(ngx_http_wsgw_census_stage_t));
        stage->api = api;
    }

    return stage;
}


static ngx_uint_t
ngx_http_wsgw_census_drains(ngx_http_wsgw_zone_t *zone, uint64_t owner)
{
    uint32_t                      index;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_worker_slot_t  *worker;

    h = ngx_http_wsgw_header(zone);
    index = ngx_http_wsgw_owner(owner).index;

    if (index >= h->nworkers) {
        return 0;
    }

    worker = ngx_http_wsgw_worker_slot(zone, index);

    return worker->generation != 0 && worker->generation < h->attached;
}


void
ngx_http_wsgw_census_workers(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_census_t *census)
{
    uint32_t                      i;
    ngx_http_wsgw_owner_t         owner;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_worker_slot_t  *worker;

    h = ngx_http_wsgw_header(zone);

    for (i = 0; i < h->nworkers; i++) {
        worker = ngx_http_wsgw_worker_slot(zone, i);

        if (worker->generation == 0) {
            continue;
        }

        owner.index = i;
        owner.epoch = worker->epoch;

        if (!ngx_http_wsgw_lease_owner_lives(zone, owner)) {
            continue;
        }

        if (worker->generation < h->attached) {
            census->draining++;

        } else {
            census->serving++;
        }
    }
}


ngx_uint_t
ngx_http_wsgw_census_is_full(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                  i;
    ngx_http_wsgw_stripes_t  *slots;

    if (zone->process == NULL || ngx_http_wsgw_fault_found(zone)) {
        return 1;
    }

    slots = &zone->process->slots;

    if (slots->nfree) {
        return 0;
    }

    for (i = 0; i < slots->nstripes; i++) {
        if (__atomic_load_n(&slots->owners[i], __ATOMIC_RELAXED) == 0) {
            return 0;
        }
    }

    return 1;
}
