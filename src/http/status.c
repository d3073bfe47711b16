
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_status: the gateway's numbers, for people, Prometheus and programs; and
 * with "?health" whether a load balancer should send clients here.
 */


#include "http/status.h"
#include "base/text.h"
#include "base/worker.h"
#include "flow/sweep.h"
#include "http/accept.h"
#include "http/header.h"
#include "http/local.h"
#include "http/page.h"
#include "http/reply.h"
#include "http/scrape.h"
#include "pure/phrase.h"
#include "zone/census.h"
#include "zone/meter.h"


typedef enum {
    ngx_http_wsgw_status_prometheus = ngx_http_wsgw_emit_prometheus,
    ngx_http_wsgw_status_openmetrics = ngx_http_wsgw_emit_openmetrics,
    ngx_http_wsgw_status_json = ngx_http_wsgw_emit_json,
    ngx_http_wsgw_status_html,
    ngx_http_wsgw_status_health,
    ngx_http_wsgw_status_unknown
} ngx_http_wsgw_status_format_e;


static ngx_int_t ngx_http_wsgw_status_not_allowed(ngx_http_request_t *r);
static ngx_http_wsgw_status_format_e ngx_http_wsgw_status_format(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_status_asks_health(ngx_str_t *args);
static ngx_http_wsgw_status_format_e ngx_http_wsgw_status_accepted(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_status_health_of(ngx_array_t *zones,
    ngx_str_t *text);
static ngx_int_t ngx_http_wsgw_status_scraped(ngx_http_request_t *r,
    ngx_http_wsgw_emit_format_e format, ngx_str_t *text);
static ngx_int_t ngx_http_wsgw_status_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *type, ngx_str_t *text);


static ngx_str_t  ngx_http_wsgw_status_types[] = {
    ngx_string("text/plain; version=0.0.4; charset=utf-8"),
    ngx_string("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ngx_string("application/json"),
    ngx_string("text/html; charset=utf-8"),
    ngx_string("text/plain; charset=utf-8"),
    ngx_string("text/plain; charset=utf-8")
};


ngx_int_t
ngx_http_wsgw_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_str_t                       text;
    ngx_uint_t                      i, code;
    ngx_http_wsgw_zone_t          **zone;
    ngx_http_wsgw_status_t         *status;
    ngx_http_wsgw_loc_conf_t       *wlcf;
    ngx_http_wsgw_status_format_e   format;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_wsgw_status_not_allowed(r);
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    status = wlcf->status;

    if (!status->open && !ngx_http_wsgw_local(r, "wsgw_status")) {
        return NGX_HTTP_FORBIDDEN;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    /* a single process does not run init_process after a reload */

    zone = status->zones.elts;

    for (i = 0; i < status->zones.nelts; i++) {
        if (ngx_http_wsgw_worker_init(r->connection->log) == NGX_OK
            && ngx_http_wsgw_sweep_join(zone[i], r->connection->log) == NGX_OK)
        {
            ngx_http_wsgw_meter_publish(zone[i]->process,
                                        ngx_http_wsgw_worker.memory,
                                        ngx_http_wsgw_worker.memory_limit);
        }
    }

    format = ngx_http_wsgw_status_format(r);
    code = NGX_HTTP_OK;

    switch (format) {

    case ngx_http_wsgw_status_health:
        code = ngx_http_wsgw_status_health_of(&status->zones, &text);
        break;

    case ngx_http_wsgw_status_html:
        text = ngx_http_wsgw_page;
        break;

    case ngx_http_wsgw_status_unknown:
        code = NGX_HTTP_BAD_REQUEST;
        ngx_str_set(&text, "format is html, json, prometheus or openmetrics\n");
        break;

    default:
        return ngx_http_wsgw_scrape(r, &status->zones,
                                    (ngx_http_wsgw_emit_format_e) format,
                                    ngx_http_wsgw_status_scraped);
    }

    return ngx_http_wsgw_status_send(r, code,
                                     &ngx_http_wsgw_status_types[format],
                                     &text);
}


static ngx_int_t
ngx_http_wsgw_status_not_allowed(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    static ngx_str_t  allow = ngx_string("GET, HEAD");
    static ngx_str_t  text = ngx_string("wsgw_status is read by GET or HEAD\n");

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_wsgw_header_add(r, "Allow", &allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wsgw_status_send(r, NGX_HTTP_NOT_ALLOWED,
               &ngx_http_wsgw_status_types[ngx_http_wsgw_status_unknown],
               &text);
}


static ngx_http_wsgw_status_format_e
ngx_http_wsgw_status_format(ngx_http_request_t *r)
{
    ngx_str_t   value;
    ngx_uint_t  i;

    static const ngx_str_t  names[] = {
        ngx_string("prometheus"),
        ngx_string("openmetrics"),
        ngx_string("json"),
        ngx_string("html")
    };

    if (ngx_http_wsgw_status_asks_health(&r->args)) {
        return ngx_http_wsgw_status_health;
    }

    if (ngx_http_arg(r, (u_char *) "format", sizeof("format") - 1, &value)
        != NGX_OK)
    {
        return ngx_http_wsgw_status_accepted(r);
    }

    for (i = 0; i < ngx_http_wsgw_status_health; i++) {
        if (ngx_http_wsgw_text_is_same(&value, &names[i])) {
            return i;
        }
    }

    return ngx_http_wsgw_status_unknown;
}


/* an argument without a value, which ngx_http_arg() does not find */

static ngx_uint_t
ngx_http_wsgw_status_asks_health(ngx_str_t *args)
{
    u_char  *p, *last, *end;
    size_t   len;

    static const ngx_str_t  health = ngx_string("health");

    p = args->data;
    last = p + args->len;

    while (p < last) {
        end = memchr(p, '&', last - p);

        if (end == NULL) {
            end = last;
        }

        len = end - p;

        if (len >= health.len
            && ngx_memcmp(p, health.data, health.len) == 0
            && (len == health.len || p[health.len] == '='))
        {
            return 1;
        }

        p = end + 1;
    }

    return 0;
}


/* A browser names html, and Prometheus OpenMetrics, if it can read it.  Of what
   is wanted alike, the first is sent. */

static ngx_http_wsgw_status_format_e
ngx_http_wsgw_status_accepted(ngx_http_request_t *r)
{
    ngx_uint_t                      i, quality, best;
    ngx_http_wsgw_status_format_e   format;

    static const struct {
        const char                     *type;
        ngx_http_wsgw_status_format_e   format;
    } known[] = {
        { "text/html", ngx_http_wsgw_status_html },
        { "application/openmetrics-text", ngx_http_wsgw_status_openmetrics },
        { "application/json", ngx_http_wsgw_status_json },
        { "text/plain", ngx_http_wsgw_status_prometheus }
    };

    best = 0;
    format = ngx_http_wsgw_status_prometheus;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {

        quality = ngx_http_wsgw_accept(r, known[i].type);

        if (quality > best) {
            best = quality;
            format = known[i].format;
        }
    }

    return format;
}


static ngx_uint_t
ngx_http_wsgw_status_health_of(ngx_array_t *zones, ngx_str_t *text)
{
    ngx_uint_t              i;
    ngx_http_wsgw_zone_t  **zone;

    if (ngx_exiting || ngx_terminate) {
        ngx_str_set(text, "draining\n");
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    zone = zones->elts;

    for (i = 0; i < zones->nelts; i++) {
        if (ngx_http_wsgw_census_is_full(zone[i])) {
            ngx_str_set(text, "zone full\n");
            return NGX_HTTP_SERVICE_UNAVAILABLE;
        }
    }

    ngx_str_set(text, "ok\n");

    return NGX_HTTP_OK;
}


static ngx_int_t
ngx_http_wsgw_status_scraped(ngx_http_request_t *r,
    ngx_http_wsgw_emit_format_e format, ngx_str_t *text)
{
    return ngx_http_wsgw_status_send(r, NGX_HTTP_OK,
                                     &ngx_http_wsgw_status_types[format],
                                     text);
}


ngx_int_t
ngx_http_wsgw_status_page(ngx_http_request_t *r, ngx_str_t *type,
    ngx_str_t *text)
{
    const char  *phrase;

    phrase = wsgw_phrase(r->err_status);

    text->len = ngx_strlen(phrase) + 1;
    text->data = ngx_pnalloc(r->pool, text->len + 1);

    if (text->data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(text->data, "%s\n", phrase);

    *type = ngx_http_wsgw_status_types[ngx_http_wsgw_status_unknown];

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_status_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *text)
{
    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  accept = ngx_string("Accept");

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "wsgw status %ui type:\"%V\" len:%uz", status, type,
                   text->len);

    /* What is told is new each time, and an error_page that led here does not
       decide the answer. */

    r->disable_not_modified = 1;
    r->err_status = 0;

    if (ngx_http_wsgw_header_add(r, "Cache-Control", &no_store) != NGX_OK
        || ngx_http_wsgw_header_add(r, "Vary", &accept) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wsgw_reply(r, status, type, text);
}
