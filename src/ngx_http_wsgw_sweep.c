
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Once a second every worker looks for stripes of dead owners and takes them
 * over, and what it found there, or failed to deliver itself, is tried when
 * its time has come.  The slots are what counts; the list here only says which
 * of them to look at, and dies with its process like everything private.
 */


#include "ngx_http_wsgw_sweep.h"
#include "ngx_http_wsgw_connection.h"
#include "ngx_http_wsgw_dispatch.h"
#include "ngx_http_wsgw_zone.h"


#define NGX_HTTP_WSGW_SWEEP_INTERVAL  1000      /* ms */
#define NGX_HTTP_WSGW_SWEEP_BUSY      20        /* while some are due */
#define NGX_HTTP_WSGW_RETRY_FIRST     ((uint64_t) 1000)
#define NGX_HTTP_WSGW_RETRY_LAST      ((uint64_t) 60000)

/* of a stage that no location serves any more */
#define NGX_HTTP_WSGW_UNKNOWN_MAX_AGE  (15 * 60 * 1000)


/* a slot that is owed, or falls due */

typedef struct {
    ngx_queue_t                    queue;
    uint32_t                       slot;
} ngx_http_wsgw_owed_t;


typedef struct {
    ngx_event_t                    timer;
    ngx_queue_t                    owed;        /* ngx_http_wsgw_owed_t, the
                                                   oldest first */
    ngx_uint_t                     n;           /* of them */
} ngx_http_wsgw_sweep_t;


static void ngx_http_wsgw_sweep_handler(ngx_event_t *ev);
static void ngx_http_wsgw_sweep_add(ngx_http_wsgw_zone_t *zone,
    uint32_t slot);
static void ngx_http_wsgw_sweep_remove(ngx_http_wsgw_sweep_t *sweep,
    ngx_http_wsgw_owed_t *owed);
static ngx_uint_t ngx_http_wsgw_sweep_due(ngx_http_wsgw_process_t *process);
static ngx_int_t ngx_http_wsgw_sweep_one(ngx_http_wsgw_zone_t *zone,
    uint32_t slot, uint64_t now);
static ngx_int_t ngx_http_wsgw_sweep_deliver(ngx_http_wsgw_zone_t *zone,
    uint32_t slot, ngx_http_wsgw_loc_conf_t *wlcf);
static void ngx_http_wsgw_sweep_abandon(ngx_http_wsgw_zone_t *zone,
    uint32_t slot, const char *why);
static ngx_http_wsgw_loc_conf_t *ngx_http_wsgw_sweep_stage(
    ngx_http_wsgw_zone_t *zone, uint64_t api);
static uint64_t ngx_http_wsgw_sweep_now(void);


ngx_int_t
ngx_http_wsgw_sweep_start(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_sweep_t    *sweep;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (process->sweep) {
        return NGX_OK;
    }

    sweep = ngx_calloc(sizeof(ngx_http_wsgw_sweep_t), ngx_cycle->log);
    if (sweep == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&sweep->owed);

    /* what is owed need not keep an exiting worker: others take it over */

    sweep->timer.handler = ngx_http_wsgw_sweep_handler;
    sweep->timer.data = process;
    sweep->timer.log = ngx_cycle->log;
    sweep->timer.cancelable = 1;

    process->sweep = sweep;

    /* the one who comes in a dead worker's place looks at once */

    ngx_add_timer(&sweep->timer, 1);

    return NGX_OK;
}


static void
ngx_http_wsgw_sweep_handler(ngx_event_t *ev)
{
    ngx_msec_t                delay;
    ngx_http_wsgw_process_t  *process;

    process = ev->data;

    /* an exiting worker would have to hand it on soon */

    if (!ngx_exiting) {
        ngx_http_wsgw_zone_adopt(process->zone, ngx_http_wsgw_sweep_add);
    }

    delay = ngx_http_wsgw_sweep_due(process)
            ? NGX_HTTP_WSGW_SWEEP_BUSY
            : NGX_HTTP_WSGW_SWEEP_INTERVAL / 2
              + ngx_random() % NGX_HTTP_WSGW_SWEEP_INTERVAL;

    ngx_add_timer(ev, delay);
}


/* first after a second, then after twice the time, up to a minute, jittered */

void
ngx_http_wsgw_sweep_retry(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    uint64_t                   delay;
    ngx_http_wsgw_slot_view_t  view;

    ngx_http_wsgw_slot_view(zone, slot, &view);

    delay = NGX_HTTP_WSGW_RETRY_LAST;

    if (view.attempt < 7) {
        delay = NGX_HTTP_WSGW_RETRY_FIRST << (view.attempt - 1);
        delay = ngx_min(delay, NGX_HTTP_WSGW_RETRY_LAST);
    }

    delay -= ngx_random() % (delay / 4);

    ngx_http_wsgw_slot_delay(zone, slot, ngx_http_wsgw_sweep_now() + delay);
    ngx_http_wsgw_sweep_add(zone, slot);
}


/* owed ones may fill a quarter of the zone, the oldest give way */

static void
ngx_http_wsgw_sweep_add(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    ngx_http_wsgw_owed_t   *owed;
    ngx_http_wsgw_sweep_t  *sweep;

    sweep = zone->process->sweep;

    owed = ngx_alloc(sizeof(ngx_http_wsgw_owed_t), ngx_cycle->log);
    if (owed == NULL) {

        /* the slot says it all: who comes after this process finds it */

        return;
    }

    owed->slot = slot;
    ngx_queue_insert_tail(&sweep->owed, &owed->queue);

    if (++sweep->n <= ngx_http_wsgw_zone_share(zone) / 4) {
        return;
    }

    owed = ngx_queue_data(ngx_queue_head(&sweep->owed), ngx_http_wsgw_owed_t,
                          queue);

    ngx_http_wsgw_sweep_abandon(zone, owed->slot,
                                "a quarter of the zone is owed");
    ngx_http_wsgw_sweep_remove(sweep, owed);
}


static void
ngx_http_wsgw_sweep_remove(ngx_http_wsgw_sweep_t *sweep,
    ngx_http_wsgw_owed_t *owed)
{
    ngx_queue_remove(&owed->queue);
    ngx_free(owed);
    sweep->n--;
}


/* 1: more is due than may run at a time */

static ngx_uint_t
ngx_http_wsgw_sweep_due(ngx_http_wsgw_process_t *process)
{
    uint64_t                now;
    ngx_queue_t            *q, *next;
    ngx_http_wsgw_owed_t   *owed;
    ngx_http_wsgw_sweep_t  *sweep;

    sweep = process->sweep;
    now = ngx_http_wsgw_sweep_now();

    for (q = ngx_queue_head(&sweep->owed);
         q != ngx_queue_sentinel(&sweep->owed);
         q = next)
    {
        if (!ngx_queue_empty(&ngx_http_wsgw_worker.owed)) {
            return 1;
        }

        next = ngx_queue_next(q);
        owed = ngx_queue_data(q, ngx_http_wsgw_owed_t, queue);

        if (ngx_http_wsgw_sweep_one(process->zone, owed->slot, now) == NGX_OK)
        {
            ngx_http_wsgw_sweep_remove(sweep, owed);
        }
    }

    return 0;
}


/* NGX_OK: it is under way, or over; NGX_AGAIN: not yet */

static ngx_int_t
ngx_http_wsgw_sweep_one(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint64_t now)
{
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_slot_view_t   view;

    ngx_http_wsgw_slot_view(zone, slot, &view);

    /* a dead worker's: $connect may be on its way until it times out */

    if (view.state == NGX_HTTP_WSGW_SLOT_OPEN
        || (view.state == NGX_HTTP_WSGW_SLOT_CONNECTING && view.due <= now))
    {
        ngx_http_wsgw_slot_lost(zone, slot);
        ngx_http_wsgw_slot_view(zone, slot, &view);
    }

    if (view.due > now) {
        return NGX_AGAIN;
    }

    wlcf = ngx_http_wsgw_sweep_stage(zone, view.api);

    if (wlcf == NULL) {

        /* a rollback may bring the stage back */

        if (now - view.owed_at > NGX_HTTP_WSGW_UNKNOWN_MAX_AGE) {
            ngx_http_wsgw_sweep_abandon(zone, slot, "its stage is gone");
            return NGX_OK;
        }

        ngx_http_wsgw_slot_delay(zone, slot, now + NGX_HTTP_WSGW_RETRY_LAST);
        return NGX_AGAIN;
    }

    if (wlcf->disconnect == NULL) {
        ngx_http_wsgw_slot_free(zone, slot);
        return NGX_OK;
    }

    if (now - view.owed_at > wlcf->disconnect_max_age) {
        ngx_http_wsgw_sweep_abandon(zone, slot,
                                    "wsgw_disconnect_max_age is over");
        return NGX_OK;
    }

    return ngx_http_wsgw_sweep_deliver(zone, slot, wlcf);
}


static ngx_int_t
ngx_http_wsgw_sweep_deliver(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_peer_resume(zone, wlcf, slot);
    if (wc == NULL) {
        return NGX_AGAIN;
    }

    ngx_http_wsgw_slot_attempt(zone, slot, wc->attempt);

    ngx_http_wsgw_dispatch_disconnect(wc);
    ngx_http_wsgw_connection_release(wc);

    return NGX_OK;
}


static void
ngx_http_wsgw_sweep_abandon(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    const char *why)
{
    u_char                     text[WSGW_ID_LEN];
    wsgw_id_t                  id;
    ngx_http_wsgw_slot_view_t  view;

    ngx_http_wsgw_slot_view(zone, slot, &view);

    id.secret = view.secret;
    id.instance = view.instance;
    id.slot = slot;

    wsgw_id_encode(text, &id);

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "$disconnect of %*s is abandoned after %ui attempts: %s",
                  (size_t) WSGW_ID_LEN, text, view.attempt, why);

    ngx_http_wsgw_slot_free(zone, slot);
}


/* the first location of that API in this process's own configuration */

static ngx_http_wsgw_loc_conf_t *
ngx_http_wsgw_sweep_stage(ngx_http_wsgw_zone_t *zone, uint64_t api)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_loc_conf_t   **stage;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_wsgw_module);
    stage = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {
        if (stage[i]->api == api && stage[i]->api_zone == zone) {
            return stage[i];
        }
    }

    return NULL;
}


static uint64_t
ngx_http_wsgw_sweep_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}
