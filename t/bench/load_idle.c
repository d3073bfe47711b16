/*
 * load_idle.c: connections that say nothing.  When all are open a line of JSON
 * says so, and the one who measures answers with a line when he has read what
 * they take.  Then, each "every" for "time", all are pinged, with payloads of
 * their own, and each has to answer.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"


#define PINGS  64             /* under way */


typedef struct {
    load_conn_t  conn;
    uint64_t     pinged;      /* when; 0: nothing is awaited */
} socket_t;


static socket_t  *sockets;
static char       request[1024];
static size_t     request_size;
static uint32_t   begun;
static uint32_t   open_now;
static uint32_t   round_number;
static uint32_t   awaited;


static size_t
read_pong(load_conn_t *c, char *data, size_t size)
{
    char          text[32];
    size_t        n;
    socket_t     *s;
    load_frame_t  f;

    s = c->data;
    n = load_wire_frame(data, size, &f);

    if (n == 0) {
        return 0;
    }

    snprintf(text, sizeof(text), "%u %u", c->index, round_number);

    if (f.opcode != LOAD_PONG || s->pinged == 0 || f.size != strlen(text)
        || memcmp(f.payload, text, f.size) != 0)
    {
        load_count_wrong(c->index, "not the awaited pong", f.payload, f.size);
        return n;
    }

    load_count(&load_times, load_net_now() - s->pinged);
    s->pinged = 0;
    awaited--;

    return n;
}


static void
open_next(void)
{
    if (begun < load_options.connections) {
        load_net_open(&sockets[begun++].conn);
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
        load_die("the handshake of connection %u is answered %d", c->index,
                 r.status);
    }

    c->on_data = read_pong;
    open_now++;
    open_next();

    return n;
}


static void
opened(load_conn_t *c)
{
    c->on_data = read_upgrade;
    load_net_send(c, request, request_size);
}


static void
ended(load_conn_t *c)
{
    socket_t  *s;

    s = c->data;

    if (c->on_data == read_upgrade) {
        load_die("connection %u has ended in its handshake", c->index);
    }

    awaited -= s->pinged != 0;
    s->pinged = 0;
    open_now--;
    load_lost++;
}


static void
ping(load_conn_t *c)
{
    char    frame[LOAD_FRAME_HEAD + 32];
    size_t  head, size;

    size = (size_t) snprintf(frame + LOAD_FRAME_HEAD, 32, "%u %u", c->index,
                             round_number);
    head = load_wire_frame_head(frame, LOAD_PING, size);
    memmove(frame + head, frame + LOAD_FRAME_HEAD, size);
    load_wire_mask(frame + head, size);

    ((socket_t *) c->data)->pinged = load_net_now();
    awaited++;
    load_net_send(c, frame, head + size);
}


/* all are pinged, few at a time so that none waits for the others */

static void
ping_all(void)
{
    uint32_t  i;
    uint64_t  until;

    round_number++;

    for (i = 0; i < load_options.connections; i++) {

        if (sockets[i].conn.fd != -1) {
            ping(&sockets[i].conn);
        }

        if (awaited >= PINGS) {
            load_net_turn(1000000000);
        }
    }

    until = load_net_now() + load_options.drain;

    while (awaited && load_net_now() < until) {
        load_net_turn(100000000);
    }

    load_lost += awaited;
    awaited = 0;
}


static void
report_open(void)
{
    char  line[64];

    printf("{\"open\": %u}\n", open_now);
    fflush(stdout);

    if (load_options.hold && fgets(line, sizeof(line), stdin) == NULL) {
        load_die("nobody reads what the connections take");
    }
}


void
load_idle(void)
{
    uint32_t  i;
    uint64_t  now, next, end;

    sockets = load_alloc(load_options.connections * sizeof(socket_t));
    request_size = load_wire_handshake(request, sizeof(request),
                                       load_options.path);

    for (i = 0; i < load_options.connections; i++) {
        sockets[i].conn.index = i;
        sockets[i].conn.data = &sockets[i];
        sockets[i].conn.on_open = opened;
        sockets[i].conn.on_end = ended;
    }

    while (begun < load_options.opening && begun < load_options.connections) {
        open_next();
    }

    while (open_now < load_options.connections) {
        load_net_turn(100000000);
    }

    report_open();
    load_count_begin();

    next = load_net_now();
    end = next + load_options.time;

    for (now = next; now <= end; now = load_net_now()) {

        if (now >= next) {
            ping_all();
            next += load_options.every;
        }

        load_net_turn(100000000);
    }

    load_count_end();
}
