/* the frame: headers of every length and in every portion, unmasking */

#include "unit.h"
#include "pure/frame.h"


/* writes a header with the length in `extended` bytes (0, 2 or 8), shortest
   form or not */

static size_t
build(uint8_t *dst, uint8_t first, const uint8_t *mask, uint64_t length,
    size_t extended)
{
    size_t  i, n;

    dst[0] = first;
    dst[1] = (uint8_t) (extended == 0 ? length : extended == 2 ? 126 : 127);
    n = 2 + extended;

    for (i = 0; i < extended; i++) {
        dst[n - 1 - i] = (uint8_t) (length >> 8 * i);
    }

    if (mask) {
        dst[1] |= 0x80;
        memcpy(dst + n, mask, 4);
        n += 4;
    }

    return n;
}


/* a header is whole at its last byte, however it comes in, and not before */

static void
check(const uint8_t *header, size_t n, const wsgw_frame_t *expected, int rc)
{
    size_t        cut;
    uint8_t      *p, *pos;
    wsgw_frame_t  f;

    p = unit_copy(header, n);

    for (cut = 0; cut < n; cut++) {
        memset(&f, 0, sizeof(f));
        pos = p;

        if (wsgw_frame_parse(&f, &pos, p + cut) == WSGW_ERROR) {
            assert_int_equal(rc, WSGW_ERROR);
            continue;
        }

        assert_ptr_equal(pos, p + cut);
        assert_int_equal(wsgw_frame_parse(&f, &pos, p + n), rc);

        if (rc == WSGW_ERROR) {
            continue;
        }

        assert_ptr_equal(pos, p + n);
        assert_int_equal(f.state, 0);
        assert_int_equal(f.fin, expected->fin);
        assert_int_equal(f.rsv, expected->rsv);
        assert_int_equal(f.opcode, expected->opcode);
        assert_int_equal(f.masked, expected->masked);
        assert_int_equal(f.length, expected->length);

        if (f.masked) {
            assert_memory_equal(f.mask, expected->mask, 4);
        }
    }

    free(p);
}


static void
test_first_byte(void **state)
{
    int           first;
    size_t        n;
    uint8_t       header[14];
    wsgw_frame_t  f;

    (void) state;

    for (first = 0; first < 256; first++) {
        memset(&f, 0, sizeof(f));
        f.fin = (uint8_t) (first >> 7);
        f.rsv = (uint8_t) (first >> 4 & 7);
        f.opcode = (uint8_t) (first & 15);
        f.length = 5;

        n = build(header, (uint8_t) first, NULL, 5, 0);
        check(header, n, &f, WSGW_DONE);
    }
}


static void
test_lengths(void **state)
{
    size_t        i, k, n;
    uint8_t       header[14];
    wsgw_frame_t  f;

    static const struct {
        uint64_t  length;
        size_t    extended;
        int       rc;
    } rows[] = {
        { 0, 0, WSGW_DONE }, { 1, 0, WSGW_DONE }, { 125, 0, WSGW_DONE },
        { 0, 2, WSGW_ERROR }, { 125, 2, WSGW_ERROR }, { 126, 2, WSGW_DONE },
        { 127, 2, WSGW_DONE }, { 65535, 2, WSGW_DONE },
        { 0, 8, WSGW_ERROR }, { 126, 8, WSGW_ERROR },
        { 65535, 8, WSGW_ERROR }, { 65536, 8, WSGW_DONE },
        { UINT64_MAX >> 1, 8, WSGW_DONE },
        { (UINT64_MAX >> 1) + 1, 8, WSGW_ERROR },
        { UINT64_MAX, 8, WSGW_ERROR },
    };

    static const uint8_t  masks[2][4] = { { 0, 0, 0, 0 }, { 1, 2, 3, 255 } };

    (void) state;

    memset(&f, 0, sizeof(f));
    f.fin = 1;
    f.opcode = WSGW_OP_TEXT;

    for (i = 0; i < unit_count(rows); i++) {
        f.length = rows[i].length;

        f.masked = 0;
        n = build(header, 0x81, NULL, f.length, rows[i].extended);
        check(header, n, &f, rows[i].rc);

        for (k = 0; k < 2; k++) {
            f.masked = 1;
            memcpy(f.mask, masks[k], 4);
            n = build(header, 0x81, masks[k], f.length, rows[i].extended);
            check(header, n, &f, rows[i].rc);
        }
    }
}


/* every length of a single bit, in each of the three encodings */

static void
test_single_bit_lengths(void **state)
{
    int           bit, rc;
    size_t        n;
    uint8_t       header[14];
    wsgw_frame_t  f;

    (void) state;

    memset(&f, 0, sizeof(f));
    f.fin = 1;
    f.opcode = WSGW_OP_BINARY;

    for (bit = 0; bit < 64; bit++) {
        f.length = (uint64_t) 1 << bit;

        if (bit < 7) {
            n = build(header, 0x82, NULL, f.length, 0);
            check(header, n, &f, WSGW_DONE);
        }

        if (bit < 16) {
            rc = bit < 7 ? WSGW_ERROR : WSGW_DONE;
            n = build(header, 0x82, NULL, f.length, 2);
            check(header, n, &f, rc);
        }

        rc = bit < 16 || bit == 63 ? WSGW_ERROR : WSGW_DONE;
        n = build(header, 0x82, NULL, f.length, 8);
        check(header, n, &f, rc);
    }
}


/* a struct that has held one frame is ready for the next */

static void
test_two_frames(void **state)
{
    uint8_t       *pos, *last;
    wsgw_frame_t   f;
    uint8_t        frames[] = { 0x89, 0x80, 9, 8, 7, 6, 0x01, 0x02 };

    (void) state;

    memset(&f, 0, sizeof(f));
    pos = frames;
    last = frames + sizeof(frames);

    assert_int_equal(wsgw_frame_parse(&f, &pos, last), WSGW_DONE);
    assert_int_equal(f.opcode, WSGW_OP_PING);
    assert_int_equal(f.masked, 1);

    assert_int_equal(wsgw_frame_parse(&f, &pos, last), WSGW_DONE);
    assert_int_equal(f.opcode, WSGW_OP_TEXT);
    assert_int_equal(f.fin, 0);
    assert_int_equal(f.masked, 0);
    assert_int_equal(f.length, 2);
    assert_ptr_equal(pos, last);
}


static void
test_unmask(void **state)
{
    size_t    n, i, cut, align;
    uint8_t   plain[80], *p;

    static const uint8_t  mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

    (void) state;

    for (i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t) (i * 7);
    }

    for (n = 0; n <= 64; n++) {
        for (align = 0; align < 8; align++) {
            for (cut = 0; cut <= n; cut++) {
                p = unit_copy(plain, align + n);

                for (i = 0; i < n; i++) {
                    p[align + i] ^= mask[i & 3];
                }

                wsgw_frame_unmask(p + align, cut, mask, 0);
                wsgw_frame_unmask(p + align + cut, n - cut, mask, cut);

                assert_memory_equal(p, plain, align + n);
                free(p);
            }
        }
    }
}


static void
test_unmask_far_offset(void **state)
{
    size_t    i, k;
    uint8_t   p[11];

    static const uint8_t   mask[4] = { 1, 2, 4, 8 };
    static const uint64_t  offsets[] = { 3, 0xffffffff, (uint64_t) 1 << 32 };

    (void) state;

    for (k = 0; k < unit_count(offsets); k++) {
        memset(p, 0, sizeof(p));
        wsgw_frame_unmask(p, sizeof(p), mask, offsets[k]);

        for (i = 0; i < sizeof(p); i++) {
            assert_int_equal(p[i], mask[(offsets[k] + i) % 4]);
        }
    }
}


static void
test_header(void **state)
{
    size_t        i, n;
    uint8_t       header[WSGW_FRAME_MAX_HEADER], *pos;
    wsgw_frame_t  f;

    static const struct {
        uint64_t  length;
        size_t    size;
    } rows[] = {
        { 0, 2 }, { 125, 2 }, { 126, 4 }, { 65535, 4 }, { 65536, 10 },
        { UINT64_MAX >> 1, 10 }
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = wsgw_frame_header(header, WSGW_FRAME_FIN | WSGW_FRAME_RSV1
                                      | WSGW_OP_BINARY, rows[i].length);
        assert_int_equal(n, rows[i].size);

        memset(&f, 0, sizeof(f));
        pos = header;

        assert_int_equal(wsgw_frame_parse(&f, &pos, header + n), WSGW_DONE);
        assert_ptr_equal(pos, header + n);
        assert_int_equal(f.length, rows[i].length);
        assert_int_equal(f.opcode, WSGW_OP_BINARY);
        assert_int_equal(f.rsv, 4);
        assert_int_equal(f.fin, 1);
        assert_int_equal(f.masked, 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_first_byte),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_single_bit_lengths),
        cmocka_unit_test(test_two_frames),
        cmocka_unit_test(test_unmask),
        cmocka_unit_test(test_unmask_far_offset),
        cmocka_unit_test(test_header),
    };

    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
