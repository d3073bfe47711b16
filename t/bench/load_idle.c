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
static uint32_t   begun;
static uint32_t   open_now;
static uint32_t   round_number;
static uint32_t   awaited;


static void
answered(load_conn_t *c, load_frame_t *f)
{
    char       text[32];
    socket_t  *s;

    s = c->data;

    snprintf(text, sizeof(text), "%u %u", c->index, round_number);

    if (f->opcode != LOAD_PONG || s->pinged == 0 || f->size != strlen(text)
        || memcmp(f->payload, text, f->size) != 0)
    {
        load_count_wrong(c->index, "not the awaited pong", f->payload,
                         f->size);
        return;
    }

    load_count(&load_times, load_net_now() - s->pinged);
    s->pinged = 0;
    awaited--;
}


static void
ended(load_conn_t *c)
{
    socket_t  *s;

    s = c->data;

    awaited -= s->pinged != 0;
    s->pinged = 0;
    open_now--;
    load_lost++;
}


static void
ping(load_conn_t *c)
{
    int   size;
    char  text[32];

    size = snprintf(text, sizeof(text), "%u %u", c->index, round_number);

    ((socket_t *) c->data)->pinged = load_net_now();
    awaited++;
    load_client_send(c, LOAD_PING, text, (size_t) size);
}


static void  open_next(void);


static void
upgraded(load_conn_t *c, load_response_t *r)
{
    (void) c;
    (void) r;

    open_now++;
    open_next();
}


static const load_client_t  idle = { .upgrade = upgraded, .frame = answered,
                                     .end = ended };


static void
open_next(void)
{
    if (begun < load_options.connections) {
        load_client_open(&sockets[begun++].conn, &idle);
    }
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

    for (i = 0; i < load_options.connections; i++) {
        sockets[i].conn.index = i;
        sockets[i].conn.data = &sockets[i];
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
