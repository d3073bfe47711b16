/*
 * load_fanout.c: one POST that all sockets get.  One client posts, and goes on
 * when it has its answer and all of them have the frame: "us" is the time until
 * then, "frame_us" the time of each frame.
 */

#include <stdlib.h>
#include <string.h>

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


static size_t
read_answer(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    load_response_t  r;

    (void) c;

    n = load_wire_response(data, size, &r);

    if (n == 0) {
        return 0;
    }

    if (r.status < 200 || r.status > 204) {
        load_die("the POST is answered %d", r.status);
    }

    arrived();

    return n;
}


static size_t
read_frame(load_conn_t *c, char *data, size_t size)
{
    size_t        n;
    load_frame_t  f;

    n = load_wire_frame(data, size, &f);

    if (n == 0) {
        return 0;
    }

    if (f.opcode != LOAD_TEXT || !f.fin) {
        load_die("a frame of type %d instead of a push", f.opcode);
    }

    if (!load_text_is(f.payload, f.size, 0, frames[c->index]++)) {
        load_count_wrong(c->index, "not the awaited push", f.payload, f.size);
    }

    load_count(&load_frames, load_net_now() - posted);
    arrived();

    return n;
}


static void
is_ready(void)
{
    if (++ready == load_options.sockets + 1) {
        load_pace_join(&lane);
    }
}


static size_t
read_upgrade(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    load_response_t  r;

    n = load_wire_response(data, size, &r);

    if (n == 0) {
        return 0;
    }

    if (r.status != 101 || !r.accepted) {
        load_die("the handshake is answered %d", r.status);
    }

    c->on_data = read_frame;
    is_ready();

    return n;
}


static void
opened(load_conn_t *c)
{
    char    request[1024];
    size_t  n;

    if (c == &client) {
        c->on_data = read_answer;
        is_ready();
        return;
    }

    c->on_data = read_upgrade;
    n = load_wire_handshake(request, sizeof(request), load_options.path);
    load_net_send(c, request, n);
}


static void
ended(load_conn_t *c)
{
    load_die("connection %u has ended", c->index);
}


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
        sockets[i].on_open = opened;
        sockets[i].on_end = ended;
        load_net_open(&sockets[i]);
    }

    client.on_open = opened;
    client.on_end = ended;
    load_net_open(&client);

    load_pace_run();
    load_lost += missing;
}
