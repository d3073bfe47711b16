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


static void
answered(load_conn_t *c, load_response_t *r)
{
    client_t  *client;

    client = c->data;

    if (r->status < 200 || r->status > 204) {
        load_die("a push is answered %d", r->status);
    }

    arrived(client, &client->answers);
}


static void
pushed(load_conn_t *c, load_frame_t *f)
{
    socket_t  *s;

    s = c->data;

    load_client_awaits(f, "a push");

    if (s->client == NULL) {
        load_die("a push to a socket of nobody's");
    }

    if (!load_text_is(f->payload, f->size, c->index, s->received++)) {
        load_count_wrong(c->index, "not the awaited push", f->payload,
                         f->size);
    }

    arrived(s->client, &s->client->frames);
}


static const load_client_t  posting = { .response = answered };
static const load_client_t  listening = { .frame = pushed };


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

    s->conn.as = &listening;
    is_ready();
}


/* Servers that emulate AWS give no X-Connection-Id and are asked.  Where the
   server gives no id at all, the path asks for one that we choose. */

static void
upgraded(load_conn_t *c, load_response_t *r)
{
    socket_t  *s;

    s = c->data;

    if (r->id[0]) {
        memcpy(s->id, r->id, sizeof(s->id));

    } else {
        snprintf(s->id, sizeof(s->id), "%u", c->index);
    }

    memcpy(s->worker, r->worker, sizeof(s->worker));

    if (load_options.ask) {
        load_client_send(c, LOAD_TEXT, load_options.ask,
                         strlen(load_options.ask));

    } else {
        socket_ready(s);
    }
}


static void
told(load_conn_t *c, load_frame_t *f)
{
    socket_t  *s;

    s = c->data;

    snprintf(s->id, sizeof(s->id), "%.*s", (int) f->size, f->payload);
    socket_ready(s);
}


static void
client_opened(load_conn_t *c)
{
    char    request[512];
    size_t  n;

    if (load_options.probe == NULL) {
        c->as = &posting;
        is_ready();
        return;
    }

    n = load_wire_get(request, sizeof(request), load_options.probe);
    load_net_send(c, request, n);
}


static void
probed(load_conn_t *c, load_response_t *r)
{
    client_t  *client;

    client = c->data;

    memcpy(client->worker, r->worker, sizeof(client->worker));
    c->as = &posting;
    is_ready();
}


static const load_client_t  socket_begins = { .upgrade = upgraded,
                                              .frame = told };
static const load_client_t  client_begins = { .open = client_opened,
                                              .response = probed };


void
load_push(void)
{
    uint32_t  i;

    if (load_options.sockets < load_options.connections) {
        load_die("there are fewer sockets than connections that push");
    }

    if (load_options.ask && strlen(load_options.ask) > 125) {
        load_die("what is asked for is too long");
    }

    sockets = load_alloc(load_options.sockets * sizeof(socket_t));
    mine = load_alloc(load_options.sockets * sizeof(socket_t *));
    clients = load_alloc(load_options.connections * sizeof(client_t));

    for (i = 0; i < load_options.sockets; i++) {
        sockets[i].conn.index = i;
        sockets[i].conn.data = &sockets[i];
        load_client_open(&sockets[i].conn, &socket_begins);
    }

    for (i = 0; i < load_options.connections; i++) {
        clients[i].lane.index = i;
        clients[i].lane.data = &clients[i];
        clients[i].conn.index = i;
        clients[i].conn.data = &clients[i];
        load_client_open(&clients[i].conn, &client_begins);
    }

    while (ready < load_options.sockets + load_options.connections) {
        load_net_turn(100000000);
    }

    load_pace_run();
}
