/* the scanner: grammar, paths, depth, escapes; and jansson's opinion of all */

#include "json_oracle.h"
#include "pure/json_number.h"
#include "unit.h"


#define PASTE(text)  text, sizeof(text) - 1


static const struct {
    const char  *text;
    size_t       n;
} json[] = {
    { PASTE("0") }, { PASTE("-0") }, { PASTE("10") }, { PASTE("1.5") },
    { PASTE("-1.50e+07") }, { PASTE("1E5") }, { PASTE("0e-0") },
    { PASTE("true") }, { PASTE("false") }, { PASTE("null") },
    { PASTE("\"\"") }, { PASTE("\"a\"") }, { PASTE("\"\x7f\"") },
    { PASTE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\uabcd\"") },
    { PASTE("\"\xc3\xa9\xf0\x9f\x98\x80\"") },
    { PASTE("[]") }, { PASTE("[[]]") }, { PASTE("[1,[2,{}],\"3\"]") },
    { PASTE("{}") }, { PASTE("{\"\":{}}") }, { PASTE("{\"a\":[{\"b\":1}]}") },
    { PASTE(" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n") },
    { PASTE(" { \"a\" : 1 , \"b\" : { } } ") },

    /* no text of legal UTF-8, but by the grammar alone */
    { PASTE("\"\\ud800\"") }, { PASTE("\"\\udc00\\ud800\"") },
    { PASTE("\"\\u0000\"") }, { PASTE("{\"\\u0000\":1e999}") },
    { PASTE("123456789012345678901234567890") },
};


static const struct {
    const char  *text;
    size_t       n;
} not_json[] = {
    { PASTE("") }, { PASTE(" ") }, { PASTE("\0") }, { PASTE("nul") },
    { PASTE("nulll") }, { PASTE("True") }, { PASTE("tru e") },
    { PASTE("NaN") }, { PASTE("Infinity") }, { PASTE("undefined") },

    /* numbers */
    { PASTE("-") }, { PASTE("+1") }, { PASTE("01") }, { PASTE("-01") },
    { PASTE(".5") }, { PASTE("1.") }, { PASTE("1.e5") }, { PASTE("1e") },
    { PASTE("1e+") }, { PASTE("1e5.") }, { PASTE("0x1") }, { PASTE("1 2") },
    { PASTE("--1") }, { PASTE("1a") },

    /* strings */
    { PASTE("\"") }, { PASTE("\"a") }, { PASTE("\"\\") }, { PASTE("\"\\\"") },
    { PASTE("\"\\a\"") }, { PASTE("\"\\u12\"") }, { PASTE("\"\\u123g\"") },
    { PASTE("\"\\u123") }, { PASTE("\"\\U1234\"") }, { PASTE("\"\n\"") },
    { PASTE("\"\x1f\"") }, { PASTE("\"01234567\x1f\"") },
    { PASTE("\"\0\"") }, { PASTE("'a'") }, { PASTE("\"a\"b") },

    /* containers */
    { PASTE("[") }, { PASTE("]") }, { PASTE("[1") }, { PASTE("[1,") },
    { PASTE("[1,]") }, { PASTE("[,1]") }, { PASTE("[1 2]") },
    { PASTE("[1}") }, { PASTE("[]]") }, { PASTE("[][]") },
    { PASTE("{") }, { PASTE("}") }, { PASTE("{\"a\"") }, { PASTE("{\"a\":") },
    { PASTE("{\"a\":1") }, { PASTE("{\"a\":1,") }, { PASTE("{\"a\":1,}") },
    { PASTE("{,}") }, { PASTE("{a:1}") }, { PASTE("{1:1}") },
    { PASTE("{\"a\" 1}") }, { PASTE("{\"a\",1}") }, { PASTE("{\"a\":1]") },
    { PASTE("{\"a\":}") }, { PASTE("{\"a\"::1}") }, { PASTE("{\"a\\\":1}") },
    { PASTE("{}{}") }, { PASTE("[1]/**/") }, { PASTE("\xef\xbb\xbf{}") },
    { PASTE("[1]\0") }, { PASTE("{\"action\":\"sendMessage\", body:1}") },
};


static void
test_grammar(void **state)
{
    size_t              i;
    uint8_t            *p;
    wsgw_json_value_t   v;

    (void) state;

    for (i = 0; i < unit_count(json); i++) {
        p = unit_copy(json[i].text, json[i].n);

        if (wsgw_json_find(p, json[i].n, NULL, 0, &v) != 0
            || v.type == WSGW_JSON_NONE)
        {
            fail_msg("refused: %s", json[i].text);
        }

        free(p);
    }

    for (i = 0; i < unit_count(not_json); i++) {
        p = unit_copy(not_json[i].text, not_json[i].n);

        if (wsgw_json_find(p, not_json[i].n, NULL, 0, &v) != -1) {
            fail_msg("accepted: %s", not_json[i].text);
        }

        free(p);
    }
}


static const wsgw_json_step_t  path_a[] = {
    { unit_bytes("a"), 1, 0, 0 }
};

static const wsgw_json_step_t  path_ab[] = {
    { unit_bytes("a"), 1, 0, 0 }, { unit_bytes("b"), 1, 0, 0 }
};

static const wsgw_json_step_t  path_a1[] = {
    { unit_bytes("a"), 1, 0, 0 },
    { NULL, 0, 1, WSGW_JSON_INDEX }
};

static const wsgw_json_step_t  path_11[] = {
    { NULL, 0, 1, WSGW_JSON_INDEX },
    { NULL, 0, 1, WSGW_JSON_INDEX }
};

static const wsgw_json_step_t  path_empty[] = {
    { unit_bytes(""), 0, 0, 0 }
};


static const struct {
    const wsgw_json_step_t  *steps;
    size_t                   nsteps;
    const char              *text;
    wsgw_json_type_t         type;
    const char              *value;
} paths[] = {
#define A      path_a, 1
#define AB     path_ab, 2
#define A1     path_a1, 2
#define I11    path_11, 2
#define EMPTY  path_empty, 1
    { NULL, 0, " [1] ", WSGW_JSON_ARRAY, "[1]" },
    { NULL, 0, " \"a\" ", WSGW_JSON_STRING, "a" },
    { A, "{\"a\":1}", WSGW_JSON_NUMBER, "1" },
    { A, "{\"b\":2,\"a\" : -1.0e5 }", WSGW_JSON_NUMBER, "-1.0e5" },
    { A, "{\"a\":\"x\\ny\"}", WSGW_JSON_STRING, "x\\ny" },
    { A, "{\"a\":true}", WSGW_JSON_TRUE, "true" },
    { A, "{\"a\":null}", WSGW_JSON_NULL, "null" },
    { A, "{\"a\": { \"a\" : [] } }", WSGW_JSON_OBJECT, "{ \"a\" : [] }" },
    { A, "{\"a\":[ ],\"b\":[]}", WSGW_JSON_ARRAY, "[ ]" },
    { A, "{\"aa\":1,\"\":2,\"A\":3}", WSGW_JSON_NONE, "" },
    { A, "{\"b\":{\"a\":1}}", WSGW_JSON_NONE, "" },
    { A, "[{\"a\":1}]", WSGW_JSON_NONE, "" },
    { A, "[\"a\",1]", WSGW_JSON_NONE, "" },
    { A, "1", WSGW_JSON_NONE, "" },
    { EMPTY, "{\"\":1}", WSGW_JSON_NUMBER, "1" },

    /* names are compared unescaped */
    { A, "{\"\\u0061\":1}", WSGW_JSON_NUMBER, "1" },
    { A, "{\"\\u0061b\":1}", WSGW_JSON_NONE, "" },
    { A, "{\"\\\\u0061\":1}", WSGW_JSON_NONE, "" },

    /* the last duplicate wins, with all below it */
    { A, "{\"a\":1,\"a\":2}", WSGW_JSON_NUMBER, "2" },
    { A, "{\"a\":1,\"\\u0061\":2}", WSGW_JSON_NUMBER, "2" },
    { A, "{\"a\":{\"a\":1},\"a\":null,\"b\":3}", WSGW_JSON_NULL, "null" },
    { AB, "{\"a\":{\"b\":1},\"a\":{}}", WSGW_JSON_NONE, "" },
    { AB, "{\"a\":{\"b\":1},\"a\":3}", WSGW_JSON_NONE, "" },
    { AB, "{\"a\":{\"b\":1},\"a\":[\"b\"]}", WSGW_JSON_NONE, "" },
    { AB, "{\"a\":3,\"a\":{\"b\":1}}", WSGW_JSON_NUMBER, "1" },
    { AB, "{\"a\":{\"b\":1,\"b\":2},\"c\":{\"b\":3}}", WSGW_JSON_NUMBER, "2" },

    /* deeper, and back again */
    { AB, "{\"x\":{\"b\":0},\"a\":{\"x\":{\"b\":0},\"b\":5},\"b\":0}",
      WSGW_JSON_NUMBER, "5" },
    { AB, "{\"a\":{\"b\":{\"a\":{\"b\":1}}}}", WSGW_JSON_OBJECT,
      "{\"a\":{\"b\":1}}" },
    { AB, "{\"a\":[{\"b\":1}]}", WSGW_JSON_NONE, "" },
    { AB, "{\"b\":1,\"a\":{\"x\":[1,{\"b\":2}]}}", WSGW_JSON_NONE, "" },

    /* elements */
    { A1, "{\"a\":[1,2,3]}", WSGW_JSON_NUMBER, "2" },
    { A1, "{\"a\":[1]}", WSGW_JSON_NONE, "" },
    { A1, "{\"a\":{\"1\":1}}", WSGW_JSON_NONE, "" },
    { A1, "{\"a\":[[1,2],3]}", WSGW_JSON_NUMBER, "3" },
    { A1, "{\"a\":[1,2],\"a\":[3]}", WSGW_JSON_NONE, "" },
    { I11, "[[0,1],[2,3],[4,5]]", WSGW_JSON_NUMBER, "3" },
    { I11, "[0,[[2,9],[3]],[4,5]]", WSGW_JSON_ARRAY, "[3]" },
    { I11, "[[0,1],2,[4,5]]", WSGW_JSON_NONE, "" },
    { I11, "[[0,1],[],[4,5]]", WSGW_JSON_NONE, "" },
    { I11, "[0,{\"a\":[7,8]},[4,5]]", WSGW_JSON_NONE, "" },
};


static void
test_paths(void **state)
{
    size_t              i;
    uint8_t            *p;
    const char         *difference;
    wsgw_json_value_t   v;

    (void) state;

    for (i = 0; i < unit_count(paths); i++) {
        p = unit_copy(paths[i].text, strlen(paths[i].text));

        assert_int_equal(wsgw_json_find(p, strlen(paths[i].text),
                                        paths[i].steps, paths[i].nsteps, &v),
                         0);

        if (v.type != paths[i].type) {
            fail_msg("%s: type %d", paths[i].text, (int) v.type);
        }

        if (v.type != WSGW_JSON_NONE) {
            assert_int_equal(v.len, strlen(paths[i].value));
            assert_memory_equal(v.data, paths[i].value, v.len);
        }

        difference = json_oracle(p, strlen(paths[i].text), paths[i].steps,
                                 paths[i].nsteps);

        if (difference) {
            fail_msg("%s: %s", paths[i].text, difference);
        }

        free(p);
    }
}


/* exactly the depth we accept, one more, and far more */

static void
test_depth(void **state)
{
    size_t             i, depth;
    uint8_t           *p;
    wsgw_json_value_t  v;

    static const size_t  depths[] = {
        1, WSGW_JSON_MAX_DEPTH, WSGW_JSON_MAX_DEPTH + 1, 100000
    };

    (void) state;

    for (i = 0; i < unit_count(depths); i++) {
        depth = depths[i];
        p = malloc(2 * depth);
        assert_non_null(p);

        memset(p, '[', depth);
        memset(p + depth, ']', depth);

        assert_int_equal(wsgw_json_find(p, 2 * depth, path_11, 2, &v),
                         depth <= WSGW_JSON_MAX_DEPTH ? 0 : -1);
        free(p);
    }
}


/* every position of every special byte around the words that are skipped */

static void
test_string_positions(void **state)
{
    int                 ch, legal;
    size_t              n, i;
    uint8_t            *p;
    wsgw_json_value_t   v;

    (void) state;

    for (n = 0; n < 20; n++) {
        for (i = 0; i < n; i++) {
            for (ch = 0; ch < 256; ch++) {
                p = malloc(n + 2);
                assert_non_null(p);

                memset(p, '~', n + 2);
                p[0] = '"';
                p[1 + i] = (uint8_t) ch;
                p[1 + n] = '"';

                /* a backslash has no legal letter behind it, or takes the
                   closing quote away */

                legal = ch >= 0x20 && ch != '"' && ch != '\\';

                assert_int_equal(wsgw_json_find(p, n + 2, NULL, 0, &v),
                                 legal ? 0 : -1);
                free(p);
            }
        }
    }
}


static void
test_unescape(void **state)
{
    size_t    i, n;
    uint8_t  *p;

    static const struct {
        const char  *escaped;
        const char  *text;
        size_t       n;
    } rows[] = {
        { "", PASTE("") },
        { "plain", PASTE("plain") },
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", PASTE("\"\\/\b\f\n\r\t") },
        { "a\\u0000b", PASTE("a\0b") },
        { "\\u007f\\u0080\\u07ff\\u0800\\uffff",
          PASTE("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf") },
        { "\\uD83D\\uDE00x", PASTE("\xf0\x9f\x98\x80x") },
        { "\\ud800\\udc00\\udbff\\udfff",
          PASTE("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },

        /* lone surrogates: before text, another escape, the end */
        { "\\ud83dx", PASTE("\xef\xbf\xbdx") },
        { "\\ud83d\\n", PASTE("\xef\xbf\xbd\n") },
        { "\\ud83d\\u0041", PASTE("\xef\xbf\xbd" "A") },
        { "\\ud83d\\ud83d\\ude00", PASTE("\xef\xbf\xbd\xf0\x9f\x98\x80") },
        { "\\ude00\\ud83d", PASTE("\xef\xbf\xbd\xef\xbf\xbd") },
        { "\\ud83d\\\\ude0", PASTE("\xef\xbf\xbd\\ude0") },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].escaped);
        p = unit_copy(rows[i].escaped, n);

        assert_int_equal(wsgw_json_string_unescape(p, p, n), rows[i].n);
        assert_memory_equal(p, rows[i].text, rows[i].n);

        free(p);
    }
}


static void
test_escape(void **state)
{
    int             ch;
    size_t          i, n, len, size;
    uint8_t        *p, text[256 + 24], expected[16];
    const uint8_t  *src, *last;

    static const struct {
        const char  *text;
        size_t       n;
        const char  *escaped;
    } rows[] = {
        { PASTE(""), "" },
        { PASTE("plain \x7f\xc3\xa9/"), "plain \x7f\xc3\xa9/" },
        { PASTE("\"\\\b\f\n\r\t"), "\\\"\\\\\\b\\f\\n\\r\\t" },
        { PASTE("0123456\"89abcdef\\"), "0123456\\\"89abcdef\\\\" },
        { PASTE("\0\x1f"), "\\u0000\\u001f" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        len = strlen(rows[i].escaped);

        size = WSGW_JSON_LONGEST * rows[i].n;
        src = unit_bytes(rows[i].text);
        last = src + rows[i].n;

        p = malloc(size + 1);
        assert_non_null(p);
        assert_int_equal(wsgw_json_string_escape(p, size, &src, last), len);
        assert_ptr_equal(src, last);
        assert_memory_equal(p, rows[i].escaped, len);
        free(p);
    }

    /* each byte at each place of a word comes back as it was */

    for (ch = 0; ch < 256; ch++) {
        for (i = 0; i < 10; i++) {
            memset(text, 'x', 10);
            text[i] = (uint8_t) ch;
            memcpy(expected, text, 10);

            p = malloc(60);
            assert_non_null(p);

            src = text;
            n = wsgw_json_string_escape(p, 60, &src, text + 10);
            assert_ptr_equal(src, text + 10);
            assert_int_equal(wsgw_json_string_unescape(p, p, n), 10);
            assert_memory_equal(p, expected, 10);

            free(p);
        }
    }
}


/* generated texts, most of them nearly JSON */

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;

    return *seed >> 16;
}


static const wsgw_json_step_t  ab[] = {
    { (const uint8_t *) "a", 1, 0, 0 },
    { (const uint8_t *) "b", 1, 0, 0 }
};


static void
test_members(void **state)
{
    size_t             i, j, n;
    uint8_t           *p;
    wsgw_json_value_t  v[2], other;

    static const struct {
        const char        *text;
        const char        *other;       /* NULL: none */
        wsgw_json_type_t   types[2];
        uint8_t            escaped;     /* of the first */
        uint8_t            again;
    } rows[] = {
        { "1", NULL, { WSGW_JSON_NONE, WSGW_JSON_NONE }, 0, 0 },
        { "[{\"a\":1}]", NULL, { WSGW_JSON_NONE, WSGW_JSON_NONE }, 0, 0 },
        { "{}", NULL, { WSGW_JSON_NONE, WSGW_JSON_NONE }, 0, 0 },
        { "{\"c\":{\"a\":1}}", "c", { WSGW_JSON_NONE, WSGW_JSON_NONE }, 0, 0 },
        { "{\"b\":{\"x\":1},\"a\":[2]}", NULL,
          { WSGW_JSON_ARRAY, WSGW_JSON_OBJECT }, 0, 0 },
        { "{\"a\":\"x\",\"A\":null,\"a\":true,\"d\":1}", "A",
          { WSGW_JSON_TRUE, WSGW_JSON_NONE }, 0, 1 },
        { "{\"a\":{\"b\":1},\"\\u0061\":{}}", NULL,
          { WSGW_JSON_OBJECT, WSGW_JSON_NONE }, 0, 1 },
        { "{\"a\":null,\"b\":{\"a\":1,\"a\":2}}", NULL,
          { WSGW_JSON_NULL, WSGW_JSON_OBJECT }, 0, 0 },
        { "{\"\\u0061\":\"x\",\"\":1}", "",
          { WSGW_JSON_STRING, WSGW_JSON_NONE }, 0, 0 },
        { "{\"a\":\"\\n\",\"b\":\"y\"}", NULL,
          { WSGW_JSON_STRING, WSGW_JSON_STRING }, WSGW_JSON_ESCAPED, 0 },
        { "{\"a\":\"\\u0062\\n\"}", NULL,
          { WSGW_JSON_STRING, WSGW_JSON_NONE },
          WSGW_JSON_ESCAPED|WSGW_JSON_UNICODE, 0 },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].text);
        p = unit_copy(rows[i].text, n);

        assert_int_equal(wsgw_json_members(p, n, ab, 2, v, &other), 0);

        if (rows[i].other == NULL) {
            assert_int_equal(other.type, WSGW_JSON_NONE);

        } else {
            assert_int_equal(other.type, WSGW_JSON_STRING);
            assert_int_equal(other.len, strlen(rows[i].other));
            assert_memory_equal(other.data, rows[i].other, other.len);
        }

        for (j = 0; j < 2; j++) {
            assert_int_equal(v[j].type, rows[i].types[j]);
        }

        assert_int_equal(v[0].again, rows[i].again);
        assert_int_equal(v[1].again, 0);

        if (v[0].type == WSGW_JSON_STRING) {
            assert_int_equal(v[0].escaped, rows[i].escaped);
        }

        assert_int_equal(wsgw_json_members(p, n - 1, ab, 2, v, &other), -1);
        free(p);
    }
}


static void
test_any_case(void **state)
{
    size_t             i, n;
    uint8_t           *p;
    wsgw_json_value_t  v;

    static const wsgw_json_step_t  step = {
        (const uint8_t *) "x-a1", 4, 0, WSGW_JSON_ANY_CASE
    };

    static const struct {
        const char  *text;
        const char  *value;             /* NULL: none */
    } rows[] = {
        { "{\"x-a1\":1,\"X-A1\":2}", "2" },
        { "{\"X-a1\":1}", "1" },
        { "{\"\\u0058-\\u00411\":1}", "1" },
        { "{\"x-a\\u0011\":1}", NULL },
        { "{\"X\\rA1\":1,\"XMA1\":2}", NULL },
        { "{\"x-a1 \":1,\"x-a\":2}", NULL },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].text);
        p = unit_copy(rows[i].text, n);

        assert_int_equal(wsgw_json_find(p, n, &step, 1, &v), 0);

        if (rows[i].value == NULL) {
            assert_int_equal(v.type, WSGW_JSON_NONE);

        } else {
            assert_int_equal(v.type, WSGW_JSON_NUMBER);
            assert_memory_equal(v.data, rows[i].value, v.len);
        }

        free(p);
    }
}


static void
test_last_element(void **state)
{
    size_t             i, n;
    uint8_t           *p;
    wsgw_json_value_t  v;

    static const wsgw_json_step_t  step = { NULL, 0, 0, WSGW_JSON_LAST };

    static const struct {
        const char        *text;
        wsgw_json_type_t   type;
    } rows[] = {
        { "[]", WSGW_JSON_NONE },
        { "[null]", WSGW_JSON_NULL },
        { "[1,[2],\"x\"]", WSGW_JSON_STRING },
        { "[\"x\",[\"y\",1]]", WSGW_JSON_ARRAY },
        { "[1,{\"a\":\"x\"}]", WSGW_JSON_OBJECT },
        { "{\"a\":[1]}", WSGW_JSON_NONE },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].text);
        p = unit_copy(rows[i].text, n);

        assert_int_equal(wsgw_json_find(p, n, &step, 1, &v), 0);
        assert_int_equal(v.type, rows[i].type);

        free(p);
    }
}


static void
test_whole_number(void **state)
{
    size_t    i, n;
    uint8_t  *p, *text;

    static const struct {
        const char  *text;
        int32_t      value;
    } rows[] = {
        { "200", 200 }, { "200.0", 200 }, { "2e2", 200 }, { "2E+2", 200 },
        { "20e1", 200 }, { "2000e-1", 200 }, { "0.2e3", 200 },
        { "0.00200e5", 200 }, { "2.04e2", 204 }, { "200.000e0", 200 },
        { "200e-0", 200 }, { "0", 0 }, { "0.0", 0 }, { "0e99999", 0 },
        { "0e-99999", 0 }, { "999999999", 999999999 },
        { "99999999900e-2", 999999999 }, { "1000000000", -1 },
        { "1e9", -1 }, { "1e400", -1 }, { "1e-400", -1 }, { "200.5", -1 },
        { "20e-1", 2 }, { "2e-1", -1 }, { "2004e-1", -1 },
        { "-200", -1 }, { "-0", -1 }, { "18446744073709551816", -1 },
        { "2e99999999999999999999999999", -1 },
        { "2e-99999999999999999999999999", -1 },
        { "1.00000000000000000000000000000000001e2", -1 },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].text);
        p = unit_copy(rows[i].text, n);

        assert_int_equal(wsgw_json_number_whole(p, n), rows[i].value);
        free(p);
    }

    /* zeros without end, and an exponent that takes them back */

    n = 100000;
    text = malloc(n + 12);
    memset(text, '0', n);
    text[1] = '.';
    text[n] = '3';
    memcpy(text + n + 1, "e100001", 7);

    assert_int_equal(wsgw_json_number_whole(text, n + 8), 300);
    free(text);
}


static size_t
generate(uint8_t *dst, size_t size, uint32_t *seed)
{
    size_t       n, len;
    const char  *piece;

    static const char  *pieces[] = {
        "{", "}", "[", "]", ",", ":", "\"a\":", "\"b\":", "\"\\u0061\":",
        "\"a\"", "\"b\"", "1", "-2.5e3", "true", "null", " ",
        "\"\\ud83d\\ude00\"",
        "{\"a\":", "{\"b\":[", "]}", "1,", "[1,", "0", "\"\"", "\\", "\"",
    };

    n = 0;

    while (next_random(seed) % 16) {
        piece = pieces[next_random(seed) % unit_count(pieces)];
        len = strlen(piece);

        if (len > size - n) {
            break;
        }

        memcpy(dst + n, piece, len);
        n += len;
    }

    return n;
}


static size_t
generate_value(uint8_t *dst, uint32_t *seed, int depth)
{
    size_t  n, count;
    int     object;

    static const char  *scalars[] = {
        "1", "\"a\"", "true", "null", "\"\\n\"", "-0.5"
    };

    static const char  *names[] = {
        "\"a\":", "\"b\" :", "\"\\u0061\":", "\"c\":"
    };

    if (depth == 0 || next_random(seed) % 3 == 0) {
        return (size_t) sprintf((char *) dst, "%s",
                    scalars[next_random(seed) % unit_count(scalars)]);
    }

    n = 0;
    object = next_random(seed) & 1;
    dst[n++] = object ? '{' : '[';

    for (count = next_random(seed) % 4; count; count--) {

        if (object) {
            n += (size_t) sprintf((char *) dst + n, "%s",
                              names[next_random(seed) % unit_count(names)]);
        }

        n += generate_value(dst + n, seed, depth - 1);

        if (count > 1) {
            dst[n++] = ',';
        }
    }

    dst[n++] = object ? '}' : ']';

    return n;
}


static void
test_against_jansson(void **state)
{
    size_t       i, k, n;
    uint8_t      text[4096], *p;
    uint32_t     seed;
    const char  *difference;

    static const struct {
        const wsgw_json_step_t  *steps;
        size_t                   nsteps;
    } wanted[] = {
        { NULL, 0 }, { A }, { AB }, { A1 }, { I11 }, { EMPTY }
    };

    (void) state;

    seed = 1;

    for (i = 0; i < 40000; i++) {
        n = i & 1 ? generate(text, 512, &seed)
                  : generate_value(text, &seed, 4);

        p = unit_copy(text, n);

        for (k = 0; k < unit_count(wanted); k++) {
            difference = json_oracle(p, n, wanted[k].steps, wanted[k].nsteps);

            if (difference) {
                fail_msg("path %zu of %.*s: %s", k, (int) n, (char *) p,
                         difference);
            }
        }

        difference = json_oracle_members(p, n, ab, 2);

        if (difference) {
            fail_msg("members of %.*s: %s", (int) n, (char *) p, difference);
        }

        free(p);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_any_case),
        cmocka_unit_test(test_last_element),
        cmocka_unit_test(test_whole_number),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_string_positions),
        cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_against_jansson),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
