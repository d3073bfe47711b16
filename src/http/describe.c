
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection as a caller of GET @connections reads it.
 */


#include "http/describe.h"
#include "http/call.h"
#include "zone/group.h"


#define NGX_HTTP_WSGW_DESCRIBE_JSON  1024       /* bytes, to begin with */


static void ngx_http_wsgw_describe_list(ngx_http_wsgw_writer_t *w,
    ngx_str_t groups);


ngx_int_t
ngx_http_wsgw_describe(ngx_http_request_t *r, ngx_http_wsgw_push_t *push)
{
    ngx_str_t                  text;
    ngx_http_wsgw_writer_t     w;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ngx_http_wsgw_writer_init(&w, r->pool, NGX_HTTP_WSGW_DESCRIBE_JSON);

    ngx_http_wsgw_json_literal(&w, "{\"connectedAt\":");
    ngx_http_wsgw_describe_time(&w, push->connected_at);
    ngx_http_wsgw_json_literal(&w, ",");
    ngx_http_wsgw_describe_known(&w, &push->known,
                                 wlcf->profile != NGX_HTTP_WSGW_AWS);
    ngx_http_wsgw_json_literal(&w, "}");

    return ngx_http_wsgw_writer_text(&w, &text) == NGX_OK
           ? ngx_http_wsgw_call_json(r, &text)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_wsgw_describe_groups(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push)
{
    ngx_str_t               text;
    ngx_http_wsgw_writer_t  w;

    ngx_http_wsgw_writer_init(&w, r->pool, NGX_HTTP_WSGW_DESCRIBE_JSON);

    ngx_http_wsgw_json_literal(&w, "{");
    ngx_http_wsgw_describe_list(&w, push->known.groups);
    ngx_http_wsgw_json_literal(&w, "}");

    return ngx_http_wsgw_writer_text(&w, &text) == NGX_OK
           ? ngx_http_wsgw_call_json(r, &text)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* What another node says may be no names. */

static void
ngx_http_wsgw_describe_list(ngx_http_wsgw_writer_t *w, ngx_str_t groups)
{
    ngx_str_t   name;
    ngx_uint_t  n;

    ngx_http_wsgw_json_literal(w, "\"groups\":[");

    n = 0;

    while (ngx_http_wsgw_group_split(&groups, &name) == NGX_OK) {

        if (!ngx_http_wsgw_group_is_name(&name)) {
            continue;
        }

        if (n++) {
            ngx_http_wsgw_json_literal(w, ",");
        }

        ngx_http_wsgw_writer_plain(w, name.data, name.len);
    }

    ngx_http_wsgw_json_literal(w, "]");
}


void
ngx_http_wsgw_describe_known(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_known_t *known, ngx_uint_t groups)
{
    ngx_http_wsgw_json_literal(w, "\"identity\":{\"sourceIp\":");
    ngx_http_wsgw_writer_string(w, known->source_ip.data,
                                known->source_ip.len);

    if (known->user_agent.len) {
        ngx_http_wsgw_json_literal(w, ",\"userAgent\":");
        ngx_http_wsgw_writer_string(w, known->user_agent.data,
                                    known->user_agent.len);
    }

    ngx_http_wsgw_json_literal(w, "},\"lastActiveAt\":");
    ngx_http_wsgw_describe_time(w, known->last_active_at);

    if (groups) {
        ngx_http_wsgw_json_literal(w, ",");
        ngx_http_wsgw_describe_list(w, known->groups);
    }
}


/* ISO 8601 */

void
ngx_http_wsgw_describe_time(ngx_http_wsgw_writer_t *w, uint64_t time)
{
    u_char    buf[sizeof("1970-01-01T00:00:00.000Z")], *last;
    ngx_tm_t  tm;

    ngx_gmtime((time_t) (time / 1000), &tm);

    last = ngx_snprintf(buf, sizeof(buf), "%4d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                        tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                        tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                        (int) (time % 1000));

    ngx_http_wsgw_writer_plain(w, buf, last - buf);
}
