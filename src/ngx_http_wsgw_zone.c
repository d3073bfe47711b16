
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone from its directive to its layout: made by the master, kept over
 * reloads, together with the descriptors that all its children inherit.
 */


#include "ngx_http_wsgw_zone.h"

#include <sys/eventfd.h>
#include <sys/mman.h>


#define NGX_HTTP_WSGW_SLOTS_MAX   ((uint64_t) 1 << WSGW_ID_SLOT_BITS)


_Static_assert(sizeof(ngx_http_wsgw_slot_t) == 64, "a slot is a cache line");
_Static_assert(sizeof(ngx_http_wsgw_record_t) == NGX_HTTP_WSGW_CHUNK, "chunk");
_Static_assert(sizeof(ngx_http_wsgw_letter_head_t) == NGX_HTTP_WSGW_CHUNK,
               "chunk");
_Static_assert(sizeof(ngx_http_wsgw_letter_rest_t) == NGX_HTTP_WSGW_CHUNK,
               "chunk");


static void ngx_http_wsgw_zone_split(ngx_http_wsgw_table_t *table,
    uint64_t elements);
static void ngx_http_wsgw_zone_layout(u_char *base, size_t size,
    size_t nominal, uint32_t nworkers);
static uint32_t ngx_http_wsgw_zone_workers(ngx_http_wsgw_zone_t *zone,
    size_t size);
static ngx_int_t ngx_http_wsgw_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static void ngx_http_wsgw_zone_clear(ngx_shm_zone_t *shm_zone);
static ngx_int_t ngx_http_wsgw_zone_check(ngx_http_wsgw_zone_t *zone,
    size_t size);
static ngx_int_t ngx_http_wsgw_zone_follow(ngx_http_wsgw_zone_t *zone);
static ngx_int_t ngx_http_wsgw_zone_open_descriptors(
    ngx_http_wsgw_zone_t *zone);
static ngx_http_wsgw_descriptors_t *ngx_http_wsgw_zone_add_descriptors(
    ngx_http_wsgw_zone_t *zone, uint32_t n);
static void ngx_http_wsgw_zone_close_descriptors(void *data);
static ngx_shm_zone_t *ngx_http_wsgw_zone_in(ngx_cycle_t *cycle,
    ngx_str_t *name);


ngx_http_wsgw_zone_t *
ngx_http_wsgw_zone_find(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_zone_t       **zones;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    zones = wmcf->zones.elts;

    for (i = 0; i < wmcf->zones.nelts; i++) {

        if (zones[i]->name.len == name->len
            && ngx_memcmp(zones[i]->name.data, name->data, name->len) == 0)
        {
            return zones[i];
        }
    }

    return NULL;
}


ngx_http_wsgw_zone_t *
ngx_http_wsgw_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    ngx_shm_zone_t              *shm_zone;
    ngx_http_wsgw_zone_t        *zone, **p;
    ngx_http_wsgw_main_conf_t   *wmcf;

    if (ngx_http_wsgw_zone_find(cf, name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is already declared", name);
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

    p = ngx_array_push(&wmcf->zones);
    if (p == NULL) {
        return NULL;
    }

    *p = zone;

    zone->name = *name;
    zone->size = size;
    zone->cycle = cf->cycle;
    zone->shm_zone = shm_zone;
    zone->file = cf->conf_file->file.name.data;
    zone->line = cf->conf_file->line;

    shm_zone->init = ngx_http_wsgw_zone_init;
    shm_zone->data = zone;

    return zone;
}


uint32_t
ngx_http_wsgw_zone_capacity(size_t size)
{
    ngx_http_wsgw_table_t  slots;

    if (size < NGX_HTTP_WSGW_ZONE_MIN) {
        return 0;
    }

    ngx_http_wsgw_zone_split(&slots, ngx_min(size / 8
                                             / sizeof(ngx_http_wsgw_slot_t),
                                             NGX_HTTP_WSGW_SLOTS_MAX));

    return slots.stripes << slots.shift;
}


/* stripes small enough for each worker slot to get one, if it has room */

static void
ngx_http_wsgw_zone_split(ngx_http_wsgw_table_t *table, uint64_t elements)
{
    table->shift = 8;

    while (table->shift > 3
           && elements >> table->shift < NGX_HTTP_WSGW_WORKERS)
    {
        table->shift--;
    }

    table->stripes = (uint32_t) (elements >> table->shift);
}


/*
 * Lays a zone out over zeroed memory; nominal is the size that the operator
 * wrote, of which slots and letters get their shares whatever surrounds us.
 */

static void
ngx_http_wsgw_zone_layout(u_char *base, size_t size, size_t nominal,
    uint32_t nworkers)
{
    uint64_t                 offset;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_at(base, 0, ngx_http_wsgw_header_t);

    h->layout = NGX_HTTP_WSGW_LAYOUT;
    h->size = size;

    h->nworkers = nworkers;
    h->worker_size = ngx_align(offsetof(ngx_http_wsgw_worker_slot_t, load)
                               + nworkers * sizeof(uint32_t), 64);

    offset = ngx_align(sizeof(ngx_http_wsgw_header_t), 64);

    h->workers = offset;
    offset += nworkers * h->worker_size;

    h->slots.stripes = ngx_http_wsgw_zone_capacity(nominal);
    ngx_http_wsgw_zone_split(&h->slots, h->slots.stripes);
    h->slots.elements = offset;
    offset += (uint64_t) (h->slots.stripes << h->slots.shift)
              * sizeof(ngx_http_wsgw_slot_t);

    ngx_http_wsgw_zone_split(&h->letters, nominal / 4 / NGX_HTTP_WSGW_CHUNK);
    h->letters.elements = offset;
    offset += (uint64_t) (h->letters.stripes << h->letters.shift)
              * NGX_HTTP_WSGW_CHUNK;

    h->slots.owners = offset;
    offset += h->slots.stripes * sizeof(uint64_t);

    h->letters.owners = offset;
    offset += h->letters.stripes * sizeof(uint64_t);

    /* an owner word less would do, but for the stripes' own share of it */

    ngx_http_wsgw_zone_split(&h->records,
                             (size - offset) / NGX_HTTP_WSGW_CHUNK);
    h->records.stripes = (uint32_t)
        ((size - offset - 64)
         / (((uint64_t) NGX_HTTP_WSGW_CHUNK << h->records.shift)
            + sizeof(uint64_t)));
    h->records.owners = offset;
    offset += h->records.stripes * sizeof(uint64_t);
    h->records.elements = ngx_align(offset, 64);

    /* a reader that finds the magic finds all the rest */

    __atomic_store_n(&h->magic, NGX_HTTP_WSGW_MAGIC, __ATOMIC_RELEASE);
}


/* four times as many as workers: a reload's generations overlap */

static uint32_t
ngx_http_wsgw_zone_workers(ngx_http_wsgw_zone_t *zone, size_t size)
{
    uint64_t          n;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(zone->cycle->conf_ctx,
                                           ngx_core_module);

    n = NGX_HTTP_WSGW_WORKERS;

    /* a worker slot has a word for each other: their table is a square */

    while (n < (uint64_t) ccf->worker_processes * 4
           && n * 2 * n * 2 * sizeof(uint32_t) <= size / 16)
    {
        n *= 2;
    }

    return (uint32_t) n;
}


/* runs in the master, also under "nginx -t"; nothing here outlives a failure */

static ngx_int_t
ngx_http_wsgw_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t                        size;
    ngx_http_wsgw_zone_t         *zone, *ozone;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_descriptors_t  *od;

    zone = shm_zone->data;
    ozone = data;

    /* the first page stays nginx's: it unlocks the mutex there */

    zone->base = shm_zone->shm.addr + ngx_pagesize;
    size = shm_zone->shm.size - ngx_pagesize;

    h = ngx_http_wsgw_header(zone);

    if (ozone == NULL) {
        ngx_http_wsgw_zone_clear(shm_zone);
        ngx_http_wsgw_zone_layout(zone->base, size, shm_zone->shm.size,
                                  ngx_http_wsgw_zone_workers(zone, size));
    }

    if (ngx_http_wsgw_zone_check(zone, size) != NGX_OK) {
        return NGX_ERROR;
    }

    zone->slots = h->slots.stripes << h->slots.shift;
    zone->generation = h->generation + 1;

    if (ozone == NULL) {

        if (ngx_http_wsgw_zone_open_descriptors(zone) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_wsgw_zone_follow(zone);
    }

    /* borrowed until commit */

    od = ozone->descriptors;

    if (ngx_http_wsgw_zone_add_descriptors(zone, od->n) == NULL) {
        return NGX_ERROR;
    }

    zone->descriptors->lock = od->lock;
    zone->descriptors->older = od->older;
    ngx_memcpy(zone->descriptors->wake, od->wake, od->n * sizeof(int));

    return NGX_OK;
}


/* what nginx's slab allocator wrote behind the first page */

static void
ngx_http_wsgw_zone_clear(ngx_shm_zone_t *shm_zone)
{
    u_char           *end, *start;
    ngx_slab_pool_t  *slab;

    slab = (ngx_slab_pool_t *) shm_zone->shm.addr;

    start = shm_zone->shm.addr + ngx_pagesize;
    end = slab->start;

    /* a debug build fills all of it */

    if (shm_zone->shm.addr[shm_zone->shm.size - 1] != 0) {
        end = slab->end;
    }

    if (end > start) {
        ngx_memzero(start, end - start);
    }
}


static ngx_int_t
ngx_http_wsgw_zone_check(ngx_http_wsgw_zone_t *zone, size_t size)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    if (h->magic == NGX_HTTP_WSGW_MAGIC
        && h->layout == NGX_HTTP_WSGW_LAYOUT
        && h->size == size)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                  "zone \"%V\" has layout %uD of another version of the "
                  "module, restart nginx", &zone->name, h->layout);

    return NGX_ERROR;
}


/* the old zone lives on in its workers alone; we keep what tells their end */

static ngx_int_t
ngx_http_wsgw_zone_follow(ngx_http_wsgw_zone_t *zone)
{
    ngx_log_t             *log;
    ngx_shm_zone_t        *old;
    ngx_http_wsgw_zone_t  *ozone;

    old = ngx_http_wsgw_zone_in(zone->cycle->old_cycle, &zone->name);
    if (old == NULL) {
        return NGX_OK;
    }

    log = zone->shm_zone->shm.log;
    ozone = old->data;

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "zone \"%V\" changes from %uz to %uz bytes: connections of "
                  "the old one cannot be reached any more",
                  &zone->name, old->shm.size, zone->shm_zone->shm.size);

    zone->descriptors->older = fcntl(ozone->descriptors->lock,
                                     F_DUPFD_CLOEXEC, 0);

    if (zone->descriptors->older == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "fcntl() failed");
        return NGX_ERROR;
    }

    ngx_http_wsgw_header(zone)->predecessor =
                                         ngx_http_wsgw_header(ozone)->instance;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_zone_open_descriptors(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                      i;
    ngx_log_t                    *log;
    ngx_http_wsgw_descriptors_t  *d;

    log = zone->shm_zone->shm.log;

    d = ngx_http_wsgw_zone_add_descriptors(zone,
                                       ngx_http_wsgw_header(zone)->nworkers);
    if (d == NULL) {
        return NGX_ERROR;
    }

    d->owned = 1;
    d->lock = memfd_create("wsgw", MFD_CLOEXEC);

    if (d->lock == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "memfd_create() failed");
        return NGX_ERROR;
    }

    for (i = 0; i < d->n; i++) {
        d->wake[i] = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

        if (d->wake[i] == -1) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "eventfd() failed");
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* none of them open, and their cleanup */

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
    d->older = -1;

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

    if (d->lock != -1) {
        (void) close(d->lock);
    }

    if (d->older != -1) {
        (void) close(d->older);
    }

    for (i = 0; i < d->n && d->wake[i] != -1; i++) {
        (void) close(d->wake[i]);
    }
}


static ngx_shm_zone_t *
ngx_http_wsgw_zone_in(ngx_cycle_t *cycle, ngx_str_t *name)
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
ngx_http_wsgw_zone_commit(ngx_cycle_t *cycle, ngx_http_wsgw_zone_t *zone)
{
    ngx_shm_zone_t        *old;
    ngx_http_wsgw_zone_t  *ozone;

    ngx_http_wsgw_header(zone)->generation = zone->generation;

    old = ngx_http_wsgw_zone_in(cycle->old_cycle, &zone->name);

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
        zone->instance = ozone->instance;
        zone->local = ozone->local;
    }

    return NGX_OK;
}


void
ngx_http_wsgw_zones_retire(ngx_cycle_t *cycle)
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

            new = ngx_http_wsgw_zone_in(cycle, &old[i].shm.name);

            if (new && new->shm.addr == old[i].shm.addr) {
                continue;
            }

            ozone = old[i].data;

            ngx_http_wsgw_header(ozone)->successor = 1;

            /* nginx unmaps it next, in a single process for good */

            ngx_http_wsgw_zone_detach(ozone);
        }
    }
}
