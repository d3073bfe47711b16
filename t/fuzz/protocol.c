/*
 * Frames and protocol: a stream gives the same events whole, byte by byte and
 * in two portions, never more than the limits allow, and an idle state may be
 * forgotten.  The first byte of an input chooses the configuration, the second
 * where the two portions part.
 */

#include "fuzz.h"
#include "pure/protocol.h"
#include "pure/utf8.h"


#define MAX_INPUT  4096
#define MAX_TRACE  (16 * MAX_INPUT)
#define DEFLATE_BLOCKS  64          /* bytes of them, but for what is in them */


/* what happened, as bytes that do not depend on the portions */

typedef struct {
    size_t   n;
    size_t   message;               /* bytes of the current one */
    uint8_t  text[MAX_INPUT];       /* of it */
    uint8_t  bytes[MAX_TRACE];
} trace_t;


typedef struct {
    wsgw_protocol_t  protocol;
    trace_t          trace;
    uint8_t          input[MAX_INPUT];
} player_t;


static void
add(trace_t *t, const void *p, size_t n)
{
    fuzz_check(n <= MAX_TRACE - t->n);

    if (n) {
        memcpy(t->bytes + t->n, p, n);
    }

    t->n += n;
}


static void
add_data(trace_t *t, const wsgw_protocol_t *p)
{
    uint8_t  result[3];

    fuzz_check(p->data_len > 0 || p->message_end);
    fuzz_check(p->data_len <= p->size - t->message);

    memcpy(t->text + t->message, p->data, p->data_len);
    t->message += p->data_len;

    if (!p->message_end) {
        return;
    }

    fuzz_check(t->message == p->size);
    fuzz_check(wsgw_protocol_is_idle(p));
    fuzz_check(p->data_opcode != WSGW_OP_TEXT || p->data_compressed
               || wsgw_utf8_is_valid(t->text, t->message));

    result[0] = 'M';
    result[1] = p->data_opcode;
    result[2] = p->data_compressed;

    add(t, result, 3);
    add(t, t->text, t->message);
    t->message = 0;
}


/* what cannot be compressed grows: 9 bits for a byte, and its blocks */

static uint64_t
limit(const wsgw_protocol_t *p, uint64_t bytes)
{
    return p->compressed ? bytes + bytes / 8 + DEFLATE_BLOCKS : bytes;
}


static void
add_event(trace_t *t, const wsgw_protocol_conf_t *conf,
    const wsgw_protocol_t *p, wsgw_protocol_event_t event)
{
    uint8_t  kind;

    kind = (uint8_t) event;

    switch (event) {

    case WSGW_PROTOCOL_AGAIN:
        break;

    case WSGW_PROTOCOL_HEADER:
        fuzz_check(p->size <= limit(p, conf->max_message));
        fuzz_check(!conf->max_frame || p->frame.length <= conf->max_frame);
        fuzz_check(!conf->max_fragments
                   || p->fragments <= conf->max_fragments);
        fuzz_check(!wsgw_protocol_is_idle(p));

        add(t, &kind, 1);
        add(t, &p->size, sizeof(p->size));
        break;

    case WSGW_PROTOCOL_DATA:
        add_data(t, p);
        break;

    case WSGW_PROTOCOL_FAIL:
        fuzz_check(p->code == 1002 || p->code == 1003 || p->code == 1007
                   || p->code == 1009);
        fuzz_check(strlen(p->reason) <= 123);

        add(t, &kind, 1);
        add(t, &p->code, sizeof(p->code));
        add(t, p->reason, strlen(p->reason));
        break;

    case WSGW_PROTOCOL_CLOSE:
        fuzz_check(wsgw_utf8_is_valid(p->control, p->control_len));
        add(t, &p->code, sizeof(p->code));
        /* fall through */

    default:
        fuzz_check(p->control_len <= WSGW_CONTROL_MAX);

        add(t, &kind, 1);
        add(t, p->control, p->control_len);
        break;
    }
}


/* returns 1 when the stream has ended itself */

static int
play(player_t *player, const wsgw_protocol_conf_t *conf, uint8_t *pos,
    uint8_t *last)
{
    wsgw_protocol_t        *p;
    wsgw_protocol_event_t   event;

    p = &player->protocol;

    if (wsgw_protocol_is_idle(p)) {
        memset(p, 0, sizeof(wsgw_protocol_t));
    }

    do {
        event = wsgw_protocol_next(p, conf, &pos, last);
        add_event(&player->trace, conf, p, event);

        if (event == WSGW_PROTOCOL_CLOSE || event == WSGW_PROTOCOL_FAIL) {
            return 1;
        }

    } while (event != WSGW_PROTOCOL_AGAIN);

    fuzz_check(pos == last);

    return 0;
}


static void
start(player_t *player, const uint8_t *data, size_t size)
{
    memset(&player->protocol, 0, sizeof(wsgw_protocol_t));
    player->trace.n = 0;
    player->trace.message = 0;

    if (size) {
        memcpy(player->input, data, size);
    }
}


static void
compare(const player_t *a, const player_t *b)
{
    fuzz_check(a->trace.n == b->trace.n);
    fuzz_check(memcmp(a->trace.bytes, b->trace.bytes, a->trace.n) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                    ended;
    size_t                 i, cut;
    wsgw_protocol_conf_t   conf;

    static player_t  whole, bytes, halves;

    if (size < 2 || size - 2 > MAX_INPUT) {
        return 0;
    }

    memset(&conf, 0, sizeof(conf));
    conf.binary = (data[0] & 1) != 0;
    conf.deflate = (data[0] & 2) != 0;
    conf.max_frame = data[0] & 4 ? 64 : 0;
    conf.max_fragments = data[0] & 8 ? 3 : 0;
    conf.max_message = data[0] & 16 ? 100 : MAX_INPUT;
    cut = data[1];

    data += 2;
    size -= 2;

    if (cut > size) {
        cut = size;
    }

    start(&whole, data, size);
    ended = play(&whole, &conf, whole.input, whole.input + size);

    start(&bytes, data, size);

    for (i = 0; i < size; i++) {
        if (play(&bytes, &conf, bytes.input + i, bytes.input + i + 1)) {
            break;
        }
    }

    fuzz_check(ended == (i < size));
    compare(&whole, &bytes);

    start(&halves, data, size);

    if (!play(&halves, &conf, halves.input, halves.input + cut)) {
        (void) play(&halves, &conf, halves.input + cut, halves.input + size);
    }

    compare(&whole, &halves);

    return 0;
}
