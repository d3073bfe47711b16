/*
 * An input is a pattern, a newline and a policy.  The policy must mean what an
 * evaluation of jansson's tree says, and the pattern match what a table of all
 * prefixes says.
 */

#include <jansson.h>

#include "fuzz.h"
#include "pure/policy.h"


#define MAX_PATTERN  128

#define RESOURCE     "arn:aws:execute-api:a:1:b/dev/$connect"
#define ACTION       "execute-api:Invoke"


static uint8_t
fold(uint8_t ch)
{
    return ch >= 'A' && ch <= 'Z' ? (uint8_t) (ch + 32) : ch;
}


static int
matches(const uint8_t *pattern, size_t m, const uint8_t *text, size_t n,
    int folds)
{
    int      same, result;
    char    *row;
    size_t   i, j;

    /* row[j]: the pattern so far is the text's first j bytes */

    row = calloc(n + 1, 1);
    fuzz_check(row != NULL);

    row[0] = 1;

    for (i = 0; i < m; i++) {

        if (pattern[i] == '*') {
            for (j = 1; j <= n; j++) {
                row[j] = (char) (row[j] | row[j - 1]);
            }

            continue;
        }

        for (j = n; j > 0; j--) {
            same = folds ? fold(pattern[i]) == fold(text[j - 1])
                         : pattern[i] == text[j - 1];
            row[j] = (char) (row[j - 1] && (pattern[i] == '?' || same));
        }

        row[0] = 0;
    }

    result = row[n];
    free(row);

    return result;
}


static int
has_variable(json_t *v)
{
    size_t       i;
    const char  *p;

    p = json_string_value(v);

    for (i = 0; i + 1 < json_string_length(v); i++) {
        if (memcmp(p + i, "${", 2) == 0) {
            return 1;
        }
    }

    return 0;
}


/* a policy may be refused for an element that is there twice */

static int
has_duplicates(const uint8_t *data, size_t size)
{
    json_t        *root;
    json_error_t   error;

    root = json_loadb((const char *) data, size,
                      JSON_DECODE_ANY|JSON_ALLOW_NUL|JSON_REJECT_DUPLICATES,
                      &error);
    json_decref(root);

    return root == NULL;
}


/* 1, 0, or -1: they are no patterns */

static int
list(json_t *v, const char *text, int folds)
{
    int      found;
    size_t   i, n;
    json_t  *one;

    n = json_is_array(v) ? json_array_size(v) : 1;
    found = -1;

    for (i = 0; i < n; i++) {
        one = json_is_array(v) ? json_array_get(v, i) : v;

        if (!json_is_string(one) || has_variable(one)) {
            return -1;
        }

        if (found < 1) {
            found = matches((const uint8_t *) json_string_value(one),
                            json_string_length(one), (const uint8_t *) text,
                            strlen(text), folds);
        }
    }

    return found;
}


static wsgw_policy_t
statement(json_t *s)
{
    int          action, resource;
    json_t      *value;
    const char  *key, *effect;

    if (!json_is_object(s)) {
        return WSGW_POLICY_ERROR;
    }

    json_object_foreach(s, key, value) {
        if (strcmp(key, "Sid") != 0 && strcmp(key, "Effect") != 0
            && strcmp(key, "Action") != 0 && strcmp(key, "Resource") != 0)
        {
            return WSGW_POLICY_ERROR;
        }
    }

    value = json_object_get(s, "Effect");
    effect = json_string_value(value);
    action = list(json_object_get(s, "Action"), ACTION, 1);
    resource = list(json_object_get(s, "Resource"), RESOURCE, 0);

    if (effect == NULL || action < 0 || resource < 0
        || strlen(effect) != json_string_length(value)
        || (strcmp(effect, "Allow") != 0 && strcmp(effect, "Deny") != 0))
    {
        return WSGW_POLICY_ERROR;
    }

    if (!action || !resource) {
        return WSGW_POLICY_SILENT;
    }

    return effect[0] == 'A' ? WSGW_POLICY_ALLOW : WSGW_POLICY_DENY;
}


static wsgw_policy_t
policy(json_t *root)
{
    size_t          i;
    json_t         *all;
    wsgw_policy_t   one, so_far;

    all = json_object_get(root, "Statement");

    if (json_is_object(all)) {
        return statement(all);
    }

    so_far = json_array_size(all) ? WSGW_POLICY_SILENT : WSGW_POLICY_ERROR;

    for (i = 0; i < json_array_size(all); i++) {
        one = statement(json_array_get(all, i));

        if (one == WSGW_POLICY_ERROR || so_far == WSGW_POLICY_ERROR) {
            return WSGW_POLICY_ERROR;
        }

        if (one > so_far) {
            so_far = one;
        }
    }

    return so_far;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              m;
    json_t             *root;
    uint8_t            *copy;
    const char         *error;
    const uint8_t      *end;
    wsgw_policy_t       result;
    wsgw_json_value_t   v;

    end = size ? memchr(data, '\n', size) : NULL;

    if (end == NULL) {
        return 0;
    }

    m = (size_t) (end - data);

    if (m <= MAX_PATTERN) {
        fuzz_check(wsgw_policy_matches(data, m, (const uint8_t *) RESOURCE,
                                       sizeof(RESOURCE) - 1, 0)
                   == matches(data, m, (const uint8_t *) RESOURCE,
                              sizeof(RESOURCE) - 1, 0));
        fuzz_check(wsgw_policy_matches(data, m, (const uint8_t *) ACTION,
                                       sizeof(ACTION) - 1, 1)
                   == matches(data, m, (const uint8_t *) ACTION,
                              sizeof(ACTION) - 1, 1));
    }

    data = end + 1;
    size -= m + 1;

    copy = malloc(size ? size : 1);
    fuzz_check(copy != NULL);
    memcpy(copy, data, size);

    if (wsgw_json_find(copy, size, NULL, 0, &v) == 0) {
        result = wsgw_policy_evaluate(&v, (const uint8_t *) RESOURCE,
                                      sizeof(RESOURCE) - 1, &error);

        fuzz_check((result == WSGW_POLICY_ERROR) == (error != NULL));

        /* what jansson does not read may be JSON to us all the same */

        root = json_loadb((const char *) data, size,
                          JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);

        if (root) {
            fuzz_check(result == policy(root)
                       || (result == WSGW_POLICY_ERROR
                           && has_duplicates(data, size)));
            json_decref(root);
        }
    }

    free(copy);

    return 0;
}
