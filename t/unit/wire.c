/* the envelope: what is written is read, what is broken is refused */

#include "unit.h"
#include "pure/wire.h"


static const wsgw_id_t  targets[] = {
    { 1, 2, 3 },
    { ((uint64_t) 1 << 42) - 1, (1 << 22) - 1, (1 << 24) - 1 }
};


static size_t
build(uint8_t *buf, size_t size)
{
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, buf, size, WSGW_VERB_SEND, WSGW_WIRE_BINARY);
    wsgw_wire_put_targets(&w, targets, unit_count(targets));
    wsgw_wire_put_bytes(&w, WSGW_TAG_FRAME, "hello", 5);
    wsgw_wire_put_bytes(&w, WSGW_TAG_REASON, NULL, 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_SEQUENCE, 0x0123456789abcdef);

    return wsgw_wire_finish(&w);
}


static void
test_round_trip(void **state)
{
    size_t              i, n;
    uint8_t             buf[128];
    uint64_t            value;
    wsgw_id_t           id;
    wsgw_wire_field_t   f;
    wsgw_wire_reader_t  r;

    static const uint8_t  head[] = {
        'W', 'G', 2, 1, 1, 0, 0, 0, 85, 0, 0, 0, 4, 0, 0, 0,
        WSGW_TAG_TARGETS, 0, 32, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0,
        1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0
    };

    (void) state;

    n = build(buf, sizeof(buf));

    assert_int_equal(n, 85);
    assert_memory_equal(buf, head, sizeof(head));
    assert_int_equal(wsgw_wire_open(&r, buf, n), WSGW_DONE);
    assert_int_equal(r.size, n);
    assert_int_equal(r.verb, WSGW_VERB_SEND);
    assert_int_equal(r.flags, WSGW_WIRE_BINARY);

    assert_int_equal(wsgw_wire_next(&r, &f), 1);
    assert_int_equal(f.tag, WSGW_TAG_TARGETS);
    assert_int_equal(wsgw_wire_u64(&f, &value), -1);

    for (i = 0; i < unit_count(targets); i++) {
        assert_int_equal(wsgw_wire_target(&f, i, &id), 0);
        assert_int_equal(id.number, targets[i].number);
        assert_int_equal(id.slot, targets[i].slot);
        assert_int_equal(id.secret, targets[i].secret);
    }

    assert_int_equal(wsgw_wire_target(&f, i, &id), -1);

    assert_int_equal(wsgw_wire_next(&r, &f), 1);
    assert_int_equal(f.tag, WSGW_TAG_FRAME);
    assert_int_equal(f.len, 5);
    assert_memory_equal(f.data, "hello", 5);

    assert_int_equal(wsgw_wire_next(&r, &f), 1);
    assert_int_equal(f.tag, WSGW_TAG_REASON);
    assert_int_equal(f.len, 0);

    assert_int_equal(wsgw_wire_next(&r, &f), 1);
    assert_int_equal(f.tag, WSGW_TAG_SEQUENCE);
    assert_int_equal(wsgw_wire_u64(&f, &value), 0);
    assert_int_equal(value, 0x0123456789abcdef);

    assert_int_equal(wsgw_wire_next(&r, &f), 0);
}


/* a buffer of any size but enough is told, and never written behind */

static void
test_overflow(void **state)
{
    size_t    size, n;
    uint8_t   buf[128], *p;

    (void) state;

    n = build(buf, sizeof(buf));

    for (size = 0; size <= n; size++) {
        p = unit_copy(buf, size);
        assert_int_equal(build(p, size), size == n ? n : 0);
        free(p);
    }
}


/* bytes elsewhere: after the head they make the same envelope */

static void
test_finish_before(void **state)
{
    size_t              i, n, head, size;
    uint8_t             whole[128], buf[128], *p;
    wsgw_wire_writer_t  w;

    static const char  frame[] = "hello, world";

    (void) state;

    for (i = 0; i < sizeof(frame); i++) {
        wsgw_wire_begin(&w, whole, sizeof(whole), WSGW_VERB_SEND, 0);
        wsgw_wire_put_targets(&w, targets, 1);
        wsgw_wire_put_bytes(&w, WSGW_TAG_FRAME, frame, i);
        n = wsgw_wire_finish(&w);

        wsgw_wire_begin(&w, buf, sizeof(buf), WSGW_VERB_SEND, 0);
        wsgw_wire_put_targets(&w, targets, 1);
        head = wsgw_wire_finish_before(&w, WSGW_TAG_FRAME, i);

        assert_int_equal(head, n - i);
        memcpy(buf + head, frame, i);
        assert_memory_equal(buf, whole, n);
    }

    for (size = 0; size <= head; size++) {
        p = unit_copy(buf, size);
        wsgw_wire_begin(&w, p, size, WSGW_VERB_SEND, 0);
        wsgw_wire_put_targets(&w, targets, 1);
        assert_int_equal(wsgw_wire_finish_before(&w, WSGW_TAG_FRAME, 1),
                         size == head ? head : 0);
        free(p);
    }

    /* the envelope's size has four bytes */

    for (i = 0; i <= head; i++) {
        wsgw_wire_begin(&w, buf, sizeof(buf), WSGW_VERB_SEND, 0);
        wsgw_wire_put_targets(&w, targets, 1);
        assert_int_equal(wsgw_wire_finish_before(&w, WSGW_TAG_FRAME,
                                                 UINT32_MAX - i),
                         i == head ? head : 0);
    }

    wsgw_wire_begin(&w, buf, sizeof(buf), WSGW_VERB_SEND, 0);
    assert_int_equal(wsgw_wire_finish_before(&w, WSGW_TAG_FRAME, SIZE_MAX), 0);
}


static void
test_incomplete(void **state)
{
    size_t              n, size;
    uint8_t             buf[128], *p;
    wsgw_wire_reader_t  r;

    (void) state;

    n = build(buf, sizeof(buf));

    for (size = 0; size < n; size++) {
        p = unit_copy(buf, size);
        assert_int_equal(wsgw_wire_open(&r, p, size), WSGW_AGAIN);
        assert_int_equal(r.size, size < WSGW_WIRE_HEADER ? 0 : n);
        free(p);
    }

    /* what follows is the next one's */

    assert_int_equal(wsgw_wire_open(&r, buf, n + 1), WSGW_DONE);
    assert_int_equal(r.size, n);
}


static void
test_malformed(void **state)
{
    size_t              i, n;
    uint8_t             buf[128], *p;
    wsgw_wire_reader_t  r;

    static const struct {
        size_t   offset;
        uint8_t  byte;
    } rows[] = {
        { 0, 'w' }, { 1, 'g' }, { 2, 0 }, { 2, WSGW_WIRE_VERSION - 1 },
        { 2, WSGW_WIRE_VERSION + 1 },
        { 8, 15 }, { 8, 0 },            /* size below the header's */
        { 8, 84 }, { 8, 83 },           /* cuts the last field */
        { 12, 3 }, { 12, 5 },           /* fields fewer and more */
        { 15, 1 },
        { 18, 31 }, { 18, 33 },         /* a length short and long by one */
        { 21, 0xff },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = build(buf, sizeof(buf));
        buf[rows[i].offset] = rows[i].byte;

        p = unit_copy(buf, n);
        assert_int_equal(wsgw_wire_open(&r, p, n), WSGW_ERROR);
        free(p);
    }
}


static void
test_unknown_tag_and_verb(void **state)
{
    size_t              n;
    uint8_t             buf[128];
    wsgw_wire_field_t   f;
    wsgw_wire_reader_t  r;

    (void) state;

    n = build(buf, sizeof(buf));
    buf[3] = 200;
    buf[16] = 0xfe;
    buf[17] = 0xff;

    assert_int_equal(wsgw_wire_open(&r, buf, n), WSGW_DONE);
    assert_int_equal(r.verb, 200);
    assert_int_equal(wsgw_wire_next(&r, &f), 1);
    assert_int_equal(f.tag, 0xfffe);
    assert_int_equal(wsgw_wire_next(&r, &f), 1);
    assert_int_equal(f.tag, WSGW_TAG_FRAME);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_finish_before),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_unknown_tag_and_verb),
    };

    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
