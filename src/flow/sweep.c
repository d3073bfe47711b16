
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Once a second every worker inherits the slots of workers that have died.  The
 * $disconnects of those, and the ones that it could not deliver itself, are
 * tried when their time has come.  A slot says all of it; the list "owed" says
 * only which slots to look at, and ends with the process.
 *
 * Times are ngx_current_msec, which all processes share and no change of the
 * clock moves.
 */


#include "flow/sweep.h"
#include "base/clock.h"
#include "flow/disconnect.h"
#include "flow/owed.h"
#include "socket/client.h"
#include "zone/adopt.h"
#include "zone/fault.h"
#include "zone/file.h"
#include "zone/member.h"
#include "zone/meter.h"
#include "zone/orphan.h"
#include "zone/succession.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_SWEEP_INTERVAL  1000      /* ms */
#define NGX_HTTP_WSGW_SWEEP_BUSY      20        /* while more are due */
#define NGX_HTTP_WSGW_SWEEP_BATCH     64        /* begun at a time */

/* how long one is kept whose stage no location serves any more */
#define NGX_HTTP_WSGW_UNKNOWN_MAX_AGE  (15 * 60 * 1000)


static void ngx_http_wsgw_sweep_handler(ngx_event_t *ev);
static ngx_uint_t ngx_http_wsgw_sweep_can_leave(
    ngx_http_wsgw_process_t *process);
static void ngx_http_wsgw_sweep_inherit(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_sweep_inherited(ngx_http_wsgw_zone_t *zone,
    uint32_t slot);
static void ngx_http_wsgw_sweep_count_lost(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_slot_view_t *view);
static void ngx_http_wsgw_sweep_meter(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_zone_t *zone, uint64_t api);
static void ngx_http_wsgw_sweep_report_cut(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_sweep_report_gone(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_sweep_abandon_excess(
    ngx_http_wsgw_process_t *process);
static ngx_int_t ngx_http_wsgw_sweep_run_owed(
    ngx_http_wsgw_process_t *process);
static ngx_msec_t ngx_http_wsgw_sweep_next(ngx_http_wsgw_process_t *process,
    ngx_int_t rc);
static ngx_int_t ngx_http_wsgw_sweep_try(ngx_http_wsgw_process_t *process,
    uint32_t slot);
static ngx_int_t ngx_http_wsgw_sweep_deliver(ngx_http_wsgw_process_t *process,
    uint32_t slot, ngx_http_wsgw_loc_conf_t *wlcf);
static void ngx_http_wsgw_sweep_abandon(ngx_http_wsgw_process_t *process,
    uint32_t slot, const char *why);
static void ngx_http_wsgw_sweep_free_slot(ngx_http_wsgw_process_t *process,
    uint32_t slot);
static ngx_http_wsgw_loc_conf_t *ngx_http_wsgw_sweep_stage(uint64_t api);


ngx_http_wsgw_sweep_joined_pt  ngx_http_wsgw_sweep_joined;


ngx_int_t
ngx_http_wsgw_sweep_join(ngx_http_wsgw_zone_t *zone, ngx_log_t *log)
{
    ngx_event_t  *ev;

    if (ngx_http_wsgw_member_attach(zone, log) != NGX_OK) {
        return NGX_ERROR;
    }

    ev = &zone->process->sweep;

    if (ev->handler) {
        return NGX_OK;
    }

    if (!zone->orphan && ngx_http_wsgw_sweep_joined(zone) != NGX_OK) {
        return NGX_ERROR;
    }

    ev->handler = ngx_http_wsgw_sweep_handler;
    ev->data = zone->process;
    ev->log = ngx_cycle->log;

    /* A worker that comes in a dead one's place looks at once, even if it has
       to quit at once. */

    zone->process->next_sweep = ngx_current_msec;
    ngx_add_timer(ev, 1);

    return NGX_OK;
}


static void
ngx_http_wsgw_sweep_handler(ngx_event_t *ev)
{
    ngx_int_t                 rc;
    ngx_http_wsgw_process_t  *process;

    process = ev->data;

    if ((ngx_msec_int_t) (ngx_current_msec - process->next_sweep) >= 0) {

        process->next_sweep = ngx_current_msec
                              + NGX_HTTP_WSGW_SWEEP_INTERVAL / 2
                              + ngx_random() % NGX_HTTP_WSGW_SWEEP_INTERVAL;

        ngx_http_wsgw_meter_publish(process, ngx_http_wsgw_worker.memory,
                                    ngx_http_wsgw_worker.memory_limit);

        if (!ngx_http_wsgw_sweep_can_leave(process)) {
            ngx_http_wsgw_sweep_inherit(process->zone);
        }

        if (!process->zone->orphan) {
            ngx_http_wsgw_sweep_report_cut(process->zone);
            ngx_http_wsgw_sweep_report_gone(process->zone);
            ngx_http_wsgw_sweep_abandon_excess(process);

        } else if (ngx_http_wsgw_adopt_is_done(process->zone)) {
            ngx_http_wsgw_orphan_drop(process->zone);
            return;
        }
    }

    rc = ngx_http_wsgw_sweep_run_owed(process);

    ngx_add_timer(ev, ngx_http_wsgw_sweep_next(process, rc));

    ev->cancelable = process->nowed == 0
                     || ngx_http_wsgw_sweep_can_leave(process);
}


/* A worker that exits need not stay if others of the zone will go on. */

static ngx_uint_t
ngx_http_wsgw_sweep_can_leave(ngx_http_wsgw_process_t *process)
{
    return ngx_exiting
           && (process->hurried
               || !ngx_http_wsgw_succession_is_last(process->zone));
}


static void
ngx_http_wsgw_sweep_inherit(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_zone_t  *orphan;

    ngx_http_wsgw_adopt(zone, ngx_http_wsgw_sweep_inherited);

    if (zone->state.len) {
        orphan = ngx_http_wsgw_orphan_take(zone);

        if (orphan) {
            (void) ngx_http_wsgw_sweep_join(orphan, ngx_cycle->log);
        }
    }
}


/*
 * A connecting one falls due when its $connect cannot be on its way any more,
 * or is freed then if none has left.
 * Times of a file that survived a restart of its host began anew.
 */

static void
ngx_http_wsgw_sweep_inherited(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    ngx_http_wsgw_slot_view_t  view;

    ngx_http_wsgw_slot_view(zone, slot, &view);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw $disconnect inherited slot:%uD state:%ui",
                   slot, view.state);

    if (view.state == NGX_HTTP_WSGW_SLOT_OPEN) {
        ngx_http_wsgw_slot_lost(zone, slot);
        ngx_http_wsgw_sweep_count_lost(zone, &view);

    } else if (view.state == NGX_HTTP_WSGW_SLOT_OWED
               && view.due > ngx_current_msec + NGX_HTTP_WSGW_OWED_LAST)
    {
        ngx_http_wsgw_slot_delay(zone, slot, ngx_current_msec);
    }

    ngx_http_wsgw_owed_add(zone->process, slot);
}


/*
 * What was accepted was counted in the slot's own zone, for a stage that need
 * not be in this configuration any more.  Nobody reads an orphan's numbers.
 */

static void
ngx_http_wsgw_sweep_count_lost(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_slot_view_t *view)
{
    ngx_http_wsgw_meter_t  meter;

    ngx_http_wsgw_sweep_meter(&meter, zone, view->api);

    ngx_http_wsgw_meter_closed(&meter, ngx_http_wsgw_ended_worker_lost, 1006);
    ngx_http_wsgw_meter_lifetime(&meter,
                               ngx_http_wsgw_clock_since(view->connected_at));
}


/* a stage's, by its hash alone */

static void
ngx_http_wsgw_sweep_meter(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_zone_t *zone, uint64_t api)
{
    ngx_memzero(meter, sizeof(ngx_http_wsgw_meter_t));

    meter->zone = zone;
    meter->hash = api;
}


static void
ngx_http_wsgw_sweep_report_cut(ngx_http_wsgw_zone_t *zone)
{
    if (zone->cut_logged || !ngx_http_wsgw_fault_found(zone)) {
        return;
    }

    zone->cut_logged = 1;

    ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                  "the file of wsgw zone \"%V\" was cut or cannot be read: "
                  "handshakes are refused, and pushes are answered 503, until "
                  "nginx is restarted", &zone->name);
}


/* Its memory stays while somebody has it: what follows is only a warning. */

static void
ngx_http_wsgw_sweep_report_gone(ngx_http_wsgw_zone_t *zone)
{
    ngx_uint_t  gone;

    if (zone->state.len == 0 || zone->closed_logged) {
        return;
    }

    gone = ngx_http_wsgw_file_is_gone(zone);

    if (gone && !zone->gone_logged) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "\"%V/%V.%06xD\" is gone: connections go on, but what "
                      "they owe is lost when nginx is killed; once it suits, "
                      "restart nginx",
                      &zone->state, &zone->name, zone->number);
    }

    zone->gone_logged = gone;
}


/*
 * The head was added first, so it has waited longest for its next attempt:
 * with back-off those are the oldest.  What was never tried is not given up.
 */

static void
ngx_http_wsgw_sweep_abandon_excess(ngx_http_wsgw_process_t *process)
{
    uint32_t                    slot;
    ngx_uint_t                  excess;
    ngx_queue_t                *q, *next;
    ngx_http_wsgw_slot_view_t   view;

    excess = ngx_http_wsgw_adopt_excess(process->zone, process->nowed);

    for (q = ngx_queue_head(&process->owed);
         excess && q != ngx_queue_sentinel(&process->owed);
         q = next)
    {
        next = ngx_queue_next(q);
        slot = (uint32_t) (q - process->owing);

        ngx_http_wsgw_slot_view(process->zone, slot, &view);

        if (view.attempt) {
            ngx_http_wsgw_sweep_abandon(process, slot,
                                        "a quarter of the zone is owed");
            excess--;
        }
    }
}


/*
 * Begins what is due.  NGX_AGAIN: more may be due, but a batch has begun, or
 * one of this worker's $disconnects waits for a turn.
 */

static ngx_int_t
ngx_http_wsgw_sweep_run_owed(ngx_http_wsgw_process_t *process)
{
    ngx_uint_t    n;
    ngx_queue_t  *q, *next;

    n = 0;

    for (q = ngx_queue_head(&process->owed);
         q != ngx_queue_sentinel(&process->owed);
         q = next)
    {
        if (n == NGX_HTTP_WSGW_SWEEP_BATCH
            || !ngx_queue_empty(&ngx_http_wsgw_worker.owed))
        {
            return NGX_AGAIN;
        }

        next = ngx_queue_next(q);

        if (ngx_http_wsgw_sweep_try(process, (uint32_t) (q - process->owing))
            == NGX_OK)
        {
            n++;
        }
    }

    return NGX_OK;
}


/* how long until the handler has something to do */

static ngx_msec_t
ngx_http_wsgw_sweep_next(ngx_http_wsgw_process_t *process, ngx_int_t rc)
{
    if (rc == NGX_AGAIN) {
        return NGX_HTTP_WSGW_SWEEP_BUSY;
    }

    return ngx_queue_empty(&process->owed)
           ? process->next_sweep - ngx_current_msec
           : NGX_HTTP_WSGW_OWED_INTERVAL;
}


/* NGX_OK: an attempt is under way, or there will be none; NGX_AGAIN: it is not
   yet due */

static ngx_int_t
ngx_http_wsgw_sweep_try(ngx_http_wsgw_process_t *process, uint32_t slot)
{
    uint64_t                    now, age;
    ngx_http_wsgw_zone_t       *zone;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_slot_view_t   view;

    zone = process->zone;
    now = ngx_current_msec;

    ngx_http_wsgw_slot_view(zone, slot, &view);

    /* the zone's file was cut, perhaps during an attempt */

    if (view.state == NGX_HTTP_WSGW_SLOT_FREE) {
        ngx_http_wsgw_sweep_free_slot(process, slot);
        return NGX_OK;
    }

    if (view.due > now) {
        return NGX_AGAIN;
    }

    /* no $connect has left */

    if (view.state == NGX_HTTP_WSGW_SLOT_CONNECTING && !view.recorded) {
        ngx_http_wsgw_sweep_free_slot(process, slot);
        return NGX_OK;
    }

    if (view.state == NGX_HTTP_WSGW_SLOT_CONNECTING) {
        ngx_http_wsgw_slot_lost(zone, slot);
        ngx_http_wsgw_slot_view(zone, slot, &view);
    }

    age = view.owed_at < now ? now - view.owed_at : 0;
    wlcf = ngx_http_wsgw_sweep_stage(view.api);

    if (wlcf == NULL) {

        /* a rollback may bring the stage back */

        if (age <= NGX_HTTP_WSGW_UNKNOWN_MAX_AGE) {
            return NGX_AGAIN;
        }

        ngx_http_wsgw_sweep_abandon(process, slot, "its stage is gone");
        return NGX_OK;
    }

    if (wlcf->disconnect == NULL) {
        ngx_http_wsgw_sweep_free_slot(process, slot);
        return NGX_OK;
    }

    if (wlcf->disconnect_max_age && age > wlcf->disconnect_max_age) {
        ngx_http_wsgw_sweep_abandon(process, slot,
                                    "wsgw_disconnect_max_age is over");
        return NGX_OK;
    }

    return ngx_http_wsgw_sweep_deliver(process, slot, wlcf);
}


/* NGX_AGAIN: no memory; it stays in the list */

static ngx_int_t
ngx_http_wsgw_sweep_deliver(ngx_http_wsgw_process_t *process, uint32_t slot,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_client_resume(process->zone, wlcf, slot);
    if (wc == NULL) {
        return NGX_AGAIN;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw $disconnect due slot:%uD code:%ui attempt:%ui",
                   slot, (ngx_uint_t) wc->code, (ngx_uint_t) wc->attempt);

    ngx_http_wsgw_owed_remove(process, slot);
    ngx_http_wsgw_slot_attempt(process->zone, slot, wc->attempt);

    ngx_http_wsgw_disconnect(wc);
    ngx_http_wsgw_client_release(wc);

    return NGX_OK;
}


static void
ngx_http_wsgw_sweep_abandon(ngx_http_wsgw_process_t *process, uint32_t slot,
    const char *why)
{
    u_char                     text[WSGW_ID_LEN];
    ngx_http_wsgw_meter_t      meter;
    ngx_http_wsgw_loc_conf_t  *wlcf;
    ngx_http_wsgw_slot_view_t  view;

    ngx_http_wsgw_slot_view(process->zone, slot, &view);

    wlcf = ngx_http_wsgw_sweep_stage(view.api);
    ngx_http_wsgw_sweep_meter(&meter, wlcf ? wlcf->api_zone : process->zone,
                              view.api);
    ngx_http_wsgw_meter_count(&meter, failures,
                              ngx_http_wsgw_failures_abandoned);

    wsgw_id_encode(text, &view.id);

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "$disconnect of %*s is abandoned after %ui attempts: %s",
                  (size_t) WSGW_ID_LEN, text, view.attempt, why);

    ngx_http_wsgw_sweep_free_slot(process, slot);
}


static void
ngx_http_wsgw_sweep_free_slot(ngx_http_wsgw_process_t *process, uint32_t slot)
{
    ngx_http_wsgw_owed_remove(process, slot);
    ngx_http_wsgw_slot_free(process->zone, slot);
}


/* the API's first location in this process's own configuration, or NULL */

static ngx_http_wsgw_loc_conf_t *
ngx_http_wsgw_sweep_stage(uint64_t api)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_loc_conf_t   **stage;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_wsgw_module);
    stage = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {
        if (stage[i]->api == api) {
            return stage[i];
        }
    }

    return NULL;
}
