
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Tallies: how many connections of a process have a key.  Those of all
 * processes for a key lie in one run of the table, which begins where the key's
 * hash says and is looked at as a whole: so a tally never moves, and a free one
 * among them hides none behind it.
 *
 * Who counts raises its own tally first and adds up those of all others then.
 * Of two processes that do so at the same time one at least sees the other's,
 * so that the limit is never exceeded.  A dead process's tallies count for
 * nothing from the moment that its lock is gone, as its sockets are, and are
 * claimed when no other is left.
 */


#include "zone/tally.h"
#include "base/failpoint.h"
#include "zone/lease.h"


/* tallies in a run, at least: one for each process with the key, and room for
   other keys */
#define NGX_HTTP_WSGW_TALLY_RUN  128


static uint32_t ngx_http_wsgw_tally_take(ngx_http_wsgw_process_t *process,
    uint64_t key);
static uint32_t ngx_http_wsgw_tally_take_dead(
    ngx_http_wsgw_process_t *process, uint64_t key);
static ngx_int_t ngx_http_wsgw_tally_claim(ngx_http_wsgw_process_t *process,
    uint32_t n, uint64_t owner, uint64_t key);
static ngx_uint_t ngx_http_wsgw_tally_sum(ngx_http_wsgw_zone_t *zone,
    uint64_t key);
static ngx_uint_t ngx_http_wsgw_tally_count(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_tally_t *tally, uint64_t key);
static void ngx_http_wsgw_tally_log_full(ngx_http_wsgw_zone_t *zone);


static ngx_inline ngx_http_wsgw_tally_t *
ngx_http_wsgw_tally_at(ngx_http_wsgw_zone_t *zone, uint32_t n)
{
    return ngx_http_wsgw_at(zone->base, ngx_http_wsgw_header(zone)->tallies,
                            ngx_http_wsgw_tally_t)
           + n;
}


/* how many tallies a run has */

static ngx_inline uint32_t
ngx_http_wsgw_tally_run(ngx_http_wsgw_zone_t *zone)
{
    uint64_t                 run;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);
    run = ngx_max((uint64_t) h->nworkers * 2, NGX_HTTP_WSGW_TALLY_RUN);

    return (uint32_t) ngx_min(run, h->ntallies);
}


/* number i of the key's run */

static ngx_inline uint32_t
ngx_http_wsgw_tally_place(ngx_http_wsgw_zone_t *zone, uint64_t key, uint32_t i)
{
    uint64_t  n;

    n = ngx_http_wsgw_header(zone)->ntallies;

    return (uint32_t) ((key % n + i) % n);
}


ngx_int_t
ngx_http_wsgw_tally_raise(ngx_http_wsgw_zone_t *zone, uint64_t key,
    ngx_uint_t limit, uint32_t *tally)
{
    uint32_t                n;
    ngx_uint_t              sum;
    ngx_http_wsgw_tally_t  *t;

    if (zone->process == NULL) {
        return NGX_DECLINED;
    }

    n = ngx_http_wsgw_tally_take(zone->process, key);

    if (n == NGX_HTTP_WSGW_NONE) {
        ngx_http_wsgw_tally_log_full(zone);
        return NGX_DECLINED;
    }

    t = ngx_http_wsgw_tally_at(zone, n);

    __atomic_store_n(&t->count, t->count + 1, __ATOMIC_RELEASE);

    ngx_http_wsgw_failpoint("tally_raised");

    /* All others see it before we look at theirs. */

    __atomic_thread_fence(__ATOMIC_SEQ_CST);

    sum = ngx_http_wsgw_tally_sum(zone, key);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw tally:%uD raised to %uD of %ui limit:%ui",
                   n, t->count, sum, limit);

    if (sum > limit) {
        ngx_http_wsgw_tally_drop(zone, n);
        return NGX_BUSY;
    }

    *tally = n;

    return NGX_OK;
}


/* The memory of a file that was cut is another since: nothing is ours there. */

void
ngx_http_wsgw_tally_drop(ngx_http_wsgw_zone_t *zone, uint32_t tally)
{
    ngx_http_wsgw_tally_t  *t;

    t = ngx_http_wsgw_tally_at(zone, tally);

    if (zone->process == NULL
        || t->count == 0
        || t->owner != ngx_http_wsgw_owner_word(&zone->process->self))
    {
        return;
    }

    __atomic_store_n(&t->count, t->count - 1, __ATOMIC_RELEASE);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw tally:%uD dropped to %uD", tally, t->count);

    ngx_http_wsgw_failpoint("tally_dropped");

    if (t->count == 0) {
        __atomic_store_n(&t->owner, 0, __ATOMIC_RELEASE);
    }
}


/* The key's tally of this process, which may be a new one. */

static uint32_t
ngx_http_wsgw_tally_take(ngx_http_wsgw_process_t *process, uint64_t key)
{
    uint32_t                i, n, run, unused;
    uint64_t                me, owner;
    ngx_http_wsgw_zone_t   *zone;
    ngx_http_wsgw_tally_t  *t;

    zone = process->zone;
    me = ngx_http_wsgw_owner_word(&process->self);
    run = ngx_http_wsgw_tally_run(zone);

    do {
        unused = NGX_HTTP_WSGW_NONE;

        for (i = 0; i < run; i++) {
            n = ngx_http_wsgw_tally_place(zone, key, i);
            t = ngx_http_wsgw_tally_at(zone, n);

            owner = __atomic_load_n(&t->owner, __ATOMIC_ACQUIRE);

            if (owner == me && t->key == key) {
                return n;
            }

            if (owner == 0 && unused == NGX_HTTP_WSGW_NONE) {
                unused = n;
            }
        }

        if (unused == NGX_HTTP_WSGW_NONE) {
            return ngx_http_wsgw_tally_take_dead(process, key);
        }

    } while (ngx_http_wsgw_tally_claim(process, unused, 0, key) != NGX_OK);

    return unused;
}


static uint32_t
ngx_http_wsgw_tally_take_dead(ngx_http_wsgw_process_t *process, uint64_t key)
{
    uint32_t               i, n, run;
    uint64_t               owner, alive;
    ngx_http_wsgw_zone_t  *zone;

    zone = process->zone;
    run = ngx_http_wsgw_tally_run(zone);
    alive = 0;

    for (i = 0; i < run; i++) {
        n = ngx_http_wsgw_tally_place(zone, key, i);

        owner = __atomic_load_n(&ngx_http_wsgw_tally_at(zone, n)->owner,
                                __ATOMIC_ACQUIRE);

        if (owner && owner == alive) {
            continue;
        }

        if (owner
            && ngx_http_wsgw_lease_owner_lives(zone,
                                               ngx_http_wsgw_owner(owner)))
        {
            alive = owner;
            continue;
        }

        if (ngx_http_wsgw_tally_claim(process, n, owner, key) == NGX_OK) {
            return n;
        }
    }

    return NGX_HTTP_WSGW_NONE;
}


/*
 * One CAS makes a tally ours.  The count is cleared before the key is another:
 * who reads meanwhile counts too many for the old one, at worst.  Dying
 * anywhere in this leaves a tally of another dead owner.
 */

static ngx_int_t
ngx_http_wsgw_tally_claim(ngx_http_wsgw_process_t *process, uint32_t n,
    uint64_t owner, uint64_t key)
{
    ngx_http_wsgw_tally_t  *t;

    t = ngx_http_wsgw_tally_at(process->zone, n);

    if (!__atomic_compare_exchange_n(&t->owner, &owner,
                                     ngx_http_wsgw_owner_word(&process->self),
                                     0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    {
        return NGX_DECLINED;
    }

    ngx_http_wsgw_failpoint("tally_claimed");

    __atomic_store_n(&t->count, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&t->key, key, __ATOMIC_RELEASE);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_wsgw_tally_sum(ngx_http_wsgw_zone_t *zone, uint64_t key)
{
    uint32_t    i, run;
    ngx_uint_t  sum;

    run = ngx_http_wsgw_tally_run(zone);
    sum = 0;

    for (i = 0; i < run; i++) {
        sum += ngx_http_wsgw_tally_count(zone,
                   ngx_http_wsgw_tally_at(zone,
                       ngx_http_wsgw_tally_place(zone, key, i)),
                   key);
    }

    return sum;
}


/* The owner may free a tally, and another take it, while we read: then we read
   again. */

static ngx_uint_t
ngx_http_wsgw_tally_count(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_tally_t *tally, uint64_t key)
{
    uint32_t  count;
    uint64_t  owner;

    do {
        owner = __atomic_load_n(&tally->owner, __ATOMIC_ACQUIRE);

        if (owner == 0
            || __atomic_load_n(&tally->key, __ATOMIC_ACQUIRE) != key)
        {
            return 0;
        }

        count = __atomic_load_n(&tally->count, __ATOMIC_ACQUIRE);

    } while (__atomic_load_n(&tally->owner, __ATOMIC_ACQUIRE) != owner
             || __atomic_load_n(&tally->key, __ATOMIC_ACQUIRE) != key);

    if (count == 0
        || !ngx_http_wsgw_lease_owner_lives(zone, ngx_http_wsgw_owner(owner)))
    {
        return 0;
    }

    return count;
}


/* That is said once a minute, as each handshake with such a key comes here. */

static void
ngx_http_wsgw_tally_log_full(ngx_http_wsgw_zone_t *zone)
{
    if (zone->tally_logged && ngx_time() - zone->tally_logged < 60) {
        return;
    }

    zone->tally_logged = ngx_time();

    ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                  "wsgw zone \"%V\" has no room for another key of "
                  "wsgw_limit_conn, handshakes are refused; raise its size in "
                  "wsgw_zone, %s:%ui", &zone->name, zone->file, zone->line);
}
