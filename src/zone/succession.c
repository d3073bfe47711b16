
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What comes after this zone or generation, and what was before.
 */


#include "zone/succession.h"
#include "zone/lease.h"
#include "zone/masters.h"


/*
 * Workers of a newer generation may not have come as far as here yet; later
 * they may be gone again.
 */

ngx_uint_t
ngx_http_wsgw_succession_is_reload(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                      i, committed, attached;
    ngx_http_wsgw_owner_t         owner;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_worker_slot_t  *worker;

    h = ngx_http_wsgw_header(zone);

    attached = __atomic_load_n(&h->attached, __ATOMIC_ACQUIRE);
    committed = __atomic_load_n(&h->generation, __ATOMIC_ACQUIRE);

    if (committed > attached) {
        return 1;
    }

    for (i = 0; i < h->nworkers; i++) {
        worker = ngx_http_wsgw_worker_slot(zone, i);

        owner.index = i;
        owner.epoch = __atomic_load_n(&worker->epoch, __ATOMIC_ACQUIRE);

        if (__atomic_load_n(&worker->generation, __ATOMIC_ACQUIRE)
            > zone->generation
            && ngx_http_wsgw_lease_owner_lives(zone, owner))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_wsgw_succession_predecessor(ngx_http_wsgw_zone_t *zone,
    uint32_t number)
{
    return number != zone->number
           && (ngx_http_wsgw_masters_others()
               || ngx_http_wsgw_lease_number_lives(zone, number));
}


/*
 * A reload goes on in a new zone or in workers of a newer generation.  While
 * nginx's binary is being replaced, the other master's workers go on.
 */

ngx_uint_t
ngx_http_wsgw_succession_succeeded(ngx_http_wsgw_zone_t *zone)
{
    return ngx_http_wsgw_header(zone)->successor
           || ngx_http_wsgw_masters_others()
           || ngx_http_wsgw_succession_is_reload(zone);
}


/*
 * The other master's workers are in a zone of their own, as those of a zone of
 * another size.  A reload's are in this one.
 */

ngx_uint_t
ngx_http_wsgw_succession_is_last(ngx_http_wsgw_zone_t *zone)
{
    if (zone->descriptors->map) {
        return 0;
    }

    return ngx_http_wsgw_header(zone)->successor
           || (ngx_http_wsgw_masters_others()
               && !ngx_http_wsgw_succession_is_reload(zone));
}
