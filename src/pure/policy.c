/*
 * Policies.  All of one is read before any of it counts, so a statement that
 * cannot be judged spoils the policy wherever it stands.
 */

#include <string.h>

#include "pure/json_walk.h"
#include "pure/policy.h"


/* of IAM's policy language, 2012-10-17; upper and lower case differ in it, but
   not in an action */

#define WSGW_POLICY_ACTION  "execute-api:Invoke"

#define WSGW_POLICY_ELEMENTS  7         /* of a statement */


/* what it is about, and what is wrong so far */

typedef struct {
    const uint8_t  *resource;
    size_t          len;
    const char     *error;
} wsgw_policy_reader_t;


static wsgw_policy_t wsgw_policy_statement(wsgw_policy_reader_t *r,
    const wsgw_json_value_t *v);
static const char *wsgw_policy_elements(const wsgw_json_value_t *v,
    wsgw_json_value_t *e);
static wsgw_policy_t wsgw_policy_effect(wsgw_policy_reader_t *r,
    const wsgw_json_value_t *v);
static int wsgw_policy_list(wsgw_policy_reader_t *r,
    const wsgw_json_value_t *v, const uint8_t *text, size_t n, int fold);
static int wsgw_policy_string(wsgw_json_value_t *v);
static int wsgw_policy_has_variable(const wsgw_json_value_t *v);
static int wsgw_policy_is(const wsgw_json_value_t *v, const char *text);
static uint8_t wsgw_policy_fold(uint8_t ch, int fold);


wsgw_policy_t
wsgw_policy_evaluate(const wsgw_json_value_t *policy, const uint8_t *resource,
    size_t len, const char **error)
{
    wsgw_policy_t         effect, so_far;
    wsgw_json_walk_t      w;
    wsgw_json_value_t     all, name, v;
    wsgw_policy_reader_t  r;

    all.type = WSGW_JSON_NONE;

    if (policy->type == WSGW_JSON_OBJECT) {
        wsgw_json_walk_into(&w, policy);

        while (wsgw_json_walk_next(&w, &name, &v)) {

            if (!wsgw_policy_string(&name)
                || !wsgw_policy_is(&name, "Statement"))
            {
                continue;
            }

            /* which of two is meant nobody knows */

            if (all.type != WSGW_JSON_NONE) {
                *error = "has more than one Statement element";
                return WSGW_POLICY_ERROR;
            }

            all = v;
        }
    }

    *error = "has no Statement";

    if (all.type != WSGW_JSON_OBJECT && all.type != WSGW_JSON_ARRAY) {
        return WSGW_POLICY_ERROR;
    }

    r.resource = resource;
    r.len = len;
    r.error = NULL;

    if (all.type == WSGW_JSON_OBJECT) {
        so_far = wsgw_policy_statement(&r, &all);
        *error = r.error;
        return so_far;
    }

    so_far = WSGW_POLICY_ERROR;
    wsgw_json_walk_into(&w, &all);

    while (wsgw_json_walk_next(&w, NULL, &v)) {

        effect = wsgw_policy_statement(&r, &v);
        *error = r.error;

        if (effect == WSGW_POLICY_ERROR) {
            return effect;
        }

        /* they are ordered by what precedes what */

        if (so_far == WSGW_POLICY_ERROR || effect > so_far) {
            so_far = effect;
        }
    }

    return so_far;
}


static wsgw_policy_t
wsgw_policy_statement(wsgw_policy_reader_t *r, const wsgw_json_value_t *v)
{
    int                action, resource;
    wsgw_policy_t      effect;
    wsgw_json_value_t  e[WSGW_POLICY_ELEMENTS];

    if (v->type != WSGW_JSON_OBJECT) {
        r->error = "has a Statement that is no object";
        return WSGW_POLICY_ERROR;
    }

    r->error = wsgw_policy_elements(v, e);

    if (r->error) {
        return WSGW_POLICY_ERROR;
    }

    if (e[3].type != WSGW_JSON_NONE) {
        r->error = "has a Condition, which is not supported";
        return WSGW_POLICY_ERROR;
    }

    if (e[4].type != WSGW_JSON_NONE || e[5].type != WSGW_JSON_NONE) {
        r->error = "has NotAction or NotResource, which are not supported";
        return WSGW_POLICY_ERROR;
    }

    effect = wsgw_policy_effect(r, &e[0]);

    if (effect == WSGW_POLICY_ERROR) {
        return WSGW_POLICY_ERROR;
    }

    r->error = "has a Statement whose Action or Resource is neither a string "
               "nor a list of strings";

    action = wsgw_policy_list(r, &e[1], (const uint8_t *) WSGW_POLICY_ACTION,
                              sizeof(WSGW_POLICY_ACTION) - 1, 1);
    resource = wsgw_policy_list(r, &e[2], r->resource, r->len, 0);

    if (action < 0 || resource < 0) {
        return WSGW_POLICY_ERROR;
    }

    r->error = NULL;

    return action && resource ? effect : WSGW_POLICY_SILENT;
}


/* finds the elements of a statement, by their numbers in the list, and returns
   what is wrong with them, NULL if nothing is */

static const char *
wsgw_policy_elements(const wsgw_json_value_t *v, wsgw_json_value_t *e)
{
    size_t             i;
    wsgw_json_walk_t   w;
    wsgw_json_value_t  name, value;

    static const char *const  names[WSGW_POLICY_ELEMENTS] = {
        "Effect", "Action", "Resource", "Condition", "NotAction",
        "NotResource", "Sid"
    };

    for (i = 0; i < WSGW_POLICY_ELEMENTS; i++) {
        e[i].type = WSGW_JSON_NONE;
        e[i].data = v->data;
    }

    wsgw_json_walk_into(&w, v);

    while (wsgw_json_walk_next(&w, &name, &value)) {

        (void) wsgw_policy_string(&name);

        for (i = 0; !wsgw_policy_is(&name, names[i]); /* void */) {
            if (++i == WSGW_POLICY_ELEMENTS) {
                return "has a Statement with an unknown element; there are "
                       "Sid, Effect, Action and Resource";
            }
        }

        if (e[i].type != WSGW_JSON_NONE) {
            return "has a Statement with the same element twice";
        }

        e[i] = value;
    }

    return NULL;
}


static wsgw_policy_t
wsgw_policy_effect(wsgw_policy_reader_t *r, const wsgw_json_value_t *v)
{
    wsgw_json_value_t  effect;

    effect = *v;

    if (wsgw_policy_string(&effect)) {

        if (wsgw_policy_is(&effect, "Allow")) {
            return WSGW_POLICY_ALLOW;
        }

        if (wsgw_policy_is(&effect, "Deny")) {
            return WSGW_POLICY_DENY;
        }
    }

    r->error = "has a Statement whose Effect is neither \"Allow\" nor "
               "\"Deny\"";

    return WSGW_POLICY_ERROR;
}


/* 1 if one of the patterns matches, 0 if none does; -1: they are no patterns */

static int
wsgw_policy_list(wsgw_policy_reader_t *r, const wsgw_json_value_t *v,
    const uint8_t *text, size_t n, int fold)
{
    int                found;
    wsgw_json_walk_t   w;
    wsgw_json_value_t  one;

    /* a single string is walked as a list of one is */

    if (v->type == WSGW_JSON_ARRAY) {
        wsgw_json_walk_into(&w, v);

    } else if (v->type == WSGW_JSON_STRING) {
        wsgw_json_walk(&w, v->data - 1, v->len + 2);

    } else {
        wsgw_json_walk(&w, v->data, 0);
    }

    found = -1;

    while (wsgw_json_walk_next(&w, NULL, &one)) {

        if (!wsgw_policy_string(&one)) {
            return -1;
        }

        if (wsgw_policy_has_variable(&one)) {
            r->error = "has a policy variable, \"${...}\", which is not "
                       "supported";
            return -1;
        }

        if (found != 1) {
            found = wsgw_policy_matches(one.data, one.len, text, n, fold);
        }
    }

    return found;
}


/* 1 if it is a string, which is unescaped then */

static int
wsgw_policy_string(wsgw_json_value_t *v)
{
    if (v->type != WSGW_JSON_STRING) {
        return 0;
    }

    if (v->escaped) {
        v->len = wsgw_json_string_unescape((uint8_t *) v->data, v->data,
                                           v->len);
        v->escaped = 0;
    }

    return 1;
}


static int
wsgw_policy_has_variable(const wsgw_json_value_t *v)
{
    size_t  i;

    for (i = 1; i < v->len; i++) {
        if (v->data[i - 1] == '$' && v->data[i] == '{') {
            return 1;
        }
    }

    return 0;
}


static int
wsgw_policy_is(const wsgw_json_value_t *v, const char *text)
{
    return v->len == strlen(text) && memcmp(v->data, text, v->len) == 0;
}


/* After a mismatch the last "*" takes one byte more; those before it need no
   other attempt. */

int
wsgw_policy_matches(const uint8_t *pattern, size_t m, const uint8_t *text,
    size_t n, int fold)
{
    size_t  i, j, star, from;

    i = 0;
    star = m;
    from = 0;

    for (j = 0; j < n; /* void */) {

        if (i < m && pattern[i] == '*') {
            star = i++;
            from = j;
            continue;
        }

        if (i < m
            && (pattern[i] == '?'
                || wsgw_policy_fold(pattern[i], fold)
                   == wsgw_policy_fold(text[j], fold)))
        {
            i++;
            j++;
            continue;
        }

        if (star == m) {
            return 0;
        }

        i = star + 1;
        j = ++from;
    }

    while (i < m && pattern[i] == '*') {
        i++;
    }

    return i == m;
}


static uint8_t
wsgw_policy_fold(uint8_t ch, int fold)
{
    return fold && ch >= 'A' && ch <= 'Z' ? (uint8_t) (ch | 0x20) : ch;
}
