
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A process as a member of a zone: it comes in with a worker slot of its own,
 * and leaves.
 */


#include "zone/member.h"
#include "base/watch.h"
#include "zone/group.h"
#include "zone/heir.h"
#include "zone/lease.h"
#include "zone/letter.h"
#include "zone/meter.h"
#include "zone/reclaim.h"
#include "zone/record.h"
#include "zone/siblings.h"
#include "zone/slot.h"
#include "zone/tick.h"
#include "zone/zone.h"


static ngx_int_t ngx_http_wsgw_member_init(ngx_http_wsgw_process_t *process);
static ngx_int_t ngx_http_wsgw_member_open(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_stripes_t *stripes, const char *name,
    ngx_http_wsgw_table_t *table, ngx_http_wsgw_used_pt used);
static void ngx_http_wsgw_member_announce(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_member_free(ngx_http_wsgw_process_t *process);


ngx_int_t
ngx_http_wsgw_member_attach(ngx_http_wsgw_zone_t *zone, ngx_log_t *log)
{
    ngx_http_wsgw_process_t  *process;

    if (zone->process) {
        return NGX_OK;
    }

    process = ngx_calloc(sizeof(ngx_http_wsgw_process_t), log);
    if (process == NULL) {
        return NGX_ERROR;
    }

    process->zone = zone;
    process->meter.zone = zone;
    process->lock = -1;

    ngx_queue_init(&process->sent);
    ngx_queue_init(&process->owed);

    if (ngx_http_wsgw_lease_open(process, log) != NGX_OK
        || ngx_http_wsgw_heir_claim(process, log) != NGX_OK)
    {
        ngx_http_wsgw_member_free(process);
        return NGX_ERROR;
    }

    zone->process = process;

    if (ngx_http_wsgw_member_init(process) != NGX_OK
        || (!zone->orphan && ngx_http_wsgw_tick_start(zone, log) != NGX_OK))
    {
        ngx_http_wsgw_member_detach(zone);
        return NGX_ERROR;
    }

    if (process->lost) {
        ngx_http_wsgw_meter_count(&process->meter, worker,
                                  ngx_http_wsgw_worker_lost);
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, log, 0,
                   "wsgw worker slot:%uD epoch:%uD taken in zone \"%V\" "
                   "number:%06xD", process->self.index, process->self.epoch,
                   &zone->name, zone->number);

    return NGX_OK;
}


void
ngx_http_wsgw_member_detach(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (process == NULL) {
        return;
    }

    ngx_http_wsgw_tick_stop(zone);

    if (process->listen) {
        ngx_http_wsgw_watch_end(process->listen);
    }

    ngx_http_wsgw_stripes_close(&process->slots);
    ngx_http_wsgw_stripes_close(&process->records);
    ngx_http_wsgw_stripes_close(&process->letters);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw worker slot:%uD epoch:%uD left in zone \"%V\"",
                   process->self.index, process->self.epoch, &zone->name);

    /* Whatever is left has a dead owner from here on. */

    ngx_http_wsgw_heir_reset(process, process->self.index);
    ngx_http_wsgw_lease_set(process, process->self.index, F_UNLCK);

    zone->process = NULL;

    ngx_http_wsgw_member_free(process);
}


static ngx_int_t
ngx_http_wsgw_member_init(ngx_http_wsgw_process_t *process)
{
    ngx_http_wsgw_zone_t    *zone;
    ngx_http_wsgw_header_t  *h;

    zone = process->zone;
    h = ngx_http_wsgw_header(zone);

    if (ngx_http_wsgw_member_open(process, &process->slots, "slots", &h->slots,
                                  ngx_http_wsgw_slot_used)
        != NGX_OK
        || ngx_http_wsgw_member_open(process, &process->records, "records",
                                     &h->records, ngx_http_wsgw_record_used)
        != NGX_OK
        || ngx_http_wsgw_member_open(process, &process->letters, "letters",
                                     &h->letters, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* It is the system's calloc(), whose untouched pages cost nothing. */

    zone->local = calloc(zone->slots, sizeof(ngx_http_wsgw_connection_t *));
    process->owing = calloc(zone->slots, sizeof(ngx_queue_t));
    process->letter = calloc(ngx_http_wsgw_elements(&h->letters),
                             sizeof(ngx_http_wsgw_letter_t));

    process->reclaim = ngx_http_wsgw_reclaim_create(zone);

    if (zone->local == NULL
        || process->owing == NULL
        || process->letter == NULL
        || process->reclaim == NULL)
    {
        return NGX_ERROR;
    }

    ngx_http_wsgw_member_announce(zone);

    return NGX_OK;
}


/* Each worker slot begins its search in a part of the table of its own. */

static ngx_int_t
ngx_http_wsgw_member_open(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_stripes_t *stripes, const char *name,
    ngx_http_wsgw_table_t *table, ngx_http_wsgw_used_pt used)
{
    uint32_t               first;
    ngx_http_wsgw_zone_t  *zone;

    zone = process->zone;
    first = process->self.index * table->stripes
            / ngx_http_wsgw_header(zone)->nworkers;

    stripes->name = name;

    return ngx_http_wsgw_stripes_init(stripes, zone->base, table,
                                      ngx_http_wsgw_owner_word(&process->self),
                                      first, used);
}


/*
 * Older generations learn that ours has a worker.  The newest one that ever
 * had one is raised first: dying between the two, it stays raised, and the
 * worker slot has no generation.
 */

static void
ngx_http_wsgw_member_announce(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                      newest;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_worker_slot_t  *worker;

    h = ngx_http_wsgw_header(zone);
    worker = ngx_http_wsgw_worker_slot(zone, zone->process->self.index);

    newest = __atomic_load_n(&h->attached, __ATOMIC_RELAXED);

    while (newest < zone->generation
           && !__atomic_compare_exchange_n(&h->attached, &newest,
                                           zone->generation, 0,
                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    {
        /* void */
    }

    __atomic_store_n(&worker->generation, zone->generation, __ATOMIC_RELEASE);
}


static void
ngx_http_wsgw_member_free(ngx_http_wsgw_process_t *process)
{
    if (process->lock != -1 && !process->shared_lock) {
        (void) close(process->lock);
    }

    if (process->sweep.timer_set) {
        ngx_del_timer(&process->sweep);
    }

    if (process->scratch) {
        ngx_free(process->scratch);
    }

    if (process->reclaim) {
        ngx_free(process->reclaim);
    }

    ngx_http_wsgw_group_free(process);
    ngx_http_wsgw_siblings_free(process);

    free(process->letter);
    free(process->owing);
    free(process->zone->local);
    process->zone->local = NULL;

    ngx_free(process);
}
