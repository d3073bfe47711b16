
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The $disconnects that are owed by this process, in the order of their next
 * attempt.
 */


#include "flow/owed.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_OWED_FIRST  1000          /* ms */


void
ngx_http_wsgw_owed_add(ngx_http_wsgw_process_t *process, uint32_t slot)
{
    if (ngx_queue_empty(&process->owed)) {
        ngx_add_timer(&process->sweep, NGX_HTTP_WSGW_OWED_INTERVAL);
    }

    ngx_queue_insert_tail(&process->owed, &process->owing[slot]);
    process->nowed++;

    process->sweep.cancelable = process->hurried;
}


void
ngx_http_wsgw_owed_remove(ngx_http_wsgw_process_t *process, uint32_t slot)
{
    ngx_queue_remove(&process->owing[slot]);
    process->nowed--;
}


/* The first delay is a second, each one twice the last, up to a minute, and a
   part of it is random. */

void
ngx_http_wsgw_owed_retry(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    ngx_msec_t                 delay;
    ngx_http_wsgw_slot_view_t  view;

    ngx_http_wsgw_slot_view(zone, slot, &view);

    delay = NGX_HTTP_WSGW_OWED_LAST;

    if (view.attempt > 0 && view.attempt < 7) {
        delay = NGX_HTTP_WSGW_OWED_FIRST << (view.attempt - 1);
        delay = ngx_min(delay, NGX_HTTP_WSGW_OWED_LAST);
    }

    delay -= ngx_random() % (delay / 4);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw $disconnect owed slot:%uD attempt:%ui next in:%M",
                   slot, view.attempt, delay);

    ngx_http_wsgw_slot_delay(zone, slot, ngx_current_msec + delay);
    ngx_http_wsgw_owed_add(zone->process, slot);
}
