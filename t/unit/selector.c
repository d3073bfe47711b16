/* route selection expressions: grammar, refusals, evaluation */

#include "unit.h"
#include "pure/selector.h"


#define MESSAGE                                                               \
    "{\"area\":\"game\",\"action\":\"move\",\"n\":7,\"ok\":true,"             \
    "\"data\":{\"board\":\"b1\"},\"tags\":[\"x\",\"y\"]}"


static void
check(const char *expr, const char *body, const char *key)
{
    int               rc;
    size_t            len;
    uint8_t           dst[64], *text, *message;
    const char       *error;
    wsgw_selector_t   s;

    text = unit_copy(expr, strlen(expr));
    message = unit_copy(body, strlen(body));
    error = NULL;

    if (wsgw_selector_compile(&s, text, strlen(expr), &error) < 0) {
        fail_msg("%s: %s", expr, error);
    }

    rc = wsgw_selector_evaluate(&s, message, strlen(body), dst, sizeof(dst),
                                &len);

    if (rc != 0 || len != strlen(key) || memcmp(dst, key, len) != 0) {
        fail_msg("%s on %s: %d \"%.*s\"", expr, body, rc,
                 rc == 0 ? (int) len : 0, (char *) dst);
    }

    free(text);
    free(message);
}


static void
test_documented(void **state)
{
    size_t  i;

    static const char  *const rows[][2] = {
        { "$request.body.action", "move" },
        { "${request.body.action}", "move" },
        { "$request.body.data.board", "b1" },
        { "${request.body.area}/${request.body.action}", "game/move" },
        { "${request.body.action}-${request.body.missing}", "move-" },
        { "$request.body.missing", "" },
        { "${request.body.action}-v2", "move-v2" },
        { "$request.body.n", "7" },
        { "$request.body.ok", "true" },
        { "$request.body.tags", "[x, y]" },
        { "$request.body.data", "{\"board\":\"b1\"}" },
        { "action", "action" },
        { "\\$default", "$default" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        check(rows[i][0], MESSAGE, rows[i][1]);
    }

    check("$request.body.action", "{\"action\":null}", "");
}


static void
test_paths(void **state)
{
    size_t  i;

    static const char  *const rows[][3] = {

        /* where a variable ends */
        { "$request.body.action-v2", MESSAGE, "move-v2" },
        { "$request.body.action.$request.body.n", MESSAGE, "move.7" },
        { "$request.body.action/$request.body.n", MESSAGE, "move/7" },
        { "$request.body.action$request.body.n", MESSAGE, "move7" },
        { "a\\$b\\$$request.body.n\\$", MESSAGE, "a$b$7$" },
        { "\\a\\\\$n\\", "", "\\a\\$n\\" },
        { "}{request.body}", "", "}{request.body}" },

        /* brackets and braces */
        { "$request.body['action']", MESSAGE, "move" },
        { "$request.body[\"action\"]x", MESSAGE, "movex" },
        { "$request.body.tags[1]", MESSAGE, "y" },
        { "$request.body.tags[2]", MESSAGE, "" },
        { "$request.body['data']['board']", MESSAGE, "b1" },
        { "$request.body[0]", "[\"a\"]", "a" },
        { "$request.body[0][1].x", "[[0,{\"x\":1}]]", "1" },
        { "${request.body.my-key}", "{\"my-key\":\"k\"}", "k" },
        { "${request.body['my-key']}", "{\"my-key\":\"k\"}", "k" },
        { "${request.body['}']}!", "{\"}\":\"k\"}", "k!" },
        { "${request.body['a.b'].c}", "{\"a.b\":{\"c\":1}}", "1" },
        { "$request.body['']", "{\"\":5}", "5" },

        /* the whole body */
        { "$request.body", "\"move\"", "move" },
        { "${request.body}x", " 12 ", "12x" },

        /* names and indexes do not mix */
        { "$request.body.tags.0", MESSAGE, "" },
        { "$request.body[0]", MESSAGE, "" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        check(rows[i][0], rows[i][1], rows[i][2]);
    }
}


static void
test_values(void **state)
{
    size_t  i;

    static const char  *const rows[][2] = {
        { "{\"a\":7.0}", "7.0" },
        { "{\"a\":-1E+2}", "-1E+2" },
        { "{\"a\":12345678901234567890}", "12345678901234567890" },
        { "{\"a\":false}", "false" },
        { "{\"a\":\"\"}", "" },
        { "{\"a\":\"$request.body.b\",\"b\":1}", "$request.body.b" },
        { "{\"a\":\"\\u006do\\u0076e\\n\"}", "move\n" },
        { "{\"a\":\"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80" },
        { "{\"a\":\"\\ude00\"}", "\xef\xbf\xbd" },
        { "{\"a\":1,\"a\":2}", "2" },

        /* lists, and objects in lists, and lists in objects */
        { "{\"a\":[]}", "[]" },
        { "{\"a\":[ 1 ,\n\"x, y\" , null,true ]}", "[1, x, y, null, true]" },
        { "{\"a\":[[1,2],[\"\\\"]\"]]}", "[[1, 2], [\"]]]" },
        { "{\"a\":[{\"b\" : [1, \"c\"]} , 2]}", "[{\"b\":[1,\"c\"]}, 2]" },
        { "{\"a\":{ }}", "{}" },
        { "{\"a\":{ \"b c\" : \" }\\\" \" , \"d\":[ 1,{} ] }}",
          "{\"b c\":\" }\\\" \",\"d\":[1,{}]}" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        check("$request.body.a", rows[i][0], rows[i][1]);
    }
}


static void
test_refused(void **state)
{
    size_t            i;
    const char       *error;
    wsgw_selector_t   s;

    /* the error must hold the words */

    static const char  *const rows[][2] = {
        { "", "$request.body.action" },
        { "$", "\\$" },
        { "$default", "\\$" },
        { "$connect", "\\$" },
        { "a$", "\\$" },
        { "$request", "$request.body.NAME" },
        { "$request.bodyx", "$request.body.NAME" },
        { "$request.method", "$request.body.NAME" },
        { "$request.header.Auth", "$request.header" },
        { "${request.header.Auth}", "$request.header" },
        { "$request.querystring.a", "$request.querystring" },
        { "$context.connectionId", "$context" },
        { "${request.body.a", "}" },
        { "${request.body.a['x'", "brackets" },
        { "${", "$request.body.NAME" },
        { "${request.body.}", "dot" },
        { "${request.body..a}", ".." },
        { "${request.body.*}", "wildcards" },
        { "$request.body[*]", "brackets" },
        { "$request.body[", "brackets" },
        { "$request.body[]", "brackets" },
        { "$request.body[-1]", "brackets" },
        { "$request.body[0:2]", "brackets" },
        { "$request.body[1234567890]", "brackets" },
        { "$request.body[?(@.a)]", "brackets" },
        { "$request.body['a','b']", "brackets" },
        { "$request.body['a]", "brackets" },
        { "$request.body['", "brackets" },
        { "request.body.a[x]", "brackets" },

        /* a dot that no name of ours follows */
        { "$request.body.*", "wildcards" },
        { "$request.body.a.*.b", "wildcards" },
        { "$request.body.a.**", "wildcards" },
        { "${request.body.a*}", "wildcards" },
        { "${request.body.*a}", "wildcards" },
        { "$request.body..a", ".." },
        { "$request.body.action..n", ".." },
        { "${request.body.a..b}", ".." },
        { "$request.body['a']..b", ".." },
        { "$request.body.", "dot" },
        { "$request.body.a.", "dot" },
        { "$request.body['a'].", "dot" },
        { "${request.body['a'].}", "dot" },
        { "$request.body.[0]", "dot" },
        { "${request.body.[0]}", "dot" },
        { "$request.body.-a", "my-name" },
        { "$request.body. a", "my-name" },
        { "$request.body.@type", "my-name" },
        { "$request.body.\xc3\xa4", "my-name" },
        { "$request.body.a./b", "my-name" },
        { "$request.body.a.\\$b", "my-name" },
        { "$request.body.a.$b", "$request.body.NAME" },
        { "request.body.", "dot" },

        /* names in braces that were meant otherwise */
        { "${request.body.'a'}", "my.name" },
        { "${request.body.\"a\"}", "my.name" },
        { "${request.body. a}", "my.name" },
        { "${request.body.a }", "my.name" },
        { "${request.body.a\t}", "my.name" },
        { "${request.body.a{b}}", "my.name" },
        { "${request.body.a]}", "my.name" },
        { "${request.body.items.length()}", "my.name" },
        { "${request.body.${request.body.a}}", "my.name" },
        { "${request.body['a']b}", "}" },

        /* other sources, and what is none */
        { "$Request.Body.x", "$request.body.NAME" },
        { "$request.Body.x", "$request.body.NAME" },
        { "${REQUEST.BODY.X}", "$request.body.NAME" },
        { "${ request.body.a }", "$request.body.NAME" },
        { "$(request.body.a)", "$request.body.NAME" },
        { "$$request.body.a", "$request.body.NAME" },
        { "${$request.body.a}", "$request.body.NAME" },
        { "$request.body.a$", "$request.body.NAME" },
        { "$.action", "$request.body.NAME" },
        { "$action", "$request.body.NAME" },
        { "$body.action", "$request.body.NAME" },
        { "${request.headers.x-api-key}", "$request.header" },
        { "${context.authorizer.usageIdentifierKey}", "$context" },
        { "$stageVariables.a", "$request.body.NAME" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        error = "";

        assert_int_equal(wsgw_selector_compile(&s, unit_bytes(rows[i][0]),
                                               strlen(rows[i][0]), &error),
                         -1);

        if (strstr(error, rows[i][1]) == NULL) {
            fail_msg("%s: %s", rows[i][0], error);
        }
    }
}


/* taken, but with these words */

static void
test_doubtful(void **state)
{
    size_t            i;
    const char       *error;
    wsgw_selector_t   s;

    static const char  *const rows[][2] = {

        /* where a name without braces ends */
        { "$request.body.message-type", "braces" },
        { "$request.body.a-b-$request.body.c", "braces" },
        { "$request.body.a:b", "braces" },
        { "$request.body.a b", "braces" },
        { "$request.body.a,b", "braces" },
        { "$request.body.gr\xc3\xb6\xc3\x9f" "e", "braces" },
        { "$request.body.a--b", "braces" },
        { "$request.body['a']b", "braces" },
        { "$request.body.a\\b", "braces" },

        /* what would be a part of the key */
        { "$request.body.a*", "wildcards" },
        { "${request.body.a}}", "braces" },
        { "{$request.body.a}", "braces" },
        { "{{${request.body.a}}}", "braces" },
        { "$request.body.a]", "brackets" },
        { "$request.body.a()", "brackets" },
        { "'$request.body.a'", "quotes" },
        { "\"${request.body.a}\"", "quotes" },
        { "${request.body.a}\t${request.body.b}", "control" },
        { " $request.body.a", "white space" },
        { "$request.body.a ", "white space" },
        { "$request.body.a\n", "white space" },
        { "\\$$request.body.a", "begins" },
        { "~${request.body.a}", "begins" },

        /* a source without its dollar sign */
        { "${request.body.a}/request.body.b", "dollar" },
        { "request.body/$request.body.b", "dollar" },
        { "{request.body.a}/${request.body.b}", "dollar" },
        { "x/rrequest.body.c/${request.body.b}", "dollar" },
        { "${request.body.a}/Request.Body.b", "dollar" },

        { "$request.body", "whole" },
        { "${request.body}", "whole" },
    };

    static const char  *const plain[] = {
        "$request.body.action", "${request.body.my-key}", "$request.body[0]",
        "$request.body['my key']", "${request.body.area}/${request.body.b}",
        "$request.body.area/$request.body.action", "$request.body.a/v2",
        "$request.body.a$request.body.b", "$request.body.a-$request.body.b",
        "$request.body.a.$request.body.b", "$request.body.a: $request.body.b",
        "${request.body.action}-v2", "v1-${request.body.action}",
        "${request.body.a} ${request.body.b}", "${request.body.@type}",
        "${request.body.a b}", "${request.body.\xc3\xa4}",
        "${request.body['*']}", "${request.body['a}']}",
        "${request.body.a}\\$b", "action", "\\$default",
        "request/body/${request.body.a}",
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        error = "";

        assert_int_equal(wsgw_selector_compile(&s, unit_bytes(rows[i][0]),
                                               strlen(rows[i][0]), &error),
                         1);

        if (strstr(error, rows[i][1]) == NULL) {
            fail_msg("%s: %s", rows[i][0], error);
        }
    }

    for (i = 0; i < unit_count(plain); i++) {
        error = NULL;

        if (wsgw_selector_compile(&s, unit_bytes(plain[i]), strlen(plain[i]),
                                  &error)
            != 0)
        {
            fail_msg("%s: %s", plain[i], error);
        }
    }
}


static void
test_without_dollar(void **state)
{
    size_t            len;
    uint8_t           dst[16];
    const char       *error;
    wsgw_selector_t   s;

    (void) state;

    error = NULL;

    assert_int_equal(wsgw_selector_compile(&s, unit_literal(
                         "request.body.action-1"), &error), 1);
    assert_non_null(strstr(error, "$request.body.action"));
    assert_int_equal(wsgw_selector_evaluate(&s, unit_literal(MESSAGE), dst,
                                            sizeof(dst), &len), 0);
    assert_int_equal(len, 6);
    assert_memory_equal(dst, "move-1", 6);
}


/* exactly as many parts and steps as there is room for, and one more */

static void
test_limits(void **state)
{
    size_t            n;
    char              text[1024];
    const char       *error;
    wsgw_selector_t   s;

    (void) state;

    for (n = 0; n < 2 * WSGW_SELECTOR_MAX_PARTS; n += 2) {
        memcpy(text + n, "\\$", 2);
    }

    assert_int_equal(wsgw_selector_compile(&s, unit_bytes(text), n, &error),
                     0);

    memcpy(text + n, "\\$", 2);
    assert_int_equal(wsgw_selector_compile(&s, unit_bytes(text), n + 2,
                                           &error), -1);
    assert_non_null(strstr(error, "parts"));

    n = (size_t) sprintf(text, "$request.body");

    while (n < 13 + 2 * WSGW_SELECTOR_MAX_STEPS) {
        memcpy(text + n, ".a", 2);
        n += 2;
    }

    assert_int_equal(wsgw_selector_compile(&s, unit_bytes(text), n, &error),
                     0);

    memcpy(text + n, "[0]", 3);
    assert_int_equal(wsgw_selector_compile(&s, unit_bytes(text), n + 3,
                                           &error), -1);
    assert_non_null(strstr(error, "steps"));
}


static void
test_not_json(void **state)
{
    size_t            len;
    uint8_t           dst[16];
    const char       *error;
    wsgw_selector_t   s;

    (void) state;

    assert_int_equal(wsgw_selector_compile(&s, unit_literal(
                         "x$request.body.a"), &error), 0);
    assert_int_equal(wsgw_selector_evaluate(&s, unit_literal("{\"a\":1"), dst,
                                            sizeof(dst), &len), -1);
    assert_int_equal(wsgw_selector_evaluate(&s, unit_literal(""), dst,
                                            sizeof(dst), &len), -1);

    /* a constant needs no JSON */

    assert_int_equal(wsgw_selector_compile(&s, unit_literal("x"), &error), 0);
    assert_int_equal(wsgw_selector_evaluate(&s, unit_literal("{"), dst,
                                            sizeof(dst), &len), 0);
    assert_int_equal(len, 1);
}


/* the result may fill the room but not exceed it, whatever it is made of */

static void
test_room(void **state)
{
    size_t            i, size, len, n;
    uint8_t          *dst;
    const char       *error;
    wsgw_selector_t   s;

    static const struct {
        const char  *body;
        size_t       len;
    } rows[] = {
        { "{\"a\":\"0123456789\"}", 11 },
        { "{\"a\":\"\\u0030\\u00e9\\u20ac\\ud83d\\ude00\"}", 11 },
        { "{\"a\":[\"a\",\"b\", 3]}", 10 },
        { "{\"a\":{\"b\":[1]}}", 10 },
        { "{\"a\":1234567890}", 11 },
    };

    (void) state;

    assert_int_equal(wsgw_selector_compile(&s, unit_literal(
                         "${request.body.a}x"), &error), 0);

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].body);

        for (size = 0; size < rows[i].len + 2; size++) {
            dst = malloc(size ? size : 1);
            assert_non_null(dst);

            assert_int_equal(wsgw_selector_evaluate(&s,
                                 unit_bytes(rows[i].body), n, dst, size, &len),
                             size < rows[i].len ? -2 : 0);

            if (size >= rows[i].len) {
                assert_int_equal(len, rows[i].len);
                assert_int_equal(dst[len - 1], 'x');
            }

            free(dst);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_doubtful),
        cmocka_unit_test(test_without_dollar),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_not_json),
        cmocka_unit_test(test_room),
    };

    return cmocka_run_group_tests_name("selector", tests, NULL, NULL);
}
