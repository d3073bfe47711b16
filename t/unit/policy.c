/* policies: who is let in, what cannot be judged, and the walk over JSON */

#include "pure/json_walk.h"
#include "pure/policy.h"
#include "unit.h"


#define ARN  "arn:aws:execute-api:eu-west-1:000000000000:default/dev/$connect"

#define ALL(effect)                                                           \
    "{\"Effect\":\"" effect "\",\"Action\":\"*\",\"Resource\":\"*\"}"

#define LIST(statements)  "{\"Statement\":[" statements "]}"

#define ONE(action, resource)                                                 \
    LIST("{\"Effect\":\"Allow\",\"Action\":" action ",\"Resource\":" resource \
         "}")


static const struct {
    wsgw_policy_t   result;
    const char     *text;
} policies[] = {
    { WSGW_POLICY_ALLOW, LIST(ALL("Allow")) },
    { WSGW_POLICY_ALLOW, "{\"Statement\":" ALL("Allow") "}" },
    { WSGW_POLICY_ALLOW, "{\"Version\":\"2012-10-17\",\"Id\":1,\"Statement\":"
                         ALL("Allow") "}" },
    { WSGW_POLICY_ALLOW, ONE("\"execute-api:Invoke\"", "\"" ARN "\"") },
    { WSGW_POLICY_ALLOW, ONE("\"EXECUTE-API:invoke\"", "\"arn:*\"") },
    { WSGW_POLICY_ALLOW, ONE("\"execute-api:*\"", "\"*/dev/*\"") },
    { WSGW_POLICY_ALLOW, ONE("\"execute-api:Inv?ke\"",
                             "\"arn:aws:execute-api:*:*:*\"") },
    { WSGW_POLICY_ALLOW, ONE("[\"s3:*\",\"execute-api:Invoke\"]",
                             "[\"none\",\"*/default\",\"*/$connect\"]") },
    { WSGW_POLICY_ALLOW, ONE("\"execute-\\u0061pi:*\"", "\"*\\/dev\\/*\"") },
    { WSGW_POLICY_ALLOW, " { \"Statement\" : [ " ALL("Allow") " , "
                         ALL("Allow") "\n] }\n" },
    { WSGW_POLICY_ALLOW, LIST("{\"Sid\":\"a]}\\\"\",\"Effect\":\"Allow\","
                              "\"Action\":\"*\",\"Resource\":\"*\"}") },

    { WSGW_POLICY_DENY, LIST(ALL("Deny")) },
    { WSGW_POLICY_DENY, LIST(ALL("Deny") "," ALL("Allow")) },
    { WSGW_POLICY_DENY, LIST(ALL("Allow") "," ALL("Deny")) },

    { WSGW_POLICY_SILENT, ONE("\"s3:*\"", "\"*\"") },
    { WSGW_POLICY_SILENT, ONE("\"execute-api:ManageConnections\"", "\"*\"") },
    { WSGW_POLICY_SILENT, ONE("\"*\"", "\"\"") },
    { WSGW_POLICY_SILENT, ONE("\"\"", "\"*\"") },
    { WSGW_POLICY_SILENT, ONE("\"*\"", "\"" ARN "?\"") },
    { WSGW_POLICY_SILENT, ONE("\"*\"", "\"arn:aws:EXECUTE-API:*\"") },
    { WSGW_POLICY_SILENT, ONE("\"*\"", "\"*/prod/*\"") },
    { WSGW_POLICY_SILENT, LIST("{\"Effect\":\"Deny\",\"Action\":\"*\","
                               "\"Resource\":\"*/prod/*\"}") },

    { WSGW_POLICY_ERROR, "" },
    { WSGW_POLICY_ERROR, "{" },
    { WSGW_POLICY_ERROR, "null" },
    { WSGW_POLICY_ERROR, "[" ALL("Allow") "]" },
    { WSGW_POLICY_ERROR, "{}" },
    { WSGW_POLICY_ERROR, "{\"statement\":" ALL("Allow") "}" },
    { WSGW_POLICY_ERROR, "{\"Statement\":null}" },
    { WSGW_POLICY_ERROR, "{\"Statement\":\"Allow\"}" },
    { WSGW_POLICY_ERROR, "{\"Statement\":" ALL("Deny") ",\"Statement\":"
                         ALL("Allow") "}" },
    { WSGW_POLICY_ERROR, "{\"Statement\":[" ALL("Allow") "],"
                         "\"St\\u0061tement\":" ALL("Allow") "}" },
    { WSGW_POLICY_ERROR, "{\"Statement\":null,\"Statement\":" ALL("Allow")
                         "}" },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Deny\",\"Effect\":\"Allow\","
                              "\"Action\":\"*\",\"Resource\":\"*\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Deny\",\"Action\":\"*\","
                              "\"Resource\":\"*\","
                              "\"\\u0041ction\":\"s3:*\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Deny\",\"Action\":\"*\","
                              "\"Resource\":\"*\",\"Resource\":\"x\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Sid\":\"a\",\"Sid\":\"b\","
                              "\"Effect\":\"Allow\",\"Action\":\"*\","
                              "\"Resource\":\"*\"}") },
    { WSGW_POLICY_ERROR, LIST("") },
    { WSGW_POLICY_ERROR, LIST("1") },
    { WSGW_POLICY_ERROR, LIST(ALL("allow")) },
    { WSGW_POLICY_ERROR, LIST(ALL("DENY")) },
    { WSGW_POLICY_ERROR, LIST(ALL("Allow ")) },
    { WSGW_POLICY_ERROR, LIST(ALL("Deny") ",{}") },
    { WSGW_POLICY_ERROR, LIST("null," ALL("Allow")) },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Allow\",\"Action\":\"*\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Allow\",\"Resource\":\"*\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Action\":\"*\",\"Resource\":\"*\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Allow\",\"Action\":\"*\","
                              "\"Resource\":\"*\",\"Condition\":{}}") },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Allow\",\"NotAction\":\"s3:*\","
                              "\"Resource\":\"*\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Allow\",\"Action\":\"*\","
                              "\"NotResource\":\"x\"}") },
    { WSGW_POLICY_ERROR, LIST("{\"Effect\":\"Allow\",\"Action\":\"*\","
                              "\"Resource\":\"*\",\"condition\":{}}") },
    { WSGW_POLICY_ERROR, ONE("[]", "\"*\"") },
    { WSGW_POLICY_ERROR, ONE("\"*\"", "[]") },
    { WSGW_POLICY_ERROR, ONE("[\"*\",1]", "\"*\"") },
    { WSGW_POLICY_ERROR, ONE("\"*\"", "[[\"*\"]]") },
    { WSGW_POLICY_ERROR, ONE("\"*\"", "\"arn:${aws:username}\"") },
    { WSGW_POLICY_ERROR, ONE("\"*\"", "\"\\u0024\\u007b*\"") },
};


/* a policy that is no JSON cannot be judged, either */

static wsgw_policy_t
evaluate(uint8_t *p, size_t n, const char **error)
{
    wsgw_json_value_t  v;

    if (wsgw_json_find(p, n, NULL, 0, &v) != 0) {
        *error = "is not JSON";
        return WSGW_POLICY_ERROR;
    }

    return wsgw_policy_evaluate(&v, unit_literal(ARN), error);
}


static void
test_policies(void **state)
{
    size_t          i, n;
    uint8_t        *p;
    const char     *error;
    wsgw_policy_t   result;

    (void) state;

    for (i = 0; i < unit_count(policies); i++) {
        n = strlen(policies[i].text);
        p = unit_copy(policies[i].text, n);

        result = evaluate(p, n, &error);

        if (result != policies[i].result
            || (result == WSGW_POLICY_ERROR) != (error != NULL))
        {
            fail_msg("%d of %s: %s", result, policies[i].text,
                     error ? error : "");
        }

        free(p);
    }
}


static const struct {
    const char  *pattern;
    const char  *text;
    int          fold;
    int          matches;
} patterns[] = {
    { "", "", 0, 1 }, { "", "a", 0, 0 }, { "*", "", 0, 1 }, { "?", "", 0, 0 },
    { "a", "a", 0, 1 }, { "a", "A", 0, 0 }, { "a", "A", 1, 1 },
    { "[a]", "{A}", 1, 0 }, { "@", "`", 1, 0 },
    { "a*", "a", 0, 1 }, { "*a", "ba", 0, 1 }, { "*a", "ab", 0, 0 },
    { "a?c", "abc", 0, 1 }, { "a?c", "ac", 0, 0 },
    { "a*b*c", "axxbyyc", 0, 1 }, { "a*b*c", "axxcyyb", 0, 0 },
    { "*ab", "aab", 0, 1 }, { "*?b", "b", 0, 0 }, { "**?", "x", 0, 1 },
    { "a*a*a*b", "aaaaaaaaaaaa", 0, 0 }, { "x**", "x", 0, 1 },
};


static void
test_patterns(void **state)
{
    size_t    i, m, n;
    uint8_t  *pattern, *text;

    (void) state;

    for (i = 0; i < unit_count(patterns); i++) {
        m = strlen(patterns[i].pattern);
        n = strlen(patterns[i].text);
        pattern = unit_copy(patterns[i].pattern, m);
        text = unit_copy(patterns[i].text, n);

        if (wsgw_policy_matches(pattern, m, text, n, patterns[i].fold)
            != patterns[i].matches)
        {
            fail_msg("\"%s\" and \"%s\"", patterns[i].pattern,
                     patterns[i].text);
        }

        free(pattern);
        free(text);
    }
}


/* 8000 stars, or 8000 statements, take no longer than they have to */

static void
test_length(void **state)
{
    size_t       i;
    char        *text, *p;
    const char  *error;

    (void) state;

    text = malloc(1000 * sizeof(ALL("Allow")) + 64);
    assert_non_null(text);

    p = text + sprintf(text, "{\"Statement\":[" ALL("Deny"));

    for (i = 0; i < 1000; i++) {
        p += sprintf(p, "," ALL("Allow"));
    }

    p += sprintf(p, "]}");

    assert_int_equal(evaluate((uint8_t *) text, (size_t) (p - text), &error),
                     WSGW_POLICY_DENY);

    memset(text, '*', 8000);
    memcpy(text + 8000, "x", 1);

    assert_int_equal(wsgw_policy_matches((uint8_t *) text, 8000,
                                         unit_literal(ARN), 0), 1);
    assert_int_equal(wsgw_policy_matches((uint8_t *) text, 8001,
                                         unit_literal(ARN), 0), 0);

    free(text);
}


static void
test_walk(void **state)
{
    size_t              n;
    wsgw_json_walk_t    w;
    wsgw_json_value_t   name, v;

    static const char  text[] =
        " \"a\" : 1 ,\"b\":\"x\\\"]\",\"c\":[1,[\"]\"],{}], \"d\\u0041\":{\"}\""
        ":null} ,\"\":true,\"f\":false,\"g\":null,\"h\":-1.5e+7 ";

    static const struct {
        const char        *name;
        wsgw_json_type_t   type;
        const char        *value;
    } found[] = {
        { "a", WSGW_JSON_NUMBER, "1" },
        { "b", WSGW_JSON_STRING, "x\\\"]" },
        { "c", WSGW_JSON_ARRAY, "[1,[\"]\"],{}]" },
        { "d\\u0041", WSGW_JSON_OBJECT, "{\"}\":null}" },
        { "", WSGW_JSON_TRUE, "true" },
        { "f", WSGW_JSON_FALSE, "false" },
        { "g", WSGW_JSON_NULL, "null" },
        { "h", WSGW_JSON_NUMBER, "-1.5e+7" },
    };

    (void) state;

    wsgw_json_walk(&w, unit_literal(text));

    for (n = 0; wsgw_json_walk_next(&w, &name, &v); n++) {
        assert_true(n < unit_count(found));
        assert_int_equal(name.len, strlen(found[n].name));
        assert_memory_equal(name.data, found[n].name, name.len);
        assert_int_equal(v.type, found[n].type);
        assert_int_equal(v.len, strlen(found[n].value));
        assert_memory_equal(v.data, found[n].value, v.len);
        assert_ptr_equal(w.start, name.data - 1);
        assert_ptr_equal(w.start + w.len,
                         v.data + v.len + (v.type == WSGW_JSON_STRING));
    }

    assert_int_equal(n, unit_count(found));

    wsgw_json_walk(&w, unit_literal(" "));
    assert_int_equal(wsgw_json_walk_next(&w, NULL, &v), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
