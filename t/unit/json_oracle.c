/*
 * jansson builds a tree, so it is a slow but independent opinion.  It refuses
 * some texts that are JSON; those, and only those, are left out.
 */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "json_oracle.h"


static const char *json_oracle_other(json_t *json,
    const wsgw_json_step_t *names, size_t nnames,
    const wsgw_json_value_t *other);
static int json_oracle_is_limit(const json_error_t *error);
static size_t json_oracle_depth(const uint8_t *p, size_t n);
static const json_t *json_oracle_walk(const json_t *json,
    const wsgw_json_step_t *steps, size_t nsteps);
static const char *json_oracle_compare(const json_t *json,
    const wsgw_json_value_t *v);
static const char *json_oracle_string(const json_t *json,
    const wsgw_json_value_t *v);
static const char *json_oracle_number(const json_t *json,
    const wsgw_json_value_t *v);
static const char *json_oracle_container(const json_t *json,
    const wsgw_json_value_t *v);


const char *
json_oracle(const uint8_t *p, size_t n, const wsgw_json_step_t *steps,
    size_t nsteps)
{
    int                rc;
    json_t            *json;
    const char        *difference;
    json_error_t       error;
    wsgw_json_value_t  v;

    rc = wsgw_json_find(p, n, steps, nsteps, &v);

    /* jansson takes a zero byte behind the value for the end of the text */

    if (memchr(p, 0, n)) {
        return rc == 0 ? "accepted a zero byte" : NULL;
    }

    json = json_loadb((const char *) p, n,
                      JSON_DECODE_ANY|JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL,
                      &error);

    if (json == NULL) {
        return rc == 0 && !json_oracle_is_limit(&error)
               ? "accepted what jansson refuses" : NULL;
    }

    if (rc != 0) {
        difference = json_oracle_depth(p, n) > WSGW_JSON_MAX_DEPTH
                     ? NULL : "refused what jansson accepts";

    } else {
        difference = json_oracle_compare(json_oracle_walk(json, steps, nsteps),
                                         &v);
    }

    json_decref(json);

    return difference;
}


const char *
json_oracle_members(const uint8_t *p, size_t n, const wsgw_json_step_t *names,
    size_t nnames)
{
    size_t             i;
    json_t            *json;
    const char        *difference;
    wsgw_json_value_t  v[JSON_ORACLE_NAMES], found, other;

    if (wsgw_json_members(p, n, names, nnames, v, &other) != 0) {
        return wsgw_json_find(p, n, NULL, 0, &found) == 0
               ? "refused what is found to be JSON" : NULL;
    }

    json = json_loadb((const char *) p, n,
                      JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL, NULL);

    if (json == NULL) {
        return NULL;
    }

    difference = json_oracle_other(json, names, nnames, &other);

    for (i = 0; i < nnames && difference == NULL; i++) {
        difference = json_oracle_compare(json_oracle_walk(json, &names[i], 1),
                                         &v[i]);
    }

    json_decref(json);

    return difference;
}


/* jansson keeps the order of members */

static const char *
json_oracle_other(json_t *json, const wsgw_json_step_t *names, size_t nnames,
    const wsgw_json_value_t *other)
{
    int          equal;
    size_t       i, n;
    json_t      *value;
    uint8_t     *text;
    const char  *key;

    json_object_foreach(json, key, value) {
        n = strlen(key);

        for (i = 0; i < nnames; i++) {
            if (n == names[i].len && memcmp(key, names[i].name, n) == 0) {
                break;
            }
        }

        if (i < nnames) {
            continue;
        }

        if (other->type != WSGW_JSON_STRING) {
            return "missed another member";
        }

        text = malloc(other->len + 1);
        equal = wsgw_json_string_unescape(text, other->data, other->len) == n
                && memcmp(text, key, n) == 0;
        free(text);

        return equal ? NULL : "took another name for the first";
    }

    return other->type == WSGW_JSON_NONE ? NULL : "found another member";
}


/* lone surrogates, zero in a name, large numbers: legal, not to jansson; and
   it validates UTF-8, which our callers do */

static int
json_oracle_is_limit(const json_error_t *error)
{
    switch (json_error_code(error)) {

    case json_error_numeric_overflow:
    case json_error_null_byte_in_key:
    case json_error_null_character:
    case json_error_invalid_utf8:
    case json_error_stack_overflow:
        return 1;

    default:
        return strncmp(error->text, "invalid Unicode '\\u", 19) == 0
               || strncmp(error->text, "unable to decode byte", 21) == 0;
    }
}


static size_t
json_oracle_depth(const uint8_t *p, size_t n)
{
    int     string;
    size_t  i, depth, max;

    string = 0;
    depth = 0;
    max = 0;

    for (i = 0; i < n; i++) {

        if (string) {
            if (p[i] == '\\') {
                i++;

            } else if (p[i] == '"') {
                string = 0;
            }

            continue;
        }

        if (p[i] == '"') {
            string = 1;

        } else if (p[i] == '[' || p[i] == '{') {
            depth++;
            max = depth > max ? depth : max;

        } else if (p[i] == ']' || p[i] == '}') {
            depth--;
        }
    }

    return max;
}


static const json_t *
json_oracle_walk(const json_t *json, const wsgw_json_step_t *steps,
    size_t nsteps)
{
    size_t  i;

    for (i = 0; i < nsteps && json; i++) {

        if (steps[i].kind == WSGW_JSON_INDEX) {
            json = json_array_get(json, steps[i].index);

        } else {
            json = json_object_getn(json, (const char *) steps[i].name,
                                    steps[i].len);
        }
    }

    return json;
}


static const char *
json_oracle_compare(const json_t *json, const wsgw_json_value_t *v)
{
    static const wsgw_json_type_t  types[] = {
        WSGW_JSON_OBJECT, WSGW_JSON_ARRAY, WSGW_JSON_STRING,
        WSGW_JSON_NUMBER, WSGW_JSON_NUMBER, WSGW_JSON_TRUE, WSGW_JSON_FALSE,
        WSGW_JSON_NULL
    };

    if (json == NULL) {
        return v->type == WSGW_JSON_NONE ? NULL : "found what is absent";
    }

    if (v->type != types[json_typeof(json)]) {
        return "another type";
    }

    switch (v->type) {

    case WSGW_JSON_STRING:
        return json_oracle_string(json, v);

    case WSGW_JSON_NUMBER:
        return json_oracle_number(json, v);

    case WSGW_JSON_OBJECT:
    case WSGW_JSON_ARRAY:
        return json_oracle_container(json, v);

    default:
        return NULL;
    }
}


static const char *
json_oracle_string(const json_t *json, const wsgw_json_value_t *v)
{
    int       same;
    size_t    len;
    uint8_t  *text;

    text = malloc(v->len + 1);

    if (text == NULL) {
        abort();
    }

    len = wsgw_json_string_unescape(text, v->data, v->len);
    same = len == json_string_length(json)
           && memcmp(text, json_string_value(json), len) == 0;
    free(text);

    return same ? NULL : "another string";
}


static const char *
json_oracle_number(const json_t *json, const wsgw_json_value_t *v)
{
    char    *text;
    double   value;

    text = malloc(v->len + 1);

    if (text == NULL) {
        abort();
    }

    memcpy(text, v->data, v->len);
    text[v->len] = '\0';
    value = strtod(text, NULL);
    free(text);

    return value >= json_number_value(json) && value <= json_number_value(json)
           ? NULL : "another number";
}


static const char *
json_oracle_container(const json_t *json, const wsgw_json_value_t *v)
{
    int      same;
    json_t  *found;

    found = json_loadb((const char *) v->data, v->len,
                       JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL, NULL);
    same = found && json_equal(found, json);
    json_decref(found);

    return same ? NULL : "another container";
}
