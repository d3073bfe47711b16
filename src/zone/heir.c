
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A worker slot is taken, and what its last owner left is taken over.
 */


#include "zone/heir.h"
#include "base/failpoint.h"
#include "zone/bits.h"
#include "zone/lease.h"
#include "zone/letter.h"
#include "zone/meter.h"


static ngx_uint_t ngx_http_wsgw_heir_succeed(
    ngx_http_wsgw_process_t *process, uint32_t index);



/* Takes the first worker slot that nobody holds, be its owner dead or gone. */

ngx_int_t
ngx_http_wsgw_heir_claim(ngx_http_wsgw_process_t *process, ngx_log_t *log)
{
    uint32_t                 i;
    ngx_uint_t               lost;
    ngx_http_wsgw_zone_t    *zone;
    ngx_http_wsgw_header_t  *h;

    zone = process->zone;
    h = ngx_http_wsgw_header(zone);

    for (i = 0; i < h->nworkers; i++) {

        if (ngx_http_wsgw_lease_set(process, i, F_WRLCK) == NGX_OK) {
            goto found;
        }
    }

    if (!zone->workers_logged) {
        zone->workers_logged = 1;
        ngx_log_error(NGX_LOG_CRIT, log, 0,
                      "all %uD worker slots of zone \"%V\" are taken, "
                      "handshakes are refused", h->nworkers, &zone->name);
    }

    return NGX_ERROR;

found:

    ngx_http_wsgw_failpoint("worker_locked");

    lost = ngx_http_wsgw_heir_succeed(process, i);

    process->self.index = i;
    process->self.epoch = ngx_http_wsgw_worker_slot(zone, i)->epoch;
    process->lost = lost;

    return NGX_OK;
}


/*
 * Who has left its worker slot has reset it: what has a generation is dead.
 * Returns 1 if it is.
 */

static ngx_uint_t
ngx_http_wsgw_heir_succeed(ngx_http_wsgw_process_t *process, uint32_t index)
{
    ngx_uint_t                    lost;
    ngx_http_wsgw_worker_slot_t  *worker;

    worker = ngx_http_wsgw_worker_slot(process->zone, index);
    lost = (worker->generation != 0);

    if (lost) {
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "wsgw worker slot:%uD epoch:%uD found dead in zone "
                       "\"%V\"", index, worker->epoch, &process->zone->name);
    }

    ngx_http_wsgw_heir_reset(process, index);

    return lost;
}


/*
 * The new epoch is one that nothing in the zone has yet.  Dying anywhere in
 * this, the next holder of the lock does it again.
 */

void
ngx_http_wsgw_heir_reset(ngx_http_wsgw_process_t *process, uint32_t index)
{
    uint32_t                      i;
    ngx_http_wsgw_zone_t         *zone;
    ngx_http_wsgw_worker_slot_t  *worker;

    zone = process->zone;
    worker = ngx_http_wsgw_worker_slot(zone, index);

    __atomic_store_n(&worker->generation, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&worker->listening, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&worker->epoch, worker->epoch + 1, __ATOMIC_RELEASE);

    ngx_http_wsgw_failpoint("worker_epoch");

    ngx_http_wsgw_meter_bury(zone, index);
    ngx_http_wsgw_bits_clear(zone, index);

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        __atomic_store_n(&ngx_http_wsgw_worker_slot(zone, i)->load[index], 0,
                         __ATOMIC_RELAXED);
    }

    /*
     * Senders wait for the end of two drains to know that their letter is back
     * or lost, and nobody else may come into the slot to do another.
     */

    ngx_http_wsgw_letter_drain(process, index);
    ngx_http_wsgw_letter_drain(process, index);
}


ngx_int_t
ngx_http_wsgw_heir_bury(ngx_http_wsgw_process_t *process, uint32_t index)
{
    if (ngx_http_wsgw_heir_inherit(process, index) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_http_wsgw_heir_leave(process, index);

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_heir_inherit(ngx_http_wsgw_process_t *process, uint32_t index)
{
    if (index == process->self.index
        || ngx_http_wsgw_lease_set(process, index, F_WRLCK) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_wsgw_heir_succeed(process, index)) {
        ngx_http_wsgw_meter_count(&process->meter, worker,
                                  ngx_http_wsgw_worker_lost);
    }

    return NGX_OK;
}


void
ngx_http_wsgw_heir_leave(ngx_http_wsgw_process_t *process, uint32_t index)
{
    ngx_http_wsgw_lease_set(process, index, F_UNLCK);
}
