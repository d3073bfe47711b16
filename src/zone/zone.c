
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone from its directive to its layout: made by the master, kept over
 * reloads, together with the descriptors that all its children inherit.
 */


#include "zone/zone.h"
#include "base/random.h"
#include "base/text.h"
#include "zone/cycle.h"
#include "zone/fault.h"
#include "zone/file.h"
#include "zone/lease.h"
#include "zone/masters.h"
#include "zone/number.h"

#include <sys/eventfd.h>
#include <sys/mman.h>


#define NGX_HTTP_WSGW_ZONE_DRAWS  16         /* of a number, at most */


static uint32_t ngx_http_wsgw_zone_count_workers(ngx_http_wsgw_zone_t *zone,
    size_t size);
static void ngx_http_wsgw_zone_check_workers(ngx_http_wsgw_zone_t *zone,
    uint32_t nworkers);
static ngx_int_t ngx_http_wsgw_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_http_wsgw_zone_create(ngx_http_wsgw_zone_t *zone);
static ngx_int_t ngx_http_wsgw_zone_place(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone, size_t size);
static ngx_int_t ngx_http_wsgw_zone_choose_number(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone);
static ngx_uint_t ngx_http_wsgw_zone_shares_number(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_zone_clear(ngx_shm_zone_t *shm_zone);
static ngx_int_t ngx_http_wsgw_zone_inherit(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone);
static ngx_int_t ngx_http_wsgw_zone_check_resize(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone);
static ngx_int_t ngx_http_wsgw_zone_check_state(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone);
static ngx_int_t ngx_http_wsgw_zone_open_descriptors(ngx_http_wsgw_zone_t *zone,
    uint32_t n);
static ngx_http_wsgw_descriptors_t *ngx_http_wsgw_zone_add_descriptors(
    ngx_http_wsgw_zone_t *zone, uint32_t n);
static void ngx_http_wsgw_zone_close_descriptors(void *data);


ngx_http_wsgw_zone_t *
ngx_http_wsgw_zone_find(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_zone_t       **zones;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    zones = wmcf->zones.elts;

    for (i = 0; i < wmcf->zones.nelts; i++) {

        if (ngx_http_wsgw_text_is_same(&zones[i]->name, name)) {
            return zones[i];
        }
    }

    return NULL;
}


ngx_http_wsgw_zone_t *
ngx_http_wsgw_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    ngx_str_t *state)
{
    ngx_shm_zone_t              *shm_zone;
    ngx_http_wsgw_zone_t        *zone, **p;
    ngx_http_wsgw_main_conf_t   *wmcf;

    zone = ngx_http_wsgw_zone_find(cf, name);

    if (zone) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate wsgw zone \"%V\", first defined in "
                           "%s:%ui", name, zone->file, zone->line);
        return NULL;
    }

    shm_zone = ngx_shared_memory_add(cf, name, size, &ngx_http_wsgw_module);
    if (shm_zone == NULL) {
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (wmcf->zones.nelts == 0 && ngx_http_wsgw_masters_join(cf) != NGX_OK) {
        return NULL;
    }

    p = ngx_array_push(&wmcf->zones);
    if (p == NULL) {
        return NULL;
    }

    *p = zone;

    zone->name = *name;
    zone->size = size;
    zone->state = *state;
    zone->cycle = cf->cycle;
    zone->shm_zone = shm_zone;
    zone->file = cf->conf_file->file.name.data;
    zone->line = cf->conf_file->line;

    shm_zone->init = ngx_http_wsgw_zone_init;
    shm_zone->data = zone;

    return zone;
}


/*
 * The bytes of n worker slots' loads.  Each has a word for each other one, so
 * their table is a square, which may fill a sixteenth of the zone.
 */

#define ngx_http_wsgw_zone_loads(n)  ((uint64_t) (n) * (n) * sizeof(uint32_t))


/* Takes four times as many as workers: the generations of reloads overlap. */

static uint32_t
ngx_http_wsgw_zone_count_workers(ngx_http_wsgw_zone_t *zone, size_t size)
{
    uint64_t          n;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(zone->cycle->conf_ctx,
                                           ngx_core_module);

    n = NGX_HTTP_WSGW_WORKERS;

    while (n < (uint64_t) ccf->worker_processes * 4
           && ngx_http_wsgw_zone_loads(n * 2) <= size / 16)
    {
        n *= 2;
    }

    return (uint32_t) n;
}


/* A reload needs a slot for each old worker and for each new one. */

static void
ngx_http_wsgw_zone_check_workers(ngx_http_wsgw_zone_t *zone, uint32_t nworkers)
{
    size_t            size, mega;
    uint64_t          n;
    ngx_log_t        *log;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(zone->cycle->conf_ctx,
                                           ngx_core_module);

    if (!ccf->master || nworkers >= (uint64_t) ccf->worker_processes * 2) {
        return;
    }

    for (n = nworkers; n < (uint64_t) ccf->worker_processes * 2; n *= 2) {
        /* void */
    }

    mega = 1024 * 1024;
    size = ngx_align(ngx_http_wsgw_zone_loads(n) * 16 + ngx_pagesize, mega);

    /* The log of a configuration that is tested may leave warnings out. */

    log = ngx_test_config ? ngx_cycle->log : zone->shm_zone->shm.log;

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "zone \"%V\" has worker slots for %uD processes, a reload "
                  "with worker_processes %i needs %i: the last workers would "
                  "refuse handshakes, %s %uzm in %s:%ui",
                  &zone->name, nworkers, ccf->worker_processes,
                  ccf->worker_processes * 2,
                  size > zone->size ? "give the zone at least"
                                    : "restart nginx, the zone has the",
                  size / mega, zone->file, zone->line);
}


/* Runs in the master, also under "nginx -t".  Nothing outlives a failure. */

static ngx_int_t
ngx_http_wsgw_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_int_t                rc;
    ngx_http_wsgw_zone_t    *zone;
    ngx_http_wsgw_header_t  *h;

    zone = shm_zone->data;

    rc = data ? ngx_http_wsgw_zone_inherit(zone, data)
              : ngx_http_wsgw_zone_create(zone);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    h = ngx_http_wsgw_header(zone);

    zone->number = h->number & NGX_HTTP_WSGW_NUMBER;
    zone->key = h->key;
    zone->slots = ngx_http_wsgw_elements(&h->slots);
    zone->generation = h->generation + 1;

    ngx_http_wsgw_zone_check_workers(zone, h->nworkers);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_zone_create(ngx_http_wsgw_zone_t *zone)
{
    size_t                   size;
    uint32_t                 nworkers;
    ngx_shm_zone_t          *old;
    ngx_http_wsgw_zone_t    *ozone;
    ngx_http_wsgw_header_t  *h;

    size = zone->shm_zone->shm.size - ngx_pagesize;
    nworkers = ngx_http_wsgw_zone_count_workers(zone, size);

    /* An old zone of another size lives on in its workers alone. */

    old = ngx_http_wsgw_cycle_zone(zone->cycle->old_cycle, &zone->name);
    ozone = old ? old->data : NULL;

    if ((ozone && ngx_http_wsgw_zone_check_resize(zone, ozone) != NGX_OK)
        || ngx_http_wsgw_zone_open_descriptors(zone, nworkers) != NGX_OK
        || ngx_http_wsgw_zone_place(zone, ozone, size) != NGX_OK)
    {
        return NGX_ERROR;
    }

    h = ngx_http_wsgw_header(zone);
    h->number = zone->number;
    h->started = ngx_time();

    if (ngx_http_wsgw_random(&h->key.word[0]) != NGX_OK
        || ngx_http_wsgw_random(&h->key.word[1]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_wsgw_layout(zone->base, size, zone->shm_zone->shm.size,
                         nworkers);

    if (zone->descriptors->map == NULL) {
        return NGX_OK;
    }

    return ngx_http_wsgw_fault_watch(zone, ngx_http_wsgw_header(zone),
                                     zone->shm_zone->shm.log);
}


/*
 * The zone lies in a file or in nginx's memory.  With a file nobody touches
 * nginx's, so it costs nothing.
 */

static ngx_int_t
ngx_http_wsgw_zone_place(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone, size_t size)
{
    int  lock;

    if (zone->state.len && !ngx_test_config) {
        return ngx_http_wsgw_file_create(zone, size);
    }

    lock = ngx_http_wsgw_lease_file(zone->shm_zone->shm.log);

    if (lock == -1) {
        return NGX_ERROR;
    }

    zone->descriptors->lock = lock;

    /* The first page stays nginx's, which unlocks a mutex in it. */

    zone->base = zone->shm_zone->shm.addr + ngx_pagesize;

    ngx_http_wsgw_zone_clear(zone->shm_zone);

    return ngx_http_wsgw_zone_choose_number(zone, ozone);
}


/*
 * Not the number of an instance that can be seen to live, nor one whose workers
 * may attach yet.  That of another master's zone cannot be seen: it is the same
 * once in eight million times.  Where locks cannot be looked at all seem to
 * live, so we do not ask for ever.
 */

static ngx_int_t
ngx_http_wsgw_zone_choose_number(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_WSGW_ZONE_DRAWS; i++) {

        if (ngx_http_wsgw_number_draw(&zone->number) != NGX_OK) {
            return NGX_ERROR;
        }

        if ((ozone == NULL || zone->number != ozone->number)
            && !ngx_http_wsgw_zone_shares_number(zone)
            && !ngx_http_wsgw_lease_number_lives(zone, zone->number))
        {
            break;
        }
    }

    return NGX_OK;
}


/* 1: another zone of the configuration has it; those that come have 0 so far */

static ngx_uint_t
ngx_http_wsgw_zone_shares_number(ngx_http_wsgw_zone_t *zone)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_zone_t       **zones;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_cycle_get_module_main_conf(zone->cycle,
                                               ngx_http_wsgw_module);
    zones = wmcf->zones.elts;

    for (i = 0; i < wmcf->zones.nelts; i++) {
        if (zones[i] != zone && zones[i]->number == zone->number) {
            return 1;
        }
    }

    return 0;
}


/* Clears what nginx's slab allocator wrote after the first page. */

static void
ngx_http_wsgw_zone_clear(ngx_shm_zone_t *shm_zone)
{
    u_char           *end, *start;
    ngx_slab_pool_t  *slab;

    slab = (ngx_slab_pool_t *) shm_zone->shm.addr;

    start = shm_zone->shm.addr + ngx_pagesize;
    end = slab->start;

    /* A debug build fills all of it. */

    if (shm_zone->shm.addr[shm_zone->shm.size - 1] != 0) {
        end = slab->end;
    }

    if (end > start) {
        ngx_memzero(start, end - start);
    }
}


/* The old cycle's descriptors are borrowed until this one is committed. */

static ngx_int_t
ngx_http_wsgw_zone_inherit(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone)
{
    uint32_t                 n;
    ngx_http_wsgw_header_t  *h;

    zone->base = ozone->base;
    h = ngx_http_wsgw_header(zone);
    n = ozone->descriptors->n;

    if (ngx_http_wsgw_layout_is_sound(h) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "zone \"%V\" has layout %uD of another version of the "
                      "module, restart nginx", &zone->name, h->layout);
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_zone_check_state(zone, ozone) != NGX_OK
        || ngx_http_wsgw_zone_add_descriptors(zone, n) == NULL)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(zone->descriptors, ozone->descriptors,
               sizeof(ngx_http_wsgw_descriptors_t) + n * sizeof(int));

    zone->descriptors->owned = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_zone_check_resize(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone)
{
    if (ngx_http_wsgw_zone_check_state(zone, ozone) != NGX_OK) {
        return NGX_ERROR;
    }

    /* Connections of the process would go on in what nginx will unmap. */

    if (ngx_process == NGX_PROCESS_SINGLE) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "zone \"%V\" changes from %uz to %uz bytes, which it "
                      "cannot with \"master_process off\", restart nginx in "
                      "%s:%ui", &zone->name, ozone->size, zone->size,
                      zone->file, zone->line);
        return NGX_ERROR;
    }

    if (zone->state.len == 0 && zone->cluster == NULL) {
        ngx_log_error(NGX_LOG_WARN, zone->shm_zone->shm.log, 0,
                      "zone \"%V\" changes from %uz to %uz bytes: pushes to "
                      "connections of the old one are answered 503, with "
                      "\"state=\" they would arrive in %s:%ui",
                      &zone->name, ozone->size, zone->size,
                      zone->file, zone->line);
    }

    return NGX_OK;
}


/* All instances of a zone are kept in the same directory, or in none. */

static ngx_int_t
ngx_http_wsgw_zone_check_state(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_zone_t *ozone)
{
    if (zone->state.len == ozone->state.len
        && (zone->state.len == 0
            || ngx_strcmp(zone->state.data, ozone->state.data) == 0))
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                  "zone \"%V\" has state \"%V\" while previously it had "
                  "\"%V\", restart nginx in %s:%ui",
                  &zone->name, &zone->state, &ozone->state,
                  zone->file, zone->line);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_zone_open_descriptors(ngx_http_wsgw_zone_t *zone, uint32_t n)
{
    uint32_t                      i;
    ngx_http_wsgw_descriptors_t  *d;

    d = ngx_http_wsgw_zone_add_descriptors(zone, n);
    if (d == NULL) {
        return NGX_ERROR;
    }

    d->owned = 1;

    for (i = 0; i < d->n; i++) {
        d->wake[i] = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

        if (d->wake[i] == -1) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, ngx_errno,
                          "eventfd() failed");
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* They are not open yet, but the pool will close those that are then. */

static ngx_http_wsgw_descriptors_t *
ngx_http_wsgw_zone_add_descriptors(ngx_http_wsgw_zone_t *zone, uint32_t n)
{
    uint32_t                      i;
    ngx_pool_cleanup_t           *cln;
    ngx_http_wsgw_descriptors_t  *d;

    d = ngx_pcalloc(zone->cycle->pool,
                    sizeof(ngx_http_wsgw_descriptors_t) + n * sizeof(int));
    if (d == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(zone->cycle->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_wsgw_zone_close_descriptors;
    cln->data = d;

    d->n = n;
    d->lock = -1;
    d->listen = -1;
    d->directory = -1;

    for (i = 0; i < n; i++) {
        d->wake[i] = -1;
    }

    zone->descriptors = d;

    return d;
}


static void
ngx_http_wsgw_zone_close_descriptors(void *data)
{
    ngx_http_wsgw_descriptors_t *d = data;

    uint32_t  i;

    if (!d->owned) {
        return;
    }

    if (d->path) {
        ngx_http_wsgw_file_unlink(d->path);
        ngx_free(d->path);
    }

    if (d->listen != -1) {
        (void) close(d->listen);
    }

    if (d->directory != -1) {
        (void) close(d->directory);
    }

    if (d->map) {
        ngx_http_wsgw_fault_unwatch(d->map);
        (void) munmap(d->map, d->size);
    }

    if (d->lock != -1) {
        (void) close(d->lock);
    }

    for (i = 0; i < d->n && d->wake[i] != -1; i++) {
        (void) close(d->wake[i]);
    }
}
