/* permessage-deflate offers: legal, unacceptable, malformed; the answers */

#include "unit.h"
#include "pure/extension.h"


#define BASE  "permessage-deflate; server_no_context_takeover"                \
              "; client_no_context_takeover"


/* rc -1: malformed; answer NULL: no offer accepted */

static const struct {
    const char  *offer;
    int          rc;
    const char  *answer;
} rows[] = {
    { "permessage-deflate", 0, BASE },
    { "Permessage-Deflate", 0, BASE },
    { " permessage-deflate\t", 0, BASE },
    { "permessage-deflate; client_max_window_bits", 0,
      BASE "; client_max_window_bits=15" },
    { "permessage-deflate;client_max_window_bits=8", 0,
      BASE "; client_max_window_bits=8" },
    { "permessage-deflate; client_max_window_bits=\"10\"", 0,
      BASE "; client_max_window_bits=10" },
    { "permessage-deflate; client_max_window_bits=\"1\\0\"", 0,
      BASE "; client_max_window_bits=10" },
    { "permessage-deflate; server_max_window_bits = 9", 0,
      BASE "; server_max_window_bits=9" },
    { "permessage-deflate; client_no_context_takeover"
      "; server_no_context_takeover; server_max_window_bits=15"
      "; client_max_window_bits=12", 0,
      BASE "; server_max_window_bits=15; client_max_window_bits=12" },

    /* not acceptable */
    { "", 0, NULL },
    { "x-webkit-deflate-frame", 0, NULL },
    { "permessage-deflat", 0, NULL },
    { "permessage-deflate2", 0, NULL },
    { "permessage-deflate; foo", 0, NULL },
    { "permessage-deflate; foo=bar", 0, NULL },
    { "permessage-deflate; server_max_window_bits", 0, NULL },
    { "permessage-deflate; server_max_window_bits=7", 0, NULL },
    { "permessage-deflate; server_max_window_bits=8", 0, NULL },
    { "permessage-deflate; server_max_window_bits=16", 0, NULL },
    { "permessage-deflate; server_max_window_bits=09", 0, NULL },
    { "permessage-deflate; server_max_window_bits=010", 0, NULL },
    { "permessage-deflate; server_max_window_bits=100", 0, NULL },
    { "permessage-deflate; server_max_window_bits=x5", 0, NULL },
    { "permessage-deflate; server_max_window_bits=1x", 0, NULL },
    { "permessage-deflate; server_max_window_bits=4294967306", 0, NULL },
    { "permessage-deflate; client_max_window_bits=7", 0, NULL },
    { "permessage-deflate; client_max_window_bits=16", 0, NULL },
    { "permessage-deflate; client_max_window_bits=0", 0, NULL },
    { "permessage-deflate; server_no_context_takeover=1", 0, NULL },
    { "permessage-deflate; client_no_context_takeover=\"10\"", 0, NULL },
    { "permessage-deflate; client_no_context_takeover"
      "; client_no_context_takeover", 0, NULL },
    { "permessage-deflate; client_max_window_bits"
      "; client_max_window_bits=10", 0, NULL },
    { "permessage-deflate; server_max_window_bits=10"
      "; server_max_window_bits=10", 0, NULL },

    /* the first acceptable one of several */
    { "foo, permessage-deflate", 0, BASE },
    { "foo; a=b; c=\"d\" ,, ,permessage-deflate , bar", 0, BASE },
    { "permessage-deflate; server_max_window_bits=8, permessage-deflate", 0,
      BASE },
    { "permessage-deflate; server_max_window_bits=10, permessage-deflate", 0,
      BASE "; server_max_window_bits=10" },
    { "permessage-deflate, permessage-deflate; server_max_window_bits=10", 0,
      BASE },

    /* malformed, also behind an acceptable offer */
    { ";", -1, NULL },
    { "=", -1, NULL },
    { "permessage-deflate;", -1, NULL },
    { "permessage-deflate; ;", -1, NULL },
    { "permessage-deflate; =10", -1, NULL },
    { "permessage-deflate; client_max_window_bits=", -1, NULL },
    { "permessage-deflate; client_max_window_bits=;", -1, NULL },
    { "permessage-deflate; client_max_window_bits=\"\"", -1, NULL },
    { "permessage-deflate; client_max_window_bits=\"10", -1, NULL },
    { "permessage-deflate; client_max_window_bits=\"10\\", -1, NULL },
    { "permessage-deflate; client_max_window_bits=\"10\\\"", -1, NULL },
    { "permessage-deflate; client_max_window_bits=\"1 0\"", -1, NULL },
    { "permessage-deflate; client_max_window_bits=\"10\"0", -1, NULL },
    { "permessage-deflate; client_max_window_bits=10\"", -1, NULL },
    { "permessage-deflate client_max_window_bits", -1, NULL },
    { "permessage-deflate/1", -1, NULL },
    { "permessage-deflate\x01", -1, NULL },
    { "permessage-deflate\xc3\xa9", -1, NULL },
    { "permessage-deflate, foo;", -1, NULL },
    { "permessage-deflate, foo bar", -1, NULL },
};


static void
check_answer(const wsgw_extension_t *chosen, const char *answer)
{
    size_t   n;
    uint8_t  dst[WSGW_EXTENSION_RESPONSE_MAX];

    assert_int_equal(chosen->accepted, answer != NULL);

    if (answer) {
        n = wsgw_extension_response(dst, chosen);
        assert_int_equal(n, strlen(answer));
        assert_memory_equal(dst, answer, n);
    }
}


static void
test_offers(void **state)
{
    int                rc;
    size_t             i;
    uint8_t           *p;
    wsgw_extension_t   chosen;

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        memset(&chosen, 0, sizeof(chosen));
        p = unit_copy(rows[i].offer, strlen(rows[i].offer));
        rc = wsgw_extension_negotiate(p, strlen(rows[i].offer), &chosen);
        free(p);

        if (rc != rows[i].rc) {
            fail_msg("%s: %d", rows[i].offer, rc);
        }

        if (rc == 0) {
            check_answer(&chosen, rows[i].answer);
        }
    }
}


/* zero is no token character, though a C string ends with it */

static void
test_zero_byte(void **state)
{
    wsgw_extension_t  chosen;

    (void) state;

    memset(&chosen, 0, sizeof(chosen));
    assert_int_equal(wsgw_extension_negotiate(
                         unit_literal("permessage-deflate\0"), &chosen), -1);
}


/* several lines are as one with commas between them */

static void
test_lines(void **state)
{
    wsgw_extension_t  chosen;

    (void) state;

    memset(&chosen, 0, sizeof(chosen));

    assert_int_equal(wsgw_extension_negotiate(unit_literal("foo"), &chosen),
                     0);
    check_answer(&chosen, NULL);

    assert_int_equal(wsgw_extension_negotiate(unit_literal(
                         "permessage-deflate; server_max_window_bits=11"),
                         &chosen), 0);
    assert_int_equal(wsgw_extension_negotiate(unit_literal(
                         "permessage-deflate"), &chosen), 0);
    check_answer(&chosen, BASE "; server_max_window_bits=11");

    assert_int_equal(wsgw_extension_negotiate(unit_literal("foo;"), &chosen),
                     -1);
}


/* every pair of window sizes: answered as asked for, and within the room */

static void
test_window_bits(void **state)
{
    int                server, client, n;
    char               offer[128], answer[WSGW_EXTENSION_RESPONSE_MAX];
    wsgw_extension_t   chosen;

    (void) state;

    for (server = 0; server < 20; server++) {
        for (client = 0; client < 20; client++) {
            memset(&chosen, 0, sizeof(chosen));

            n = snprintf(offer, sizeof(offer),
                         "permessage-deflate; server_max_window_bits=%d"
                         "; client_max_window_bits=%d", server, client);
            snprintf(answer, sizeof(answer),
                     BASE "; server_max_window_bits=%d"
                     "; client_max_window_bits=%d", server, client);

            assert_int_equal(wsgw_extension_negotiate(unit_bytes(offer),
                                                      (size_t) n, &chosen),
                             0);
            check_answer(&chosen,
                         server >= 9 && server <= 15
                         && client >= 8 && client <= 15 ? answer : NULL);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_zero_byte),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_window_bits),
    };

    return cmocka_run_group_tests_name("extension", tests, NULL, NULL);
}
