/*
 * load_client.c: a client of HTTP or WebSocket.  It opens, reads its responses
 * and frames one by one, and tells the mode, by what the client is "as".
 */

#include <stdio.h>
#include <string.h>

#include "load.h"


static size_t
read_response(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    load_response_t  r;

    n = load_wire_response(data, size, &r);

    if (n) {
        c->as->response(c, &r);
    }

    return n;
}


static size_t
read_frame(load_conn_t *c, char *data, size_t size)
{
    size_t        n;
    load_frame_t  f;

    n = load_wire_frame(data, size, &f);

    if (n) {
        c->as->frame(c, &f);
    }

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
        load_die("the handshake of connection %u is answered %d", c->index,
                 r.status);
    }

    c->on_data = read_frame;
    c->as->upgrade(c, &r);

    return n;
}


/* the request is made once if the path is the same for all */

static void
handshake(load_conn_t *c)
{
    char           path[256];
    static char    request[1024];
    static size_t  size;

    if (size == 0 || strchr(load_options.path, '%')) {
        snprintf(path, sizeof(path), load_options.path, c->index);
        size = load_wire_handshake(request, sizeof(request), path);
    }

    c->on_data = read_upgrade;
    load_net_send(c, request, size);
}


static void
opened(load_conn_t *c)
{
    if (c->as->open == NULL) {
        handshake(c);
        return;
    }

    c->on_data = read_response;
    c->as->open(c);
}


static void
ended(load_conn_t *c)
{
    if (c->as->end == NULL || c->on_data == read_upgrade) {
        load_die("connection %u has ended", c->index);
    }

    c->as->end(c);
}


void
load_client_open(load_conn_t *c, const load_client_t *as)
{
    c->as = as;
    c->on_open = opened;
    c->on_end = ended;

    load_net_open(c);
}


/* each has a connection, whose number is the lane's */

load_lane_t *
load_client_lanes(void)
{
    uint32_t      i;
    load_conn_t  *conns;
    load_lane_t  *lanes;

    conns = load_alloc(load_options.connections * sizeof(load_conn_t));
    lanes = load_alloc(load_options.connections * sizeof(load_lane_t));

    for (i = 0; i < load_options.connections; i++) {
        lanes[i].index = i;
        lanes[i].data = &conns[i];

        conns[i].index = i;
        conns[i].data = &lanes[i];
    }

    return lanes;
}


/* a frame of no more than 125 bytes */

void
load_client_send(load_conn_t *c, unsigned opcode, const char *payload,
    size_t size)
{
    char    frame[LOAD_FRAME_HEAD + 125];
    size_t  head;

    head = load_wire_frame_head(frame, opcode, size);
    memcpy(frame + head, payload, size);
    load_wire_mask(frame + head, size);
    load_net_send(c, frame, head + size);
}


/* dies unless it is a whole message */

void
load_client_awaits(load_frame_t *f, const char *what)
{
    if (f->opcode != LOAD_TEXT || !f->fin) {
        load_die("a frame of type %d instead of %s", f->opcode, what);
    }
}
