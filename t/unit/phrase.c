/* reason phrases: registered statuses have their own, no status has none */

#include "unit.h"
#include "pure/phrase.h"


static void
test_registered(void **state)
{
    (void) state;

    assert_string_equal(wsgw_phrase(101), "Switching Protocols");
    assert_string_equal(wsgw_phrase(300), "Multiple Choices");
    assert_string_equal(wsgw_phrase(400), "Bad Request");
    assert_string_equal(wsgw_phrase(451), "Unavailable For Legal Reasons");
    assert_string_equal(wsgw_phrase(511), "Network Authentication Required");
}


static void
test_unregistered(void **state)
{
    (void) state;

    assert_string_equal(wsgw_phrase(306), "Redirection");
    assert_string_equal(wsgw_phrase(499), "Client Error");
    assert_string_equal(wsgw_phrase(509), "Server Error");
    assert_string_equal(wsgw_phrase(999), "Unknown");
}


static void
test_never_empty(void **state)
{
    unsigned  status;

    (void) state;

    for (status = 0; status < 1000; status++) {
        assert_true(strlen(wsgw_phrase(status)) > 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_registered),
        cmocka_unit_test(test_unregistered),
        cmocka_unit_test(test_never_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
