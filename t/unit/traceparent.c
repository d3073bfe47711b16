/* traces: what is a traceparent, and what of it is kept; an X-Ray root */

#include "pure/traceparent.h"
#include "unit.h"


#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN   "00f067aa0ba902b7"
#define ZERO   "00000000000000000000000000000000"


static void
test_read(void **state)
{
    size_t   i;
    uint8_t  kept[WSGW_TRACEPARENT_KEPT];

    static const struct {
        const char  *text;
        const char  *flags;                     /* NULL: it is none */
    } cases[] = {
        { "00-" TRACE "-" SPAN "-01", "01" },
        { "00-" TRACE "-" SPAN "-00", "00" },
        { "00-" TRACE "-" SPAN "-03", "01" },
        { "00-" TRACE "-" SPAN "-0a", "00" },
        { "00-" TRACE "-" SPAN "-0b", "01" },
        { "00-" TRACE "-" SPAN "-fe", "00" },
        { "00-" TRACE "-" SPAN "-ff", "01" },
        { "01-" TRACE "-" SPAN "-01", "01" },
        { "cc-" TRACE "-" SPAN "-01-", "01" },
        { "fe-" TRACE "-" SPAN "-01-what comes", "01" },

        { "", NULL },
        { "00-" TRACE "-" SPAN "-0", NULL },
        { "00-" TRACE "-" SPAN "-01-", NULL },
        { "00-" TRACE "-" SPAN "-010", NULL },
        { "01-" TRACE "-" SPAN "-010", NULL },
        { "ff-" TRACE "-" SPAN "-01", NULL },
        { "0g-" TRACE "-" SPAN "-01", NULL },
        { "0A-" TRACE "-" SPAN "-01", NULL },
        { "00-" TRACE "-" SPAN "-0A", NULL },
        { "00-" TRACE "-" SPAN "- 1", NULL },
        { "00_" TRACE "-" SPAN "-01", NULL },
        { "00-" TRACE "_" SPAN "-01", NULL },
        { "00-" TRACE "-" SPAN "_01", NULL },
        { "00-" ZERO "-" SPAN "-01", NULL },
        { "00-" TRACE "-0000000000000000-01", NULL },
        { "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", NULL },
        { "00-4bf92f3577b34da6a3ce929d0e0e473/-" SPAN "-01", NULL },
        { "00-4bf92f3577b34da6a3ce929d0e0e473:-" SPAN "-01", NULL },
        { "00-4bf92f3577b34da6a3ce929d0e0e473`-" SPAN "-01", NULL },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(kept, '#', sizeof(kept));

        if (cases[i].flags == NULL) {
            assert_int_equal(wsgw_traceparent_read(
                                 (const uint8_t *) cases[i].text,
                                 strlen(cases[i].text), kept),
                             WSGW_ERROR);
            assert_int_equal(kept[0], '#');
            continue;
        }

        assert_int_equal(wsgw_traceparent_read((const uint8_t *) cases[i].text,
                                               strlen(cases[i].text), kept),
                         WSGW_DONE);
        assert_memory_equal(kept, TRACE, WSGW_TRACEPARENT_ID);
        assert_memory_equal(kept + WSGW_TRACEPARENT_ID, cases[i].flags, 2);
    }
}


static void
test_root(void **state)
{
    size_t   i;
    uint8_t  id[WSGW_TRACEPARENT_ID];

    static const struct {
        int          result;
        const char  *text;
    } cases[] = {
        { WSGW_DONE, "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736" },
        { WSGW_DONE, "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Sampled=0" },
        { WSGW_DONE, "Parent=1;Root=1-4bf92f35-77b34da6a3ce929d0e0e4736" },
        { WSGW_DONE, ";; \tRoot=1-4bf92f35-77b34da6a3ce929d0e0e4736;;" },
        { WSGW_DONE, "Root=x;Root=1-4bf92f35-77b34da6a3ce929d0e0e4736" },

        { WSGW_ERROR, "" },
        { WSGW_ERROR, ";" },
        { WSGW_ERROR, " " },
        { WSGW_ERROR, "Root=1-4bf92f35-77b34da6a3ce929d0e0e473" },
        { WSGW_ERROR, "Root=1-4bf92f35-77b34da6a3ce929d0e0e47366" },
        { WSGW_ERROR, "Root=2-4bf92f35-77b34da6a3ce929d0e0e4736" },
        { WSGW_ERROR, "root=1-4bf92f35-77b34da6a3ce929d0e0e4736" },
        { WSGW_ERROR, "Root=1-4bf92f35_77b34da6a3ce929d0e0e4736" },
        { WSGW_ERROR, "Root=1-4BF92F35-77b34da6a3ce929d0e0e4736" },
        { WSGW_ERROR, "Root=1-4bf92f35-77b34da6a3ce929d0e0e473g" },
        { WSGW_ERROR, "Root=1-00000000-000000000000000000000000" },
        { WSGW_ERROR, "Self=1-4bf92f35-77b34da6a3ce929d0e0e4736" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(id, '#', sizeof(id));

        assert_int_equal(wsgw_traceparent_root((const uint8_t *) cases[i].text,
                                               strlen(cases[i].text), id),
                         cases[i].result);

        if (cases[i].result == WSGW_DONE) {
            assert_memory_equal(id, TRACE, sizeof(id));

        } else {
            assert_int_equal(id[0], '#');
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
