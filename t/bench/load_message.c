/*
 * load_message.c: each lane is a connection, by WebSocket or by plain HTTP,
 * and what it sends comes back as it was.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"


static char  head[1024];      /* of a POST */


static void
send_message(load_lane_t *lane)
{
    size_t       size;
    const char  *p;

    p = load_options.by_http
        ? load_text_post(head, lane->index, lane->sent, &size)
        : load_text_frame(lane->index, lane->sent, &size);

    load_net_send(lane->data, p, size);
}


static void
received(load_lane_t *lane, const char *body, size_t size)
{
    if (!load_text_is(body, size, lane->index, lane->received)) {
        load_count_wrong(lane->index, "not the awaited answer", body, size);
    }

    load_pace_done(lane);
}


static size_t
read_response(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    load_response_t  r;

    n = load_wire_response(data, size, &r);

    if (n == 0) {
        return 0;
    }

    if (r.status != 200 || r.body == NULL) {
        load_die("a POST is answered %d", r.status);
    }

    received(c->data, r.body, r.body_size);

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
        load_die("a frame of type %d instead of an answer", f.opcode);
    }

    received(c->data, f.payload, f.size);

    return n;
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
    load_pace_join(c->data);

    return n;
}


static void
opened(load_conn_t *c)
{
    char    path[256], request[1024];
    size_t  n;

    if (load_options.by_http) {
        c->on_data = read_response;
        load_pace_join(c->data);
        return;
    }

    c->on_data = read_upgrade;
    snprintf(path, sizeof(path), load_options.path, c->index);
    n = load_wire_handshake(request, sizeof(request), path);
    load_net_send(c, request, n);
}


static void
ended(load_conn_t *c)
{
    load_die("connection %u has ended", c->index);
}


void
load_message(void)
{
    uint32_t      i;
    load_conn_t  *conns;
    load_lane_t  *lanes;

    conns = load_alloc(load_options.connections * sizeof(load_conn_t));
    lanes = load_alloc(load_options.connections * sizeof(load_lane_t));

    load_wire_post(head, sizeof(head), load_options.path, load_options.size);
    load_pace_init(load_options.connections, send_message);

    for (i = 0; i < load_options.connections; i++) {
        lanes[i].index = i;
        lanes[i].data = &conns[i];

        conns[i].index = i;
        conns[i].data = &lanes[i];
        conns[i].on_open = opened;
        conns[i].on_end = ended;
        load_net_open(&conns[i]);
    }

    load_pace_run();
}
