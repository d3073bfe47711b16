/*
 * load_fanout.c: one POST that all sockets get.  One client posts, and goes on
 * when it has its answer and all of them have the frame: "us" is the time until
 * then, "frame_us" the time of each frame.
 */

#include "load.h"


static load_conn_t   *sockets;
static load_conn_t    client;
static load_lane_t    lane;
static uint64_t      *frames;         /* that a socket has got */
static char           head[1024];
static uint32_t       ready;
static uint32_t       missing;        /* of this round, with the answer */
static uint64_t       posted;


static void
send_round(load_lane_t *l)
{
    size_t       size;
    const char  *p;

    missing = load_options.sockets + 1;
    posted = l->times[0];

    p = load_text_post(head, 0, l->sent, &size);
    load_net_send(&client, p, size);
}


static void
arrived(void)
{
    if (--missing == 0) {
        load_pace_done(&lane);
    }
}


static void
answered(load_conn_t *c, load_response_t *r)
{
    (void) c;

    if (r->status < 200 || r->status > 204) {
        load_die("the POST is answered %d", r->status);
    }

    arrived();
}


static void
pushed(load_conn_t *c, load_frame_t *f)
{
    load_client_awaits(f, "a push");

    if (!load_text_is(f->payload, f->size, 0, frames[c->index]++)) {
        load_count_wrong(c->index, "not the awaited push", f->payload,
                         f->size);
    }

    load_count(&load_frames, load_net_now() - posted);
    arrived();
}


static void
opened(load_conn_t *c)
{
    (void) c;

    if (++ready == load_options.sockets + 1) {
        load_pace_join(&lane);
    }
}


static void
upgraded(load_conn_t *c, load_response_t *r)
{
    (void) r;

    opened(c);
}


static const load_client_t  posting = { .open = opened, .response = answered };
static const load_client_t  listening = { .upgrade = upgraded,
                                          .frame = pushed };


void
load_fanout(void)
{
    uint32_t  i;

    if (load_options.flight != 1) {
        load_die("one push to all is under way at a time");
    }

    sockets = load_alloc(load_options.sockets * sizeof(load_conn_t));
    frames = load_alloc(load_options.sockets * sizeof(uint64_t));

    load_wire_post(head, sizeof(head), load_options.push, load_options.size);
    load_pace_init(1, send_round);

    for (i = 0; i < load_options.sockets; i++) {
        sockets[i].index = i;
        load_client_open(&sockets[i], &listening);
    }

    load_client_open(&client, &posting);

    load_pace_run();
    load_lost += missing;
}
