
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The values of variables: texts that are ours, and texts that are a client's
 * and must not become more than a value.
 */


#include "http/value.h"
#include "base/text.h"
#include "pure/json.h"


ngx_int_t
ngx_http_wsgw_value_text(ngx_http_variable_value_t *v, ngx_str_t *text)
{
    v->data = text->data;
    v->len = text->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_value_literal(ngx_http_variable_value_t *v, const char *text)
{
    ngx_str_t  s;

    if (text == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    return ngx_http_wsgw_value_text(v, &s);
}


ngx_int_t
ngx_http_wsgw_value_line(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_str_t *text)
{
    ngx_str_t  line;

    line = *text;

    if (ngx_http_wsgw_text_as_line(r->pool, &line) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_value_text(v, &line);
}


ngx_int_t
ngx_http_wsgw_value_base64(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *bytes)
{
    ngx_str_t  text;

    text.data = ngx_pnalloc(r->pool, ngx_base64_encoded_length(bytes->len));
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64(&text, bytes);

    return ngx_http_wsgw_value_text(v, &text);
}


ngx_int_t
ngx_http_wsgw_value_id(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    u_char id[WSGW_ID_LEN])
{
    ngx_str_t  text;

    text.len = WSGW_ID_LEN;
    text.data = ngx_pnalloc(r->pool, WSGW_ID_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text.data, id, WSGW_ID_LEN);

    return ngx_http_wsgw_value_text(v, &text);
}


ngx_int_t
ngx_http_wsgw_value_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t number)
{
    ngx_str_t  text;

    text.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = ngx_sprintf(text.data, "%uL", number) - text.data;

    return ngx_http_wsgw_value_text(v, &text);
}


ngx_int_t
ngx_http_wsgw_value_ms(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_msec_t ms)
{
    ngx_str_t  text;

    text.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + sizeof(".000"));
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = ngx_sprintf(text.data, "%T.%03M", (time_t) (ms / 1000),
                           ms % 1000)
               - text.data;

    return ngx_http_wsgw_value_text(v, &text);
}


/* nginx knows the variable's name in lower case only. */

ngx_int_t
ngx_http_wsgw_value_member(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data, size_t prefix, ngx_str_t *json)
{
    ngx_str_t          text, *name;
    wsgw_json_step_t   step;
    wsgw_json_value_t  value;

    name = (ngx_str_t *) data;

    ngx_memzero(&step, sizeof(wsgw_json_step_t));

    step.name = name->data + prefix;
    step.len = name->len - prefix;
    step.kind = WSGW_JSON_ANY_CASE;

    if (wsgw_json_find(json->data, json->len, &step, 1, &value) != 0
        || value.type == WSGW_JSON_NONE)
    {
        return ngx_http_wsgw_value_none(v);
    }

    text.data = (u_char *) value.data;
    text.len = value.len;

    if (value.type == WSGW_JSON_STRING
        && ngx_http_wsgw_text_json(r->pool, &value, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_value_line(r, v, &text);
}


ngx_int_t
ngx_http_wsgw_value_members(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data, size_t prefix,
    ngx_str_t *before, ngx_str_t *text)
{
    ngx_str_t  json, none;

    ngx_str_null(&none);

    if (before == NULL) {
        before = &none;
    }

    json.len = before->len + text->len + 2;
    json.data = ngx_pnalloc(r->pool, json.len);
    if (json.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(json.data, "{%V%V}", before, text);

    return ngx_http_wsgw_value_member(r, v, data, prefix, &json);
}


/* In a stage it may come, with the connection: nginx is to ask again. */

ngx_int_t
ngx_http_wsgw_value_none(ngx_http_variable_value_t *v)
{
    v->not_found = 1;
    v->no_cacheable = 1;

    return NGX_OK;
}
