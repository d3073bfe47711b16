/* what AWS's clients sign of a path, a query and a header's value */

#include "unit.h"
#include "pure/canonical.h"


static void
test_path(void **state)
{
    size_t    i, n;
    uint8_t  *p, *dst, *end;

    static const struct {
        const char  *path;
        const char  *canonical;
    } rows[] = {
        { "", "/" },
        { "/", "/" },
        { "/prod/@connections/abc%3D", "/prod/%40connections/abc%253D" },
        { "/prod/%40connections/abc=", "/prod/%2540connections/abc%3D" },
        { "/prod//@connections/a", "/prod/%40connections/a" },
        { "//prod///a", "/prod/a" },
        { "/prod/", "/prod/" },
        { "/prod//", "/prod/" },
        { "/a/./b/../c", "/a/./b/../c" },
        { "/A-Z_a.z~09", "/A-Z_a.z~09" },
        { "/a+b c;d,e:f", "/a%2Bb%20c%3Bd%2Ce%3Af" },
        { "/\xce\xba\xff", "/%CE%BA%FF" },
        { "/%2F/%2f", "/%252F/%252f" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].path);
        p = unit_copy(rows[i].path, n);
        dst = malloc(3 * n + 1);
        assert_non_null(dst);

        end = wsgw_canonical_path(dst, p, n);

        assert_int_equal(end - dst, strlen(rows[i].canonical));
        assert_memory_equal(dst, rows[i].canonical, (size_t) (end - dst));

        free(dst);
        free(p);
    }
}


static void
check_query(const char *query, const char *except, const char *canonical)
{
    size_t                  n;
    uint8_t                *p, *dst, *end, *scratch;
    wsgw_canonical_pair_t  *pairs;

    n = strlen(query);
    p = unit_copy(query, n);
    dst = malloc(n ? 4 * n : 1);
    scratch = malloc(n ? 4 * n : 1);
    pairs = malloc(wsgw_canonical_pairs(p, n) * sizeof(*pairs));

    assert_non_null(dst);
    assert_non_null(scratch);
    assert_non_null(pairs);

    end = wsgw_canonical_query(dst, p, n, except, pairs, scratch);

    assert_int_equal(end - dst, strlen(canonical));
    assert_memory_equal(dst, canonical, (size_t) (end - dst));

    free(pairs);
    free(scratch);
    free(dst);
    free(p);
}


static void
test_query(void **state)
{
    size_t  i;

    static const char  *rows[][2] = {
        { "", "" },
        { "&&", "" },
        { "a", "a=" },
        { "a=", "a=" },
        { "=a", "=a" },
        { "b=2&a=1", "a=1&b=2" },
        { "a=2&a=10&a=1", "a=1&a=10&a=2" },
        { "a-b=1&a=2&a.=3&aa=4", "a=2&a-b=1&a.=3&aa=4" },
        { "Z=1&a=2&%41=3", "A=3&Z=1&a=2" },
        { "reason=going+away%21", "reason=going%20away%21" },
        { "a=b=c", "a=b%3Dc" },
        { "a=%2f&a=/", "a=%2F&a=%2F" },
        { "a=%&b=%4&c=%zz&d=%4", "a=%25&b=%254&c=%25zz&d=%254" },
        { "\x80", "%80=" },
        { "a=~_-.", "a=~_-." },
        { "X-Amz-Signature=a&b=1", "X-Amz-Signature=a&b=1" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        check_query(rows[i][0], NULL, rows[i][1]);
    }

    check_query("a=1&X-Amz-Signature=f&X-Amz-Signatur=e", "X-Amz-Signature",
                "X-Amz-Signatur=e&a=1");
}


/* as many as a request can have, in the order that is worst for many */

static void
test_many(void **state)
{
    char      name[8];
    size_t    i, n;
    uint8_t  *p, *dst, *end, *scratch;

    wsgw_canonical_pair_t  *pairs;

    enum { MANY = 5000 };

    (void) state;

    p = malloc(MANY * 5);
    dst = malloc(4 * MANY * 5);
    scratch = malloc(4 * MANY * 5);

    assert_non_null(p);
    assert_non_null(dst);
    assert_non_null(scratch);

    for (i = 0, n = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%04u&", (unsigned) (MANY - 1 - i));
        memcpy(p + n, name, 5);
        n += 5;
    }

    assert_int_equal(wsgw_canonical_pairs(p, n), MANY + 1);

    pairs = malloc((MANY + 1) * sizeof(*pairs));
    assert_non_null(pairs);

    end = wsgw_canonical_query(dst, p, n, NULL, pairs, scratch);

    assert_int_equal(end - dst, MANY * 6 - 1);

    for (i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%04u=", (unsigned) i);
        assert_memory_equal(dst + 6 * i, name, 5);
    }

    free(pairs);
    free(scratch);
    free(dst);
    free(p);
}


static void
test_value(void **state)
{
    size_t    i, n;
    uint8_t  *p, *dst, *end;

    static const char  *rows[][2] = {
        { "", "" }, { " ", "" }, { " \t ", "" }, { "a", "a" },
        { "  a  ", "a" }, { "a \t b", "a b" }, { "\ta\tb\t", "a b" },
        { "a,  b", "a, b" }, { "\"a  b\"", "\"a b\"" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i][0]);
        p = unit_copy(rows[i][0], n);
        dst = malloc(n ? n : 1);
        assert_non_null(dst);

        end = wsgw_canonical_value(dst, p, n);

        assert_int_equal(end - dst, strlen(rows[i][1]));
        assert_memory_equal(dst, rows[i][1], (size_t) (end - dst));

        free(dst);
        free(p);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_value),
    };

    return cmocka_run_group_tests_name("canonical", tests, NULL, NULL);
}
