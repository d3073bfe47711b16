/*
 * Processes that post letters to each other.
 */

#include "peers.h"
#include "ngx_http_wsgw.h"
#include "zone/layout.h"
#include "zone/lease.h"
#include "zone/letter.h"
#include "zone/member.h"
#include "zone/stripes.h"
#include "zone/zone.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>


typedef struct {
    uint32_t  life;
    uint32_t  number;
    uint32_t  size;                     /* with this header */
    uint32_t  room;
} message_t;


typedef struct {
    ngx_http_wsgw_owner_t   to;
    ngx_http_wsgw_letter_t *letter;
    uint32_t                number;
    ngx_msec_t              posted;
    unsigned                out:1;
    unsigned                cancelled:1;
} out_t;


shared_t              *shared;
ngx_http_wsgw_zone_t  *zone;

/* of one process */

static uint32_t               life, number, out;
static uint32_t               last[LIVES];      /* number + 1 by its life */
static out_t                  outs[WINDOW];
static u_char                 buffer[1 << 20];
static uint64_t               seed;


static void
fail(const char *format, ...)
{
    va_list  args;

    if (__atomic_fetch_add(&shared->errors, 1, __ATOMIC_RELAXED)) {
        return;
    }

    va_start(args, format);
    vsnprintf(shared->error, sizeof(shared->error), format, args);
    va_end(args);
}


uint32_t
peers_random(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return (uint32_t) (seed >> 16) % n;
}


static u_char
filler(uint32_t l, uint32_t n, size_t i)
{
    return (u_char) (l * 7 + n * 3 + i + i / 256);
}


u_char *
peers_handled(uint32_t l, uint32_t n)
{
    return &shared->handled[(size_t) l * shared->stride + n];
}


static wsgw_outcome_t
outcome_of(uint32_t n)
{
    return n % 16 == 7 ? WSGW_OUTCOME_FULL : WSGW_OUTCOME_OK;
}


/* the target's part */

static wsgw_outcome_t
on_letter(ngx_http_wsgw_zone_t *z, ngx_str_t *letter, ngx_str_t *answer)
{
    size_t      i;
    u_char      before;
    message_t   m;

    (void) z;

    ngx_memcpy(&m, letter->data, sizeof(m));

    if (letter->len != m.size || answer->len != m.room) {
        fail("a letter of %zu bytes instead of %u", letter->len, m.size);
        return WSGW_OUTCOME_UNKNOWN;
    }

    for (i = sizeof(m); i < letter->len; i++) {
        if (letter->data[i] != filler(m.life, m.number, i)) {
            fail("byte %zu of a letter is wrong", i);
            return WSGW_OUTCOME_UNKNOWN;
        }
    }

    ngx_memset(letter->data, 0, letter->len);

    if (m.number < last[m.life]) {
        fail("letter %u after %u", m.number, last[m.life] - 1);
    }

    last[m.life] = m.number + 1;

    before = __atomic_fetch_add(peers_handled(m.life, m.number), 1,
                                __ATOMIC_RELAXED);

    if (before == GIVEN_UP) {
        __atomic_fetch_add(&shared->late, 1, __ATOMIC_RELAXED);

    } else if (before) {
        fail("a letter is handled twice");
    }

    answer->len = m.room - m.room / 3;

    for (i = 0; i < answer->len; i++) {
        answer->data[i] = filler(m.life, m.number + 1, i);
    }

    return outcome_of(m.number);
}


/* the sender's part */

static void
done(void *data, wsgw_outcome_t outcome, ngx_str_t *answer)
{
    size_t  i;
    out_t  *o = data;

    if (!o->out || o->cancelled) {
        fail("a letter is answered that is not out");
        return;
    }

    o->out = 0;
    out--;

    __atomic_fetch_add(&shared->outcomes[outcome], 1, __ATOMIC_RELAXED);

    switch (outcome) {

    case WSGW_OUTCOME_OK:
    case WSGW_OUTCOME_FULL:

        if (__atomic_load_n(peers_handled(life, o->number), __ATOMIC_RELAXED)
            != 1)
        {
            fail("%d for a letter that was not handled", outcome);
        }

        if (outcome != outcome_of(o->number)) {
            fail("the outcome of another letter");
        }

        for (i = 0; i < answer->len; i++) {
            if (answer->data[i] != filler(life, o->number + 1, i)) {
                fail("the answer of another letter");
                break;
            }
        }

        break;

    case WSGW_OUTCOME_GONE:

        if (ngx_http_wsgw_lease_owner_lives(zone, o->to)) {
            fail("a target is gone that is alive");
        }

        break;

    case WSGW_OUTCOME_UNKNOWN:

        if (ngx_current_msec - o->posted < 4000) {
            fail("given up after %zu ms",
                 (size_t) (ngx_current_msec - o->posted));
        }

        __atomic_fetch_add(peers_handled(life, o->number), GIVEN_UP,
                           __ATOMIC_RELAXED);

        break;

    default:
        fail("outcome %d", outcome);
    }
}


static void
post(uint32_t place)
{
    size_t          i, size, room;
    out_t          *o;
    uint64_t        word;
    message_t       m;
    ngx_str_t       head, body;
    wsgw_outcome_t  outcome;

    word = __atomic_load_n(&shared->owner[place], __ATOMIC_ACQUIRE);

    if (word == 0) {
        return;
    }

    for (o = outs; o->out; o++) {
        /* void: there is one */
    }

    size = peers_random(64) ? peers_random(300) : peers_random(shared->size);
    room = peers_random(64) ? peers_random(64) : peers_random(2000);

    m.life = life;
    m.number = number;
    m.size = (uint32_t) (sizeof(m) + size);
    m.room = (uint32_t) room;

    for (i = 0; i < size; i++) {
        buffer[i] = filler(life, number, sizeof(m) + i);
    }

    head.data = (u_char *) &m;
    head.len = sizeof(m);
    body.data = buffer;
    body.len = size;

    o->to = ngx_http_wsgw_owner(word);
    o->number = number;
    o->posted = ngx_current_msec;
    o->out = 1;
    o->cancelled = 0;

    o->letter = ngx_http_wsgw_letter_post(zone, o->to, &head, &body, NULL,
                                          room, done, o, &outcome);

    if (o->letter == NULL) {
        o->out = 0;
        __atomic_fetch_add(&shared->refused, 1, __ATOMIC_RELAXED);

        if (outcome != WSGW_OUTCOME_UNKNOWN) {
            fail("refused with %d", outcome);
        }

        return;
    }

    number++;
    out++;

    if (shared->goal && peers_random(100) == 0) {
        ngx_http_wsgw_letter_cancel(o->letter);
        o->cancelled = 1;
        o->out = 0;
        out--;
    }
}


/* what a process has when nothing of it is out: all it owns is free */

static ngx_uint_t
quiet(void)
{
    uint32_t                  i, n;
    ngx_http_wsgw_stripes_t  *letters;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (out || !ngx_queue_empty(&process->sent)) {
        return 0;
    }

    letters = &process->letters;

    for (i = 0, n = 0; i < letters->nstripes; i++) {
        n += letters->owners[i] == letters->me;
    }

    if (letters->nfree != n << letters->shift) {
        fail("%u chunks of %u stripes are free", letters->nfree, n);
    }

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        if (ngx_http_wsgw_worker_slot(zone, i)->load[process->self.index]) {
            fail("a load without a letter");
        }
    }

    return 1;
}


static void
live(int place)
{
    ngx_uint_t  idle;

    stub_process();
    ngx_http_wsgw_letter_handler = on_letter;

    seed = (uint64_t) life * 0x9e3779b97f4a7c15 + (uint64_t) ngx_pid;
    idle = 0;

    if (life >= LIVES
        || ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK)
    {
        fail("no worker slot");
        _exit(1);
    }

    __atomic_store_n(&shared->owner[place],
                     ngx_http_wsgw_owner_word(&zone->process->self),
                     __ATOMIC_RELEASE);

    while (!__atomic_load_n(&shared->leave, __ATOMIC_RELAXED)) {

        while (out < WINDOW - 1 && number < shared->goal
               && number < shared->stride
               && !__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)
               && peers_random(8))
        {
            post(peers_random(PEERS));
        }

        if (__atomic_load_n(&shared->order[place], __ATOMIC_RELAXED)) {
            post(shared->order[place] - 1);
            __atomic_store_n(&shared->order[place], 0, __ATOMIC_RELAXED);
        }

        stub_turn(out || number < shared->goal ? 1 : 20);

        if (!idle && quiet()
            && (number >= shared->goal || shared->stop))
        {
            idle = 1;
            __atomic_fetch_add(&shared->posted, number, __ATOMIC_RELAXED);
            __atomic_fetch_add(&shared->idle, 1, __ATOMIC_RELEASE);
        }
    }

    ngx_http_wsgw_member_detach(zone);
    stub_destroy(zone->cycle);

    _exit(0);
}


pid_t
peers_spawn(int place)
{
    pid_t  pid;

    __atomic_store_n(&shared->owner[place], 0, __ATOMIC_RELEASE);

    life = shared->lives++;
    pid = fork();

    if (pid == 0) {
        live(place);
    }

    return pid;
}


double
peers_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


ngx_uint_t
peers_dead(void)
{
    uint32_t                 i;
    uint64_t                *owners;
    ngx_uint_t               n;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);
    owners = ngx_http_wsgw_at(zone->base, h->letters.owners, uint64_t);
    n = 0;

    for (i = 0; i < h->letters.stripes; i++) {
        n += owners[i]
             && !ngx_http_wsgw_lease_owner_lives(zone,
                                            ngx_http_wsgw_owner(owners[i]));
    }

    return n;
}


static ngx_uint_t
is_empty(void)
{
    uint32_t                 i;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    for (i = 0; i < h->nworkers; i++) {
        if (ngx_http_wsgw_worker_slot(zone, i)->mailbox) {
            return 0;
        }
    }

    return peers_dead() == 0;
}


void
peers_begin(size_t size, uint32_t goal, uint32_t largest)
{
    size_t  all;

    all = sizeof(shared_t) + (size_t) LIVES * ngx_max(goal, 65536);

    shared = mmap(NULL, all, PROT_READ|PROT_WRITE,
                  MAP_SHARED|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0);

    shared->goal = goal;
    shared->stride = ngx_max(goal, 65536);
    shared->size = largest;
    seed = (uint64_t) getpid();

    zone = stub_zone(NULL, size);
    stub_commit(zone);
}


ngx_uint_t
peers_idle(uint32_t n, double seconds)
{
    double  end;

    end = peers_now() + seconds;

    while (__atomic_load_n(&shared->idle, __ATOMIC_ACQUIRE) < n) {

        if (peers_now() > end || shared->errors) {
            return 0;
        }

        usleep(5000);
    }

    return 1;
}


void
peers_end(pid_t *pids, const char *what)
{
    int       i, status, bad;
    double    until;
    uint64_t  word;

    until = peers_now() + 20;

    while (!is_empty() && peers_now() < until) {
        usleep(10000);
    }

    stub_ok(is_empty(), "%s: no letter and no dead stripe is left", what);

    shared->leave = 1;
    bad = 0;

    for (i = 0; i < PEERS; i++) {
        waitpid(pids[i], &status, 0);
        bad += status != 0;
    }

    stub_ok(bad == 0, "%s: all processes leave", what);

    word = 0;

    for (i = 0;
         i < (int) ngx_http_wsgw_header(zone)->letters.stripes;
         i++)
    {
        word |= ngx_http_wsgw_at(zone->base,
                                 ngx_http_wsgw_header(zone)->letters.owners,
                                 uint64_t)[i];
    }

    stub_ok(word == 0, "%s: and leave nothing behind", what);
    stub_ok(shared->errors == 0, "%s: %s", what,
            shared->errors ? shared->error : "no letter went wrong");

    printf("# %s: %lu posted in %u lives, %lu ok, %lu full, %lu gone, "
           "%lu unknown, %lu not posted\n", what, shared->posted, shared->lives,
           shared->outcomes[WSGW_OUTCOME_OK],
           shared->outcomes[WSGW_OUTCOME_FULL],
           shared->outcomes[WSGW_OUTCOME_GONE],
           shared->outcomes[WSGW_OUTCOME_UNKNOWN], shared->refused);

    munmap(zone->shm_zone->shm.addr, zone->shm_zone->shm.size);
    stub_destroy(zone->cycle);
    munmap(shared, sizeof(shared_t) + (size_t) LIVES * shared->stride);
}


void
peers_begin_directed(pid_t *pids)
{
    int  i;

    stub_speed = 4;
    peers_begin(1024 * 1024, 0, 5000);

    for (i = 0; i < PEERS; i++) {
        pids[i] = peers_spawn(i);
    }

    peers_idle(PEERS, 10);
    kill(pids[0], SIGSTOP);
    waitpid(pids[0], NULL, WUNTRACED);
}


void
peers_order(void)
{
    double  until;

    __atomic_store_n(&shared->order[1], 1, __ATOMIC_RELAXED);
    until = peers_now() + 5;

    while (__atomic_load_n(&shared->order[1], __ATOMIC_RELAXED)
           && peers_now() < until)
    {
        usleep(1000);
    }
}
