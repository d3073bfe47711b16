/* what a node does next: each rule by itself; all at once is node_storm.c's */

#include "unit.h"
#include "pure/node_watch.h"


#define TOKEN   0x1111
#define NUMBER  7


typedef struct {
    wsgw_node_conf_t   conf;
    wsgw_node_self_t   self;
    wsgw_node_watch_t  watch;
    wsgw_node_other_t  others[8];
    uint64_t           now;

    unsigned           flags;           /* of the last answers */
} node_t;


static void
node_start(node_t *n, uint64_t takeover, unsigned claims, unsigned fence)
{
    memset(n, 0, sizeof(node_t));

    wsgw_node_self_conf(&n->conf, takeover, claims, fence);
    wsgw_node_self_init(&n->self, NUMBER, TOKEN);
    wsgw_node_watch_init(&n->watch, &n->conf, &n->self, n->others,
                         unit_count(n->others));
    n->now = 1000000;
}


static wsgw_node_action_t
node_next(node_t *n)
{
    return wsgw_node_watch_next(&n->watch, n->now);
}


static wsgw_node_line_t
line_of(uint64_t token, uint64_t beat)
{
    wsgw_node_line_t  line;

    memset(&line, 0, sizeof(line));
    line.token = token;
    line.beat = beat;

    return line;
}


static void
node_register(node_t *n)
{
    wsgw_node_answer_t  answer = { NULL, 1, 0, 0 };

    assert_int_equal(node_next(n), WSGW_NODE_REGISTER);
    assert_int_equal(node_next(n), WSGW_NODE_WAIT);

    n->flags = wsgw_node_watch_registered(&n->watch, n->now, &answer);
}


/* a beat whose poll shows numbers 100, 101, ... with these beats; 0: none */

/* It says that it is there, or looks alone, and polls the others. */

static void
node_turn(node_t *n, wsgw_node_action_t action, const uint64_t *beats,
    size_t count)
{
    size_t              i;
    wsgw_node_line_t    line, own;
    wsgw_node_answer_t  answer = { &own, 0, 0, 0 };

    own = line_of(TOKEN, n->self.beat);

    if (n->now < n->watch.due) {
        n->now = n->watch.due;
    }

    assert_int_equal(node_next(n), action);

    n->flags = wsgw_node_watch_beaten(&n->watch, n->now, &answer);

    wsgw_node_watch_poll(&n->watch, n->now);
    own = line_of(TOKEN, action == WSGW_NODE_BEAT ? n->self.sent
                                                  : n->self.beat);
    wsgw_node_watch_see(&n->watch, NUMBER, &own);

    for (i = 0; i < count; i++) {
        if (beats[i] != 0) {
            line = line_of(1 + i, beats[i]);
            wsgw_node_watch_see(&n->watch, (uint32_t) (100 + i), &line);
        }
    }

    n->flags |= wsgw_node_watch_polled(&n->watch, n->now);
}


static void
node_beat(node_t *n, const uint64_t *beats, size_t count)
{
    node_turn(n, WSGW_NODE_BEAT, beats, count);
}


static void
node_look(node_t *n, const uint64_t *beats, size_t count)
{
    node_turn(n, WSGW_NODE_LOOK, beats, count);
}


static void
test_conf(void **state)
{
    size_t            i;
    wsgw_node_conf_t  conf;

    static const struct {
        uint64_t  takeover, beat;
        uint32_t  polls;
    } rows[] = {
        { 10000, 1000, 10 }, { 12000, 1000, 12 }, { 60000, 5000, 12 },
        { 65000, 5416, 13 }, { 3600000, 300000, 12 }, { 0, 5000, 0 },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        wsgw_node_self_conf(&conf, rows[i].takeover, 1, 1);
        assert_int_equal(conf.beat, rows[i].beat);
        assert_int_equal(conf.polls, rows[i].polls);
        assert_int_equal(conf.claims, rows[i].takeover != 0);
        assert_int_equal(conf.fence, rows[i].takeover != 0);
        assert_true(conf.polls * conf.beat >= rows[i].takeover);
    }
}


static void
test_register(void **state)
{
    node_t              n;
    wsgw_node_line_t    other = line_of(9, 1), own = line_of(TOKEN, 1);
    wsgw_node_answer_t  taken = { &other, 0, 0, 0 };
    wsgw_node_answer_t  dead = { &own, 1, 0, 1 };
    wsgw_node_answer_t  again = { &own, 0, 0, 0 };

    (void) state;

    node_start(&n, 60000, 1, 0);

    /* somebody has the number: as long as it is so, each beat tries again */

    assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
    assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now, &taken),
                     WSGW_NODE_TAKEN);
    assert_int_equal(n.self.state, WSGW_NODE_UNREGISTERED);
    assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    n.now += 4999;
    assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    n.now += 1;
    assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
    assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now, &taken),
                     WSGW_NODE_TAKEN);

    /* drawn anew: at once; this one is dead, the line is taken back */

    wsgw_node_watch_renew(&n.watch, n.now, NUMBER + 1, TOKEN);
    assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
    assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now, &dead),
                     WSGW_NODE_TAKEN);
    wsgw_node_watch_renew(&n.watch, n.now, NUMBER, TOKEN);
    assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
    assert_int_equal(n.watch.target, NUMBER + 1);
    wsgw_node_watch_claimed(&n.watch, n.now, 1);

    /* the answer was lost, the line is there */

    assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
    wsgw_node_watch_lost(&n.watch, n.now);
    assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
    assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now, &again), 0);
    assert_int_equal(n.self.state, WSGW_NODE_REGISTERED);
    assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
}


/* The answer was lost, and nobody has seen the line go on since: it is as if it
   had been away from the first try on. */

static void
test_register_late(void **state)
{
    node_t              n;
    size_t              late;
    wsgw_node_line_t    own = line_of(TOKEN, 1000), other = line_of(9, 1);
    wsgw_node_answer_t  again = { &own, 0, 0, 0 }, set = { &own, 1, 0, 0 };
    wsgw_node_answer_t  taken = { &other, 0, 0, 0 };

    (void) state;

    for (late = 0; late < 2; late++) {
        node_start(&n, 60000, 1, 0);
        assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
        wsgw_node_watch_lost(&n.watch, n.now);
        n.now += 30000;
        assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
        wsgw_node_watch_lost(&n.watch, n.now);
        n.now += late ? 25000 : 24999;
        assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
        assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now, &again),
                         late ? WSGW_NODE_CLOSE : 0);
        assert_int_equal(n.self.state, late ? WSGW_NODE_CLAIMED
                                            : WSGW_NODE_REGISTERED);
    }

    /* the number is given up, and its line with it */

    wsgw_node_watch_renew(&n.watch, n.now, NUMBER + 1, TOKEN);
    assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
    assert_int_equal(n.watch.target, NUMBER);

    /* it has come at last; or somebody had the number until now */

    for (late = 0; late < 2; late++) {
        node_start(&n, 60000, 1, 0);
        assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);

        if (late) {
            assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now,
                                                        &taken),
                             WSGW_NODE_TAKEN);
        } else {
            wsgw_node_watch_lost(&n.watch, n.now);
        }

        n.now += 70000;
        assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
        assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now,
                                                    late ? &again : &set), 0);
        assert_int_equal(n.self.state, WSGW_NODE_REGISTERED);
    }
}


/* Nobody claims, and the number is that of a node which has ended long ago. */

static void
test_drawn_again(void **state)
{
    node_t              n;
    wsgw_node_line_t    own = line_of(TOKEN, 1000);
    wsgw_node_answer_t  set = { &own, 1, 0, 1 }, beat = { &own, 0, 0, 1 };

    (void) state;

    node_start(&n, 60000, 0, 0);
    assert_int_equal(node_next(&n), WSGW_NODE_REGISTER);
    assert_int_equal(wsgw_node_watch_registered(&n.watch, n.now, &set), 0);
    assert_int_equal(n.self.state, WSGW_NODE_REGISTERED);

    assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
    assert_int_equal(wsgw_node_watch_beaten(&n.watch, n.now, &beat), 0);
    assert_int_equal(n.self.state, WSGW_NODE_REGISTERED);
}


/* goes on by a thousand, is not lower than the others', and one more if it was
   lost */

static void
test_beat(void **state)
{
    node_t    n;
    uint64_t  beats[2] = { 50002, 3000 };

    (void) state;

    node_start(&n, 60000, 0, 0);
    node_register(&n);
    assert_int_equal(n.self.sent, 1000);

    node_beat(&n, beats, 2);
    assert_int_equal(n.self.sent, 2000);
    assert_int_equal(n.now + 5000, n.watch.due);

    node_beat(&n, beats, 2);
    assert_int_equal(n.self.sent, 50000);
    node_beat(&n, beats, 2);
    assert_int_equal(n.self.sent, 51000);

    n.now = n.watch.due;
    assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
    assert_int_equal(n.self.sent, 52000);
    wsgw_node_watch_lost(&n.watch, n.now + 100);
    assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    n.now += 100;
    assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
    assert_int_equal(n.self.sent, 52001);
    assert_int_equal(n.self.beat, 51000);
    assert_int_equal(n.self.state, WSGW_NODE_REGISTERED);

    node_start(&n, 60000, 0, 0);
    node_register(&n);
    node_beat(&n, beats, 2);
    node_beat(&n, beats, 2);
    n.self.beat = n.self.sent = 51999;
    node_beat(&n, beats, 2);
    assert_int_equal(n.self.sent, 52000);
}


static unsigned
beat_of(uint64_t token, uint64_t beat, unsigned foreign, unsigned dead,
    unsigned lost)
{
    unsigned            flags;
    node_t              n;
    wsgw_node_line_t    line;
    wsgw_node_answer_t  answer = { NULL, 0, 0, 0 };

    node_start(&n, 60000, 1, 0);
    node_register(&n);
    node_beat(&n, NULL, 0);             /* 2000 */

    n.now = n.watch.due;
    assert_int_equal(node_next(&n), WSGW_NODE_BEAT);

    if (lost) {
        wsgw_node_watch_lost(&n.watch, n.now);
        assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
    }

    line = line_of(token, beat);
    answer.line = token ? &line : NULL;
    answer.foreign = foreign & 1;
    answer.dead = dead & 1;

    flags = wsgw_node_watch_beaten(&n.watch, n.now, &answer);

    assert_int_equal(n.self.state, flags & WSGW_NODE_CLOSE
                                   ? WSGW_NODE_CLAIMED : WSGW_NODE_REGISTERED);
    return flags;
}


static void
test_twin(void **state)
{
    unsigned  twin;

    (void) state;

    twin = WSGW_NODE_TWIN | WSGW_NODE_CLOSE;

    assert_int_equal(beat_of(TOKEN, 2000, 0, 0, 0), 0);
    assert_int_equal(beat_of(TOKEN, 1000, 0, 0, 0), WSGW_NODE_MISSING);
    assert_int_equal(beat_of(0, 0, 0, 0, 0), WSGW_NODE_MISSING);
    assert_int_equal(beat_of(0, 0, 1, 0, 0), WSGW_NODE_MISSING);
    assert_int_equal(beat_of(TOKEN + 1, 1000, 0, 0, 0), twin);
    assert_int_equal(beat_of(TOKEN, 2000, 0, 1, 0), WSGW_NODE_CLOSE);

    /* one that beats at the same pace writes what we are about to write */

    assert_int_equal(beat_of(TOKEN, 3000, 0, 0, 0), twin);

    /* or it was we, and the answer was lost */

    assert_int_equal(beat_of(TOKEN, 3000, 0, 0, 1), 0);
    assert_int_equal(beat_of(TOKEN, 3001, 0, 0, 1), twin);
}


/* what is no line may be nonsense; what is none again, behind ours, is not */

static void
test_no_line(void **state)
{
    size_t              i;
    node_t              n;
    wsgw_node_answer_t  foreign = { NULL, 0, 1, 0 }, none = { NULL, 0, 0, 0 };

    (void) state;

    node_start(&n, 60000, 0, 0);
    node_register(&n);

    for (i = 0; i < 5; i++) {
        n.now = n.watch.due;
        assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
        assert_int_equal(wsgw_node_watch_beaten(&n.watch, n.now,
                                                i % 2 ? &none : &foreign),
                         WSGW_NODE_MISSING);
    }

    n.now = n.watch.due;
    assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
    assert_int_equal(wsgw_node_watch_beaten(&n.watch, n.now, &foreign),
                     WSGW_NODE_TWIN | WSGW_NODE_CLOSE);
}


/* a number that was given up is claimed by ourselves, and the claim repeated */

static void
test_renew(void **state)
{
    node_t              n;
    wsgw_node_answer_t  dead = { NULL, 0, 0, 1 };

    (void) state;

    node_start(&n, 60000, 1, 0);
    node_register(&n);
    assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
    assert_true(wsgw_node_watch_beaten(&n.watch, n.now, &dead)
                & WSGW_NODE_CLOSE);

    n.now += 60000;
    assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    assert_false(wsgw_node_self_serves(&n.conf, &n.self, n.now));

    wsgw_node_watch_renew(&n.watch, n.now, 99, 77);
    assert_int_equal(n.self.state, WSGW_NODE_UNREGISTERED);
    assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
    assert_int_equal(n.watch.target, NUMBER);
    wsgw_node_watch_claimed(&n.watch, n.now, 0);

    node_register(&n);
    node_beat(&n, NULL, 0);
    assert_int_equal(wsgw_node_watch_repeats(&n.watch, n.now), 0);

    n.now += 5000;
    assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
    wsgw_node_watch_claimed(&n.watch, n.now, 1);
    assert_int_equal(wsgw_node_watch_repeats(&n.watch, n.now), 1);
    assert_int_equal(n.watch.repeats[0].number, NUMBER);
    assert_int_equal(wsgw_node_watch_repeats(&n.watch, n.now + 599999), 1);
    assert_int_equal(wsgw_node_watch_repeats(&n.watch, n.now + 600000), 0);
}


/* K polls without a change, none of them behind a gap, lead to a claim */

static void
test_claim(void **state)
{
    node_t    n;
    size_t    i, gap;
    uint64_t  beats[3] = { 10, 20, 30 };

    (void) state;

    for (gap = 0; gap < 3; gap++) {
        node_start(&n, 60000, 1, 0);
        node_register(&n);

        for (i = 0; i < 20; i++) {
            beats[0]++;
            beats[1] += gap == 2 && i == 5;

            if (i == 6 && gap == 1) {
                n.now += 2 * n.conf.beat + 1;
            }

            node_beat(&n, beats, 2);
            assert_int_equal(n.flags, 0);

            if (n.others[1].still >= 12) {
                break;
            }
        }

        assert_int_equal(i, gap == 0 ? 12 : gap == 1 ? 18 : 17);
        assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
        assert_int_equal(n.watch.target, 101);

        /* refused: not before the next poll */

        wsgw_node_watch_claimed(&n.watch, n.now, 0);
        assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
        beats[0]++;
        node_beat(&n, beats, 2);
        assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
        wsgw_node_watch_claimed(&n.watch, n.now, 1);
        assert_int_equal(n.watch.nothers, 1);
        assert_int_equal(n.watch.repeats[0].number, 101);
        assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    }
}


/* switched off, or most stand still: then only after ten times as long */

static void
test_no_claim(void **state)
{
    node_t    n;
    size_t    i;
    uint64_t  beats[3] = { 10, 20, 30 };

    (void) state;

    node_start(&n, 60000, 0, 0);
    node_register(&n);

    for (i = 0; i < 200; i++) {
        beats[0]++;
        node_beat(&n, beats, 2);
        assert_int_equal(n.flags, 0);
        assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    }

    node_start(&n, 60000, 1, 0);
    node_register(&n);

    for (i = 0; i < 120; i++) {
        node_beat(&n, beats, 3);
        assert_int_equal(n.flags, i == 12 ? WSGW_NODE_STILL : 0);
        assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    }

    node_beat(&n, beats, 3);
    assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
}


/* what is no line of our version may beat all the same; and a full table */

static void
test_unreadable(void **state)
{
    size_t            i, k;
    node_t            n;
    wsgw_node_line_t  own = line_of(TOKEN, 1);
    wsgw_node_answer_t  answer = { &own, 0, 0, 0 };

    (void) state;

    node_start(&n, 10000, 1, 0);
    node_register(&n);

    for (i = 0; i < 150; i++) {
        n.now = n.watch.due;
        own.beat = n.self.beat;
        assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
        assert_int_equal(wsgw_node_watch_beaten(&n.watch, n.now, &answer), 0);
        wsgw_node_watch_poll(&n.watch, n.now);

        for (k = 20; k > 0; k--) {
            assert_int_equal(wsgw_node_watch_see(&n.watch,
                                                 (uint32_t) (1000 * k), NULL),
                             0);
        }

        assert_int_equal(wsgw_node_watch_polled(&n.watch, n.now), 0);
        assert_int_equal(n.watch.nothers, 8);
        assert_int_equal(n.others[0].number, 13000);
        assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    }
}


/* for how many polls a line has stood still: any change, and any gap in our own
   watch, begins anew */

static void
test_still(void **state)
{
    size_t            i;
    node_t            n;
    wsgw_node_line_t  line;
    wsgw_node_line_t  own = line_of(TOKEN, 1);
    wsgw_node_answer_t  answer = { &own, 0, 0, 0 };

    static const struct {
        uint64_t  token, beat;
        uint32_t  still;
        unsigned  lost:1;
    } rows[] = {
        { 5, 1000, 0, 0 }, { 5, 1000, 1, 0 }, { 5, 1000, 2, 0 },
        { 5, 2000, 0, 0 }, { 5, 2000, 1, 0 }, { 6, 2000, 0, 0 },
        { 6, 2000, 1, 0 }, { 6, 2000, 0, 1 }, { 6, 2000, 1, 0 },
    };

    (void) state;

    node_start(&n, 60000, 0, 0);
    node_register(&n);

    for (i = 0; i < unit_count(rows); i++) {

        if (rows[i].lost) {
            wsgw_node_watch_lost(&n.watch, n.now);
        }

        n.now = n.watch.due;
        own.beat = n.self.beat;
        assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
        assert_int_equal(wsgw_node_watch_beaten(&n.watch, n.now, &answer), 0);

        line = line_of(rows[i].token, rows[i].beat);

        wsgw_node_watch_poll(&n.watch, n.now);
        assert_int_equal(wsgw_node_watch_see(&n.watch, 100, &line),
                         rows[i].still);
        (void) wsgw_node_watch_polled(&n.watch, n.now);
    }
}


/* away for long: was it we alone, or all? */

static void
test_back(void **state)
{
    node_t    n;
    size_t    alone, i;
    uint64_t  beats[1] = { 1000000 };

    (void) state;

    for (alone = 0; alone < 2; alone++) {
        node_start(&n, 60000, 1, 0);
        node_register(&n);
        node_beat(&n, beats, 1);

        for (i = 0; i < 2; i++) {
            n.now += 15000;
            assert_int_equal(node_next(&n), WSGW_NODE_BEAT);
            assert_int_equal(n.self.state, WSGW_NODE_CUT);
            assert_true(wsgw_node_self_serves(&n.conf, &n.self, n.now));
            wsgw_node_watch_lost(&n.watch, n.now);
        }

        /* short */

        node_beat(&n, beats, 1);
        assert_int_equal(n.flags, WSGW_NODE_BACK);
        assert_int_equal(n.self.state, WSGW_NODE_REGISTERED);

        wsgw_node_watch_lost(&n.watch, n.now + 55000);
        beats[0] += alone ? 10000 : 9999;

        node_look(&n, beats, 1);
        assert_int_equal(n.flags, 0);
        assert_int_equal(n.self.state, WSGW_NODE_CUT);
        assert_false(wsgw_node_self_serves(&n.conf, &n.self, n.now));

        node_look(&n, beats, 1);
        assert_int_equal(n.flags, alone ? WSGW_NODE_CLOSE : 0);

        if (!alone) {
            node_beat(&n, beats, 1);
            assert_int_equal(n.flags, WSGW_NODE_BACK);
        }

        assert_int_equal(wsgw_node_self_serves(&n.conf, &n.self, n.now),
                         !alone);
    }

    /* nobody is there who was there before: it may be that they come */

    node_start(&n, 60000, 1, 0);
    node_register(&n);
    node_beat(&n, beats, 1);
    wsgw_node_watch_lost(&n.watch, n.now + 55000);

    for (i = 1; i < 12; i++) {
        node_turn(&n, i < 3 ? WSGW_NODE_LOOK : WSGW_NODE_BEAT, NULL, 0);
        assert_int_equal(n.flags, 0);
        assert_false(wsgw_node_self_serves(&n.conf, &n.self, n.now));
    }

    node_beat(&n, NULL, 0);
    assert_int_equal(n.flags, WSGW_NODE_BACK);
}


/*
 * Redis has lost all while it was away, and somebody is there who has begun
 * anew: he may have said that we are gone, or one before him.
 */

static void
test_back_to_others(void **state)
{
    node_t    n;
    size_t    looks;
    uint64_t  beats[1] = { 1000000 }, anew[1] = { 7000 };

    (void) state;

    for (looks = 1; looks < 3; looks++) {
        node_start(&n, 60000, 1, 0);
        node_register(&n);
        node_beat(&n, beats, 1);
        wsgw_node_watch_lost(&n.watch, n.now + 55000);

        if (looks == 2) {
            node_look(&n, NULL, 0);
            assert_int_equal(n.flags, 0);
        }

        node_look(&n, anew, 1);
        assert_int_equal(n.flags, WSGW_NODE_CLOSE);
        assert_int_equal(n.self.state, WSGW_NODE_CLAIMED);
    }

    /* what it had seen is of a time that nobody here knows of: who comes back
       from it, too, sees that others have gone on */

    wsgw_node_watch_renew(&n.watch, n.now, 99, 77);
    assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
    wsgw_node_watch_claimed(&n.watch, n.now, 1);
    node_register(&n);
    assert_int_equal(n.self.sent, 1001000000);
}


static void
test_fence(void **state)
{
    node_t    n;
    uint64_t  sent;

    (void) state;

    node_start(&n, 60000, 0, 1);
    node_register(&n);
    sent = n.now;
    node_beat(&n, NULL, 0);

    assert_int_equal(wsgw_node_self_tick(&n.conf, &n.self, sent + 49999),
                     WSGW_NODE_CUT);
    assert_int_equal(wsgw_node_self_tick(&n.conf, &n.self, sent + 50000),
                     WSGW_NODE_FENCED);

    /* a zone that its host's start has outlived */

    assert_int_equal(wsgw_node_self_tick(&n.conf, &n.self, sent - 1),
                     WSGW_NODE_FENCED);

    n.now = sent + 50000;
    assert_int_equal(node_next(&n), WSGW_NODE_WAIT);
    assert_int_equal(n.self.state, WSGW_NODE_FENCED);

    wsgw_node_watch_renew(&n.watch, n.now, 99, 77);
    assert_int_equal(n.self.state, WSGW_NODE_FENCED);
    assert_int_equal(node_next(&n), WSGW_NODE_CLAIM);
    wsgw_node_watch_claimed(&n.watch, n.now, 1);
    node_register(&n);
    assert_int_equal(n.self.state, WSGW_NODE_REGISTERED);
}


static void
test_ask(void **state)
{
    node_t             n;
    size_t             i;
    uint64_t           beats[1] = { 5 };
    wsgw_node_line_t   line = line_of(9, 9);
    wsgw_node_found_t  kept, found = { NULL, 0, 0, 0, 0, 0, 0 };

    (void) state;

    node_start(&n, 60000, 1, 0);
    node_register(&n);

    /* read with each beat: not there for 60 s, and a beat later */

    for (i = 0; i < 15; i++) {
        wsgw_node_self_absent(&n.conf, &n.self, &found, n.now);
        assert_int_equal(found.gone != 0, i > 12);
        assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                         i < 14 ? WSGW_NODE_UNSURE : WSGW_NODE_GONE);
        beats[0]++;
        node_beat(&n, beats, 1);
    }

    /* what it knows from before it watched is nothing */

    kept = found;
    found.absent = n.self.since - 1;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_UNSURE);
    wsgw_node_self_absent(&n.conf, &n.self, &found, n.now);
    assert_int_equal(found.absent, n.now);
    assert_int_equal(found.gone, 0);

    /* nor what no beat has come after: Redis may just have lost it */

    found = kept;
    found.gone = n.self.acked;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_UNSURE);

    found = kept;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self,
                                        n.self.polled + 10001, &found),
                     WSGW_NODE_UNSURE);
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_GONE);
    found.cover = 1;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_UNSURE);
    found.cover = 0;
    found.other = 1;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_UNSURE);
    found.other = 0;
    n.conf.claims = 0;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_UNSURE);

    found.line = &line;
    found.unchanged = 15000;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_ASK);
    found.unchanged++;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_SUSPECT);

    /* our own beat is not taken either */

    n.now = n.self.since + 3 * n.conf.beat - 1;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_ASK);
    n.now++;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_SUSPECT);

    /* among the dead: with a line the number was drawn again, or claimed */

    found.dead = 1;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_SUSPECT);
    found.unchanged = 0;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_ASK);
    n.conf.claims = 1;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_GONE);

    n.conf.claims = 0;
    found.line = NULL;
    found.other = 1;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_UNSURE);
    found.other = 0;
    assert_int_equal(wsgw_node_self_ask(&n.conf, &n.self, n.now, &found),
                     WSGW_NODE_GONE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_conf),
        cmocka_unit_test(test_register),
        cmocka_unit_test(test_register_late),
        cmocka_unit_test(test_drawn_again),
        cmocka_unit_test(test_beat),
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_no_line),
        cmocka_unit_test(test_renew),
        cmocka_unit_test(test_claim),
        cmocka_unit_test(test_no_claim),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_still),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_back_to_others),
        cmocka_unit_test(test_fence),
        cmocka_unit_test(test_ask),
    };

    return cmocka_run_group_tests_name("node watch", tests, NULL, NULL);
}
