
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Parts of a handshake's query and of a message as variables.  A connection
 * keeps no argument that no variable of the configuration names: it would cost
 * memory, and tokens have no place in a zone that may be a file.
 */


#include "http/mapping.h"
#include "base/text.h"
#include "base/writer.h"
#include "http/subject.h"
#include "http/value.h"
#include "socket/client.h"
#include "zone/group.h"


/* bytes of a query to begin with */
#define NGX_HTTP_WSGW_MAPPING_QUERY  128

#define ngx_http_wsgw_mapping_prefix(name)  (sizeof(name) - 1)


static ngx_int_t ngx_http_wsgw_mapping_values(ngx_http_request_t *r,
    ngx_array_t *names, ngx_str_t *values);
static ngx_int_t ngx_http_wsgw_mapping_selected(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, wsgw_selector_t *selector, ngx_str_t *body);


ngx_int_t
ngx_http_wsgw_mapping_init(ngx_conf_t *cf)
{
    ngx_str_t                  *name, prefix;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;
    ngx_http_wsgw_main_conf_t  *wmcf;

    ngx_str_set(&prefix, "wsgw_query_");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (ngx_array_init(&wmcf->arguments, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (v[i].name.len <= prefix.len
            || ngx_memcmp(v[i].name.data, prefix.data, prefix.len) != 0)
        {
            continue;
        }

        name = ngx_array_push(&wmcf->arguments);
        if (name == NULL) {
            return NGX_ERROR;
        }

        name->data = v[i].name.data + prefix.len;
        name->len = v[i].name.len - prefix.len;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_mapping_arguments(ngx_http_request_t *r, ngx_str_t *members)
{
    ngx_str_t                  *names, *values;
    ngx_uint_t                  i, n;
    ngx_array_t                *arguments;
    ngx_http_wsgw_writer_t      w;
    ngx_http_wsgw_main_conf_t  *wmcf;

    ngx_str_null(members);

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wsgw_module);
    arguments = &wmcf->arguments;

    if (arguments->nelts == 0 || r->args.len == 0) {
        return NGX_OK;
    }

    values = ngx_pcalloc(r->pool, arguments->nelts * sizeof(ngx_str_t));

    if (values == NULL
        || ngx_http_wsgw_mapping_values(r, arguments, values) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_wsgw_writer_init(&w, r->pool, NGX_HTTP_WSGW_MAPPING_QUERY);

    names = arguments->elts;

    for (i = 0, n = 0; i < arguments->nelts; i++) {

        if (values[i].data == NULL) {
            continue;
        }

        ngx_http_wsgw_writer_member(&w, n++, &names[i], &values[i]);
    }

    return ngx_http_wsgw_writer_text(&w, members);
}


/* A variable's name has no letter case; of several arguments the last counts,
   as in an event. */

static ngx_int_t
ngx_http_wsgw_mapping_values(ngx_http_request_t *r, ngx_array_t *names,
    ngx_str_t *values)
{
    ngx_int_t    rc;
    ngx_str_t    query, name, value, *wanted;
    ngx_uint_t   i;

    query = r->args;
    wanted = names->elts;

    for ( ;; ) {
        rc = ngx_http_wsgw_text_argument(r->pool, &query, &name, &value);

        if (rc != NGX_OK) {
            return rc == NGX_DONE ? NGX_OK : NGX_ERROR;
        }

        for (i = 0; i < names->nelts; i++) {
            if (wanted[i].len == name.len
                && ngx_strncasecmp(wanted[i].data, name.data, name.len) == 0)
            {
                values[i] = value;
            }
        }
    }
}


/* In a stage the query is there before the connection is. */

ngx_int_t
ngx_http_wsgw_mapping_query(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    members;
    ngx_http_wsgw_loc_conf_t    *wlcf;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;
    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wc) {
        members = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_query);

    } else if (wlcf->api_zone == NULL) {
        return ngx_http_wsgw_value_none(v);

    } else if (ngx_http_wsgw_mapping_arguments(r, &members) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_value_members(r, v, data,
                                  ngx_http_wsgw_mapping_prefix("wsgw_query_"),
                                  NULL, &members);
}


/* What wsgw_body_variable says of a name goes before a member called so. */

ngx_int_t
ngx_http_wsgw_mapping_body(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t                          prefix;
    ngx_str_t                      *name;
    ngx_uint_t                      i;
    ngx_array_t                    *variables;
    ngx_http_wsgw_event_t          *event;
    ngx_http_wsgw_body_variable_t  *bv;

    event = ngx_http_wsgw_subject_event(r, NGX_HTTP_WSGW_MESSAGE);

    if (event == NULL || event->opcode != WSGW_OP_TEXT) {
        return ngx_http_wsgw_value_none(v);
    }

    name = (ngx_str_t *) data;
    prefix = ngx_http_wsgw_mapping_prefix("wsgw_body_");
    variables = event->wc->wlcf->body_variables;

    if (variables) {
        bv = variables->elts;

        for (i = 0; i < variables->nelts; i++) {
            if (bv[i].name.len == name->len - prefix
                && ngx_memcmp(bv[i].name.data, name->data + prefix,
                              bv[i].name.len)
                   == 0)
            {
                return ngx_http_wsgw_mapping_selected(r, v, &bv[i].selector,
                                                      &event->body);
            }
        }
    }

    return ngx_http_wsgw_value_member(r, v, data, prefix, &event->body);
}


/*
 * A value is seldom longer than the message, but an expression may name it
 * several times, and a list gets a blank for each comma.
 */

static ngx_int_t
ngx_http_wsgw_mapping_selected(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, wsgw_selector_t *selector, ngx_str_t *body)
{
    int        rc;
    size_t     size;
    ngx_str_t  text;

    size = body->len + NGX_HTTP_WSGW_MAX_ROUTE_KEY;

    do {
        text.data = ngx_pnalloc(r->pool, size);
        if (text.data == NULL) {
            return NGX_ERROR;
        }

        rc = wsgw_selector_evaluate(selector, body->data, body->len, text.data,
                                    size, &text.len);

        size *= 2;

    } while (rc == -2);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "wsgw body variable selected: %d", rc);

    /* what is no JSON has no members */

    return rc == 0 ? ngx_http_wsgw_value_line(r, v, &text)
                   : ngx_http_wsgw_value_none(v);
}


/* The names are copied, as they stand in a buffer for the next to ask. */

ngx_int_t
ngx_http_wsgw_mapping_groups(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    names;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    names = ngx_http_wsgw_group_names(wc);

    if (names.len) {
        names.data = ngx_pstrdup(r->pool, &names);

        if (names.data == NULL) {
            return NGX_ERROR;
        }
    }

    return ngx_http_wsgw_value_text(v, &names);
}
