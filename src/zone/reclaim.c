
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Letter stripes of dead senders, given back to all when nobody can have one
 * of their letters any more.  Letters are only ever touched during a drain,
 * so that is known without looking at a letter: after one whole drain of each
 * mailbox they all have been returned to their sender's mailbox, or got lost
 * with a target that died, and after another whole drain of each they have
 * been dropped there.
 *
 *     round 0: nothing to do --stripes of dead senders--> round 1
 *     round 1 --each mailbox has had a whole drain--> round 2
 *     round 2 --each mailbox has had another--> stripes are free, round 0
 */


#include "zone/reclaim.h"
#include "base/failpoint.h"
#include "zone/heir.h"
#include "zone/lease.h"
#include "zone/letter.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_RECLAIM_ROUNDS  2


struct ngx_http_wsgw_reclaim_s {
    ngx_uint_t                     round;
    uint32_t                      *drains;      /* by worker slot, when the
                                                   round began */
    uint64_t                       dead[1];     /* by stripe: the owner word of
                                                   a dead sender, or 0 */
};


static ngx_uint_t ngx_http_wsgw_reclaim_find_dead(
    ngx_http_wsgw_process_t *process);
static void ngx_http_wsgw_reclaim_begin_round(
    ngx_http_wsgw_process_t *process);
static ngx_uint_t ngx_http_wsgw_reclaim_drain_all(
    ngx_http_wsgw_process_t *process);
static void ngx_http_wsgw_reclaim_free(ngx_http_wsgw_process_t *process);


ngx_http_wsgw_reclaim_t *
ngx_http_wsgw_reclaim_create(ngx_http_wsgw_zone_t *zone)
{
    size_t                    size;
    ngx_http_wsgw_header_t   *h;
    ngx_http_wsgw_reclaim_t  *reclaim;

    h = ngx_http_wsgw_header(zone);
    size = offsetof(ngx_http_wsgw_reclaim_t, dead)
           + h->letters.stripes * sizeof(uint64_t);

    reclaim = ngx_calloc(size + h->nworkers * sizeof(uint32_t),
                         ngx_cycle->log);

    if (reclaim) {
        reclaim->drains = (uint32_t *) (void *) ((u_char *) reclaim + size);
    }

    return reclaim;
}


void
ngx_http_wsgw_reclaim(ngx_http_wsgw_process_t *process)
{
    ngx_http_wsgw_reclaim_t  *reclaim;

    reclaim = process->reclaim;

    if (reclaim->round == 0) {

        if (ngx_http_wsgw_reclaim_find_dead(process)) {
            ngx_http_wsgw_reclaim_begin_round(process);
        }

        return;
    }

    if (!ngx_http_wsgw_reclaim_drain_all(process)) {
        return;
    }

    if (reclaim->round < NGX_HTTP_WSGW_RECLAIM_ROUNDS) {
        ngx_http_wsgw_reclaim_begin_round(process);
        return;
    }

    reclaim->round = 0;
    ngx_http_wsgw_reclaim_free(process);
}


/* Notes the stripes of dead senders; 1 if there are any. */

static ngx_uint_t
ngx_http_wsgw_reclaim_find_dead(ngx_http_wsgw_process_t *process)
{
    uint32_t                  i;
    uint64_t                  word, alive;
    ngx_uint_t                found;
    ngx_http_wsgw_stripes_t  *letters;
    ngx_http_wsgw_reclaim_t  *reclaim;

    reclaim = process->reclaim;
    letters = &process->letters;
    alive = letters->me;
    found = 0;

    for (i = 0; i < letters->nstripes; i++) {
        word = __atomic_load_n(&letters->owners[i], __ATOMIC_ACQUIRE);
        reclaim->dead[i] = 0;

        if (word == 0 || word == letters->me || word == alive) {
            continue;
        }

        if (ngx_http_wsgw_lease_owner_lives(process->zone,
                                            ngx_http_wsgw_owner(word)))
        {
            alive = word;
            continue;
        }

        reclaim->dead[i] = word;
        found = 1;
    }

    return found;
}


static void
ngx_http_wsgw_reclaim_begin_round(ngx_http_wsgw_process_t *process)
{
    uint32_t               i;
    ngx_http_wsgw_zone_t  *zone;

    zone = process->zone;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        process->reclaim->drains[i] = ngx_http_wsgw_letter_drains(zone, i);
    }

    process->reclaim->round++;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw reclaim round:%ui in zone \"%V\"",
                   process->reclaim->round, &zone->name);
}


/*
 * 1: each mailbox has had a whole drain in this round.  One whose owner is dead
 * gets it from us.
 */

static ngx_uint_t
ngx_http_wsgw_reclaim_drain_all(ngx_http_wsgw_process_t *process)
{
    uint32_t               i;
    ngx_uint_t             all;
    ngx_http_wsgw_zone_t  *zone;

    zone = process->zone;
    all = 1;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {

        if (!ngx_http_wsgw_letter_is_drained(zone, i,
                                             process->reclaim->drains[i])
            && ngx_http_wsgw_heir_bury(process, i) != NGX_OK)
        {
            all = 0;
        }
    }

    return all;
}


/*
 * One CAS for each stripe, which another process may have won.  Dying between
 * them leaves the rest for somebody to begin anew.
 */

static void
ngx_http_wsgw_reclaim_free(ngx_http_wsgw_process_t *process)
{
    uint32_t                  i;
    uint64_t                  word;
    ngx_uint_t                n;
    ngx_http_wsgw_stripes_t  *letters;

    letters = &process->letters;
    n = 0;

    for (i = 0; i < letters->nstripes; i++) {
        word = process->reclaim->dead[i];

        if (word
            && __atomic_compare_exchange_n(&letters->owners[i], &word, 0, 0,
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
