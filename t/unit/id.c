/* ids: form, round trip, what is no id, ids of events */

#include "unit.h"
#include "pure/id.h"


#define DIGITS  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"        \
                "0123456789-_"


static int
is_shape(const uint8_t *p)
{
    size_t  i;

    for (i = 0; i < WSGW_ID_LEN - 1; i++) {
        if (memchr(DIGITS, p[i], 64) == NULL) {
            return 0;
        }
    }

    return p[WSGW_ID_LEN - 1] == '=';
}


static void
test_round_trip(void **state)
{
    size_t     i;
    uint8_t    text[WSGW_ID_LEN];
    wsgw_id_t  id;

    static const struct {
        wsgw_id_t    id;
        const char  *text;
    } rows[] = {
        { { 0, 0, 0 }, "AAAAAAAAAAAAAAA=" },
        { { 1, 0, 0 }, "AAAAAAAAAAAAAAE=" },
        { { 0, 1, 0 }, "AAAAAAAEAAAAAAA=" },
        { { 0, 0, 1 }, "AAABAAAAAAAAAAA=" },
        { { ((uint64_t) 1 << 42) - 1, 0, 0 }, "AAAAAAAD______8=" },
        { { 0, (1 << 22) - 1, 0 }, "AAAA___8AAAAAAA=" },
        { { 0, 0, (1 << 24) - 1 }, "____AAAAAAAAAAA=" },
        { { ((uint64_t) 1 << 42) - 1, (1 << 22) - 1, (1 << 24) - 1 },
          "______________8=" },
        { { 0x2aaaaaaaaaa, 0x155555, 0x800000 }, "gAAAVVVWqqqqqqo=" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        wsgw_id_encode(text, &rows[i].id);

        assert_true(is_shape(text));
        assert_memory_equal(text, rows[i].text, WSGW_ID_LEN);
        assert_int_equal(wsgw_id_decode(&id, text, sizeof(text)), 0);
        assert_int_equal(id.secret, rows[i].id.secret);
        assert_int_equal(id.slot, rows[i].id.slot);
        assert_int_equal(id.number, rows[i].id.number);
    }
}


static void
test_no_id(void **state)
{
    size_t     i;
    uint8_t   *p;
    wsgw_id_t  id;

    static const char  *texts[] = {
        "", "=", "AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAA", "AAAAAAA=AAAAAAA=", "AAAAAAA AAAAAAA=",
        "AAAAAAA+AAAAAAA=", "AAAAAAA/AAAAAAA=", "AAAAAAA}AAAAAAA=",
        "AAAAAAA%AAAAAAA=", "AAAAAAAAAAAAAA==",

        /* bits behind the 88th */
        "AAAAAAAAAAAAAAB=", "AAAAAAAAAAAAAAC=", "AAAAAAAAAAAAAAD=",
        "______________9="
    };

    (void) state;

    for (i = 0; i < unit_count(texts); i++) {
        p = unit_copy(texts[i], strlen(texts[i]));
        assert_int_equal(wsgw_id_decode(&id, p, strlen(texts[i])), -1);
        free(p);
    }
}


/* exactly 64 bytes are digits, at any place but the last, and decode anew */

static void
test_every_byte(void **state)
{
    int        ch, rc;
    size_t     i;
    uint8_t    text[WSGW_ID_LEN], again[WSGW_ID_LEN];
    wsgw_id_t  id;

    (void) state;

    for (i = 0; i < WSGW_ID_LEN - 2; i++) {
        for (ch = 0; ch < 256; ch++) {
            memcpy(text, "AAAAAAAAAAAAAAA=", WSGW_ID_LEN);
            text[i] = (uint8_t) ch;

            rc = wsgw_id_decode(&id, text, sizeof(text));
            assert_int_equal(rc, memchr(DIGITS, ch, 64) ? 0 : -1);

            if (rc == 0) {
                wsgw_id_encode(again, &id);
                assert_memory_equal(again, text, WSGW_ID_LEN);
            }
        }
    }
}


static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, WSGW_ID_LEN);
}


static void
test_request(void **state)
{
    size_t       i, k, n;
    uint8_t     *ids, *p, again[WSGW_ID_LEN];
    wsgw_id_t    id;

    static const wsgw_id_key_t  key = {
        { 0x0706050403020100, 0x0f0e0d0c0b0a0908 }
    };

    enum { CONNECTIONS = 64, NUMBERS = 256 };

    (void) state;

    n = 0;
    ids = malloc((size_t) (CONNECTIONS * (NUMBERS + 1)) * WSGW_ID_LEN);
    assert_non_null(ids);

    for (i = 0; i < CONNECTIONS; i++) {
        id.number = (uint32_t) (i & 1);
        id.slot = (uint32_t) (i >> 1 & 7);
        id.secret = i >> 4;

        wsgw_id_encode(ids + n++ * WSGW_ID_LEN, &id);

        for (k = 0; k < NUMBERS; k++) {
            p = ids + n++ * WSGW_ID_LEN;
            wsgw_id_request(p, &id, k, &key);
            wsgw_id_request(again, &id, k, &key);

            assert_true(is_shape(p));
            assert_int_equal(wsgw_id_decode(&(wsgw_id_t) { 0 }, p,
                                            WSGW_ID_LEN), 0);
            assert_memory_equal(p, again, WSGW_ID_LEN);
        }
    }

    /* all of them differ, from each other and from the connections' */

    qsort(ids, n, WSGW_ID_LEN, compare);

    for (i = 1; i < n; i++) {
        assert_memory_not_equal(ids + (i - 1) * WSGW_ID_LEN,
                                ids + i * WSGW_ID_LEN, WSGW_ID_LEN);
    }

    free(ids);
}


/* the zone's number has each bit inverted, whatever the rest is */

static void
test_request_number(void **state)
{
    size_t     i;
    uint8_t    text[WSGW_ID_LEN];
    wsgw_id_t  id, event;

    static const wsgw_id_key_t  key = { { 7, 8 } };

    (void) state;

    for (i = 0; i < 24; i++) {
        id.number = (uint32_t) 1 << i;
        id.slot = (uint32_t) (0x3fffff >> i);
        id.secret = (uint64_t) 0x3ffffffffff << i & 0x3ffffffffff;

        wsgw_id_request(text, &id, i, &key);

        assert_int_equal(wsgw_id_decode(&event, text, sizeof(text)), 0);
        assert_int_equal(event.number, id.number ^ 0xffffff);
    }
}


/* of one connection and number, each bit of either half of the key matters */

static void
test_key(void **state)
{
    size_t         i;
    uint8_t        first[WSGW_ID_LEN], other[WSGW_ID_LEN];
    wsgw_id_t      id = { 0x2aaaaaaaaaa, 0x155555, 0xf00000 };
    wsgw_id_key_t  key = { { 0, 0 } };

    (void) state;

    wsgw_id_request(first, &id, 0, &key);

    for (i = 0; i < 128; i++) {
        key.word[i / 64] ^= (uint64_t) 1 << i % 64;
        wsgw_id_request(other, &id, 0, &key);
        key.word[i / 64] ^= (uint64_t) 1 << i % 64;

        assert_memory_not_equal(other, first, WSGW_ID_LEN);
    }
}


/* as another implementation of the same hash has it */

static void
test_vector(void **state)
{
    size_t   i;
    uint8_t  text[WSGW_ID_LEN];

    static const wsgw_id_key_t  key = {
        { 0x0706050403020100, 0x0f0e0d0c0b0a0908 }
    };

    static const struct {
        wsgw_id_t    id;
        uint64_t     number;
        const char  *text;
    } rows[] = {
        { { 0x0, 0x0, 0x0 }, 0x0,
          "____eSkcekxpGQI=" },
        { { 0x123456789ab, 0x5, 0xf00001 }, 0x0,
          "D__-v_nlRauB8o8=" },
        { { 0x123456789ab, 0x5, 0xf00001 }, 0x1,
          "D__-_jaGxhjuNtQ=" },
        { { 0x3ffffffffff, 0x3fffff, 0xffffff }, 0xffffffffffffffff,
          "AAAAd9irkVK4rOQ=" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        wsgw_id_request(text, &rows[i].id, rows[i].number, &key);
        assert_memory_equal(text, rows[i].text, WSGW_ID_LEN);
    }
}


/* every text, start and key has a digest of its own, whole words or not */

static void
test_digest(void **state)
{
    size_t    i, j, n;
    uint8_t   text[40], copy[41];
    uint64_t  all[200], split;

    static const wsgw_id_key_t  key = { { 1, 2 } };
    static const wsgw_id_key_t  other = { { 1, 3 } };

    (void) state;

    n = 0;
    memset(text, 0, sizeof(text));

    for (i = 0; i <= sizeof(text); i++) {
        all[n++] = wsgw_id_digest(&key, 0, text, i);
        all[n++] = wsgw_id_digest(&key, 1, text, i);
        all[n++] = wsgw_id_digest(&other, 0, text, i);

        if (i) {
            text[i - 1] = 0x80;
            all[n++] = wsgw_id_digest(&key, 0, text, i);
            text[i - 1] = 0;
        }

        /* wherever it lies */

        memcpy(copy + 1, text, i);
        assert_int_equal(wsgw_id_digest(&key, 0, copy + 1, i), all[i ? n - 4
                                                                     : n - 3]);
    }

    for (i = 0; i < n; i++) {
        for (j = 0; j < i; j++) {
            assert_true(all[i] != all[j]);
        }
    }

    /* where one text ends and the next begins matters */

    split = wsgw_id_digest(&key, 0, (uint8_t *) "ab", 2);
    split = wsgw_id_digest(&key, split, (uint8_t *) "c", 1);

    assert_true(split
                != wsgw_id_digest(&key,
                                  wsgw_id_digest(&key, 0, (uint8_t *) "a", 1),
                                  (uint8_t *) "bc", 2));
    assert_true(split != wsgw_id_digest(&key, 0, (uint8_t *) "abc", 3));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_no_id),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_request_number),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_digest),
    };

    return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
