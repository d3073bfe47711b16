
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection as a caller of GET @connections reads it.
 */


#include "http/describe.h"
#include "pure/utf8.h"
#include "push/push.h"

#include <jansson.h>


#define NGX_HTTP_WSGW_DESCRIBE_TIME  sizeof("1970-01-01T00:00:00.000Z")


static ngx_int_t ngx_http_wsgw_describe_json(ngx_pool_t *pool,
    ngx_http_wsgw_push_t *push, ngx_str_t *text);
static void ngx_http_wsgw_describe_time(u_char *buf, uint64_t time);
static ngx_int_t ngx_http_wsgw_describe_agent(ngx_pool_t *pool,
    ngx_str_t *value, ngx_str_t *agent);


ngx_int_t
ngx_http_wsgw_describe(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push)
{
    ngx_int_t              rc;
    ngx_str_t              text;
    ngx_buf_t             *b;
    ngx_chain_t            out;

    if (ngx_http_wsgw_describe_json(r->pool, push, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = text.data;
    b->last = text.data + text.len;
    b->memory = 1;
    b->last_buf = 1;

    out.buf = b;
    out.next = NULL;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = text.len;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}


/* bounded by what a connection keeps of its client */

static ngx_int_t
ngx_http_wsgw_describe_json(ngx_pool_t *pool, ngx_http_wsgw_push_t *push,
    ngx_str_t *text)
{
    json_t     *identity, *json;
    u_char      connected[NGX_HTTP_WSGW_DESCRIBE_TIME];
    u_char      active[NGX_HTTP_WSGW_DESCRIBE_TIME];
    ngx_str_t   agent;

    if (ngx_http_wsgw_describe_agent(pool, &push->user_agent,
                                     &agent) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_describe_time(connected, push->connected_at);
    ngx_http_wsgw_describe_time(active, push->last_active_at);

    identity = agent.len
               ? json_pack("{s:s%,s:s%}",
                           "sourceIp", push->source_ip.data,
                           push->source_ip.len,
                           "userAgent", agent.data, agent.len)
               : json_pack("{s:s%}",
                           "sourceIp", push->source_ip.data,
                           push->source_ip.len);

    json = json_pack("{s:s,s:o,s:s}", "connectedAt", connected,
                     "identity", identity, "lastActiveAt", active);
    if (json == NULL) {
        return NGX_ERROR;
    }

    text->len = json_dumpb(json, NULL, 0, JSON_COMPACT);
    text->data = text->len ? ngx_pnalloc(pool, text->len) : NULL;

    if (text->data) {
        (void) json_dumpb(json, (char *) text->data, text->len, JSON_COMPACT);
    }

    json_decref(json);

    return text->data ? NGX_OK : NGX_ERROR;
}


/* SDKs want ISO 8601, and fail on a number */

static void
ngx_http_wsgw_describe_time(u_char *buf, uint64_t time)
{
    ngx_tm_t   tm;

    ngx_gmtime((time_t) (time / 1000), &tm);

    *ngx_snprintf(buf, NGX_HTTP_WSGW_DESCRIBE_TIME - 1,
                  "%4d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                  tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                  tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                  (int) (time % 1000)) = '\0';
}


/* jansson takes UTF-8 only */

static ngx_int_t
ngx_http_wsgw_describe_agent(ngx_pool_t *pool, ngx_str_t *value,
    ngx_str_t *agent)
{
    *agent = *value;

    if (wsgw_utf8_is_valid(value->data, value->len)) {
        return NGX_OK;
    }

    agent->data = ngx_pnalloc(pool, wsgw_utf8_repair(NULL, value->data,
                                                     value->len));
    if (agent->data == NULL) {
        return NGX_ERROR;
    }

    agent->len = wsgw_utf8_repair(agent->data, value->data, value->len);

    return NGX_OK;
}
