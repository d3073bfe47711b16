
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone from one cycle of the configuration to the next.
 */


#include "zone/cycle.h"
#include "zone/member.h"


ngx_shm_zone_t *
ngx_http_wsgw_cycle_zone(ngx_cycle_t *cycle, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *shm_zone;
    ngx_list_part_t  *part;

    for (part = &cycle->shared_memory.part; part; part = part->next) {
        shm_zone = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (shm_zone[i].tag == &ngx_http_wsgw_module
                && shm_zone[i].shm.name.len == name->len
                && ngx_memcmp(shm_zone[i].shm.name.data, name->data, name->len)
                   == 0)
            {
                return &shm_zone[i];
            }
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_wsgw_cycle_commit(ngx_cycle_t *cycle, ngx_http_wsgw_zone_t *zone)
{
    ngx_shm_zone_t        *old;
    ngx_http_wsgw_zone_t  *ozone;

    ngx_http_wsgw_header(zone)->generation = zone->generation;

    if (zone->descriptors->path) {
        ngx_free(zone->descriptors->path);
        zone->descriptors->path = NULL;
    }

    old = ngx_http_wsgw_cycle_zone(cycle->old_cycle, &zone->name);

    if (old == NULL || old->shm.addr != zone->shm_zone->shm.addr) {
        return NGX_OK;
    }

    ozone = old->data;

    zone->descriptors->owned = 1;
    ozone->descriptors->owned = 0;

    /* a single process is a worker too, and is not initialized again */

    if (ozone->process) {
        zone->process = ozone->process;
        zone->process->zone = zone;
        zone->local = ozone->local;
    }

    return NGX_OK;
}


void
ngx_http_wsgw_cycle_retire(ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_shm_zone_t        *old, *new;
    ngx_list_part_t       *part;
    ngx_http_wsgw_zone_t  *ozone;

    for (part = &cycle->old_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        old = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (old[i].tag != &ngx_http_wsgw_module) {
                continue;
            }

            new = ngx_http_wsgw_cycle_zone(cycle, &old[i].shm.name);

            if (new && new->shm.addr == old[i].shm.addr) {
                continue;
            }

            ozone = old[i].data;

            ngx_http_wsgw_header(ozone)->successor = 1;

            /* nginx unmaps it next, in a single process for good */

            ngx_http_wsgw_member_detach(ozone);
        }
    }
}
