/*
 * load_churn.c: connections that come and go: connect, handshake, Close, the
 * server's Close, its end of the stream; then the next one.  A lane is a place
 * for one at a time.
 */

#include <string.h>

#include "load.h"


/* 1000 */
#define CODE  "\x03\xe8"


static void
upgraded(load_conn_t *c, load_response_t *r)
{
    (void) r;

    load_client_send(c, LOAD_CLOSE, CODE, 2);
}


static void
lost(load_conn_t *c)
{
    load_count_wrong(c->index, "no Close before the end", "", 0);
    load_pace_done(c->data);
}


static void
ended(load_conn_t *c)
{
    load_pace_done(c->data);
}


static void  closed(load_conn_t *c, load_frame_t *f);

static const load_client_t  comes = { .upgrade = upgraded, .frame = closed,
                                      .end = lost };
static const load_client_t  goes = { .frame = closed, .end = ended };


static void
closed(load_conn_t *c, load_frame_t *f)
{
    if (f->opcode != LOAD_CLOSE || f->size < 2
        || memcmp(f->payload, CODE, 2) != 0)
    {
        load_count_wrong(c->index, "not a Close of 1000", f->payload, f->size);
    }

    c->as = &goes;
}


static void
open_next(load_lane_t *lane)
{
    load_client_open(lane->data, &comes);
}


void
load_churn(void)
{
    uint32_t      i;
    load_lane_t  *lanes;

    lanes = load_client_lanes();
    load_pace_init(load_options.connections, open_next);

    for (i = 0; i < load_options.connections; i++) {
        load_pace_join(&lanes[i]);
    }

    load_pace_run();
}
