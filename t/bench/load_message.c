/*
 * load_message.c: each lane is a connection, by WebSocket or by plain HTTP,
 * and what it sends comes back as it was.
 */

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


static void
answered(load_conn_t *c, load_response_t *r)
{
    if (r->status != 200 || r->body == NULL) {
        load_die("a POST is answered %d", r->status);
    }

    received(c->data, r->body, r->body_size);
}


static void
echoed(load_conn_t *c, load_frame_t *f)
{
    load_client_awaits(f, "an answer");
    received(c->data, f->payload, f->size);
}


static void
opened(load_conn_t *c)
{
    load_pace_join(c->data);
}


static void
upgraded(load_conn_t *c, load_response_t *r)
{
    (void) r;

    load_pace_join(c->data);
}


static const load_client_t  by_http = { .open = opened, .response = answered };
static const load_client_t  by_socket = { .upgrade = upgraded,
                                          .frame = echoed };


void
load_message(void)
{
    uint32_t      i;
    load_lane_t  *lanes;

    lanes = load_client_lanes();

    load_wire_post(head, sizeof(head), load_options.path, load_options.size);
    load_pace_init(load_options.connections, send_message);

    for (i = 0; i < load_options.connections; i++) {
        load_client_open(lanes[i].data,
                         load_options.by_http ? &by_http : &by_socket);
    }

    load_pace_run();
}
