
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A node among others.  Whoever stands still for K polls of a watcher that has
 * watched without a gap has sent nothing for the takeover time, since a poll
 * comes no sooner than B behind the answer to the last one.  The owner counts
 * from the moment when it sent a beat, which was before anybody saw it.
 */


#include <string.h>

#include "pure/node_watch.h"


#define WSGW_NODE_LONG      10          /* times K, if most stand still */
#define WSGW_NODE_SLACK     3           /* beats of K that may be missing */
#define WSGW_NODE_TRIES     1000        /* numbers of one beat */
#define WSGW_NODE_LOOKS     2           /* before it says anything itself */
#define WSGW_NODE_REPEAT    (10 * 60 * 1000)
#define WSGW_NODE_LEAP      1000000     /* beats that nobody can have missed */


#define wsgw_node_watch_count(beat)  ((beat) / WSGW_NODE_TRIES)


static void wsgw_node_watch_forget(wsgw_node_watch_t *w);
static uint32_t wsgw_node_watch_find(const wsgw_node_watch_t *w,
    uint32_t number);
static int wsgw_node_watch_is_over(const wsgw_node_watch_t *w,
    const wsgw_node_other_t *other);
static wsgw_node_action_t wsgw_node_watch_claim(wsgw_node_watch_t *w,
    uint64_t now);
static int wsgw_node_watch_looks(const wsgw_node_watch_t *w, uint64_t now);
static wsgw_node_action_t wsgw_node_watch_send(wsgw_node_watch_t *w,
    uint64_t now, wsgw_node_action_t action);
static unsigned wsgw_node_watch_judge(wsgw_node_watch_t *w);
static void wsgw_node_watch_repeat(wsgw_node_watch_t *w, uint64_t now,
    uint32_t number);


void
wsgw_node_watch_init(wsgw_node_watch_t *w, const wsgw_node_conf_t *conf,
    wsgw_node_self_t *self, wsgw_node_other_t *others, uint32_t max)
{
    memset(w, 0, sizeof(wsgw_node_watch_t));

    w->conf = conf;
    w->self = self;
    w->others = others;
    w->max = max;

    wsgw_node_watch_forget(w);
}


wsgw_node_action_t
wsgw_node_watch_next(wsgw_node_watch_t *w, uint64_t now)
{
    wsgw_node_self_t    *self;
    wsgw_node_action_t   action;

    self = w->self;

    self->state = wsgw_node_self_tick(w->conf, self, now);

    if (w->action != WSGW_NODE_WAIT) {
        return WSGW_NODE_WAIT;
    }

    if (w->owes && now >= w->own_due) {
        w->target = w->own;
        return wsgw_node_watch_send(w, now, WSGW_NODE_CLAIM);
    }

    switch (self->state) {

    case WSGW_NODE_FENCED:

        if (self->beat != 0) {
            /* its connections are to be closed first */
            return WSGW_NODE_WAIT;
        }

        /* fall through */

    case WSGW_NODE_UNREGISTERED:
        action = WSGW_NODE_REGISTER;
        break;

    case WSGW_NODE_REGISTERED:

        if (wsgw_node_watch_claim(w, now) == WSGW_NODE_CLAIM) {
            return wsgw_node_watch_send(w, now, WSGW_NODE_CLAIM);
        }

        /* fall through */

    case WSGW_NODE_CUT:
        action = wsgw_node_watch_looks(w, now) ? WSGW_NODE_LOOK
                                               : WSGW_NODE_BEAT;
        break;

    default:    /* WSGW_NODE_CLAIMED */
        return WSGW_NODE_WAIT;
    }

    return now >= w->due ? wsgw_node_watch_send(w, now, action)
                         : WSGW_NODE_WAIT;
}


static int
wsgw_node_watch_looks(const wsgw_node_watch_t *w, uint64_t now)
{
    return w->self->returns != 0 ? w->self->returns < WSGW_NODE_LOOKS
                                 : wsgw_node_self_long_away(w->conf, w->self,
                                                            now);
}


static wsgw_node_action_t
wsgw_node_watch_send(wsgw_node_watch_t *w, uint64_t now,
    wsgw_node_action_t action)
{
    uint64_t           beat;
    wsgw_node_self_t  *self;

    self = w->self;

    w->action = action;
    w->sent_at = now;

    if (action == WSGW_NODE_CLAIM) {
        return action;
    }

    w->bound = self->sent;

    if (action == WSGW_NODE_LOOK) {
        return action;
    }

    self->acked = self->acked != 0 ? self->acked : now;

    beat = wsgw_node_watch_count(self->beat) + 1;

    if (beat < wsgw_node_watch_count(self->seen)) {
        beat = wsgw_node_watch_count(self->seen);
    }

    beat *= WSGW_NODE_TRIES;

    /* one that came through without its answer is not to be said again */

    self->sent = beat > self->sent ? beat : self->sent + 1;

    return action;
}


/* Looks for one that is over, unless most stand still: then we are the few. */

static wsgw_node_action_t
wsgw_node_watch_claim(wsgw_node_watch_t *w, uint64_t now)
{
    uint32_t  i;

    if (!w->conf->claims || now - w->self->polled > 2 * w->conf->beat) {
        return WSGW_NODE_WAIT;
    }

    for (i = 0; i < w->nothers; i++) {

        if (wsgw_node_watch_is_over(w, &w->others[i])) {
            w->target = w->others[i].number;
            return WSGW_NODE_CLAIM;
        }
    }

    return WSGW_NODE_WAIT;
}


static int
wsgw_node_watch_is_over(const wsgw_node_watch_t *w,
    const wsgw_node_other_t *other)
{
    uint32_t  polls;

    polls = w->conf->polls;

    if (w->suspects * 2 > w->nothers + 1) {
        polls *= WSGW_NODE_LONG;
    }

    return other->still >= polls;
}


void
wsgw_node_watch_lost(wsgw_node_watch_t *w, uint64_t due)
{
    w->action = WSGW_NODE_WAIT;
    w->due = due;
    w->own_due = due;

    wsgw_node_watch_forget(w);
}


static void
wsgw_node_watch_forget(wsgw_node_watch_t *w)
{
    w->nothers = 0;
    w->suspects = 0;
    w->self->since = 0;
}


unsigned
wsgw_node_watch_registered(wsgw_node_watch_t *w, uint64_t now,
    const wsgw_node_answer_t *answer)
{
    unsigned           ours;
    wsgw_node_self_t  *self;

    self = w->self;

    if (w->action != WSGW_NODE_REGISTER) {
        /* of a number that was given up meanwhile */
        return 0;
    }

    w->action = WSGW_NODE_WAIT;

    /* an earlier try may have come through without its answer */

    ours = answer->set
           || (answer->line != NULL && answer->line->token == self->token);

    if (!ours || (answer->dead && w->conf->claims)) {

        if (ours) {
            w->owes = 1;
            w->own = self->number;
            w->own_due = now;
        }

        self->acked = 0;

        w->due = now + w->conf->beat;
        return WSGW_NODE_TAKEN;
    }

    self->beat = self->sent;
    self->state = WSGW_NODE_REGISTERED;

    w->due = now;

    if (answer->set) {
        self->acked = w->sent_at;

    } else if (wsgw_node_self_long_away(w->conf, self, now)) {

        /* its line has stood still since the first try */

        self->state = WSGW_NODE_CLAIMED;
        return WSGW_NODE_CLOSE;
    }

    return 0;
}


unsigned
wsgw_node_watch_beaten(wsgw_node_watch_t *w, uint64_t now,
    const wsgw_node_answer_t *answer)
{
    unsigned           flags, looked;
    wsgw_node_self_t  *self;

    self = w->self;
    looked = w->action == WSGW_NODE_LOOK;

    if (w->action != WSGW_NODE_BEAT && !looked) {
        return 0;
    }

    w->action = WSGW_NODE_WAIT;
    w->due = now + w->conf->beat;

    if (self->state != WSGW_NODE_REGISTERED && self->state != WSGW_NODE_CUT) {
        /* fenced while the beat was on its way */
        return 0;
    }

    /* what is no line and is there again, though we have written ours */

    w->foreign = answer->foreign ? w->foreign + 1 : 0;

    if (w->foreign > 1
        || (answer->line != NULL
            && (answer->line->token != self->token
                || answer->line->beat > w->bound)))
    {
        self->state = WSGW_NODE_CLAIMED;
        return WSGW_NODE_TWIN | WSGW_NODE_CLOSE;
    }

    if (answer->dead && w->conf->claims) {
        self->state = WSGW_NODE_CLAIMED;
        return WSGW_NODE_CLOSE;
    }

    if (looked) {
        self->returns++;
        self->state = WSGW_NODE_CUT;
        return 0;
    }

    flags = 0;

    if (answer->line == NULL || answer->line->beat < self->beat) {
        /* so others may be missing that live, and no count goes on */
        wsgw_node_watch_forget(w);
        flags |= WSGW_NODE_MISSING;
    }

    if (self->returns != 0 || wsgw_node_self_long_away(w->conf, self, now)) {
        self->returns++;
        self->state = WSGW_NODE_CUT;

    } else if (self->state == WSGW_NODE_CUT) {
        self->state = WSGW_NODE_REGISTERED;
        flags |= WSGW_NODE_BACK;
    }

    self->beat = self->sent;
    self->acked = w->sent_at;

    return flags;
}


void
wsgw_node_watch_poll(wsgw_node_watch_t *w, uint64_t now)
{
    if (w->self->since == 0 || now - w->self->polled > 2 * w->conf->beat) {
        wsgw_node_watch_forget(w);
    }

    w->poll++;
    w->highest = 0;
}


/* the first that has no lower number */

static uint32_t
wsgw_node_watch_find(const wsgw_node_watch_t *w, uint32_t number)
{
    uint32_t  low, high, middle;

    low = 0;
    high = w->nothers;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (w->others[middle].number < number) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


uint32_t
wsgw_node_watch_see(wsgw_node_watch_t *w, uint32_t number,
    const wsgw_node_line_t *line)
{
    uint32_t            i;
    wsgw_node_other_t  *other;

    /* a token of nobody: two nodes had that number and gave it up */

    if (number == w->self->number || (line != NULL && line->token == 0)) {
        return 0;
    }

    i = wsgw_node_watch_find(w, number);
    other = &w->others[i];

    if (i == w->nothers || other->number != number) {

        if (w->nothers == w->max) {
            return 0;
        }

        memmove(other + 1, other, (w->nothers - i) * sizeof(*other));
        memset(other, 0, sizeof(wsgw_node_other_t));

        other->number = number;
        w->nothers++;

    } else if (line != NULL
               && other->token == line->token
               && other->beat == line->beat
               && other->poll != w->poll)
    {
        other->still++;

    } else {
        other->still = 0;
    }

    other->poll = w->poll;
    other->token = line != NULL ? line->token : 0;
    other->beat = line != NULL ? line->beat : 0;

    if (other->beat > w->highest) {
        w->highest = other->beat;
    }

    return other->still;
}


unsigned
wsgw_node_watch_polled(wsgw_node_watch_t *w, uint64_t now)
{
    unsigned            over;
    uint32_t            i, n;
    wsgw_node_other_t  *other;

    w->suspects = 0;

    for (i = 0, n = 0; i < w->nothers; i++) {
        other = &w->others[i];

        if (other->poll != w->poll) {
            continue;
        }

        if (other->still >= WSGW_NODE_SUSPECT_POLLS) {
            w->suspects++;
        }

        w->others[n++] = *other;
    }

    w->nothers = n;
    w->self->polled = now;

    if (w->self->since == 0) {
        w->self->since = now;
    }

    if (w->self->returns != 0) {
        return wsgw_node_watch_judge(w);
    }

    if (w->self->state == WSGW_NODE_REGISTERED) {
        w->self->seen = w->highest;
    }

    for (i = 0, over = 0; i < n && w->conf->claims; i++) {
        over |= w->others[i].still >= w->conf->polls;
    }

    if (!over || w->suspects * 2 <= n + 1) {
        w->alerted = 0;
        return 0;
    }

    if (w->alerted) {
        return 0;
    }

    w->alerted = 1;

    return WSGW_NODE_STILL;
}


/*
 * Back after a time in which it may have been claimed.  If others have gone on
 * meanwhile for as long as a claim takes it was away alone, and a claim may
 * only have been lost.  It looks twice before it says anything itself: by the
 * second time each node that is connected has written again what a Redis may
 * have lost, and a claimer has repeated its claim.  Others' beats are still
 * their own then, and do not follow ours: if they are far lower Redis has lost
 * all that there was, and somebody has begun anew without us, nobody knows
 * when.  If nobody is there who could tell it waits for K, and goes on: that is
 * how all come back to a Redis that was away, and it is a guess if Redis has
 * lost all and who has claimed it is away himself.
 */

static unsigned
wsgw_node_watch_judge(wsgw_node_watch_t *w)
{
    uint64_t           highest, seen;
    wsgw_node_self_t  *self;

    self = w->self;

    highest = wsgw_node_watch_count(w->highest);
    seen = wsgw_node_watch_count(self->seen);

    if ((self->returns <= WSGW_NODE_LOOKS
         && highest != 0
         && highest + WSGW_NODE_SLACK < seen)
        || (self->returns >= WSGW_NODE_LOOKS
            && highest + WSGW_NODE_SLACK > seen + w->conf->polls))
    {
        self->state = WSGW_NODE_CLAIMED;
        return WSGW_NODE_CLOSE;
    }

    if (self->returns <= WSGW_NODE_LOOKS
        || (w->highest < self->seen && self->returns < w->conf->polls))
    {
        return 0;
    }

    self->returns = 0;
    self->seen = w->highest;
    self->state = WSGW_NODE_REGISTERED;

    return WSGW_NODE_BACK;
}


void
wsgw_node_watch_claimed(wsgw_node_watch_t *w, uint64_t now, unsigned done)
{
    uint32_t            i;
    wsgw_node_other_t  *other;

    if (w->action != WSGW_NODE_CLAIM) {
        return;
    }

    w->action = WSGW_NODE_WAIT;

    if (done) {
        wsgw_node_watch_repeat(w, now, w->target);
    }

    if (w->owes && w->target == w->own) {
        w->owes = !done;
        w->own_due = now + w->conf->beat;
    }

    i = wsgw_node_watch_find(w, w->target);
    other = &w->others[i];

    if (i == w->nothers || other->number != w->target) {
        return;
    }

    if (!done) {
        /* not before the next poll, which may say otherwise */
        other->still = w->conf->polls - 1;
        return;
    }

    w->nothers--;
    memmove(other, other + 1, (w->nothers - i) * sizeof(wsgw_node_other_t));
}


/* of too many the eldest is given up */

static void
wsgw_node_watch_repeat(wsgw_node_watch_t *w, uint64_t now, uint32_t number)
{
    if (w->nrepeats == WSGW_NODE_REPEATS) {
        w->nrepeats--;
        memmove(w->repeats, w->repeats + 1,
                w->nrepeats * sizeof(wsgw_node_repeat_t));
    }

    w->repeats[w->nrepeats].number = number;
    w->repeats[w->nrepeats].until = now + WSGW_NODE_REPEAT;
    w->nrepeats++;
}


uint32_t
wsgw_node_watch_repeats(wsgw_node_watch_t *w, uint64_t now)
{
    uint32_t  i;

    for (i = 0; i < w->nrepeats && w->repeats[i].until <= now; i++) {
        /* void */
    }

    w->nrepeats -= i;
    memmove(w->repeats, w->repeats + i,
            w->nrepeats * sizeof(wsgw_node_repeat_t));

    return w->nrepeats;
}


/* What it has seen and nobody here knows of is of a time that Redis has lost:
   others who come back from it are to see that it has passed. */

void
wsgw_node_watch_renew(wsgw_node_watch_t *w, uint64_t now, uint32_t number,
    uint64_t token)
{
    uint64_t           seen;
    uint32_t           state;
    wsgw_node_self_t  *self;

    self = w->self;

    if (self->beat != 0) {

        if (w->owes) {
            wsgw_node_watch_repeat(w, now, w->own);
        }

        w->owes = 1;
        w->own = self->number;
    }

    seen = self->seen;
    state = self->state;

    if (w->highest < seen) {
        seen += (uint64_t) WSGW_NODE_LEAP * WSGW_NODE_TRIES;
    }

    wsgw_node_self_init(self, number, token);

    self->seen = seen;
    self->state = state == WSGW_NODE_FENCED ? WSGW_NODE_FENCED
                                            : WSGW_NODE_UNREGISTERED;

    wsgw_node_watch_lost(w, now);
}
