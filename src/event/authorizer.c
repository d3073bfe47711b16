
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The result of an authorizer is AWS's: a policy, and a context that later
 * events have.  It is read where it is, as a Lambda's result is.
 */


#include "event/authorizer.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/writer.h"
#include "event/failure.h"
#include "event/lambda.h"
#include "event/score.h"
#include "pure/json_walk.h"
#include "pure/policy.h"


/* bytes of a context's key that are shown in the log */
#define NGX_HTTP_WSGW_AUTHORIZER_KEY  64


static const char *ngx_http_wsgw_authorizer_read(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_authorizer_result_t *result,
    ngx_str_t *note);
static const char *ngx_http_wsgw_authorizer_thrown(wsgw_json_value_t *message,
    ngx_http_wsgw_authorizer_result_t *result);
static const char *ngx_http_wsgw_authorizer_policy(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *policy, ngx_str_t *arn,
    ngx_http_wsgw_authorizer_result_t *result, ngx_str_t *note);
static const char *ngx_http_wsgw_authorizer_usage(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *v, ngx_str_t *member);
static const char *ngx_http_wsgw_authorizer_said(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, wsgw_json_value_t *context,
    wsgw_json_value_t *principal, ngx_str_t *members, ngx_str_t *note);
static const char *ngx_http_wsgw_authorizer_members(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_writer_t *w, wsgw_json_value_t *context, ngx_str_t *note);
static ngx_uint_t ngx_http_wsgw_authorizer_put(ngx_http_wsgw_writer_t *w,
    wsgw_json_value_t *v);
static void ngx_http_wsgw_authorizer_note(ngx_http_wsgw_invoke_t *inv,
    ngx_str_t *note, const char *before, ngx_str_t *text);
static ngx_uint_t ngx_http_wsgw_authorizer_replaces(wsgw_json_value_t *name,
    ngx_array_t *values, ngx_str_t *text);


void
ngx_http_wsgw_authorizer(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_authorizer_result_t *result)
{
    ngx_str_t    note;
    const char  *error;

    ngx_memzero(result, sizeof(ngx_http_wsgw_authorizer_result_t));
    ngx_str_null(&note);

    inv->log.action = "reading the answer of an authorizer";

    error = ngx_http_wsgw_failure_to_admit(inv);

    if (error == ngx_http_wsgw_failure_too_large) {
        error = "result is larger than 8 KB";
    }

    if (error == NULL && inv->answer_headers) {
        error = ngx_http_wsgw_failure_encoded(inv, &note);
    }

    if (error == NULL && inv->status >= NGX_HTTP_SPECIAL_RESPONSE) {
        error = "function was not invoked";
    }

    if (error == NULL) {
        error = ngx_http_wsgw_authorizer_read(inv, event, result, &note);
    }

    event->status = inv->status;
    event->error = error;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &inv->log, 0,
                   "wsgw authorizer said:%ui context:%uz", result->status,
                   result->context.len);

    ngx_http_wsgw_score(inv, event, result->status != NGX_HTTP_OK);

    if (error == NULL) {
        return;
    }

    result->status = NGX_HTTP_INTERNAL_SERVER_ERROR;

    ngx_http_wsgw_text_log(NGX_LOG_ERR, &inv->log,
                  "authorizer: %s%V, status %ui, connection %*s",
                  error, &note, inv->status,
                  (size_t) WSGW_ID_LEN, event->wc->id);
}


static const char *
ngx_http_wsgw_authorizer_read(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_authorizer_result_t *result,
    ngx_str_t *note)
{
    ngx_str_t           text;
    const char         *error;
    ngx_uint_t          thrown;
    wsgw_json_value_t   v[5], other;

    static const wsgw_json_step_t  names[] = {
        wsgw_json_name("policyDocument"),
        wsgw_json_name("context"),
        wsgw_json_name("principalId"),
        wsgw_json_name("usageIdentifierKey"),
        wsgw_json_name("errorMessage")
    };

    text = ngx_http_wsgw_lambda_text(inv);
    thrown = ngx_http_wsgw_lambda_thrown(inv);

    if (wsgw_json_members(text.data, text.len, names, 5, v, &other) != 0) {
        return thrown ? "function error" : "result is not JSON";
    }

    /* a runtime emulator has no header for it */

    if (v[0].type == WSGW_JSON_NONE && v[4].type != WSGW_JSON_NONE) {
        thrown = 1;
    }

    if (thrown) {
        return ngx_http_wsgw_authorizer_thrown(&v[4], result);
    }

    /* which of two is meant nobody knows */

    if (v[0].again) {
        return "result has more than one policyDocument";
    }

    error = ngx_http_wsgw_authorizer_policy(inv, &v[0],
                                        &event->wc->wlcf->authorizer->arn,
                                        result, note);

    if (error || result->status != NGX_HTTP_OK) {
        return error;
    }

    error = ngx_http_wsgw_authorizer_usage(inv, &v[3], &result->usage_key);

    if (error) {
        return error;
    }

    return ngx_http_wsgw_authorizer_said(inv, event, &v[1], &v[2],
                                         &result->context, note);
}


/* the one error by which a function says no */

static const char *
ngx_http_wsgw_authorizer_thrown(wsgw_json_value_t *message,
    ngx_http_wsgw_authorizer_result_t *result)
{
    ngx_str_t  text;

    if (message->type == WSGW_JSON_STRING) {
        text = ngx_http_wsgw_lambda_string(message);

        if (ngx_http_wsgw_text_is(&text, "Unauthorized")) {
            result->status = NGX_HTTP_UNAUTHORIZED;
            return NULL;
        }
    }

    return "function error";
}


static const char *
ngx_http_wsgw_authorizer_policy(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *policy, ngx_str_t *arn,
    ngx_http_wsgw_authorizer_result_t *result, ngx_str_t *note)
{
    ngx_str_t    text;
    const char  *why;

    if (policy->type != WSGW_JSON_OBJECT) {
        ngx_str_set(note, "; what lets a client in is a policy that allows "
                          "execute-api:Invoke");
        return "result has no policyDocument";
    }

    switch (wsgw_policy_evaluate(policy, arn->data, arn->len, &why)) {

    case WSGW_POLICY_ALLOW:
        result->status = NGX_HTTP_OK;
        return NULL;

    case WSGW_POLICY_ERROR:
        text.data = (u_char *) why;
        text.len = ngx_strlen(why);

        ngx_http_wsgw_authorizer_note(inv, note, ": it ", &text);
        return "policyDocument cannot be judged";

    default: /* WSGW_POLICY_SILENT, WSGW_POLICY_DENY */
        result->status = NGX_HTTP_FORBIDDEN;
        return NULL;
    }
}


/* It is no part of the context: whoever sees that need not see the key. */

static const char *
ngx_http_wsgw_authorizer_usage(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *v, ngx_str_t *member)
{
    ngx_str_t               key;
    ngx_http_wsgw_writer_t  w;

    if (v->type != WSGW_JSON_STRING) {
        return NULL;
    }

    key = ngx_http_wsgw_lambda_string(v);

    ngx_http_wsgw_writer_init(&w, inv->pool, key.len + 64);

    ngx_http_wsgw_json_literal(&w, "\"usageIdentifierKey\":");
    ngx_http_wsgw_writer_string(&w, key.data, key.len);
    ngx_http_wsgw_json_literal(&w, ",");

    return ngx_http_wsgw_writer_text(&w, member) == NGX_OK ? NULL
                                                           : "no memory";
}


/* the members of requestContext.authorizer */

static const char *
ngx_http_wsgw_authorizer_said(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, wsgw_json_value_t *context,
    wsgw_json_value_t *principal, ngx_str_t *members, ngx_str_t *note)
{
    const char              *error;
    ngx_http_wsgw_writer_t   w;

    ngx_http_wsgw_writer_init(&w, inv->pool, inv->answer.len + 64);

    if (context->type == WSGW_JSON_OBJECT) {
        error = ngx_http_wsgw_authorizer_members(inv, &w, context, note);
        if (error) {
            return error;
        }

    } else if (context->type != WSGW_JSON_NONE
               && context->type != WSGW_JSON_NULL)
    {
        return "context is not an object";
    }

    if (principal->type == WSGW_JSON_STRING
        || principal->type == WSGW_JSON_NUMBER)
    {
        ngx_http_wsgw_json_literal(&w, "\"principalId\":");
        (void) ngx_http_wsgw_authorizer_put(&w, principal);
        ngx_http_wsgw_json_literal(&w, ",");

    } else if (principal->type != WSGW_JSON_NONE
               && principal->type != WSGW_JSON_NULL)
    {
        return "principalId is no string";
    }

    ngx_http_wsgw_json_literal(&w, "\"integrationLatency\":");
    ngx_http_wsgw_writer_number(&w, ngx_http_wsgw_clock_since(event->time));

    return ngx_http_wsgw_writer_text(&w, members) == NGX_OK ? NULL
                                                            : "no memory";
}


/* each with a comma behind it; what we say ourselves is left out */

static const char *
ngx_http_wsgw_authorizer_members(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_writer_t *w, wsgw_json_value_t *context, ngx_str_t *note)
{
    ngx_str_t          key;
    wsgw_json_walk_t   walk;
    wsgw_json_value_t  name, v;

    wsgw_json_walk_into(&walk, context);

    while (wsgw_json_walk_next(&walk, &name, &v)) {

        key = ngx_http_wsgw_lambda_string(&name);

        if (ngx_http_wsgw_text_is(&key, "principalId")
            || ngx_http_wsgw_text_is(&key, "integrationLatency"))
        {
            continue;
        }

        ngx_http_wsgw_writer_string(w, key.data, key.len);
        ngx_http_wsgw_json_literal(w, ":");

        if (!ngx_http_wsgw_authorizer_put(w, &v)) {
            key.len = ngx_min(key.len, NGX_HTTP_WSGW_AUTHORIZER_KEY);
            ngx_http_wsgw_authorizer_note(inv, note, ": ", &key);
            return "context has a value that is no string, number or boolean";
        }

        ngx_http_wsgw_json_literal(w, ",");
    }

    return NULL;
}


/* as text, whatever it is; returns 0 if it has none */

static ngx_uint_t
ngx_http_wsgw_authorizer_put(ngx_http_wsgw_writer_t *w, wsgw_json_value_t *v)
{
    ngx_str_t  text;

    switch (v->type) {

    case WSGW_JSON_STRING:
        text = ngx_http_wsgw_lambda_string(v);
        ngx_http_wsgw_writer_string(w, text.data, text.len);
        return 1;

    case WSGW_JSON_NUMBER:
    case WSGW_JSON_TRUE:
    case WSGW_JSON_FALSE:
        ngx_http_wsgw_writer_plain(w, (u_char *) v->data, v->len);
        return 1;

    default:
        return 0;
    }
}


static void
ngx_http_wsgw_authorizer_note(ngx_http_wsgw_invoke_t *inv, ngx_str_t *note,
    const char *before, ngx_str_t *text)
{
    u_char  *p;

    p = ngx_pnalloc(inv->pool, ngx_strlen(before) + text->len);
    if (p == NULL) {
        return;
    }

    note->data = p;
    note->len = ngx_sprintf(p, "%s%V", before, text) - p;
}


ngx_int_t
ngx_http_wsgw_authorizer_context(ngx_http_request_t *r, ngx_str_t *said,
    ngx_array_t *values, ngx_str_t *context)
{
    size_t                        len;
    ngx_str_t                    *text;
    ngx_uint_t                    i, n;
    wsgw_json_walk_t              walk;
    wsgw_json_value_t             name, v;
    ngx_http_wsgw_writer_t        w;
    ngx_http_wsgw_named_value_t  *value;

    *context = *said;

    if (values == NULL || values->nelts == 0) {
        return NGX_OK;
    }

    text = ngx_palloc(r->pool, values->nelts * sizeof(ngx_str_t));
    if (text == NULL) {
        return NGX_ERROR;
    }

    value = values->elts;
    len = 0;
    n = 0;

    for (i = 0; i < values->nelts; i++) {
        if (ngx_http_complex_value(r, &value[i].value, &text[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        len += value[i].name.len + text[i].len + sizeof(",\"\":\"\"");
    }

    ngx_http_wsgw_writer_init(&w, r->pool, said->len + len);

    wsgw_json_walk(&walk, said->data, said->len);

    while (wsgw_json_walk_next(&walk, &name, &v)) {
        if (!ngx_http_wsgw_authorizer_replaces(&name, values, text)) {
            if (n++) {
                ngx_http_wsgw_json_literal(&w, ",");
            }

            ngx_http_wsgw_json_put(&w, (u_char *) walk.start, walk.len);
        }
    }

    for (i = 0; i < values->nelts; i++) {
        if (text[i].len == 0) {
            continue;
        }

        ngx_http_wsgw_writer_member(&w, n++, &value[i].name, &text[i]);
    }

    return ngx_http_wsgw_writer_text(&w, context);
}


/* A name that a directive has is never written with escapes. */

static ngx_uint_t
ngx_http_wsgw_authorizer_replaces(wsgw_json_value_t *name, ngx_array_t *values,
    ngx_str_t *text)
{
    ngx_uint_t                    i;
    ngx_http_wsgw_named_value_t  *value;

    value = values->elts;

    for (i = 0; i < values->nelts; i++) {
        if (text[i].len && value[i].name.len == name->len
            && ngx_memcmp(value[i].name.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
