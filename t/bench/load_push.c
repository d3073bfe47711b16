/*
 * load_push.c: pushes.  A client that posts has some sockets of its own, to
 * which it pushes in turn, so that the order of their frames is known.  A lane
 * is a client: it goes on when it has the answer and the frame has come.
 *
 * Where "worker" is given a client learns from "probe" which worker it is
 * connected to, and has only sockets of the same worker, or of other ones; what
 * finds no partner stays idle.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"


typedef struct client_s  client_t;

typedef struct {
    load_conn_t   conn;
    client_t     *client;     /* NULL while it is nobody's */
    char          id[64];
    char          worker[24];
    char          head[256];  /* of a POST to it */
    uint64_t      sent;
    uint64_t      received;
} socket_t;

struct client_s {
    load_conn_t   conn;
    load_lane_t   lane;
    char          worker[24];
    uint32_t      first;      /* of its sockets, in "mine" */
    uint32_t      count;
    uint64_t      answers;
    uint64_t      frames;
};


static socket_t   *sockets;
static client_t   *clients;
static socket_t  **mine;      /* the sockets, client by client */
static uint32_t    ready;


static void
send_push(load_lane_t *lane)
{
    size_t       size;
    client_t    *client;
    socket_t    *s;
    const char  *p;

    client = lane->data;
    s = mine[client->first + lane->sent % client->count];

    p = load_text_post(s->head, s->conn.index, s->sent++, &size);
    load_net_send(&client->conn, p, size);
}


/* both have to come, in whichever order */

static void
arrived(client_t *client, uint64_t *what)
{
    uint64_t  before, *other;

    other = what == &client->answers ? &client->frames : &client->answers;
    before = (*what)++;

    if (*other > before) {
        load_pace_done(&client->lane);
    }
}


static size_t
read_answer(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    load_response_t  r;

    n = load_wire_response(data, size, &r);

    if (n == 0) {
        return 0;
    }

    if (r.status < 200 || r.status > 204) {
        load_die("a push is answered %d", r.status);
    }

    arrived(c->data, &((client_t *) c->data)->answers);

    return n;
}


static size_t
read_frame(load_conn_t *c, char *data, size_t size)
{
    size_t        n;
    socket_t     *s;
    load_frame_t  f;

    s = c->data;
    n = load_wire_frame(data, size, &f);

    if (n == 0) {
        return 0;
    }

    if (f.opcode != LOAD_TEXT || !f.fin || s->client == NULL) {
        load_die("a frame of type %d instead of a push", f.opcode);
    }

    if (!load_text_is(f.payload, f.size, c->index, s->received++)) {
        load_count_wrong(c->index, "not the awaited push", f.payload, f.size);
    }

    arrived(s->client, &s->client->frames);

    return n;
}


static int
is_pair(client_t *client, socket_t *s)
{
    if (load_options.worker == NULL) {
        return 1;
    }

    return (strcmp(client->worker, s->worker) == 0)
           == (strcmp(load_options.worker, "same") == 0);
}


/* each client gets the same number of sockets */

static void
pair(void)
{
    uint32_t   i, n, share, found;
    client_t  *client;

    share = load_options.sockets / load_options.connections;
    share = load_options.worker ? (share + 1) / 2 : share;
    found = 0;

    for (i = 0; i < load_options.connections; i++) {
        client = &clients[i];
        client->first = found;

        for (n = 0; n < load_options.sockets && client->count < share; n++) {

            if (sockets[n].client == NULL && is_pair(client, &sockets[n])) {
                sockets[n].client = client;
                mine[found++] = &sockets[n];
                client->count++;
            }
        }
    }

    for (i = 0, n = 0; i < load_options.connections; i++) {
        n += clients[i].count != 0;
    }

    if (n == 0) {
        load_die("no client has a socket of the \"%s\" worker",
                 load_options.worker);
    }

    load_pace_init(n, send_push);

    for (i = 0; i < load_options.connections; i++) {

        if (clients[i].count) {
            load_pace_join(&clients[i].lane);
        }
    }
}


static void
is_ready(void)
{
    if (++ready == load_options.sockets + load_options.connections) {
        pair();
    }
}


/* its id is known */

static void
socket_ready(socket_t *s)
{
    char  path[192];

    snprintf(path, sizeof(path), load_options.push, s->id);
    load_wire_post(s->head, sizeof(s->head), path, load_options.size);

    s->conn.on_data = read_frame;
    is_ready();
}


static size_t
read_id(load_conn_t *c, char *data, size_t size)
{
    size_t        n;
    socket_t     *s;
    load_frame_t  f;

    s = c->data;
    n = load_wire_frame(data, size, &f);

    if (n) {
        snprintf(s->id, sizeof(s->id), "%.*s", (int) f.size, f.payload);
        socket_ready(s);
    }

    return n;
}


/* servers that emulate AWS give no X-Connection-Id */

static void
ask(load_conn_t *c)
{
    char    frame[LOAD_FRAME_HEAD + 125];
    size_t  head, size;

    size = strlen(load_options.ask);

    if (size > 125) {
        load_die("what is asked for is too long");
    }

    head = load_wire_frame_head(frame, LOAD_TEXT, size);
    memcpy(frame + head, load_options.ask, size);
    load_wire_mask(frame + head, size);

    c->on_data = read_id;
    load_net_send(c, frame, head + size);
}


static size_t
read_upgrade(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    socket_t        *s;
    load_response_t  r;

    n = load_wire_response(data, size, &r);

    if (n == 0) {
        return 0;
    }

    if (r.status != 101 || !r.accepted) {
        load_die("the handshake is answered %d", r.status);
    }

    s = c->data;

    if (r.id[0]) {
        memcpy(s->id, r.id, sizeof(s->id));
    }

    memcpy(s->worker, r.worker, sizeof(s->worker));

    if (load_options.ask) {
        ask(c);

    } else {
        socket_ready(s);
    }

    return n;
}


/* where the server gives no id, the path asks for one that we choose */

static void
socket_opened(load_conn_t *c)
{
    char       path[192], request[512];
    size_t     n;
    socket_t  *s;

    s = c->data;
    snprintf(s->id, sizeof(s->id), "%u", c->index);
    snprintf(path, sizeof(path), load_options.path, c->index);

    c->on_data = read_upgrade;
    n = load_wire_handshake(request, sizeof(request), path);
    load_net_send(c, request, n);
}


static size_t
read_probe(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    client_t        *client;
    load_response_t  r;

    client = c->data;
    n = load_wire_response(data, size, &r);

    if (n) {
        memcpy(client->worker, r.worker, sizeof(client->worker));
        c->on_data = read_answer;
        is_ready();
    }

    return n;
}


static void
client_opened(load_conn_t *c)
{
    char    request[512];
    size_t  n;

    if (load_options.probe == NULL) {
        c->on_data = read_answer;
        is_ready();
        return;
    }

    c->on_data = read_probe;
    n = load_wire_get(request, sizeof(request), load_options.probe);
    load_net_send(c, request, n);
}


static void
ended(load_conn_t *c)
{
    load_die("connection %u has ended", c->index);
}


void
load_push(void)
{
    uint32_t  i;

    if (load_options.sockets < load_options.connections) {
        load_die("there are fewer sockets than connections that push");
    }

    sockets = load_alloc(load_options.sockets * sizeof(socket_t));
    mine = load_alloc(load_options.sockets * sizeof(socket_t *));
    clients = load_alloc(load_options.connections * sizeof(client_t));

    for (i = 0; i < load_options.sockets; i++) {
        sockets[i].conn.index = i;
        sockets[i].conn.data = &sockets[i];
        sockets[i].conn.on_open = socket_opened;
        sockets[i].conn.on_end = ended;
        load_net_open(&sockets[i].conn);
    }

    for (i = 0; i < load_options.connections; i++) {
        clients[i].lane.index = i;
        clients[i].lane.data = &clients[i];
        clients[i].conn.index = i;
        clients[i].conn.data = &clients[i];
        clients[i].conn.on_open = client_opened;
        clients[i].conn.on_end = ended;
        load_net_open(&clients[i].conn);
    }

    while (ready < load_options.sockets + load_options.connections) {
        load_net_turn(100000000);
    }

    load_pace_run();
}
