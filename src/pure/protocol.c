/*
 * The receiving half of RFC 6455: frames come in, events go out.
 * socket/input.c calls it with whatever recv() gave.
 */

#include <string.h>

#include "pure/protocol.h"
#include "pure/utf8.h"


#define WSGW_CODE_PROTOCOL     1002
#define WSGW_CODE_UNSUPPORTED  1003
#define WSGW_CODE_NO_STATUS    1005
#define WSGW_CODE_INVALID      1007
#define WSGW_CODE_TOO_BIG      1009

#define WSGW_RSV1              4

#define WSGW_DEFLATE_OVERHEAD  64       /* bytes for blocks and their ends */


enum {
    wsgw_protocol_st_header = 0,
    wsgw_protocol_st_data,
    wsgw_protocol_st_control
};


static wsgw_protocol_event_t wsgw_protocol_stage(wsgw_protocol_t *p,
    const wsgw_protocol_conf_t *conf, uint8_t **pos, uint8_t *last);
static wsgw_protocol_event_t wsgw_protocol_header(wsgw_protocol_t *p,
    const wsgw_protocol_conf_t *conf, uint8_t **pos, uint8_t *last);
static wsgw_protocol_event_t wsgw_protocol_control_header(wsgw_protocol_t *p);
static wsgw_protocol_event_t wsgw_protocol_data_header(wsgw_protocol_t *p,
    const wsgw_protocol_conf_t *conf);
static wsgw_protocol_event_t wsgw_protocol_limits(wsgw_protocol_t *p,
    const wsgw_protocol_conf_t *conf);
static wsgw_protocol_event_t wsgw_protocol_data(wsgw_protocol_t *p,
    uint8_t **pos, uint8_t *last);
static wsgw_protocol_event_t wsgw_protocol_message_end(wsgw_protocol_t *p);
static wsgw_protocol_event_t wsgw_protocol_control(wsgw_protocol_t *p,
    uint8_t **pos, uint8_t *last);
static wsgw_protocol_event_t wsgw_protocol_close(wsgw_protocol_t *p);
static int wsgw_protocol_is_close_code(uint16_t code);
static size_t wsgw_protocol_take(wsgw_protocol_t *p, uint8_t **pos,
    uint8_t *last);
static wsgw_protocol_event_t wsgw_protocol_fail(wsgw_protocol_t *p,
    uint16_t code, const char *reason);
static const char *wsgw_protocol_frame_too_long(wsgw_protocol_t *p,
    uint64_t max_frame);


wsgw_protocol_event_t
wsgw_protocol_next(wsgw_protocol_t *p, const wsgw_protocol_conf_t *conf,
    uint8_t **pos, uint8_t *last)
{
    uint8_t                stage;
    wsgw_protocol_event_t  event;

    p->message_end = 0;

    /* A stage that ends without an event is followed by the next one; a stage
       that goes on needs more bytes. */

    do {
        stage = p->stage;
        event = wsgw_protocol_stage(p, conf, pos, last);

    } while (event == WSGW_PROTOCOL_AGAIN && p->stage != stage);

    return event;
}


int
wsgw_protocol_is_idle(const wsgw_protocol_t *p)
{
    return p->frame.state == 0
           && p->stage == wsgw_protocol_st_header
           && p->opcode == 0;
}


int
wsgw_protocol_is_inside(const wsgw_protocol_t *p)
{
    return p->stage == wsgw_protocol_st_data;
}


uint64_t
wsgw_protocol_left(const wsgw_protocol_t *p)
{
    return p->stage == wsgw_protocol_st_data ? p->frame.length - p->taken : 0;
}


static wsgw_protocol_event_t
wsgw_protocol_stage(wsgw_protocol_t *p, const wsgw_protocol_conf_t *conf,
    uint8_t **pos, uint8_t *last)
{
    switch (p->stage) {

    case wsgw_protocol_st_data:
        return wsgw_protocol_data(p, pos, last);

    case wsgw_protocol_st_control:
        return wsgw_protocol_control(p, pos, last);

    default:
        return wsgw_protocol_header(p, conf, pos, last);
    }
}


static wsgw_protocol_event_t
wsgw_protocol_header(wsgw_protocol_t *p, const wsgw_protocol_conf_t *conf,
    uint8_t **pos, uint8_t *last)
{
    int      rc;
    uint8_t  rsv;

    rc = wsgw_frame_parse(&p->frame, pos, last);

    if (rc == WSGW_AGAIN) {
        return WSGW_PROTOCOL_AGAIN;
    }

    if (rc == WSGW_ERROR) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL,
                                  "Invalid frame length");
    }

    p->taken = 0;

    /* RFC 6455, 5.1: a client masks every frame. */

    if (!p->frame.masked) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL, "Unmasked frame");
    }

    /* RFC 7692, 6: RSV1 is set on the first frame of a message only. */

    rsv = p->frame.rsv;

    if (conf->deflate && (p->frame.opcode == WSGW_OP_TEXT
                          || p->frame.opcode == WSGW_OP_BINARY))
    {
        rsv &= (uint8_t) ~WSGW_RSV1;
    }

    if (rsv) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL, "Reserved bit set");
    }

    switch (p->frame.opcode) {

    case WSGW_OP_CONTINUATION:
    case WSGW_OP_TEXT:
    case WSGW_OP_BINARY:
        return wsgw_protocol_data_header(p, conf);

    case WSGW_OP_CLOSE:
    case WSGW_OP_PING:
    case WSGW_OP_PONG:
        return wsgw_protocol_control_header(p);

    default:
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL, "Reserved opcode");
    }
}


/* RFC 6455, 5.5: a control frame is whole and short. */

static wsgw_protocol_event_t
wsgw_protocol_control_header(wsgw_protocol_t *p)
{
    if (!p->frame.fin) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL,
                                  "Fragmented control frame");
    }

    if (p->frame.length > WSGW_CONTROL_MAX) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL,
                                  "Control frame too long");
    }

    p->control_len = 0;
    p->stage = wsgw_protocol_st_control;

    return WSGW_PROTOCOL_AGAIN;
}


/* RFC 6455, 5.4: the fragments of two messages do not mix. */

static wsgw_protocol_event_t
wsgw_protocol_data_header(wsgw_protocol_t *p, const wsgw_protocol_conf_t *conf)
{
    if (p->frame.opcode == WSGW_OP_CONTINUATION) {

        if (p->opcode == 0) {
            return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL,
                                      "Continuation without a message");
        }

        return wsgw_protocol_limits(p, conf);
    }

    if (p->opcode != 0) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL,
                                  "New message inside a fragmented one");
    }

    if (p->frame.opcode == WSGW_OP_BINARY && !conf->binary) {
        return wsgw_protocol_fail(p, WSGW_CODE_UNSUPPORTED,
                                  "Binary messages are not supported");
    }

    p->opcode = p->frame.opcode;
    p->compressed = p->frame.rsv != 0;
    p->size = 0;
    p->fragments = 0;

    return wsgw_protocol_limits(p, conf);
}


static wsgw_protocol_event_t
wsgw_protocol_limits(wsgw_protocol_t *p, const wsgw_protocol_conf_t *conf)
{
    uint64_t  max_frame, max_message;

    max_frame = conf->max_frame;
    max_message = conf->max_message;

    /* What cannot be compressed grows, up to 9 bits for a byte. */

    if (p->compressed) {
        max_message += max_message / 8 + WSGW_DEFLATE_OVERHEAD;

        if (max_frame >= conf->max_message) {
            max_frame = max_message;
        }
    }

    if (max_frame && p->frame.length > max_frame) {
        return wsgw_protocol_fail(p, WSGW_CODE_TOO_BIG,
                                  wsgw_protocol_frame_too_long(p, max_frame));
    }

    /* p->size is within the limit, so the subtraction cannot wrap; a sum
       could. */

    if (p->frame.length > max_message - p->size) {
        return wsgw_protocol_fail(p, WSGW_CODE_TOO_BIG, "Message too long");
    }

    if (conf->max_fragments && p->fragments >= conf->max_fragments) {
        return wsgw_protocol_fail(p, WSGW_CODE_TOO_BIG,
                                  "Too many fragments");
    }

    p->size += p->frame.length;
    p->fragments++;
    p->stage = wsgw_protocol_st_data;

    return WSGW_PROTOCOL_HEADER;
}


static wsgw_protocol_event_t
wsgw_protocol_data(wsgw_protocol_t *p, uint8_t **pos, uint8_t *last)
{
    p->data = *pos;
    p->data_len = wsgw_protocol_take(p, pos, last);
    p->data_opcode = p->opcode;
    p->data_compressed = p->compressed;

    if (p->opcode == WSGW_OP_TEXT && !p->compressed
        && wsgw_utf8_validate(&p->utf8, p->data, p->data_len) != 0)
    {
        return wsgw_protocol_fail(p, WSGW_CODE_INVALID, "Invalid UTF-8");
    }

    if (p->taken == p->frame.length) {
        p->stage = wsgw_protocol_st_header;

        if (p->frame.fin) {
            return wsgw_protocol_message_end(p);
        }
    }

    return p->data_len ? WSGW_PROTOCOL_DATA : WSGW_PROTOCOL_AGAIN;
}


static wsgw_protocol_event_t
wsgw_protocol_message_end(wsgw_protocol_t *p)
{
    if (p->utf8 != 0) {
        return wsgw_protocol_fail(p, WSGW_CODE_INVALID,
                                  "Incomplete UTF-8 character");
    }

    p->opcode = 0;
    p->message_end = 1;

    return WSGW_PROTOCOL_DATA;
}


static wsgw_protocol_event_t
wsgw_protocol_control(wsgw_protocol_t *p, uint8_t **pos, uint8_t *last)
{
    size_t    n;
    uint8_t  *payload;

    payload = *pos;
    n = wsgw_protocol_take(p, pos, last);

    if (n) {
        memcpy(p->control + p->control_len, payload, n);
        p->control_len = (uint8_t) (p->control_len + n);
    }

    if (p->taken < p->frame.length) {
        return WSGW_PROTOCOL_AGAIN;
    }

    p->stage = wsgw_protocol_st_header;

    switch (p->frame.opcode) {

    case WSGW_OP_PING:
        return WSGW_PROTOCOL_PING;

    case WSGW_OP_PONG:
        return WSGW_PROTOCOL_PONG;

    default:
        return wsgw_protocol_close(p);
    }
}


/* RFC 6455, 5.5.1: a Close has no payload, or a code and a reason. */

static wsgw_protocol_event_t
wsgw_protocol_close(wsgw_protocol_t *p)
{
    if (p->control_len == 0) {
        p->code = WSGW_CODE_NO_STATUS;
        return WSGW_PROTOCOL_CLOSE;
    }

    if (p->control_len == 1) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL,
                                  "Incomplete close code");
    }

    p->code = (uint16_t) (p->control[0] << 8 | p->control[1]);

    if (!wsgw_protocol_is_close_code(p->code)) {
        return wsgw_protocol_fail(p, WSGW_CODE_PROTOCOL, "Illegal close code");
    }

    p->control_len = (uint8_t) (p->control_len - 2);
    memmove(p->control, p->control + 2, p->control_len);

    if (!wsgw_utf8_is_valid(p->control, p->control_len)) {
        return wsgw_protocol_fail(p, WSGW_CODE_INVALID,
                                  "Invalid UTF-8 in close reason");
    }

    return WSGW_PROTOCOL_CLOSE;
}


/* Returns 1 if a client may send the code (RFC 6455, 7.4); 1012 to 1014 were
   registered after it. */

static int
wsgw_protocol_is_close_code(uint16_t code)
{
    return (code >= 1000 && code <= 1003)
           || (code >= 1007 && code <= 1014)
           || (code >= 3000 && code <= 4999);
}


/* Takes what there is of the frame's payload and unmasks it. */

static size_t
wsgw_protocol_take(wsgw_protocol_t *p, uint8_t **pos, uint8_t *last)
{
    size_t    n;
    uint64_t  left;

    n = (size_t) (last - *pos);
    left = p->frame.length - p->taken;

    if (n > left) {
        n = (size_t) left;
    }

    wsgw_frame_unmask(*pos, n, p->frame.mask, p->taken);

    p->taken += n;
    *pos += n;

    return n;
}


static wsgw_protocol_event_t
wsgw_protocol_fail(wsgw_protocol_t *p, uint16_t code, const char *reason)
{
    p->code = code;
    p->reason = reason;

    return WSGW_PROTOCOL_FAIL;
}


/* Returns AWS's text, which is built in p->control: no event will need it. */

static const char *
wsgw_protocol_frame_too_long(wsgw_protocol_t *p, uint64_t max_frame)
{
    size_t    n;
    uint64_t  rest;
    char     *text;

    static const char  head[] = "Max frame length of ";
    static const char  tail[] = " has been exceeded.";

    n = sizeof(head) - 1;

    for (rest = max_frame; rest; rest /= 10) {
        n++;
    }

    text = (char *) p->control;

    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + n, tail, sizeof(tail));

    for (rest = max_frame; rest; rest /= 10) {
        text[--n] = (char) ('0' + rest % 10);
    }

    return text;
}
