/*
 * An input is an expression, a newline and a message.  The scanner must agree
 * with jansson on every path of the expression, and the result must not
 * depend on the room there is for it.
 */

#include <errno.h>

#include "fuzz.h"
#include "json_oracle.h"
#include "pure/json_number.h"
#include "pure/selector.h"


#define MAX_KEY  512


static void
check_escapes(const uint8_t *p, size_t n)
{
    size_t              len, size;
    uint8_t            *text;
    const uint8_t      *src;
    wsgw_json_value_t   v;

    size = WSGW_JSON_LONGEST * n;
    text = malloc(size + 2);
    fuzz_check(text != NULL);

    src = p;
    len = wsgw_json_string_escape(text + 1, size, &src, p + n);
    fuzz_check(src == p + n);
    text[0] = '"';
    text[len + 1] = '"';

    fuzz_check(wsgw_json_find(text, len + 2, NULL, 0, &v) == 0);
    fuzz_check(v.type == WSGW_JSON_STRING && v.len == len);
    fuzz_check(wsgw_json_string_unescape(text, v.data, v.len) == n);
    fuzz_check(n == 0 || memcmp(text, p, n) == 0);

    free(text);
}


static void
check_selector(const wsgw_selector_t *s, const uint8_t *body, size_t n)
{
    int       rc;
    size_t    i, len, again;
    uint8_t   key[MAX_KEY], *exact;

    for (i = 0; i < s->nparts; i++) {
        if (s->parts[i].data == NULL) {
            fuzz_check(json_oracle(body, n, &s->steps[s->parts[i].first],
                                   s->parts[i].nsteps) == NULL);
        }
    }

    rc = wsgw_selector_evaluate(s, body, n, key, sizeof(key), &len);

    if (rc != 0) {
        return;
    }

    exact = malloc(len ? len : 1);
    fuzz_check(exact != NULL);

    fuzz_check(wsgw_selector_evaluate(s, body, n, exact, len, &again) == 0);
    fuzz_check(again == len && memcmp(exact, key, len) == 0);

    if (len) {
        fuzz_check(wsgw_selector_evaluate(s, body, n, exact, len - 1, &again)
                   == -2);
    }

    free(exact);
}


static void
check_members(const uint8_t *body, size_t n)
{
    static const wsgw_json_step_t  names[] = {
        { (const uint8_t *) "action", 6, 0, 0 },
        { (const uint8_t *) "a", 1, 0, 0 },
        { (const uint8_t *) "", 0, 0, 0 },
        { (const uint8_t *) "body", 4, 0, 0 }
    };

    fuzz_check(json_oracle_members(body, n, names, 4) == NULL);
}


/* what is found as a number has one value, and strtod()'s */

static void
check_number(const wsgw_json_value_t *v)
{
    char     text[64];
    double   expected;
    int32_t  value;

    value = wsgw_json_number_whole(v->data, v->len);

    fuzz_check(value >= -1 && value <= WSGW_JSON_MAX_WHOLE);

    if (v->len >= sizeof(text) || v->len > 16) {
        return;
    }

    memcpy(text, v->data, v->len);
    text[v->len] = '\0';
    errno = 0;
    expected = strtod(text, NULL);

    if (value >= 0) {
        fuzz_check(expected == value || value == 0);

    } else {
        /* a double is too coarse for what is next to 0, or too large */

        fuzz_check(text[0] == '-' || errno == ERANGE
                   || expected > WSGW_JSON_MAX_WHOLE
                   || expected != (int32_t) expected);
    }
}


/* a result's headers are read by these */

static void
check_headers(const uint8_t *body, size_t n)
{
    size_t             i;
    wsgw_json_value_t  v;

    static const wsgw_json_step_t  paths[][2] = {
        { { NULL, 0, 0, WSGW_JSON_LAST }, { NULL, 0, 0, WSGW_JSON_LAST } },
        { { (const uint8_t *) "a", 1, 0, WSGW_JSON_ANY_CASE },
          { NULL, 0, 0, WSGW_JSON_LAST } }
    };

    for (i = 0; i < 4; i++) {

        if (wsgw_json_find(body, n, paths[i / 2], 1 + i % 2, &v) != 0) {
            return;
        }

        if (v.type == WSGW_JSON_NONE) {
            continue;
        }

        fuzz_check(v.data >= body && v.data + v.len <= body + n);

        if (v.type == WSGW_JSON_NUMBER) {
            check_number(&v);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc;
    const char       *error;
    const uint8_t    *end, *body;
    wsgw_selector_t   s;

    end = size ? memchr(data, '\n', size) : NULL;

    if (end == NULL) {
        return 0;
    }

    body = end + 1;
    size -= (size_t) (body - data);
    error = NULL;

    check_escapes(body, size);
    check_members(body, size);
    check_headers(body, size);
    fuzz_check(json_oracle(body, size, NULL, 0) == NULL);

    rc = wsgw_selector_compile(&s, data, (size_t) (end - data), &error);
    fuzz_check((rc == 0) == (error == NULL));

    if (rc >= 0) {
        fuzz_check(s.nparts > 0);
        check_selector(&s, body, size);
    }

    return 0;
}
