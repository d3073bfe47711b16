/*
 * load_churn.c: connections that come and go: connect, handshake, Close, the
 * server's Close, its end of the stream; then the next one.  A lane is a place
 * for one at a time.
 */

#include <stdlib.h>
#include <string.h>

#include "load.h"


static char    request[1024];
static size_t  request_size;


static void
open_next(load_lane_t *lane)
{
    load_net_open(lane->data);
}


static size_t
read_close(load_conn_t *c, char *data, size_t size)
{
    size_t        n;
    load_frame_t  f;

    n = load_wire_frame(data, size, &f);

    if (n && (f.opcode != LOAD_CLOSE || f.size < 2
              || memcmp(f.payload, "\x03\xe8", 2) != 0))
    {
        load_count_wrong(c->index, "not a Close of 1000", f.payload, f.size);
    }

    if (n) {
        ((load_lane_t *) c->data)->index = 1;
    }

    return n;
}


static size_t
read_upgrade(load_conn_t *c, char *data, size_t size)
{
    char             frame[LOAD_FRAME_HEAD + 2];
    size_t           n, head;
    load_response_t  r;

    n = load_wire_response(data, size, &r);

    if (n == 0) {
        return 0;
    }

    if (r.status != 101 || !r.accepted) {
        load_count_wrong(c->index, "not accepted", data, n);
    }

    head = load_wire_frame_head(frame, LOAD_CLOSE, 2);
    memcpy(frame + head, "\x03\xe8", 2);
    load_wire_mask(frame + head, 2);

    c->on_data = read_close;
    load_net_send(c, frame, head + 2);

    return n;
}


static void
opened(load_conn_t *c)
{
    c->on_data = read_upgrade;
    load_net_send(c, request, request_size);
}


/* "index" says whether the Close has come */

static void
ended(load_conn_t *c)
{
    load_lane_t  *lane;

    lane = c->data;

    if (!lane->index) {
        load_count_wrong(c->index, "no Close before the end", "", 0);
    }

    lane->index = 0;
    load_pace_done(lane);
}


void
load_churn(void)
{
    uint32_t      i;
    load_conn_t  *conns;
    load_lane_t  *lanes;

    conns = load_alloc(load_options.connections * sizeof(load_conn_t));
    lanes = load_alloc(load_options.connections * sizeof(load_lane_t));

    request_size = load_wire_handshake(request, sizeof(request),
                                       load_options.path);
    load_pace_init(load_options.connections, open_next);

    for (i = 0; i < load_options.connections; i++) {
        lanes[i].data = &conns[i];

        conns[i].index = i;
        conns[i].data = &lanes[i];
        conns[i].on_open = opened;
        conns[i].on_end = ended;
        load_pace_join(&lanes[i]);
    }

    load_pace_run();
}
