
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone from one cycle of the configuration to the next.
 */


#include "zone/cycle.h"
#include "base/text.h"
#include "zone/member.h"

#include <sys/resource.h>


/* of a worker without a zone: its log, epoll, channel, and the like */
#define NGX_HTTP_WSGW_CYCLE_FILES  16


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
                && ngx_http_wsgw_text_is_same(&shm_zone[i].shm.name, name))
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

    /* A single process is a worker, too, and is not initialized again. */

    if (ozone->process) {
        zone->process = ozone->process;
        zone->process->zone = zone;
        zone->process->meter.zone = zone;
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

            /* nginx unmaps it next: a single process cannot stay in it. */

            ngx_http_wsgw_member_detach(ozone);
        }
    }
}


void
ngx_http_wsgw_cycle_check(ngx_cycle_t *cycle, ngx_array_t *zones)
{
    ngx_log_t              *log;
    ngx_uint_t              i, limit, taken, needed;
    struct rlimit           rlmt;
    ngx_core_conf_t        *ccf;
    ngx_http_wsgw_zone_t  **zone;

    if (zones->nelts == 0) {
        return;
    }

    zone = zones->elts;
    taken = 0;

    for (i = 0; i < zones->nelts; i++) {

        /* the zone's lock, our own of it, and a file's socket and directory */

        taken += zone[i]->descriptors->n + 2 + (zone[i]->state.len ? 2 : 0);
    }

    needed = taken + cycle->listening.nelts + NGX_HTTP_WSGW_CYCLE_FILES;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ccf->rlimit_nofile != NGX_CONF_UNSET) {
        limit = ccf->rlimit_nofile;

    } else if (getrlimit(RLIMIT_NOFILE, &rlmt) == 0) {
        limit = ngx_min(rlmt.rlim_cur, NGX_MAX_INT_T_VALUE);

    } else {
        return;
    }

    if (limit >= needed) {
        return;
    }

    /* The log of a configuration that is tested may leave warnings out. */

    log = ngx_test_config ? ngx_cycle->log : cycle->log;

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "a worker may open %ui files and needs %ui before its first "
                  "client, %ui of them for wsgw zones; write "
                  "\"worker_rlimit_nofile %ui;\", and more for clients in "
                  "%s:%ui", limit, needed, taken, needed,
                  zone[0]->file, zone[0]->line);
}
