
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A worker listens while its pair is ready, it lives and it drains its mailbox:
 * one that stands still would not answer what it is asked.
 */


#include "cluster/listener.h"
#include "zone/lease.h"


#define NGX_HTTP_WSGW_LISTENER_PATIENCE  3000   /* ms without a drain */


void
ngx_http_wsgw_listener_begin(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_listener_t *listeners)
{
    uint32_t  i;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        listeners[i].drains = ngx_http_wsgw_worker_slot(zone, i)->drains;
        listeners[i].at = ngx_current_msec;
    }
}


ngx_uint_t
ngx_http_wsgw_listener_look(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_listener_t *listeners, wsgw_node_line_t *line)
{
    uint32_t                      i, n;
    uint64_t                      bits[WSGW_NODE_LINE_WORDS];
    ngx_uint_t                    changed;
    ngx_http_wsgw_owner_t         owner;
    ngx_http_wsgw_listener_t     *seen;
    ngx_http_wsgw_worker_slot_t  *worker;

    n = ngx_min(ngx_http_wsgw_header(zone)->nworkers, WSGW_NODE_LINE_WORKERS);

    ngx_memzero(bits, sizeof(bits));

    for (i = 0; i < n; i++) {
        worker = ngx_http_wsgw_worker_slot(zone, i);
        seen = &listeners[i];

        if (!__atomic_load_n(&worker->listening, __ATOMIC_ACQUIRE)) {
            seen->at = ngx_current_msec;
            continue;
        }

        owner.index = i;
        owner.epoch = __atomic_load_n(&worker->epoch, __ATOMIC_ACQUIRE);

        if (seen->drains != __atomic_load_n(&worker->drains, __ATOMIC_RELAXED))
        {
            seen->drains = worker->drains;
            seen->at = ngx_current_msec;
        }

        if (ngx_current_msec - seen->at < NGX_HTTP_WSGW_LISTENER_PATIENCE
            && ngx_http_wsgw_lease_owner_lives(zone, owner))
        {
            bits[i / 64] |= (uint64_t) 1 << i % 64;
        }
    }

    changed = ngx_memcmp(bits, line->workers, sizeof(bits)) != 0;
    ngx_memcpy(line->workers, bits, sizeof(bits));

    return changed;
}
