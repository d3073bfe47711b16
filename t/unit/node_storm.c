/*
 * Nodes among faults: five of them and two Redis servers in steps of 250 ms,
 * with pauses, cuts, outages, kills, FLUSHALL, evictions, failovers that lose
 * what was written last, and two masters at once.  What is counted:
 *
 *   wrong    claims of a number whose owner goes on to use it
 *   risen    ids that worked after a sender was told that they are gone
 *   guessed  the same, where the owner, or the sender without a claim, has come
 *            back to a Redis in which there was nobody: to all that it can see
 *            this is how the first one comes back after Redis was away for all
 *            of them, and has lost what it had
 */

#include "unit.h"
#include "pure/node_watch.h"


#define NODES    5
#define ENTRIES  64
#define NUMBERS  8192               /* of a run */
#define STEP     250                /* ms */


typedef struct {
    uint32_t            number;
    uint64_t            token, beat;
} entry_t;


typedef struct {
    entry_t             entries[ENTRIES];
    size_t              n;
    uint8_t             dead[NUMBERS / 8];
} data_t;


typedef struct {
    data_t              data;
    unsigned            up:1;
    unsigned            master:1;
    unsigned            alone:1;        /* no replica has answered for long */
} server_t;


/* what a node has sent, and what was answered */

typedef struct {
    wsgw_node_action_t  action;         /* WAIT: nothing */
    uint64_t            exec_at, reply_at;
    unsigned            executed:1, set:1, there:1, dead:1, refused:1;
    int                 server;
    uint32_t            number, target;
    uint64_t            token, beat;
    entry_t             before;
    uint32_t            repeats[WSGW_NODE_REPEATS];
    uint32_t            nrepeats;
    data_t              seen;
} op_t;


typedef struct {
    wsgw_node_self_t    self;
    wsgw_node_watch_t   watch;
    wsgw_node_other_t   others[ENTRIES];

    unsigned            alive:1;
    unsigned            alone:1;        /* when it looked last */
    unsigned            guessed:1;      /* it came back so */
    uint64_t            until;          /* paused, or dead */
    uint64_t            ran;            /* last */
    int                 server;         /* -1: none */
    uint64_t            retry;
    unsigned            tries;
    uint64_t            stale;          /* its server is no master since */
    uint8_t             reach[2];       /* 1: there, 2: and back */
    uint64_t            cut;            /* until then it reaches nobody */
    op_t                op, late;       /* late: of a pair that was dropped */
    uint64_t            absent[NUMBERS], away[NUMBERS];     /* as "found" of
                                                               what it asked */
} member_t;


typedef struct {
    uint64_t            takeover;
    unsigned            claims:1, fence:1, two:1, replicas:1;
    unsigned            quiet:1;        /* nothing but outages of Redis */
} plan_t;


typedef struct {
    plan_t              plan;
    wsgw_node_conf_t    conf;
    uint64_t            now, random;
    server_t            servers[2];
    data_t              copy;           /* what a replica has */
    uint64_t            copied, outage, split, promoted, changed;
    member_t            nodes[NODES];
    uint32_t            numbers;        /* given out */
    uint8_t             used[NUMBERS / 8], gone[NUMBERS / 8];
    uint8_t             guess[NUMBERS / 8];     /* it came back, and found
                                                   nobody */

    uint64_t            claims, wrong, risen, guessed, answered, gones, closes,
                        kills;
} world_t;


static void finish(world_t *w, member_t *m);


static uint64_t
draw(world_t *w, uint64_t n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;

    return (w->random >> 11) % n;
}


static unsigned
has(const uint8_t *bits, uint32_t i)
{
    return (unsigned) bits[i / 8] >> i % 8 & 1;
}


static void
put(uint8_t *bits, uint32_t i)
{
    bits[i / 8] = (uint8_t) (bits[i / 8] | 1 << i % 8);
}


static entry_t *
find(data_t *d, uint32_t number)
{
    size_t  i;

    for (i = 0; i < d->n; i++) {
        if (d->entries[i].number == number) {
            return &d->entries[i];
        }
    }

    return NULL;
}


static void
set(data_t *d, uint32_t number, uint64_t token, uint64_t beat)
{
    entry_t  *e;

    e = find(d, number);

    if (e == NULL) {
        assert_true(d->n < ENTRIES);
        e = &d->entries[d->n++];
        e->number = number;
    }

    e->token = token;
    e->beat = beat;
}


static void
drop_entry(data_t *d, uint32_t number)
{
    entry_t  *e;

    e = find(d, number);

    if (e != NULL) {
        *e = d->entries[--d->n];
    }
}


static uint32_t
new_number(world_t *w)
{
    assert_true(w->numbers + 1 < NUMBERS);
    return ++w->numbers;
}


static void
start(world_t *w, member_t *m, unsigned anew)
{
    if (anew) {
        m->guessed = 0;
        wsgw_node_self_init(&m->self, new_number(w), draw(w, UINT64_MAX) | 1);
    }

    wsgw_node_watch_init(&m->watch, &w->conf, &m->self, m->others, ENTRIES);

    m->alive = 1;
    m->server = -1;
    m->retry = w->now;
    m->ran = w->now;
    m->op.action = WSGW_NODE_WAIT;
}


/* the pair is closed; what it has sent may still arrive */

static void
drop_pair(world_t *w, member_t *m)
{
    uint64_t  pause;

    if (m->op.action != WSGW_NODE_WAIT && !m->op.executed) {
        m->late = m->op;
    }

    pause = (uint64_t) 100 << (m->tries < 6 ? m->tries : 6);
    pause = pause > w->conf.takeover / 4 ? w->conf.takeover / 4 : pause;
    pause = pause > 5000 ? 5000 : pause;

    m->tries++;
    m->op.action = WSGW_NODE_WAIT;
    m->server = -1;
    m->stale = 0;
    m->retry = w->now + pause / 2 + draw(w, pause);
}


/* whose number it is, if that one goes on to use it */

static member_t *
user_of(world_t *w, uint32_t number)
{
    size_t             i;
    member_t          *m;
    wsgw_node_state_t  state;

    for (i = 0; i < NODES; i++) {
        m = &w->nodes[i];

        if (m->alive && m->self.number == number && has(w->used, number)) {
            state = wsgw_node_self_tick(&w->conf, &m->self, w->now);
            return state == WSGW_NODE_FENCED || state == WSGW_NODE_CLAIMED
                   ? NULL : m;
        }
    }

    return NULL;
}


static void
execute(world_t *w, member_t *m, op_t *op)
{
    uint32_t   i;
    entry_t   *e;
    server_t  *s;
    member_t  *user;

    s = &w->servers[op->server];
    op->executed = 1;

    if (!s->master || s->alone) {
        op->refused = 1;
        return;
    }

    if (op->action == WSGW_NODE_CLAIM) {
        user = user_of(w, op->target);

        if (!has(s->data.dead, op->target) && user != m && op->target
            != m->self.number && w->conf.claims)
        {
            w->claims++;
            w->wrong += user != NULL;
        }

        put(s->data.dead, op->target);
        drop_entry(&s->data, op->target);
        return;
    }

    e = find(&s->data, op->number);
    op->dead = has(s->data.dead, op->number) & 1;
    op->set = e == NULL;

    if (op->action == WSGW_NODE_LOOK) {
        op->there = e != NULL;
        op->before = e != NULL ? *e : op->before;

    } else if (op->action == WSGW_NODE_BEAT || e == NULL) {
        op->there = e != NULL;
        op->before = e != NULL ? *e : op->before;
        set(&s->data, op->number, op->token, op->beat);

    } else {
        op->there = 1;
        op->before = *e;
    }

    for (i = 0; i < op->nrepeats; i++) {
        put(s->data.dead, op->repeats[i]);
    }

    op->seen = s->data;
}


static wsgw_node_line_t
line_of(const entry_t *e)
{
    wsgw_node_line_t  line;

    memset(&line, 0, sizeof(line));
    line.token = e->token;
    line.beat = e->beat;

    return line;
}


static void
close_all(world_t *w, member_t *m)
{
    w->closes++;
    m->guessed = 0;

    wsgw_node_watch_renew(&m->watch, w->now, new_number(w),
                          draw(w, UINT64_MAX) | 1);
}


static void
answer(world_t *w, member_t *m, op_t *op)
{
    size_t              i;
    unsigned            flags, returns;
    wsgw_node_line_t    line, other;
    wsgw_node_answer_t  a = { NULL, 0, 0, 0 };

    if (op->refused && op->action != WSGW_NODE_CLAIM) {
        drop_pair(w, m);
        return;
    }

    if (op->there) {
        line = line_of(&op->before);
        a.line = &line;
    }

    a.set = op->set;
    a.dead = op->dead;

    if (op->action == WSGW_NODE_CLAIM) {
        wsgw_node_watch_claimed(&m->watch, w->now, !op->refused);
        return;
    }

    if (op->action == WSGW_NODE_REGISTER) {
        flags = wsgw_node_watch_registered(&m->watch, w->now, &a);

        if (m->self.state == WSGW_NODE_REGISTERED) {
            put(w->used, m->self.number);
        }

    } else {
        returns = m->self.returns;
        flags = wsgw_node_watch_beaten(&m->watch, w->now, &a);

        wsgw_node_watch_poll(&m->watch, w->now);

        for (i = 0; i < op->seen.n; i++) {
            other = line_of(&op->seen.entries[i]);
            wsgw_node_watch_see(&m->watch, op->seen.entries[i].number, &other);
        }

        flags |= wsgw_node_watch_polled(&m->watch, w->now);

        if (op->action == WSGW_NODE_LOOK) {
            m->alone = m->watch.highest == 0;
        }

        if (returns != 0 && flags & WSGW_NODE_BACK && m->alone) {
            put(w->guess, m->self.number);
            m->guessed = 1;
        }
    }

    if (flags & WSGW_NODE_TAKEN) {
        wsgw_node_watch_renew(&m->watch, w->now, new_number(w),
                              draw(w, UINT64_MAX) | 1);
    }

    if (flags & WSGW_NODE_CLOSE) {
        close_all(w, m);
    }
}


static void
send_next(world_t *w, member_t *m)
{
    uint32_t            i;
    op_t               *op;
    wsgw_node_action_t  action;

    if (m->op.action != WSGW_NODE_WAIT) {
        return;
    }

    action = wsgw_node_watch_next(&m->watch, w->now);

    if (action == WSGW_NODE_WAIT) {
        return;
    }

    op = &m->op;
    op->action = action;
    op->executed = op->set = op->there = op->dead = op->refused = 0;
    op->server = m->server;
    op->number = m->self.number;
    op->token = m->self.token;
    op->beat = m->self.sent;
    op->target = m->watch.target;
    op->nrepeats = 0;
    op->seen.n = 0;

    /* mostly at once */

    op->exec_at = w->now + (draw(w, 20) ? 0 : draw(w, 6) * STEP);
    op->reply_at = op->exec_at + (draw(w, 20) ? STEP : draw(w, 8) * STEP);

    if (action == WSGW_NODE_BEAT || action == WSGW_NODE_LOOK) {
        op->nrepeats = wsgw_node_watch_repeats(&m->watch, w->now);

        for (i = 0; i < op->nrepeats; i++) {
            op->repeats[i] = m->watch.repeats[i].number;
        }
    }
}


static unsigned
reaches(world_t *w, member_t *m, int server)
{
    return w->servers[server].up && w->now >= m->cut ? m->reach[server] : 0;
}


/* one turn of a node's event loop */

static void
turn(world_t *w, member_t *m)
{
    int  s;

    if (!m->alive || w->now < m->until) {
        return;
    }

    if (m->server >= 0 && w->now - m->ran > 5000) {
        /* what waits in the socket is nobody's any more */
        drop_pair(w, m);
    }

    m->ran = w->now;

    if (wsgw_node_self_tick(&w->conf, &m->self, w->now) == WSGW_NODE_FENCED
        && m->self.beat != 0)
    {
        m->self.state = WSGW_NODE_FENCED;
        close_all(w, m);

        /* the answer that is pending must not be brought */

        if (m->server >= 0) {
            drop_pair(w, m);
        }
    }

    if (m->server >= 0 && !w->servers[m->server].master) {
        m->stale = m->stale ? m->stale : w->now + draw(w, 16) * STEP;

        if (w->now >= m->stale) {
            drop_pair(w, m);
        }
    }

    if (m->server >= 0
        && m->op.action != WSGW_NODE_WAIT
        && w->now > m->watch.sent_at + 2000)
    {
        drop_pair(w, m);
    }

    finish(w, m);

    if (m->server < 0 && w->now >= m->retry) {
        s = (int) draw(w, 2);

        if (reaches(w, m, s) != 2 || !w->servers[s].master) {
            s = !s;
        }

        if (reaches(w, m, s) != 2 || !w->servers[s].master) {
            drop_pair(w, m);
            return;
        }

        m->server = s;
        m->tries = 0;
        wsgw_node_watch_lost(&m->watch, w->now);
    }

    if (m->server >= 0) {
        send_next(w, m);
    }
}


static void
finish(world_t *w, member_t *m)
{
    op_t  op;

    if (m->server >= 0
        && m->op.action != WSGW_NODE_WAIT
        && m->op.executed
        && w->now >= m->op.reply_at
        && reaches(w, m, m->server) == 2)
    {
        op = m->op;
        m->op.action = WSGW_NODE_WAIT;
        answer(w, m, &op);
    }
}


static void
arrive(world_t *w, member_t *m, op_t *op)
{
    if (op->action == WSGW_NODE_WAIT
        || op->executed
        || w->now < op->exec_at
        || !reaches(w, m, op->server))
    {
        return;
    }

    execute(w, m, op);
}


/* somebody sends to an id of some number */

static void
push(world_t *w)
{
    entry_t           *e;
    member_t          *m, *owner;
    uint32_t           number;
    server_t          *s;
    wsgw_node_line_t   line;
    wsgw_node_found_t  found = { NULL, 0, 0, 0, 0, 0, 0 };

    m = &w->nodes[draw(w, NODES)];
    number = 1 + (uint32_t) draw(w, w->numbers);

    if (draw(w, 2)) {
        number = w->nodes[draw(w, NODES)].self.number;
    }

    if (!m->alive || w->now < m->until || m->server < 0
        || reaches(w, m, m->server) != 2 || number == m->self.number
        || !has(w->used, number))
    {
        return;
    }

    s = &w->servers[m->server];
    e = find(&s->data, number);

    if (e != NULL) {
        line = line_of(e);
        found.line = &line;
        m->absent[number] = 0;
        m->away[number] = 0;

    } else {
        found.absent = m->absent[number];
        found.gone = m->away[number];
        wsgw_node_self_absent(&w->conf, &m->self, &found, w->now);
        m->absent[number] = found.absent;
        m->away[number] = found.gone;
    }

    found.dead = has(s->data.dead, number) & 1;

    if (wsgw_node_self_ask(&w->conf, &m->self, w->now, &found)
        == WSGW_NODE_GONE)
    {
        w->gones++;
        put(w->gone, number);

        if (!found.dead && m->guessed) {
            put(w->guess, number);
        }
    }

    /* what it has kept may say otherwise, so it asks in any case */

    owner = user_of(w, number);

    if (owner == NULL || w->now < owner->until || owner->server != m->server
        || reaches(w, owner, owner->server) != 2
        || !wsgw_node_self_serves(&w->conf, &owner->self, w->now))
    {
        return;
    }

    w->answered++;

    if (!has(w->gone, number)) {
        return;
    }

    if (has(w->guess, number)) {
        w->guessed++;

    } else {
        w->risen++;
    }
}


static void
replicate(world_t *w)
{
    size_t    i;
    server_t *s;

    if (w->split != 0) {
        return;
    }

    if (w->now >= w->copied) {
        w->copied = w->now + draw(w, 12) * STEP;

        for (i = 0; i < 2; i++) {
            s = &w->servers[i];

            if (s->master) {
                w->copy = s->data;
            }
        }
    }
}


/* the other one becomes the master, with what it has */

static void
promote(world_t *w)
{
    int  other;

    other = w->servers[0].master ? 1 : 0;
    w->servers[other].data = w->copy;
    w->servers[other].master = 1;
    w->servers[other].up = 1;
    w->servers[other].alone = 0;
}


static void
split(world_t *w)
{
    size_t  i;
    int     old;

    old = w->servers[0].master ? 0 : 1;
    w->split = w->now;
    w->promoted = 0;

    for (i = 0; i < NODES; i++) {
        switch (draw(w, 3)) {

        case 0:
            w->nodes[i].reach[!old] = 0;
            break;

        case 1:
            w->nodes[i].reach[old] = 0;
            break;
        }
    }
}


static void
heal(world_t *w)
{
    size_t  i;
    int     old;

    old = (int) w->promoted - 1;
    w->servers[old].master = 0;
    w->servers[old].data = w->servers[!old].data;
    w->servers[0].alone = w->servers[1].alone = 0;
    w->split = 0;
    w->changed = w->now + 10000;

    for (i = 0; i < NODES; i++) {
        w->nodes[i].reach[0] = w->nodes[i].reach[1] = 2;
    }
}


static void
split_goes_on(world_t *w)
{
    int       old;
    uint64_t  age;

    age = w->now - w->split;

    if (!w->promoted && age >= 3000) {
        old = w->servers[0].master ? 0 : 1;
        promote(w);
        w->promoted = old == 0 ? 1 : 2;
    }

    if (w->promoted && w->plan.replicas && age >= 10000) {
        w->servers[w->promoted - 1].alone = 1;
    }

    if (w->promoted && draw(w, 4 * w->plan.takeover / STEP) == 0) {
        heal(w);
    }
}


static void
redis_faults(world_t *w)
{
    int  i;

    if (w->outage != 0) {
        if (w->now < w->outage) {
            return;
        }

        w->outage = 0;
        i = w->servers[0].master ? 0 : 1;
        w->servers[i].up = 1;
    }

    i = w->servers[0].master ? 0 : 1;

    switch (draw(w, w->plan.quiet ? 4000 : 16000)) {

    case 0:                                             /* away for a while */
        w->servers[i].up = 0;
        w->outage = w->now + draw(w, 5 * w->plan.takeover);
        break;

    case 1:
        if (!w->plan.quiet) {                           /* FLUSHALL */
            memset(&w->servers[i].data, 0, sizeof(data_t));
        }

        break;

    case 2:
        if (!w->plan.quiet) {                           /* an eviction */
            w->servers[i].data.n = 0;
        }

        break;

    case 3:
        if (!w->plan.quiet && w->now >= w->changed) {   /* dies, is replaced */
            promote(w);
            w->servers[i].master = 0;
            w->changed = w->now + 10000;
        }

        break;

    case 4:
        if (!w->plan.quiet) {                           /* starts empty */
            memset(&w->servers[i].data, 0, sizeof(data_t));
            w->servers[i].up = 0;
            w->outage = w->now + draw(w, 10000);
        }

        break;

    case 5:
    case 6:
    case 7:
        if (w->plan.two && w->now >= w->changed) {
            split(w);
        }
    }
}


static void
node_faults(world_t *w)
{
    member_t  *m;

    m = &w->nodes[draw(w, NODES)];

    if (!m->alive) {
        if (w->now >= m->until) {
            start(w, m, 1);
        }

        return;
    }

    if (w->plan.quiet) {
        return;
    }

    switch (draw(w, 1500)) {

    case 0:                                             /* SIGSTOP */
        m->until = w->now + draw(w, 3 * w->plan.takeover);
        break;

    case 1:                                             /* cut off */
        m->cut = w->now + draw(w, 3 * w->plan.takeover);
        break;

    case 2:                                             /* killed */
        w->kills++;
        m->alive = 0;
        m->until = w->now + draw(w, 2 * w->plan.takeover);
        break;

    case 3:                                             /* another beater */
        start(w, m, 0);
        break;

    case 4:                                             /* half a link */
        m->reach[0] = m->reach[1] = 1;
        break;

    case 5:
    case 6:
    case 7:
    case 8:
        if (!w->split) {
            m->reach[0] = m->reach[1] = 2;
        }
    }
}


static void
run(world_t *w, const plan_t *plan, uint64_t seed, uint64_t steps)
{
    size_t    i, k;
    member_t *m;

    memset(w, 0, sizeof(world_t));

    w->plan = *plan;
    w->now = 1000000;
    w->random = seed * 0x9e3779b97f4a7c15 + 1;
    w->servers[0].up = w->servers[1].up = 1;
    w->servers[0].master = 1;

    wsgw_node_self_conf(&w->conf, plan->takeover, plan->claims, plan->fence);

    for (i = 0; i < NODES; i++) {
        m = &w->nodes[i];
        m->reach[0] = m->reach[1] = 2;
        start(w, m, 1);
    }

    while (steps-- && w->numbers + 64 < NUMBERS) {

        if (w->split) {
            split_goes_on(w);

        } else {
            redis_faults(w);
        }

        node_faults(w);
        replicate(w);

        /* who is first differs from step to step */

        k = draw(w, NODES);

        for (i = 0; i < NODES; i++) {
            m = &w->nodes[(i + k) % NODES];
            arrive(w, m, &m->late);
            arrive(w, m, &m->op);
            turn(w, m);
        }

        push(w);
        push(w);

        w->now += STEP;
    }
}


static void
add(world_t *sum, const plan_t *plan, uint64_t seeds, uint64_t steps)
{
    uint64_t         i;
    static world_t   w;

    memset(sum, 0, sizeof(world_t));

    for (i = 0; i < seeds; i++) {
        run(&w, plan, i + 1, steps);

        sum->claims += w.claims;
        sum->wrong += w.wrong;
        sum->risen += w.risen;
        sum->guessed += w.guessed;
        sum->answered += w.answered;
        sum->gones += w.gones;
        sum->closes += w.closes;
        sum->kills += w.kills;
    }

    print_message("# takeover %ds%s%s%s: %d kills, %d claims, %d wrong; "
                  "%d closed; %d answered, %d gone, %d risen, %d guessed\n",
                  (int) (plan->takeover / 1000),
                  plan->fence ? ", fence" : "",
                  plan->two ? ", two masters" : "",
                  plan->replicas ? ", min-replicas" : "",
                  (int) sum->kills, (int) sum->claims, (int) sum->wrong,
                  (int) sum->closes, (int) sum->answered, (int) sum->gones,
                  (int) sum->risen, (int) sum->guessed);
}


static world_t  sum;


static uint64_t
steps(void)
{
    const char  *times;

    times = getenv("STORM");

    return 20000 * (times ? (uint64_t) atoi(times) : 1);
}


/* of each plan: SEEDS times as many */

static uint64_t
seeds(void)
{
    const char  *times;

    times = getenv("SEEDS");

    return times ? (uint64_t) atoi(times) : 1;
}


/* fenced, with one master: nobody is claimed who goes on */

static void
test_fence(void **state)
{
    size_t  i;

    static const plan_t  plans[] = {
        { 60000, 1, 1, 0, 0, 0 }, { 10000, 1, 1, 0, 0, 0 },
        { 300000, 1, 1, 0, 0, 0 },
    };

    (void) state;

    for (i = 0; i < unit_count(plans); i++) {
        add(&sum, &plans[i], 10 * seeds(), steps());
        assert_int_equal(sum.wrong, 0);
        assert_int_equal(sum.risen + sum.guessed, 0);
        assert_true(sum.claims > 20);
    }
}


/* two masters, of which the one without a replica takes no writes */

static void
test_two(void **state)
{
    static const plan_t  plan = { 60000, 1, 1, 1, 1, 0 };

    (void) state;

    add(&sum, &plan, 20 * seeds(), steps());
    assert_int_equal(sum.wrong, 0);
    assert_int_equal(sum.risen + sum.guessed, 0);
    assert_true(sum.claims > 100);
}


/* not fenced: claims may be wrong, but what is gone stays so, unless Redis has
   lost all and none of those who could tell the owner is there */

static void
test_no_fence(void **state)
{
    size_t  i;

    static const plan_t  plans[] = {
        { 60000, 1, 0, 0, 0, 0 }, { 10000, 1, 0, 0, 0, 0 },
        { 60000, 1, 0, 1, 1, 0 },
    };

    (void) state;

    for (i = 0; i < unit_count(plans); i++) {
        add(&sum, &plans[i], 10 * seeds(), steps());
        assert_int_equal(sum.risen, 0);
        assert_true(sum.claims > 20);
    }
}


/* without claims only who left is gone, whatever happens */

static void
test_no_claims(void **state)
{
    static const plan_t  plan = { 60000, 0, 0, 1, 0, 0 };

    (void) state;

    add(&sum, &plan, 10 * seeds(), steps());
    assert_int_equal(sum.claims, 0);
    assert_int_equal(sum.closes, 0);
    assert_int_equal(sum.gones, 0);
    assert_true(sum.answered > 10000);
}


/* Redis alone is away, for up to five takeover times: nobody is closed */

static void
test_outages(void **state)
{
    size_t  i;

    static const plan_t  plans[] = {
        { 60000, 1, 0, 0, 0, 1 }, { 10000, 1, 0, 0, 0, 1 },
    };

    (void) state;

    for (i = 0; i < unit_count(plans); i++) {
        add(&sum, &plans[i], 10 * seeds(), steps());
        assert_int_equal(sum.claims, 0);
        assert_int_equal(sum.closes, 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_fence),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_no_fence),
        cmocka_unit_test(test_no_claims),
        cmocka_unit_test(test_outages),
    };

    return cmocka_run_group_tests_name("node storm", tests, NULL, NULL);
}
