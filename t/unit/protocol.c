/*
 * The protocol: each case is played whole and in portions of every size, and
 * must give the same events.  A state that is idle is thrown away between
 * portions, one that is not is stored, as the module does it.
 */

#include "unit.h"
#include "pure/protocol.h"


#define MAX_INPUT   8192
#define MAX_EVENTS  (2 * MAX_INPUT)


/* frames are written as "first byte, payload" and masked here */

typedef struct {
    uint8_t   bytes[MAX_INPUT];
    size_t    n;
} stream_t;


static const wsgw_protocol_conf_t  conf = {
    .max_frame = 1000, .max_message = 3000, .max_fragments = 4, .binary = 1
};

static const wsgw_protocol_conf_t  conf_text = {
    .max_message = 3000
};

static const wsgw_protocol_conf_t  conf_deflate = {
    .max_message = 3000, .binary = 1, .deflate = 1
};


static void
add_header(stream_t *s, uint8_t first, uint64_t length, const uint8_t *mask)
{
    size_t  n;

    n = wsgw_frame_header(s->bytes + s->n, first, length);

    if (mask) {
        s->bytes[s->n + 1] |= 0x80;
        memcpy(s->bytes + s->n + n, mask, 4);
        n += 4;
    }

    s->n += n;
}


static void
add(stream_t *s, uint8_t first, const void *payload, size_t n)
{
    static const uint8_t  mask[4] = { 0x12, 0xfe, 0x80, 0x3c };

    assert_true(s->n + n + 14 <= MAX_INPUT);

    add_header(s, first, n, mask);

    if (n) {
        memcpy(s->bytes + s->n, payload, n);
        wsgw_frame_unmask(s->bytes + s->n, n, mask, 0);
        s->n += n;
    }
}


/*
 * Plays the stream in portions of `step` bytes and writes what happened as
 * text: H size; M opcode compressed length text; I, O for ping and pong with
 * payload; C, F with code and reason; A at the end, with + if a message is
 * unfinished.
 */

static void
play(const stream_t *s, const wsgw_protocol_conf_t *cf, size_t step,
    char *out)
{
    size_t                 cut, len;
    uint8_t               *buf, *pos, *last, message[MAX_INPUT];
    wsgw_protocol_t        p, stored;
    wsgw_protocol_event_t  event;

    buf = unit_copy(s->bytes, s->n);
    memset(&p, 0, sizeof(p));
    len = 0;
    cut = 0;

    do {
        pos = buf + cut;
        cut = s->n - cut < step ? s->n : cut + step;
        last = buf + cut;

        do {
            event = wsgw_protocol_next(&p, cf, &pos, last);

            switch (event) {

            case WSGW_PROTOCOL_AGAIN:
                assert_ptr_equal(pos, last);
                break;

            case WSGW_PROTOCOL_HEADER:
                assert_false(wsgw_protocol_is_idle(&p));
                out += sprintf(out, "H%llu ", (unsigned long long) p.size);
                break;

            case WSGW_PROTOCOL_DATA:
                assert_true(p.data_len || p.message_end);
                assert_true(p.data >= buf && p.data + p.data_len <= last);
                memcpy(message + len, p.data, p.data_len);
                len += p.data_len;

                if (p.message_end) {
                    assert_true(wsgw_protocol_is_idle(&p));
                    assert_int_equal(len, p.size);
                    out += sprintf(out, "M%d%s:%zu:%.*s ", p.data_opcode,
                                   p.data_compressed ? "z" : "", len,
                                   len > 40 ? 0 : (int) len, (char *) message);
                    len = 0;
                }

                break;

            case WSGW_PROTOCOL_PING:
            case WSGW_PROTOCOL_PONG:
                out += sprintf(out, "%c%d:%.*s ",
                               event == WSGW_PROTOCOL_PING ? 'I' : 'O',
                               p.control_len,
                               p.control_len > 40 ? 0 : (int) p.control_len,
                               (char *) p.control);
                break;

            case WSGW_PROTOCOL_CLOSE:
                sprintf(out, "C%d:%.*s", p.code, (int) p.control_len,
                        (char *) p.control);
                break;

            case WSGW_PROTOCOL_FAIL:
                assert_true(strlen(p.reason) > 0);
                assert_true(strlen(p.reason) <= 123);
                sprintf(out, "F%d:%s", p.code, p.reason);
                break;
            }

        } while (event != WSGW_PROTOCOL_AGAIN && event != WSGW_PROTOCOL_CLOSE
                 && event != WSGW_PROTOCOL_FAIL);

        if (event != WSGW_PROTOCOL_AGAIN) {
            free(buf);
            return;
        }

        /* between two reads only what is not idle is kept */

        memset(&stored, 0, sizeof(stored));

        if (!wsgw_protocol_is_idle(&p)) {
            stored = p;
        }

        p = stored;

    } while (cut < s->n);

    strcpy(out, wsgw_protocol_is_idle(&p) ? "A" : "A+");
    free(buf);
}


static void
check(const stream_t *s, const wsgw_protocol_conf_t *cf, const char *expected)
{
    size_t       step;
    static char  out[MAX_EVENTS];

    for (step = s->n ? s->n : 1; step > 0; step--) {

        /* of long streams the portions around the frames' sizes will do */

        if (step > 40 && step < s->n && step % 251) {
            continue;
        }

        play(s, cf, step, out);

        if (strcmp(out, expected) != 0) {
            fail_msg("in portions of %zu: \"%s\", not \"%s\"", step, out,
                     expected);
        }
    }
}


/* one frame, then what is expected */

static void
check_one(const wsgw_protocol_conf_t *cf, uint8_t first, const void *payload,
    size_t n, const char *expected)
{
    stream_t  s;

    s.n = 0;
    add(&s, first, payload, n);
    check(&s, cf, expected);
}


static void
test_messages(void **state)
{
    stream_t  s;

    (void) state;

    s.n = 0;
    check(&s, &conf, "A");

    add(&s, 0x81, "hello", 5);
    check(&s, &conf, "H5 M1:5:hello A");

    add(&s, 0x82, "\x00\xff", 2);
    add(&s, 0x81, "", 0);
    add(&s, 0x82, "", 0);
    add(&s, 0x81, "x", 1);
    check(&s, &conf_deflate, "H5 M1:5:hello H2 M2:2: H0 M1:0: H0 M2:0: "
                             "H1 M1:1:x A");
}


static void
test_fragments(void **state)
{
    stream_t  s;

    (void) state;

    s.n = 0;
    add(&s, 0x01, "ab", 2);
    check(&s, &conf, "H2 A+");
    add(&s, 0x00, "", 0);
    add(&s, 0x00, "c", 1);
    add(&s, 0x80, "de", 2);
    check(&s, &conf, "H2 H2 H3 H5 M1:5:abcde A");

    /* empty first and last */

    s.n = 0;
    add(&s, 0x02, "", 0);
    add(&s, 0x00, "q", 1);
    add(&s, 0x80, "", 0);
    add(&s, 0x81, "", 0);
    check(&s, &conf, "H0 H1 H1 M2:1:q H0 M1:0: A");

    /* control frames between */

    s.n = 0;
    add(&s, 0x01, "\xe2\x82", 2);
    add(&s, 0x89, "ping", 4);
    add(&s, 0x8a, "", 0);
    add(&s, 0x80, "\xac", 1);
    add(&s, 0x89, "", 0);
    check(&s, &conf, "H2 I4:ping O0: H3 M1:3:\xe2\x82\xac I0: A");
}


static void
test_sequence(void **state)
{
    stream_t  s;

    (void) state;

    check_one(&conf, 0x80, "a", 1, "F1002:Continuation without a message");
    check_one(&conf, 0x00, "a", 1, "F1002:Continuation without a message");

    s.n = 0;
    add(&s, 0x81, "a", 1);
    add(&s, 0x80, "a", 1);
    check(&s, &conf, "H1 M1:1:a F1002:Continuation without a message");

    s.n = 0;
    add(&s, 0x01, "a", 1);
    add(&s, 0x81, "a", 1);
    check(&s, &conf, "H1 F1002:New message inside a fragmented one");

    s.n = 0;
    add(&s, 0x01, "a", 1);
    add(&s, 0x02, "a", 1);
    check(&s, &conf, "H1 F1002:New message inside a fragmented one");

    check_one(&conf_text, 0x82, "a", 1,
              "F1003:Binary messages are not supported");
    check_one(&conf_text, 0x02, "a", 1,
              "F1003:Binary messages are not supported");
}


static void
test_reserved(void **state)
{
    int  opcode, rsv;

    (void) state;

    for (opcode = 0; opcode < 16; opcode++) {

        if ((opcode > 2 && opcode < 8) || opcode > 10) {
            check_one(&conf, (uint8_t) (0x80 | opcode), "", 0,
                      "F1002:Reserved opcode");
        }

        for (rsv = 1; rsv < 8; rsv++) {
            check_one(&conf, (uint8_t) (0x80 | rsv << 4 | opcode), "", 0,
                      "F1002:Reserved bit set");

            if (rsv != 4 || (opcode != 1 && opcode != 2)) {
                check_one(&conf_deflate,
                          (uint8_t) (0x80 | rsv << 4 | opcode), "", 0,
                          "F1002:Reserved bit set");
            }
        }
    }
}


static void
test_compressed(void **state)
{
    stream_t  s;

    static const uint8_t  mask[4] = { 0x12, 0xfe, 0x80, 0x3c };

    (void) state;

    /* the wire bytes are no text, they are not judged as one */

    check_one(&conf_deflate, 0xc1, "\xff\xc0", 2,
              "H2 M1z:2:\xff\xc0 A");

    s.n = 0;
    add(&s, 0x42, "a", 1);
    add(&s, 0x80, "b", 1);
    add(&s, 0x81, "c", 1);
    check(&s, &conf_deflate, "H1 H2 M2z:2:ab H1 M1:1:c A");

    s.n = 0;
    add(&s, 0x41, "a", 1);
    add(&s, 0xc0, "b", 1);
    check(&s, &conf_deflate, "H1 F1002:Reserved bit set");

    /* what cannot be compressed grows, by an eighth and 64 bytes */

    s.n = 0;
    add_header(&s, 0xc1, 3439, mask);
    check(&s, &conf_deflate, "H3439 A+");

    s.n = 0;
    add_header(&s, 0xc1, 3440, mask);
    check(&s, &conf_deflate, "F1009:Message too long");

    s.n = 0;
    add_header(&s, 0x81, 3001, mask);
    check(&s, &conf_deflate, "F1009:Message too long");
}


static void
test_unmasked(void **state)
{
    size_t    i;
    stream_t  s;

    static const uint8_t  first[] = { 0x81, 0x82, 0x01, 0x88, 0x89, 0x8a };

    (void) state;

    for (i = 0; i < unit_count(first); i++) {
        s.n = 0;
        add_header(&s, first[i], 0, NULL);
        check(&s, &conf, "F1002:Unmasked frame");
    }
}


static void
test_control(void **state)
{
    stream_t  s;
    uint8_t   payload[126];

    (void) state;

    memset(payload, 'p', sizeof(payload));

    check_one(&conf, 0x89, payload, 40,
              "I40:pppppppppppppppppppppppppppppppppppppppp A");
    check_one(&conf, 0x89, payload, 125, "I125: A");
    check_one(&conf, 0x8a, payload, 125, "O125: A");
    check_one(&conf, 0x89, payload, 126, "F1002:Control frame too long");
    check_one(&conf, 0x8a, payload, 126, "F1002:Control frame too long");
    check_one(&conf, 0x88, payload, 126, "F1002:Control frame too long");
    check_one(&conf, 0x09, "a", 1, "F1002:Fragmented control frame");
    check_one(&conf, 0x0a, "a", 1, "F1002:Fragmented control frame");
    check_one(&conf, 0x08, "", 0, "F1002:Fragmented control frame");

    /* the frame limit is for data */

    s.n = 0;
    add(&s, 0x89, payload, 125);
    check(&s, &(wsgw_protocol_conf_t) { .max_frame = 1, .max_message = 1 },
          "I125: A");
}


static void
test_close_codes(void **state)
{
    int      code, legal;
    char     expected[64];
    uint8_t  payload[2];

    (void) state;

    for (code = 0; code < 0x10000; code++) {

        if (code > 5010 && code % 997) {
            continue;
        }

        payload[0] = (uint8_t) (code >> 8);
        payload[1] = (uint8_t) code;

        legal = (code >= 1000 && code <= 1014
                 && code != 1004 && code != 1005 && code != 1006)
                || (code >= 3000 && code <= 4999);

        snprintf(expected, sizeof(expected),
                 legal ? "C%d:" : "F1002:Illegal close code", code);

        check_one(&conf, 0x88, payload, 2, expected);
    }
}


static void
test_close(void **state)
{
    stream_t  s;
    uint8_t   payload[125];
    char      expected[160];

    (void) state;

    check_one(&conf, 0x88, "", 0, "C1005:");
    check_one(&conf, 0x88, "\x03", 1, "F1002:Incomplete close code");
    check_one(&conf, 0x88, "\x03\xe8" "bye", 5, "C1000:bye");
    check_one(&conf, 0x88, "\x03\xe8\xe2\x82\xac", 5, "C1000:\xe2\x82\xac");
    check_one(&conf, 0x88, "\x03\xe8\xe2\x82", 4,
              "F1007:Invalid UTF-8 in close reason");
    check_one(&conf, 0x88, "\x03\xe8\xff", 3,
              "F1007:Invalid UTF-8 in close reason");

    memset(payload, 'r', sizeof(payload));
    payload[0] = 0x0f;
    payload[1] = 0xa0;
    sprintf(expected, "C4000:%.*s", 123, (char *) payload + 2);
    check_one(&conf, 0x88, payload, 125, expected);

    /* nothing behind it is read */

    s.n = 0;
    add(&s, 0x01, "a", 1);
    add(&s, 0x88, "\x03\xe8", 2);
    add(&s, 0x83, "a", 1);
    check(&s, &conf, "H1 C1000:");
}


static void
test_utf8(void **state)
{
    stream_t  s;

    (void) state;

    check_one(&conf, 0x81, "a\xff", 2, "H2 F1007:Invalid UTF-8");
    check_one(&conf, 0x81, "a\xe2\x82", 3,
              "H3 F1007:Incomplete UTF-8 character");

    /* a message starts anew, whatever the last one ended with */

    s.n = 0;
    add(&s, 0x82, "\xe2\x82", 2);
    add(&s, 0x81, "\xac", 1);
    check(&s, &conf, "H2 M2:2:\xe2\x82 H1 F1007:Invalid UTF-8");

    /* RFC 6455, 8.1: at once, though frame and message go on */

    s.n = 0;
    add(&s, 0x01, "0123456789abcdef\xed\xa0", 18);
    s.n -= 1;
    check(&s, &conf, "H18 A+");
    s.n += 1;
    check(&s, &conf, "H18 F1007:Invalid UTF-8");
}


static void
test_limits(void **state)
{
    int                   i;
    stream_t              s;
    static char           out[MAX_EVENTS];
    static uint8_t        payload[3001];
    wsgw_protocol_conf_t  aws;

    (void) state;

    memset(payload, 'x', sizeof(payload));

    /* a frame: N passes, N + 1 fails on its header, nothing behind it read */

    check_one(&conf, 0x81, payload, 1000, "H1000 M1:1000: A");
    check_one(&conf, 0x81, payload, 1001,
              "F1009:Max frame length of 1000 has been exceeded.");

    aws = (wsgw_protocol_conf_t) { .max_frame = 32768, .max_message = 131072 };
    s.n = 0;
    add_header(&s, 0x81, 32769, (const uint8_t *) "mask");
    check(&s, &aws, "F1009:Max frame length of 32768 has been exceeded.");

    s.n = 0;
    add_header(&s, 0x81, 32768, (const uint8_t *) "mask");
    check(&s, &aws, "H32768 A+");

    aws.max_frame = UINT64_MAX >> 1;
    aws.max_frame--;
    s.n = 0;
    add_header(&s, 0x81, UINT64_MAX >> 1, (const uint8_t *) "mask");
    check(&s, &aws, "F1009:Max frame length of 9223372036854775806 has been "
                    "exceeded.");

    /* a message: in one frame and in several */

    check_one(&conf_text, 0x81, payload, 3000, "H3000 M1:3000: A");
    check_one(&conf_text, 0x81, payload, 3001, "F1009:Message too long");

    s.n = 0;
    add(&s, 0x01, payload, 1000);
    add(&s, 0x00, payload, 1000);
    add(&s, 0x80, payload, 1000);
    check(&s, &conf, "H1000 H2000 H3000 M1:3000: A");

    s.n = 0;
    add(&s, 0x01, payload, 1000);
    add(&s, 0x00, payload, 1000);
    add(&s, 0x00, payload, 1000);
    add(&s, 0x80, payload, 1);
    check(&s, &conf, "H1000 H2000 H3000 F1009:Message too long");

    /* the sum of announced lengths does not wrap */

    s.n = 0;
    add(&s, 0x01, payload, 2);
    add_header(&s, 0x00, UINT64_MAX >> 1, (const uint8_t *) "mask");
    check(&s, &conf_text, "H2 F1009:Message too long");

    /* fragments: exactly four */

    s.n = 0;
    add(&s, 0x01, "", 0);
    add(&s, 0x00, "", 0);
    add(&s, 0x00, "", 0);
    add(&s, 0x80, "", 0);
    check(&s, &conf, "H0 H0 H0 H0 M1:0: A");
    s.bytes[s.n - 6] = 0x00;
    add(&s, 0x80, "", 0);
    check(&s, &conf, "H0 H0 H0 H0 F1009:Too many fragments");

    /* without limits of frame and fragments the message's is left */

    s.n = 0;
    add(&s, 0x01, "", 0);

    for (i = 0; i < 100; i++) {
        add(&s, 0x00, "", 0);
    }

    play(&s, &conf_text, s.n, out);
    assert_string_equal(out + strlen(out) - 5, "H0 A+");
}


/* all single-bit lengths: on the header, without a byte of payload */

static void
test_single_bit_lengths(void **state)
{
    int       bit;
    char      expected[32];
    stream_t  s;

    (void) state;

    for (bit = 0; bit < 64; bit++) {
        s.n = 0;
        add_header(&s, 0x81, (uint64_t) 1 << bit, (const uint8_t *) "mask");

        snprintf(expected, sizeof(expected), "H%llu A+", 1ULL << bit);

        check(&s, &conf_text, bit < 12 ? expected
                              : bit < 63 ? "F1009:Message too long"
                              : "F1002:Invalid frame length");
    }
}


/* at HEADER nothing behind the header is taken; going on later needs no new
   bytes if the frame is empty */

static void
test_stop_at_header(void **state)
{
    stream_t          s;
    uint8_t          *pos;
    wsgw_protocol_t   p, stored;

    (void) state;

    s.n = 0;
    add(&s, 0x81, "ab", 2);
    memset(&p, 0, sizeof(p));
    pos = s.bytes;

    assert_int_equal(wsgw_protocol_next(&p, &conf, &pos, s.bytes + s.n),
                     WSGW_PROTOCOL_HEADER);
    assert_ptr_equal(pos, s.bytes + 6);
    assert_int_equal(p.size, 2);
    assert_int_equal(p.frame.length, 2);
    stored = p;
    assert_int_equal(wsgw_protocol_next(&stored, &conf, &pos, pos),
                     WSGW_PROTOCOL_AGAIN);
    assert_int_equal(wsgw_protocol_next(&stored, &conf, &pos, s.bytes + s.n),
                     WSGW_PROTOCOL_DATA);
    assert_int_equal(stored.message_end, 1);
    assert_memory_equal(stored.data, "ab", 2);

    s.n = 0;
    add(&s, 0x81, "", 0);
    memset(&p, 0, sizeof(p));
    pos = s.bytes;

    assert_int_equal(wsgw_protocol_next(&p, &conf, &pos, s.bytes + s.n),
                     WSGW_PROTOCOL_HEADER);
    assert_false(wsgw_protocol_is_idle(&p));
    assert_int_equal(wsgw_protocol_next(&p, &conf, &pos, pos),
                     WSGW_PROTOCOL_DATA);
    assert_int_equal(p.message_end, 1);
    assert_int_equal(wsgw_protocol_next(&p, &conf, &pos, pos),
                     WSGW_PROTOCOL_AGAIN);
    assert_int_equal(p.message_end, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_sequence),
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_unmasked),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_close_codes),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_single_bit_lengths),
        cmocka_unit_test(test_stop_at_header),
    };

    return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
