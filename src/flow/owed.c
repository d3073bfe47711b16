
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


/* first after a second, then after twice the time, up to a minute, jittered */

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

    ngx_http_wsgw_slot_delay(zone, slot, ngx_current_msec + delay);
    ngx_http_wsgw_owed_add(zone->process, slot);
}
