/*
 * load_pace.c: when the next message is sent.
 *
 * Without a rate a lane sends the next one when it has an answer (closed
 * loop).  With a rate each message has its time, whatever became of those
 * before it, and goes to the lane that has been free for longest; what it took
 * is counted from that time on, also when no lane was free (open loop), so
 * that a server that stands still does not make its own figures better.
 *
 *     opening -> warm -> measured -> draining -> over
 *
 * Only answers that come while it is measured are counted as done.  With a
 * count nothing is warm, and all are measured.  What has not been answered
 * "drain" after the last message was sent is lost.
 */

#include "load.h"


typedef enum { OPENING, WARM, MEASURED, DRAINING } phase_e;


static phase_e        phase;
static load_send_pt   send_next;
static uint32_t       joined;
static uint32_t       expected;
static uint64_t       phase_end;
static uint64_t       started;        /* messages since it is measured */
static uint64_t       under_way;

static double         due;            /* the next one, in ns; open loop only */
static load_lane_t  **idle;           /* a ring of lanes' places */
static size_t         idle_size;
static uint64_t       idle_head;
static uint64_t       idle_tail;


void
load_pace_init(uint32_t lanes, load_send_pt send)
{
    expected = lanes;
    send_next = send;
    idle_size = (size_t) lanes * load_options.flight;
    idle = load_alloc(idle_size * sizeof(load_lane_t *));
}


static void
start(load_lane_t *lane, uint64_t at)
{
    lane->times[lane->sent % load_options.flight] = at;
    under_way++;

    if (phase == MEASURED) {
        started++;
    }

    send_next(lane);
    lane->sent++;
}


/* a lane has a place for one more */

static void
offer(load_lane_t *lane)
{
    if (phase == DRAINING) {
        return;
    }

    if (load_options.rate > 0) {
        idle[idle_tail++ % idle_size] = lane;
        return;
    }

    if (phase == MEASURED && load_options.count
        && started == load_options.count)
    {
        phase = DRAINING;
        phase_end = load_net_now() + load_options.drain;
        return;
    }

    start(lane, load_net_now());
}


/* nothing is sent before the last lane has joined */

void
load_pace_join(load_lane_t *lane)
{
    lane->times = load_alloc(load_options.flight * sizeof(uint64_t));
    idle[joined++] = lane;
}


void
load_pace_done(load_lane_t *lane)
{
    uint64_t  at;

    if (lane->received == lane->sent) {
        load_count_wrong(lane->index, "nothing awaited", "", 0);
        return;
    }

    at = lane->times[lane->received++ % load_options.flight];
    under_way--;

    /* what a count began is measured to its end */

    if (phase == MEASURED || (phase == DRAINING && load_options.count)) {
        load_count(&load_times, load_net_now() - at);
    }

    offer(lane);
}


static void
next_phase(uint64_t now)
{
    switch (phase) {

    case OPENING:
        break;

    case WARM:
        phase = MEASURED;
        phase_end = load_options.count ? UINT64_MAX : now + load_options.time;
        load_count_begin();
        break;

    default:
        phase = DRAINING;
        phase_end = now + load_options.drain;
        load_count_end();
    }
}


/* the lanes stand in the ring already, in their order */

static void
begin(uint64_t now)
{
    uint32_t  i, n;

    phase = WARM;
    phase_end = now + load_options.warm;
    due = (double) now;

    if (load_options.count) {
        next_phase(now);
    }

    for (n = 0; n < load_options.flight; n++) {
        for (i = 0; i < joined; i++) {
            offer(idle[i]);
        }
    }
}


static void
send_due(uint64_t now)
{
    load_lane_t  *lane;

    while (phase != DRAINING && (double) now >= due && idle_head < idle_tail) {

        if (phase == MEASURED && load_options.count
            && started == load_options.count)
        {
            phase = DRAINING;
            phase_end = now + load_options.drain;
            return;
        }

        lane = idle[idle_head++ % idle_size];
        start(lane, (uint64_t) due);
        due += 1e9 / load_options.rate;
    }
}


static uint64_t
wait_for(uint64_t now)
{
    uint64_t  until;

    until = phase_end;

    if (load_options.rate > 0 && phase != DRAINING && idle_head < idle_tail
        && (double) until > due)
    {
        until = (uint64_t) due;
    }

    return until <= now ? 0 : until - now < 100000000 ? until - now
                                                      : 100000000;
}


void
load_pace_run(void)
{
    uint64_t  now;

    while (joined < expected) {
        load_net_turn(100000000);
    }

    begin(load_net_now());

    for ( ;; ) {
        now = load_net_now();

        if (now >= phase_end) {
            if (phase == DRAINING) {
                break;
            }

            next_phase(now);
        }

        if (load_options.rate > 0) {
            send_due(now);
        }

        if (phase == DRAINING && under_way == 0) {
            break;
        }

        load_net_turn(wait_for(now));
    }

    if (load_options.count) {
        load_count_end();
    }

    load_lost += under_way;

    /* what comes twice may come now */

    load_net_turn(50000000);
}
