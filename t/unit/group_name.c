/*
 * Names of groups: which there can be, and how a list of them is taken apart.
 */

#include "unit.h"

#include "pure/group_name.h"


static void
test_valid(void **state)
{
    size_t       i;
    char         longest[WSGW_GROUP_NAME_MAX + 1];

    static const char  *good[] = {
        "a", "Z", "0", "room:1", "user:a@b.c", "a/b", "a//b", "...", "-", "+=_",
        "a.", ".a", "..a", "a..", "/", "a/", "/a", "a/.b/..c/d.."
    };

    static const char  *bad[] = {
        "", " ", "a b", "a,b", "*", "a\tb", "a\nb", "\xc3\xa9", "\xff", "%41",
        "~", "a\\b", "\"", "(", "\x7f", "\x01",
        ".", "..", "../a", "./a", "a/..", "a/.", "a/../b", "a/./b", "/..", "//."
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(wsgw_group_name_is_valid((const uint8_t *) good[i],
                                                  strlen(good[i])), 1);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(wsgw_group_name_is_valid((const uint8_t *) bad[i],
                                                  strlen(bad[i])), 0);
    }

    assert_int_equal(wsgw_group_name_is_valid((const uint8_t *) "a\0b", 3), 0);

    memset(longest, 'x', sizeof(longest));

    assert_int_equal(wsgw_group_name_is_valid((uint8_t *) longest,
                                              WSGW_GROUP_NAME_MAX), 1);
    assert_int_equal(wsgw_group_name_is_valid((uint8_t *) longest,
                                              WSGW_GROUP_NAME_MAX + 1), 0);
}


static void
test_list(void **state)
{
    char            got[256];
    size_t          i, n;
    const uint8_t  *p, *last, *name;

    static const struct {
        const char  *list;
        const char  *names;             /* each with a bar behind it */
    } lists[] = {
        { "", "" },
        { " ", "" },
        { ",,\t, ", "" },
        { "a", "a|" },
        { "a,b", "a|b|" },
        { " a , b ,", "a|b|" },
        { "a b,c", "a b|c|" },
        { "*", "*|" },
        { "a,,a", "a|a|" },
        { "\ta\t", "a|" }
    };

    (void) state;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        p = (const uint8_t *) lists[i].list;
        last = p + strlen(lists[i].list);
        got[0] = '\0';

        while ((n = wsgw_group_name_next(&p, last, &name)) != 0) {
            strncat(got, (const char *) name, n);
            strcat(got, "|");
        }

        assert_string_equal(got, lists[i].names);
        assert_ptr_equal(p, last);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_list)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
