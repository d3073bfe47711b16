
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * X-Wsgw-Join and X-Wsgw-Leave of an integration's answer: headers of the
 * answer itself or, of a function, those that its result has.  The client gets
 * neither.
 */


#include "event/orders.h"
#include "base/text.h"
#include "event/lambda.h"
#include "pure/json_walk.h"
#include "zone/group.h"


#define NGX_HTTP_WSGW_ORDERS_WARN  60           /* s between two warnings */


typedef void (*ngx_http_wsgw_orders_pt)(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *list, ngx_log_t *log);


static void ngx_http_wsgw_orders_each(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, const char *name,
    ngx_http_wsgw_orders_pt handler);
static void ngx_http_wsgw_orders_lambda(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *headers, const char *name,
    ngx_http_wsgw_orders_pt handler);
static void ngx_http_wsgw_orders_leave(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *list, ngx_log_t *log);
static void ngx_http_wsgw_orders_skipped(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *name, ngx_int_t rc, ngx_log_t *log);


void
ngx_http_wsgw_orders(ngx_http_wsgw_invoke_t *inv, ngx_http_wsgw_event_t *event)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = inv->wc;

    /* Who has ended has left all its groups. */

    if (wc->code || wc->state > ngx_http_wsgw_open) {
        return;
    }

    ngx_http_wsgw_orders_each(inv, event, "X-Wsgw-Leave",
                              ngx_http_wsgw_orders_leave);
    ngx_http_wsgw_orders_each(inv, event, "X-Wsgw-Join",
                              ngx_http_wsgw_orders_join_all);
}


static void
ngx_http_wsgw_orders_each(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, const char *name,
    ngx_http_wsgw_orders_pt handler)
{
    size_t         len;
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    if (event->route->type == NGX_HTTP_WSGW_AWS_PROXY) {
        ngx_http_wsgw_orders_lambda(inv, &event->result.headers, name,
                                    handler);
        ngx_http_wsgw_orders_lambda(inv, &event->result.lists, name, handler);
        return;
    }

    if (inv->answer_headers == NULL) {
        return;
    }

    len = ngx_strlen(name);
    kv = inv->answer_headers->elts;

    for (i = 0; i < inv->answer_headers->nelts; i++) {
        if (kv[i].key.len == len
            && ngx_strncasecmp(kv[i].key.data, (u_char *) name, len) == 0)
        {
            handler(inv->wc, &kv[i].value, &inv->log);
        }
    }
}


/* "headers" has a string, "multiValueHeaders" an array of them. */

static void
ngx_http_wsgw_orders_lambda(ngx_http_wsgw_invoke_t *inv,
    wsgw_json_value_t *headers, const char *name,
    ngx_http_wsgw_orders_pt handler)
{
    u_char             lowcase[sizeof("x-wsgw-leave")];
    ngx_str_t          list;
    wsgw_json_step_t   step;
    wsgw_json_walk_t   walk;
    wsgw_json_value_t  v;

    if (headers->type != WSGW_JSON_OBJECT) {
        return;
    }

    ngx_memzero(&step, sizeof(wsgw_json_step_t));

    step.name = lowcase;
    step.len = ngx_strlen(name);
    step.kind = WSGW_JSON_ANY_CASE;

    ngx_strlow(lowcase, (u_char *) name, step.len);

    if (wsgw_json_find(headers->data, headers->len, &step, 1, &v) != 0) {
        return;
    }

    /* a single string is walked as an array of one is */

    if (v.type == WSGW_JSON_ARRAY) {
        wsgw_json_walk_into(&walk, &v);

    } else if (v.type == WSGW_JSON_STRING) {
        wsgw_json_walk(&walk, v.data - 1, v.len + 2);

    } else {
        return;
    }

    while (wsgw_json_walk_next(&walk, NULL, &v)) {
        if (v.type == WSGW_JSON_STRING) {
            (void) ngx_http_wsgw_text_json(inv->pool, &v, &list);
            handler(inv->wc, &list, &inv->log);
        }
    }
}


static void
ngx_http_wsgw_orders_leave(ngx_http_wsgw_connection_t *wc, ngx_str_t *list,
    ngx_log_t *log)
{
    ngx_str_t  rest, name;

    rest = *list;

    while (ngx_http_wsgw_group_split(&rest, &name) == NGX_OK) {

        if (name.len == 1 && name.data[0] == '*') {
            ngx_http_wsgw_group_leave_all(wc);

        } else {
            ngx_http_wsgw_group_leave(wc, &name);
        }
    }
}


void
ngx_http_wsgw_orders_join_all(ngx_http_wsgw_connection_t *wc, ngx_str_t *list,
    ngx_log_t *log)
{
    ngx_str_t  rest, name;

    rest = *list;

    while (ngx_http_wsgw_group_split(&rest, &name) == NGX_OK) {
        ngx_http_wsgw_orders_join(wc, &name, log);
    }
}


void
ngx_http_wsgw_orders_join(ngx_http_wsgw_connection_t *wc, ngx_str_t *name,
    ngx_log_t *log)
{
    ngx_int_t  rc;

    rc = ngx_http_wsgw_group_is_name(name)
         ? ngx_http_wsgw_group_join(wc, name) : NGX_DECLINED;

    if (rc != NGX_OK) {
        ngx_http_wsgw_orders_skipped(wc, name, rc, log);
    }
}


/* The connection goes on without that group; one of a minute is told of. */

static void
ngx_http_wsgw_orders_skipped(ngx_http_wsgw_connection_t *wc, ngx_str_t *name,
    ngx_int_t rc, ngx_log_t *log)
{
    size_t         len;
    ngx_uint_t     level;
    const char    *why;

    static time_t  told;

    level = NGX_LOG_INFO;

    if (told == 0 || ngx_time() - told >= NGX_HTTP_WSGW_ORDERS_WARN) {
        told = ngx_time();
        level = NGX_LOG_WARN;
    }

    why = rc == NGX_DECLINED ? "it is no name of a group"
          : rc == NGX_BUSY ? "the connection is in as many as wsgw_max_groups "
                             "allows"
          : "no memory";

    len = ngx_min(name->len, WSGW_GROUP_NAME_MAX);

    ngx_http_wsgw_text_log(level, log,
                           "group \"%*s\" is not joined: %s, connection %*s",
                           len, name->data, why,
                           (size_t) WSGW_ID_LEN, wc->id);
}
