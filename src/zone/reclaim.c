
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Letter stripes of dead senders, given back to all when nobody can have one
 * of their letters any more.  Letters are only ever touched during a drain,
 * so that is known without looking at a letter: after one whole drain of each
 * mailbox they all have been returned to their sender's mailbox, or got lost
 * with a target that died, and after another whole drain of each they have
 * been dropped there.
 */


#include "zone/reclaim.h"
#include "base/failpoint.h"
#include "zone/heir.h"
#include "zone/lease.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_ROUNDS  2


struct ngx_http_wsgw_reclaim_s {
    ngx_uint_t                     round;       /* of now, 0: nothing to do */
    uint32_t                      *drains;      /* when it began, by slot */
    uint64_t                       dead[1];     /* owner words, by stripe */
};


static ngx_uint_t ngx_http_wsgw_reclaim_look(
    ngx_http_wsgw_process_t *process);
static void ngx_http_wsgw_reclaim_begin(ngx_http_wsgw_process_t *process);
static ngx_uint_t ngx_http_wsgw_reclaim_over(
    ngx_http_wsgw_process_t *process);
static void ngx_http_wsgw_reclaim_release(ngx_http_wsgw_process_t *process);


ngx_http_wsgw_reclaim_t *
ngx_http_wsgw_reclaim_create(ngx_http_wsgw_zone_t *zone)
{
    size_t                    size;
    ngx_http_wsgw_header_t   *h;
    ngx_http_wsgw_reclaim_t  *rc;

    h = ngx_http_wsgw_header(zone);
    size = offsetof(ngx_http_wsgw_reclaim_t, dead)
           + h->letters.stripes * sizeof(uint64_t);

    rc = ngx_calloc(size + h->nworkers * sizeof(uint32_t), ngx_cycle->log);

    if (rc) {
        rc->drains = (uint32_t *) (void *) ((u_char *) rc + size);
    }

    return rc;
}


void
ngx_http_wsgw_reclaim(ngx_http_wsgw_process_t *process)
{
    ngx_http_wsgw_reclaim_t  *rc;

    rc = process->reclaim;

    if (rc->round == 0) {

        if (ngx_http_wsgw_reclaim_look(process)) {
            ngx_http_wsgw_reclaim_begin(process);
        }

        return;
    }

    if (!ngx_http_wsgw_reclaim_over(process)) {
        return;
    }

    if (rc->round < NGX_HTTP_WSGW_ROUNDS) {
        ngx_http_wsgw_reclaim_begin(process);
        return;
    }

    rc->round = 0;
    ngx_http_wsgw_reclaim_release(process);
}


/* notes the stripes of dead owners; 1 if there are any */

static ngx_uint_t
ngx_http_wsgw_reclaim_look(ngx_http_wsgw_process_t *process)
{
    uint32_t                  i;
    uint64_t                  word, alive;
    ngx_uint_t                found;
    ngx_http_wsgw_stripes_t     *pool;
    ngx_http_wsgw_reclaim_t  *rc;

    rc = process->reclaim;
    pool = &process->letters;
    alive = pool->me;
    found = 0;

    for (i = 0; i < pool->stripes; i++) {
        word = __atomic_load_n(&pool->owners[i], __ATOMIC_ACQUIRE);
        rc->dead[i] = 0;

        if (word == 0 || word == pool->me || word == alive) {
            continue;
        }

        if (ngx_http_wsgw_lease_owner_lives(process->zone,
                                            ngx_http_wsgw_owner(word)))
        {
            alive = word;
            continue;
        }

        rc->dead[i] = word;
        found = 1;
    }

    return found;
}


static void
ngx_http_wsgw_reclaim_begin(ngx_http_wsgw_process_t *process)
{
    uint32_t               i;
    ngx_http_wsgw_zone_t  *zone;

    zone = process->zone;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        process->reclaim->drains[i] =
            __atomic_load_n(&ngx_http_wsgw_worker_slot(zone, i)->drains,
                            __ATOMIC_ACQUIRE);
    }

    process->reclaim->round++;
}


/*
 * The first drain to end may have begun before we looked, the second did not.
 * A slot that nobody holds gets its drains from us.
 */

static ngx_uint_t
ngx_http_wsgw_reclaim_over(ngx_http_wsgw_process_t *process)
{
    uint32_t               i, drains;
    ngx_uint_t             over;
    ngx_http_wsgw_zone_t  *zone;

    zone = process->zone;
    over = 1;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        drains = __atomic_load_n(&ngx_http_wsgw_worker_slot(zone, i)->drains,
                                 __ATOMIC_ACQUIRE);

        if (drains - process->reclaim->drains[i] < 2
            && ngx_http_wsgw_heir_bury(process, i) != NGX_OK)
        {
            over = 0;
        }
    }

    return over;
}


/*
 * One CAS for each stripe, which another process may have won.  Dying between
 * them leaves the rest for somebody to begin anew.
 */

static void
ngx_http_wsgw_reclaim_release(ngx_http_wsgw_process_t *process)
{
    uint32_t               i;
    uint64_t               word;
    ngx_uint_t             n;
    ngx_http_wsgw_stripes_t  *pool;

    pool = &process->letters;
    n = 0;

    for (i = 0; i < pool->stripes; i++) {
        word = process->reclaim->dead[i];

        if (word
            && __atomic_compare_exchange_n(&pool->owners[i], &word, 0, 0,
                                           __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        {
            ngx_http_wsgw_failpoint("stripe_reclaimed");
            n++;
        }
    }

    if (n) {
        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "%ui letter stripes of dead workers are free again in "
                      "zone \"%V\"", n, &process->zone->name);
    }
}
