
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The names and rows of what is counted.  Both tables are searched from where
 * a key's hash says to the first free place, and nothing is ever taken out of
 * them: so what was found once stays where it is, and each process finds a row
 * once and keeps its address.
 */


#include "zone/meter.h"
#include "base/failpoint.h"
#include "base/hash.h"


#define ngx_http_wsgw_meter_mix(key)  (((key) * 0x9e3779b97f4a7c15) >> 20)


static uint32_t ngx_http_wsgw_meter_add_name(ngx_http_wsgw_meter_t *meter,
    uint32_t stage);
static void ngx_http_wsgw_meter_write_name(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_name_t *name, uint32_t stage);
static u_char *ngx_http_wsgw_meter_write_text(u_char *p, ngx_str_t *text,
    size_t room);
static uint64_t *ngx_http_wsgw_meter_claim(ngx_http_wsgw_zone_t *zone,
    uint64_t key);
static uint64_t *ngx_http_wsgw_meter_none(ngx_http_wsgw_zone_t *zone);
static ngx_uint_t ngx_http_wsgw_meter_code(ngx_uint_t code);


const uint32_t  ngx_http_wsgw_meter_times[NGX_HTTP_WSGW_TIME_BOUNDS] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000
};

const uint32_t
    ngx_http_wsgw_meter_lifetimes[NGX_HTTP_WSGW_LIFETIME_BOUNDS] = {
    1, 10, 60, 300, 600, 1800, 3600, 7200
};


const char *const  ngx_http_wsgw_meter_reasons[ngx_http_wsgw_ended_last] = {
    NULL, "client", "client_lost", "idle", "lifetime", "pong_timeout", "drain",
    "quit", "management", "protocol", "utf8", "too_big", "slow",
    "send_timeout", "memory", "internal", "worker_lost"
};


const uint16_t  ngx_http_wsgw_meter_statuses[NGX_HTTP_WSGW_METER_STATUSES] = {
    200, 204, 400, 401, 403, 404, 408, 410, 411, 413, 414, 429, 500, 502, 503,
    504
};


ngx_http_wsgw_meter_t *
ngx_http_wsgw_meter_create(ngx_pool_t *pool, ngx_http_wsgw_zone_t *zone,
    uint64_t hash, ngx_str_t *api, ngx_str_t *name)
{
    ngx_http_wsgw_meter_t  *meter;

    meter = ngx_pcalloc(pool, sizeof(ngx_http_wsgw_meter_t));

    if (meter) {
        meter->zone = zone;
        meter->hash = ngx_max(hash, 1);
        meter->api = *api;
        meter->name = *name;
    }

    return meter;
}


ngx_http_wsgw_meter_t *
ngx_http_wsgw_meter_of_route(ngx_pool_t *pool, ngx_http_wsgw_meter_t *stage,
    ngx_str_t *key)
{
    ngx_str_t               none;
    ngx_http_wsgw_meter_t  *meter;

    ngx_str_null(&none);

    meter = ngx_http_wsgw_meter_create(pool, stage->zone,
                                       ngx_http_wsgw_hash_whole(stage->hash,
                                                                key),
                                       &none, key);
    if (meter) {
        meter->stage = stage;
    }

    return meter;
}


/* A route that finds no place for its name counts as its stage's "other". */

uint64_t *
ngx_http_wsgw_meter_row(ngx_http_wsgw_meter_t *meter, ngx_uint_t kind)
{
    uint32_t                  name;
    ngx_http_wsgw_process_t  *process;

    static uint64_t           early[NGX_HTTP_WSGW_ROW_VALUES];

    process = meter->zone->process;

    /* Nobody reads what an orphan's file says, and nobody has looked at it. */

    if (process == NULL || meter->zone->orphan) {
        return early;
    }

    name = 0;

    if (meter->hash) {
        name = ngx_http_wsgw_meter_name(meter);

        if (name == NGX_HTTP_WSGW_NONE && meter->stage) {
            name = ngx_http_wsgw_meter_name(meter->stage);
        }

        name++;
    }

    meter->row[kind] = (meter->hash && name == 0)
        ? ngx_http_wsgw_meter_none(meter->zone)
        : ngx_http_wsgw_meter_claim(meter->zone,
                                    ngx_http_wsgw_row_key(name, kind,
                                                          process->self.index));

    return meter->row[kind];
}


uint32_t
ngx_http_wsgw_meter_name(ngx_http_wsgw_meter_t *meter)
{
    uint32_t  stage, name;

    stage = 0;

    if (meter->stage) {
        stage = ngx_http_wsgw_meter_name(meter->stage) + 1;

        if (stage == 0) {
            return NGX_HTTP_WSGW_NONE;
        }
    }

    name = ngx_http_wsgw_meter_add_name(meter, stage);

    if (name == NGX_HTTP_WSGW_NONE) {
        (void) ngx_http_wsgw_meter_none(meter->zone);
    }

    return name;
}


/* Who dies between the CAS and the text leaves a name that the next one who
   looks for it completes. */

static uint32_t
ngx_http_wsgw_meter_add_name(ngx_http_wsgw_meter_t *meter, uint32_t stage)
{
    uint32_t               i, n;
    uint64_t               hash, all;
    ngx_http_wsgw_name_t  *name;

    all = ngx_http_wsgw_header(meter->zone)->nnames;

    for (i = 0; i < all; i++) {
        n = (uint32_t) ((meter->hash % all + i) % all);
        name = ngx_http_wsgw_meter_name_at(meter->zone, n);

        hash = __atomic_load_n(&name->hash, __ATOMIC_ACQUIRE);

        if (hash == 0
            && __atomic_compare_exchange_n(&name->hash, &hash, meter->hash, 0,
                                           __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        {
            hash = meter->hash;
        }

        if (hash != meter->hash) {
            continue;
        }

        ngx_http_wsgw_failpoint("meter_named");

        if (__atomic_load_n(&name->len, __ATOMIC_ACQUIRE) == 0) {
            ngx_http_wsgw_meter_write_name(meter, name, stage);
        }

        return n;
    }

    return NGX_HTTP_WSGW_NONE;
}


/* An API and its stage share the room, a route has all of it. */

static void
ngx_http_wsgw_meter_write_name(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_name_t *name, uint32_t stage)
{
    u_char  *p, *last;
    size_t   split;

    last = name->text + NGX_HTTP_WSGW_NAME_TEXT;

    p = ngx_http_wsgw_meter_write_text(name->text, &meter->api,
                                       NGX_HTTP_WSGW_NAME_TEXT / 2);
    split = p - name->text;

    p = ngx_http_wsgw_meter_write_text(p, &meter->name, last - p);

    name->stage = stage;
    name->split = (uint16_t) split;

    __atomic_store_n(&name->len, (uint16_t) (p - name->text),
                     __ATOMIC_RELEASE);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw meter name \"%*s\"", (size_t) (p - name->text),
                   name->text);
}


/* What is too long ends with its hash, so that no two look the same. */

static u_char *
ngx_http_wsgw_meter_write_text(u_char *p, ngx_str_t *text, size_t room)
{
    size_t      len;
    uint64_t    hash;
    ngx_uint_t  shift;

    static u_char  hex[] = "0123456789abcdef";

    len = text->len;

    if (len <= room) {
        return len ? ngx_cpymem(p, text->data, len) : p;
    }

    len = room - (sizeof("~01234567") - 1);

    while (len && (text->data[len] & 0xc0) == 0x80) {
        len--;
    }

    p = ngx_cpymem(p, text->data, len);
    hash = ngx_http_wsgw_hash(NGX_HTTP_WSGW_HASH_EMPTY, text);

    *p++ = '~';

    for (shift = 32; shift; /* void */) {
        shift -= 4;
        *p++ = hex[hash >> shift & 0xf];
    }

    return p;
}


/* The row is there for each owner of the worker slot: dying anywhere in this
   leaves one that the next owner finds. */

static uint64_t *
ngx_http_wsgw_meter_claim(ngx_http_wsgw_zone_t *zone, uint64_t key)
{
    uint32_t              i;
    uint64_t              old, all;
    ngx_http_wsgw_row_t  *row;

    all = ngx_http_wsgw_header(zone)->nrows;

    for (i = 0; i < all; i++) {
        row = ngx_http_wsgw_meter_row_at(zone,
                  (uint32_t) ((ngx_http_wsgw_meter_mix(key) + i) % all));

        old = __atomic_load_n(&row->key, __ATOMIC_ACQUIRE);

        if (old == 0
            && __atomic_compare_exchange_n(&row->key, &old, key, 0,
                                           __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        {
            ngx_http_wsgw_failpoint("meter_claimed");
            old = key;
        }

        if (old == key) {
            return row->value;
        }
    }

    return ngx_http_wsgw_meter_none(zone);
}


static uint64_t *
ngx_http_wsgw_meter_none(ngx_http_wsgw_zone_t *zone)
{
    static uint64_t  none[NGX_HTTP_WSGW_ROW_VALUES];

    if (!zone->meter_logged) {
        zone->meter_logged = 1;

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "wsgw zone \"%V\" has no room to count all stages and "
                      "routes of all workers, some numbers of wsgw_status "
                      "are too small; raise its size in wsgw_zone, %s:%ui",
                      &zone->name, zone->file, zone->line);
    }

    return none;
}


ngx_uint_t
ngx_http_wsgw_meter_time_at(ngx_msec_t ms)
{
    ngx_uint_t  i;

    for (i = 0;
         i < NGX_HTTP_WSGW_TIME_BOUNDS && ms > ngx_http_wsgw_meter_times[i];
         i++)
    {
        /* void */
    }

    return i;
}


void
ngx_http_wsgw_meter_lifetime(ngx_http_wsgw_meter_t *meter, uint64_t ms)
{
    ngx_uint_t  i;

    for (i = 0;
         i < NGX_HTTP_WSGW_LIFETIME_BOUNDS
         && ms > (uint64_t) ngx_http_wsgw_meter_lifetimes[i] * 1000;
         i++)
    {
        /* void */
    }

    ngx_http_wsgw_meter_count(meter, lifetime, i);
    ngx_http_wsgw_meter_add(meter, ngx_http_wsgw_row_lifetime,
                            NGX_HTTP_WSGW_LIFETIME_BOUNDS + 1, ms);
}


void
ngx_http_wsgw_meter_closed(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_ended_e why, ngx_uint_t code)
{
    switch (why) {

    case ngx_http_wsgw_ended_client:
        ngx_http_wsgw_meter_count(meter, closed_client,
                                  ngx_http_wsgw_meter_code(code));
        break;

    case ngx_http_wsgw_ended_management:
        ngx_http_wsgw_meter_count(meter, closed_management,
                                  ngx_http_wsgw_meter_code(code));
        break;

    case ngx_http_wsgw_ended_protocol:
        ngx_http_wsgw_meter_count(meter, closed_protocol,
                                  ngx_http_wsgw_meter_code(code));
        break;

    default:
        ngx_http_wsgw_meter_count(meter, closed, why - 1);
        break;
    }
}


static ngx_uint_t
ngx_http_wsgw_meter_code(ngx_uint_t code)
{
    if (code >= 1000 && code <= 1013) {
        return code - 1000;
    }

    if (code >= 3000 && code <= 4999) {
        return code < 4000 ? NGX_HTTP_WSGW_CODE_3XXX : NGX_HTTP_WSGW_CODE_4XXX;
    }

    return NGX_HTTP_WSGW_CODE_OTHER;
}


void
ngx_http_wsgw_meter_publish(ngx_http_wsgw_process_t *process, size_t memory,
    size_t limit)
{
    uint64_t  *row;

    row = ngx_http_wsgw_meter_words(&process->meter, ngx_http_wsgw_row_memory);

    ngx_http_wsgw_meter_store(&row[ngx_http_wsgw_memory_kept], memory);
    ngx_http_wsgw_meter_store(&row[ngx_http_wsgw_memory_limit], limit);
    ngx_http_wsgw_meter_store(&row[ngx_http_wsgw_memory_letters],
                              ngx_http_wsgw_stripes_taken(&process->letters));
    ngx_http_wsgw_meter_store(&row[ngx_http_wsgw_memory_records],
                              ngx_http_wsgw_stripes_taken(&process->records));
}


/* Dying anywhere in this, the next holder of the slot's lock does it again. */

void
ngx_http_wsgw_meter_bury(ngx_http_wsgw_zone_t *zone, uint32_t worker)
{
    uint32_t              i, kind;
    uint64_t              key;
    ngx_uint_t            n;
    ngx_http_wsgw_row_t  *row;

    if (zone->orphan) {
        return;
    }

    for (i = 0; i < ngx_http_wsgw_header(zone)->nrows; i++) {
        row = ngx_http_wsgw_meter_row_at(zone, i);
        key = __atomic_load_n(&row->key, __ATOMIC_ACQUIRE);
        kind = ngx_http_wsgw_row_kind(key);

        if (key == 0
            || ngx_http_wsgw_row_worker(key) != worker
            || (kind != ngx_http_wsgw_row_queues
                && kind != ngx_http_wsgw_row_memory))
        {
            continue;
        }

        for (n = 0; n < NGX_HTTP_WSGW_ROW_VALUES; n++) {
            __atomic_store_n(&row->value[n], 0, __ATOMIC_RELAXED);
        }
    }
}


void
ngx_http_wsgw_meter_sum(ngx_http_wsgw_zone_t *zone, ngx_uint_t kind,
    uint64_t *sums)
{
    uint32_t              i;
    uint64_t              key;
    ngx_uint_t            n;
    ngx_http_wsgw_row_t  *row;

    ngx_memzero(sums, NGX_HTTP_WSGW_ROW_VALUES * sizeof(uint64_t));

    for (i = 0; i < ngx_http_wsgw_header(zone)->nrows; i++) {
        row = ngx_http_wsgw_meter_row_at(zone, i);
        key = __atomic_load_n(&row->key, __ATOMIC_ACQUIRE);

        if (key == 0 || ngx_http_wsgw_row_kind(key) != kind) {
            continue;
        }

        for (n = 0; n < NGX_HTTP_WSGW_ROW_VALUES; n++) {
            sums[n] += __atomic_load_n(&row->value[n], __ATOMIC_RELAXED);
        }
    }
}
