/*
 * Tallies alone and between processes that race and are killed: a limit is
 * never exceeded, and nothing of the dead counts.  All processes count in
 * memory beside the zone what they have, less before one is dropped and more
 * after one is raised: who adds one sees in that instant how many there are.
 * Of a process that is to be killed, what it has is taken off while it stands
 * still.  If it stands in the middle of a change, too much is taken off, never
 * too little.
 */

#include "stub.h"
#include "zone/member.h"
#include "zone/tally.h"

#include <sys/mman.h>
#include <sys/wait.h>


#define MB         ((size_t) 1024 * 1024)

#define PROCESSES  4
#define LIVES      400
#define KEYS       3
#define LIMIT      5
#define HELD       8


/* of one life of a process */

typedef struct {
    int32_t   live[KEYS];
} life_t;


typedef struct {
    life_t    life[LIVES];
    int32_t   live[KEYS];       /* of all that live */
    uint64_t  let_in;
    uint64_t  refused;
    uint64_t  exceeded;
    uint64_t  full;
    uint32_t  stop;
} told_t;


static told_t  *told;


static void
alone(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                 i, n, tally[KEYS], many[4096];
    uint64_t                 key;
    ngx_int_t                rc;
    ngx_http_wsgw_tally_t   *t;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);
    t = ngx_http_wsgw_at(zone->base, h->tallies, ngx_http_wsgw_tally_t);

    stub_ok(h->ntallies == (MB / 16 - 10 * 1024) / 24
            && h->tallies + h->ntallies * 24 <= h->records.owners,
            "a zone of 1m has %u tallies", (unsigned) h->ntallies);

    for (i = 0; i < 3; i++) {
        stub_ok(ngx_http_wsgw_tally_raise(zone, 7, 3, &tally[i]) == NGX_OK,
                "of three connections number %u is let in", i + 1);
    }

    stub_ok(tally[0] == tally[1] && tally[1] == tally[2]
            && t[tally[0]].count == 3,
            "they are in one tally");
    stub_ok(ngx_http_wsgw_tally_raise(zone, 7, 3, &tally[0]) == NGX_BUSY
            && t[tally[0]].count == 3,
            "the fourth is refused, and leaves nothing");
    stub_ok(ngx_http_wsgw_tally_raise(zone, 7, 4, &tally[0]) == NGX_OK,
            "with a higher limit it is not");
    stub_ok(ngx_http_wsgw_tally_raise(zone, 8, 1, &n) == NGX_OK
            && n != tally[0],
            "another key has a tally of its own");
    stub_ok(ngx_http_wsgw_tally_raise(zone, 7 + h->ntallies, 1, &tally[1])
            == NGX_OK && tally[1] != tally[0] && tally[1] != n,
            "also one that begins at the same place");

    /* a free one before it hides none */

    for (i = 0; i < 4; i++) {
        ngx_http_wsgw_tally_drop(zone, tally[0]);
    }

    stub_ok(t[tally[0]].owner == 0, "a tally that is empty is free");
    stub_ok(ngx_http_wsgw_tally_raise(zone, 7 + h->ntallies, 1, &tally[2])
            == NGX_BUSY,
            "and hides none behind it");

    ngx_http_wsgw_tally_drop(zone, tally[0]);
    stub_ok(t[tally[0]].owner == 0 && t[tally[0]].count == 0,
            "who drops twice drops once");

    ngx_http_wsgw_tally_drop(zone, tally[1]);
    ngx_http_wsgw_tally_drop(zone, n);

    /* keys of one place fill a run, others find theirs */

    stub_alerts = 0;

    for (i = 0, key = 1000; i < 4096; i++, key += h->ntallies) {
        rc = ngx_http_wsgw_tally_raise(zone, key, 1, &many[i]);

        if (rc != NGX_OK) {
            break;
        }
    }

    stub_ok(i == 128 && rc == NGX_DECLINED && stub_alerts == 1,
            "a run has room for %u keys, then it is full", i);

    rc = ngx_http_wsgw_tally_raise(zone, key, 1, &n);
    stub_ok(rc == NGX_DECLINED && stub_alerts == 1,
            "which is logged once a minute");
    stub_ok(ngx_http_wsgw_tally_raise(zone, 1, 1, &n) == NGX_OK,
            "another run is not");

    ngx_http_wsgw_tally_drop(zone, n);
    ngx_http_wsgw_tally_drop(zone, many[77]);

    stub_ok(ngx_http_wsgw_tally_raise(zone, key, 1, &many[77]) == NGX_OK,
            "when one has left there is room");

    while (i) {
        ngx_http_wsgw_tally_drop(zone, many[--i]);
    }

    for (i = 0, n = 0; i < h->ntallies; i++) {
        n += t[i].owner != 0;
    }

    stub_ok(n == 0, "nothing is left");
}


/* fills a run and waits to be killed */

static int
fills(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                 i, n;
    ngx_http_wsgw_header_t  *h;

    zone->process = NULL;

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        return 1;
    }

    h = ngx_http_wsgw_header(zone);

    for (i = 0; i < 128; i++) {
        if (ngx_http_wsgw_tally_raise(zone, 2000 + i * h->ntallies, 9, &n)
            != NGX_OK)
        {
            return 2;
        }
    }

    __atomic_store_n(&told->stop, 1, __ATOMIC_RELEASE);

    for ( ;; ) {
        pause();
    }
}


static void
dead(ngx_http_wsgw_zone_t *zone)
{
    pid_t     pid;
    uint32_t  i, n, one;

    pid = stub_spawn(fills, zone);

    while (__atomic_load_n(&told->stop, __ATOMIC_ACQUIRE) == 0) {
        usleep(1000);
    }

    told->stop = 0;

    stub_ok(ngx_http_wsgw_tally_raise(zone, 2000, 1, &n) == NGX_DECLINED,
            "a living process's tallies are not taken");

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);

    stub_ok(ngx_http_wsgw_tally_raise(zone, 2000, 1, &one) == NGX_OK,
            "a dead one's are, and its connections do not count");
    stub_ok(ngx_http_wsgw_tally_raise(zone, 2000, 1, &n) == NGX_BUSY,
            "but our own does");

    ngx_http_wsgw_tally_drop(zone, one);

    for (i = 0; i < 128; i++) {
        if (ngx_http_wsgw_tally_raise(zone,
                2000 + i * ngx_http_wsgw_header(zone)->ntallies, 1, &n)
            != NGX_OK)
        {
            break;
        }

        ngx_http_wsgw_tally_drop(zone, n);
    }

    stub_ok(i == 128, "all of its keys have room");
}


static uint32_t  next_life;


static void
leave(ngx_http_wsgw_zone_t *zone, life_t *life, uint32_t key, uint32_t tally)
{
    __atomic_sub_fetch(&told->live[key], 1, __ATOMIC_SEQ_CST);
    __atomic_sub_fetch(&life->live[key], 1, __ATOMIC_SEQ_CST);

    ngx_http_wsgw_tally_drop(zone, tally);
}


/* comes and goes, with some connections at a time */

static int
races(ngx_http_wsgw_zone_t *zone)
{
    life_t    *life;
    uint32_t   i, n, key, tally[HELD], keys[HELD];

    zone->process = NULL;

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        return 1;
    }

    life = &told->life[next_life];
    srandom(next_life);
    n = 0;

    while (!__atomic_load_n(&told->stop, __ATOMIC_ACQUIRE)) {

        if (n == HELD || (n && random() % 2)) {
            i = (uint32_t) random() % n;

            leave(zone, life, keys[i], tally[i]);

            n--;
            keys[i] = keys[n];
            tally[i] = tally[n];
            continue;
        }

        key = (uint32_t) random() % KEYS;

        switch (ngx_http_wsgw_tally_raise(zone, 77 + key, LIMIT, &tally[n])) {

        case NGX_OK:
            keys[n++] = key;
            __atomic_add_fetch(&life->live[key], 1, __ATOMIC_SEQ_CST);
            __atomic_add_fetch(&told->let_in, 1, __ATOMIC_RELAXED);

            if (__atomic_add_fetch(&told->live[key], 1, __ATOMIC_SEQ_CST)
                > LIMIT)
            {
                __atomic_add_fetch(&told->exceeded, 1, __ATOMIC_RELAXED);
            }

            break;

        case NGX_BUSY:
            __atomic_add_fetch(&told->refused, 1, __ATOMIC_RELAXED);
            break;

        default:
            __atomic_add_fetch(&told->full, 1, __ATOMIC_RELAXED);
        }
    }

    while (n) {
        n--;
        leave(zone, life, keys[n], tally[n]);
    }

    ngx_http_wsgw_member_detach(zone);

    return 0;
}


static void
race(ngx_http_wsgw_zone_t *zone, uint32_t kills)
{
    int       status, good;
    pid_t     pid[PROCESSES];
    uint32_t  i, place, lives[PROCESSES], key, n, tally;

    memset(told, 0, sizeof(told_t));
    next_life = 0;
    good = 1;

    for (i = 0; i < PROCESSES; i++) {
        lives[i] = next_life;
        pid[i] = stub_spawn(races, zone);
        next_life++;
    }

    if (kills == 0) {
        sleep(3);
    }

    for (i = 0; i < kills; i++) {
        usleep(8000);

        place = i % PROCESSES;

        kill(pid[place], SIGSTOP);
        waitpid(pid[place], NULL, WUNTRACED);

        for (key = 0; key < KEYS; key++) {
            __atomic_sub_fetch(&told->live[key],
                               told->life[lives[place]].live[key],
                               __ATOMIC_SEQ_CST);
        }

        kill(pid[place], SIGKILL);
        waitpid(pid[place], NULL, 0);

        lives[place] = next_life;
        pid[place] = stub_spawn(races, zone);
        next_life++;
    }

    __atomic_store_n(&told->stop, 1, __ATOMIC_RELEASE);

    for (i = 0; i < PROCESSES; i++) {
        waitpid(pid[i], &status, 0);
        good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

    stub_ok(good && told->full == 0 && told->let_in > 1000
            && told->refused > 1000,
            "%u kills, %u let in, %u refused", kills,
            (unsigned) told->let_in, (unsigned) told->refused);
    stub_ok(told->exceeded == 0, "never more than the limit (%u times)",
            (unsigned) told->exceeded);

    for (key = 0, good = 1; key < KEYS; key++) {

        for (n = 0; n < LIMIT; n++) {
            good &= ngx_http_wsgw_tally_raise(zone, 77 + key, LIMIT, &tally)
                    == NGX_OK;
        }

        while (n--) {
            ngx_http_wsgw_tally_drop(zone, tally);
        }
    }

    stub_ok(good, "and nothing of theirs counts behind them");
}


int
main(void)
{
    ngx_http_wsgw_zone_t  *zone;

    alarm(60);
    stub_process();

    told = mmap(NULL, sizeof(told_t), PROT_READ|PROT_WRITE,
                MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    zone = stub_zone(NULL, MB);
    stub_commit(zone);

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        return 1;
    }

    alone(zone);
    dead(zone);
    race(zone, 0);
    race(zone, 300);

    ngx_http_wsgw_member_detach(zone);

    return stub_done();
}
