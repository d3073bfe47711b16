/* UTF-8: Kuhn's classes of legal and illegal texts, whole and in portions */

#include "unit.h"
#include "portable.h"
#include "pure/utf8.h"


static const struct {
    const char  *text;
    size_t       n;
} legal[] = {
#define T(text)  { text, sizeof(text) - 1 }
    T(""), T("a"), T("\x00"), T("\x7f"),
    T("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"),

    /* first and last of each length */
    T("\xc2\x80"), T("\xdf\xbf"),
    T("\xe0\xa0\x80"), T("\xef\xbf\xbf"),
    T("\xf0\x90\x80\x80"), T("\xf4\x8f\xbf\xbf"),

    /* around the surrogates, replacement character, noncharacters */
    T("\xed\x9f\xbf"), T("\xee\x80\x80"), T("\xef\xbf\xbd"),
    T("\xef\xbf\xbe"), T("\xf0\x9f\xbf\xbf"),

    /* in, across and behind the words that are skipped */
    T("0123456789abcdef\xc3\xa9"), T("0123456\xe2\x82\xac" "89abcdef"),
    T("01234567\xf0\x9f\x98\x80" "89abcdef\xf0\x9f\x98\x80"),
};


/* fatal: offset of the byte that nothing legal can have there */

static const struct {
    const char  *text;
    size_t       n;
    size_t       fatal;
} illegal[] = {
#define F(text, fatal)  { text, sizeof(text) - 1, fatal }

    /* unexpected continuation */
    F("\x80", 0), F("\xbf", 0), F("a\x80", 1), F("01234567\xbf", 8),
    F("\xc2\x80\x80", 2),

    /* lonely start */
    F("\xc2 ", 1), F("\xe1 ", 1), F("\xe1\x80 ", 2), F("\xf1\x80\x80 ", 3),
    F("\xc2\xc2", 1),

    /* impossible bytes */
    F("\xc0", 0), F("\xc1", 0), F("\xf5", 0), F("\xf8", 0), F("\xfc", 0),
    F("\xfe", 0), F("\xff", 0),

    /* overlong */
    F("\xc0\xaf", 0), F("\xe0\x80\xaf", 1), F("\xe0\x9f\xbf", 1),
    F("\xf0\x80\x80\xaf", 1), F("\xf0\x8f\xbf\xbf", 1),

    /* surrogates, single and paired */
    F("\xed\xa0\x80", 1), F("\xed\xbf\xbf", 1),
    F("\xed\xa0\x80\xed\xb0\x80", 1),

    /* above U+10FFFF */
    F("\xf4\x90\x80\x80", 1), F("\xf7\xbf\xbf\xbf", 0),
};


static const struct {
    const char  *text;
    size_t       n;
} incomplete[] = {
    T("\xc2"), T("\xe0"), T("\xe0\xa0"), T("\xed\x9f"), T("\xf0"),
    T("\xf0\x90"), T("\xf0\x90\x80"), T("\xf4\x8f\xbf"), T("abc\xe2\x82"),
};


static void
long_text(uint8_t *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        p[i] = (uint8_t) "\xe6\x97\xa5"[i % 3];
    }
}


static int
is_valid_without_vectors(const uint8_t *p, size_t n)
{
    uint32_t  utf8;

    utf8 = 0;

    return portable_utf8_validate(&utf8, p, n) == 0 && utf8 == 0;
}


static void
test_legal(void **state)
{
    size_t    i, cut;
    uint32_t  utf8;
    uint8_t  *p;

    (void) state;

    for (i = 0; i < unit_count(legal); i++) {
        p = unit_copy(legal[i].text, legal[i].n);

        assert_true(wsgw_utf8_is_valid(p, legal[i].n));

        for (cut = 0; cut <= legal[i].n; cut++) {
            utf8 = 0;

            assert_int_equal(wsgw_utf8_validate(&utf8, p, cut), 0);
            assert_int_equal(wsgw_utf8_validate(&utf8, p + cut,
                                                legal[i].n - cut), 0);
            assert_int_equal(utf8, 0);
        }

        free(p);
    }
}


static void
test_illegal(void **state)
{
    size_t    i, n;
    uint32_t  utf8;
    uint8_t  *p;

    (void) state;

    for (i = 0; i < unit_count(illegal); i++) {
        p = unit_copy(illegal[i].text, illegal[i].n);
        utf8 = 0;

        assert_false(wsgw_utf8_is_valid(p, illegal[i].n));

        for (n = 0; n < illegal[i].fatal; n++) {
            assert_int_equal(wsgw_utf8_validate(&utf8, p + n, 1), 0);
        }

        assert_int_equal(wsgw_utf8_validate(&utf8, p + n, 1), -1);

        free(p);
    }
}


/* What is wrong is seen at each place of a long text, which is read by other
   means than a short one; and each text remains legal among others. */

static void
test_long(void **state)
{
    size_t   i, k;
    uint8_t  text[3 * 80 + 8];

    (void) state;

    for (k = 0; k < 3 * 80; k += 3) {

        for (i = 0; i < unit_count(legal) + unit_count(illegal); i++) {
            const char  *p;
            size_t       n;

            p = i < unit_count(legal) ? legal[i].text
                                      : illegal[i - unit_count(legal)].text;
            n = i < unit_count(legal) ? legal[i].n
                                      : illegal[i - unit_count(legal)].n;

            if (n > 8) {
                continue;
            }

            memset(text, 'x', sizeof(text));
            long_text(text, k);
            memcpy(text + k, p, n);
            long_text(text + k + n, 3 * 80 - k);

            assert_int_equal(wsgw_utf8_is_valid(text, 3 * 80 + n),
                             i < unit_count(legal));
            assert_int_equal(is_valid_without_vectors(text, 3 * 80 + n),
                             i < unit_count(legal));
        }
    }
}


static void
test_incomplete(void **state)
{
    size_t    i;
    uint32_t  utf8;

    (void) state;

    for (i = 0; i < unit_count(incomplete); i++) {
        utf8 = 0;

        assert_int_equal(wsgw_utf8_validate(&utf8,
                                            unit_bytes(incomplete[i].text),
                                            incomplete[i].n), 0);
        assert_int_not_equal(utf8, 0);
        assert_false(wsgw_utf8_is_valid(unit_bytes(incomplete[i].text),
                                        incomplete[i].n));
    }
}


static void
test_every_code_point(void **state)
{
    size_t    n;
    uint8_t   text[4];
    uint32_t  ch;

    (void) state;

    for (ch = 0x80; ch < 0x200000; ch++) {

        if (ch < 0x800) {
            text[0] = (uint8_t) (0xc0 | ch >> 6);
            n = 2;

        } else if (ch < 0x10000) {
            text[0] = (uint8_t) (0xe0 | ch >> 12);
            text[1] = (uint8_t) (0x80 | (ch >> 6 & 0x3f));
            n = 3;

        } else {
            text[0] = (uint8_t) (0xf0 | ch >> 18);
            text[1] = (uint8_t) (0x80 | (ch >> 12 & 0x3f));
            text[2] = (uint8_t) (0x80 | (ch >> 6 & 0x3f));
            n = 4;
        }

        text[n - 1] = (uint8_t) (0x80 | (ch & 0x3f));

        assert_int_equal(wsgw_utf8_is_valid(text, n),
                         ch <= 0x10ffff && (ch < 0xd800 || ch > 0xdfff));
    }
}


/* texts that are cut before the byte that the limit falls on, or at it */

static void
test_cut(void **state)
{
    size_t  i, n;

    static const struct {
        const char  *text;
        size_t       max;
        size_t       len;
    } cut[] = {
        { "", 0, 0 }, { "", 4, 0 }, { "abc", 3, 3 }, { "abc", 4, 3 },
        { "abc", 2, 2 }, { "abc", 0, 0 },

        { "\xc3\xa9", 1, 0 }, { "\xc3\xa9", 2, 2 },
        { "a\xc3\xa9", 2, 1 }, { "a\xc3\xa9" "b", 3, 3 },
        { "\xe2\x82\xac", 1, 0 }, { "\xe2\x82\xac", 2, 0 },
        { "ab\xe2\x82\xac", 4, 2 }, { "ab\xe2\x82\xac", 5, 5 },
        { "a\xf0\x9f\x98\x80z", 2, 1 }, { "a\xf0\x9f\x98\x80z", 3, 1 },
        { "a\xf0\x9f\x98\x80z", 4, 1 }, { "a\xf0\x9f\x98\x80z", 5, 5 },

        /* the limit falls between two characters */
        { "\xc3\xa9\xc3\xa9\xc3\xa9", 4, 4 },

        /* no character is there: bytes of Latin-1, lonely continuations, a
           start that nothing legal follows */
        { "\xe9\xe9\xe9", 2, 1 }, { "a\xe9zz", 2, 1 },
        { "\x80\x80\x80\x80\x80", 3, 3 }, { "ab\x80\x80", 3, 3 },
        { "a\xc2zz", 3, 3 }, { "\xed\xa0\x80z", 2, 2 },
        { "\xff\xff", 1, 1 }, { "\xc3\xa9\x80\x80", 3, 3 },
    };

    (void) state;

    for (i = 0; i < unit_count(cut); i++) {
        n = strlen(cut[i].text);

        assert_int_equal(wsgw_utf8_cut(unit_bytes(cut[i].text), n, cut[i].max),
                         cut[i].len);
    }
}


static void
test_repair(void **state)
{
    size_t    i, n, len;
    uint8_t  *p, text[64];

    static const struct {
        const char  *text;
        const char  *repaired;
    } rows[] = {
        { "", "" },
        { "abc\xc3\xa9", "abc\xc3\xa9" },
        { "a\xff""b", "a\xef\xbf\xbd""b" },
        { "\xed\xa0\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc3", "\xef\xbf\xbd" },
        { "\xf0\x9f\x98", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc3\xc3\xa9", "\xef\xbf\xbd\xc3\xa9" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].text);
        len = strlen(rows[i].repaired);
        p = unit_copy(rows[i].text, n);

        assert_int_equal(wsgw_utf8_repair(NULL, p, n), len);
        assert_int_equal(wsgw_utf8_repair(text, p, n), len);
        assert_memory_equal(text, rows[i].repaired, len);

        free(p);
    }
}



int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_legal),
        cmocka_unit_test(test_illegal),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_repair),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
