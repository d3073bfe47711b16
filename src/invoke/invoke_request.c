
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The request that an event becomes.
 */


#include "invoke/invoke_request.h"
#include "invoke/invoke_answer.h"
#include "invoke/phase.h"
#include "socket/client.h"


static void ngx_http_wsgw_invoke_request_preset(ngx_http_request_t *r,
    ngx_int_t index, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_invoke_request_told(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_invoke_request_is_told(ngx_str_t *name);
static ngx_int_t ngx_http_wsgw_invoke_request_headers(
    ngx_http_wsgw_invoke_t *inv, ngx_http_request_t *r);
static void ngx_http_wsgw_invoke_request_list(ngx_http_request_t *r,
    ngx_table_elt_t *headers, ngx_uint_t n);
static ngx_str_t ngx_http_wsgw_invoke_request_server(ngx_str_t *host);
static ngx_int_t ngx_http_wsgw_invoke_request_fields(ngx_http_request_t *r,
    ngx_table_elt_t *headers, ngx_uint_t n);
static void ngx_http_wsgw_invoke_request_forwarded(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);


static ngx_str_t  ngx_http_wsgw_protocol = ngx_string("HTTP/1.1");
static ngx_str_t  ngx_http_wsgw_on_value = ngx_string("on");
static ngx_str_t  ngx_http_wsgw_empty = ngx_string("");

/* $scheme and $https look at a TLS connection that an event does not have */
static ngx_int_t  ngx_http_wsgw_scheme_index;
static ngx_int_t  ngx_http_wsgw_https_index;


ngx_int_t
ngx_http_wsgw_invoke_request_variables(ngx_conf_t *cf)
{
    static ngx_str_t  scheme = ngx_string("scheme");
    static ngx_str_t  https = ngx_string("https");

    ngx_http_wsgw_scheme_index = ngx_http_get_variable_index(cf, &scheme);
    ngx_http_wsgw_https_index = ngx_http_get_variable_index(cf, &https);

    if (ngx_http_wsgw_scheme_index == NGX_ERROR
        || ngx_http_wsgw_https_index == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_invoke_request_line(ngx_pool_t *pool, ngx_str_t *uri,
    ngx_str_t *args, ngx_str_t *line)
{
    u_char  *p;

    p = ngx_pnalloc(pool, sizeof("POST ? HTTP/1.1") - 1 + uri->len
                          + args->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->data = p;

    p = ngx_cpymem(p, "POST ", sizeof("POST ") - 1);
    p = ngx_cpymem(p, uri->data, uri->len);

    if (args->len) {
        *p++ = '?';
        p = ngx_cpymem(p, args->data, args->len);
    }

    p = ngx_cpymem(p, " HTTP/1.1", sizeof(" HTTP/1.1") - 1);

    line->len = p - line->data;

    return NGX_OK;
}


ngx_str_t
ngx_http_wsgw_invoke_request_exten(ngx_str_t *uri)
{
    ngx_http_request_t  r;

    ngx_memzero(&r, sizeof(ngx_http_request_t));

    r.uri = *uri;
    ngx_http_set_exten(&r);

    return r.exten;
}


ngx_int_t
ngx_http_wsgw_invoke_request(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_buf_t            *b;
    ngx_str_t             scheme;

    inv->cleanup.handler = ngx_http_wsgw_invoke_answer_cleanup;
    inv->cleanup.data = inv;
    inv->cleanup.next = r->pool->cleanup;
    r->pool->cleanup = &inv->cleanup;

    /* With version 0.9 nothing but the body reaches send_chain. */

    r->http_version = NGX_HTTP_VERSION_9;
    r->http_protocol = ngx_http_wsgw_protocol;
    r->method = NGX_HTTP_POST;
    r->method_name = ngx_http_wsgw_phase_post;
    r->uri = inv->uri;
    r->args = inv->args;
    r->exten = inv->exten;
    r->request_line = inv->request_line;
    r->unparsed_uri.data = inv->request_line.data + sizeof("POST ") - 1;
    r->unparsed_uri.len = inv->request_line.len
                          - (sizeof("POST  HTTP/1.1") - 1);
    r->valid_location = 1;
    r->internal = 1;
    r->main_filter_need_in_memory = 1;
    r->limit_rate_set = 1;
    r->limit_rate_after_set = 1;

    b = &inv->request_buf;
    b->start = inv->body.data;      /* a retry rewinds to start */
    b->pos = b->start;
    b->last = b->start + inv->body.len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    inv->request_chain.buf = b;
    inv->request_body.bufs = inv->body.len ? &inv->request_chain : NULL;
    inv->request_body.rest = 0;

    r->request_body = &inv->request_body;

    inv->pages = NGX_MAX_UINT32_VALUE;

    scheme = ngx_http_wsgw_client_text(inv->wc,
                                       ngx_http_wsgw_text_scheme);

    ngx_http_wsgw_invoke_request_preset(r, ngx_http_wsgw_scheme_index, &scheme);
    ngx_http_wsgw_invoke_request_preset(r, ngx_http_wsgw_https_index,
                                        scheme.len == 5
                                        ? &ngx_http_wsgw_on_value
                                                        : &ngx_http_wsgw_empty);

    if (inv->ntold
        && ngx_http_wsgw_invoke_request_told(inv, r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_invoke_request_headers(inv, r);
}


static void
ngx_http_wsgw_invoke_request_preset(ngx_http_request_t *r, ngx_int_t index,
    ngx_str_t *value)
{
    ngx_http_variable_value_t  *vv;

    vv = &r->variables[index];
    vv->len = value->len;
    vv->data = value->data;
    vv->valid = 1;
}


/*
 * $http_*, $cookie_* and $arg_* get their values while the client's headers and
 * query stand in for the request's own, which are what is sent.  A variable
 * that they have nothing for looks at its own later.
 */

static ngx_int_t
ngx_http_wsgw_invoke_request_told(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_str_t                   args;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_headers_in_t       own;
    ngx_http_variable_value_t  *vv;
    ngx_http_core_main_conf_t  *cmcf;

    own = r->headers_in;
    args = r->args;

    ngx_http_wsgw_invoke_request_list(r, inv->told, inv->ntold);
    r->args = inv->told_args;

    if (ngx_http_wsgw_invoke_request_fields(r, inv->told, inv->ntold)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (!ngx_http_wsgw_invoke_request_is_told(&v[i].name)) {
            continue;
        }

        vv = ngx_http_get_indexed_variable(r, i);

        if (vv && !vv->not_found) {
            vv->no_cacheable = 0;
            continue;
        }

        r->variables[i].valid = 0;
        r->variables[i].not_found = 0;
    }

    r->headers_in = own;
    r->args = args;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_wsgw_invoke_request_is_told(ngx_str_t *name)
{
    ngx_str_t  *prefix;

    static ngx_str_t  prefixes[] = {
        ngx_string("http_"),
        ngx_string("cookie_"),
        ngx_string("arg_"),
        ngx_null_string
    };

    for (prefix = prefixes; prefix->len; prefix++) {
        if (name->len > prefix->len
            && ngx_memcmp(name->data, prefix->data, prefix->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * $host, $http_user_agent, $cookie_* and their like look at fields of the
 * request.  Of the gateway's own headers four have such fields, of a client's
 * any.
 */

static ngx_int_t
ngx_http_wsgw_invoke_request_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_http_wsgw_invoke_request_list(r, inv->headers, inv->nheaders);

    r->headers_in.host = inv->host;
    r->headers_in.server =
        ngx_http_wsgw_invoke_request_server(&inv->host->value);
    r->headers_in.content_type = inv->content_type;

    if (inv->client_headers) {
        return ngx_http_wsgw_invoke_request_fields(r, inv->headers,
                                                   inv->client_headers);
    }

    r->headers_in.user_agent = inv->user_agent;

    if (inv->forwarded_for) {
        ngx_http_wsgw_invoke_request_forwarded(inv, r);
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_invoke_request_list(ngx_http_request_t *r,
    ngx_table_elt_t *headers, ngx_uint_t n)
{
    ngx_list_t  *list;

    list = &r->headers_in.headers;

    list->part.elts = headers;
    list->part.nelts = n;
    list->part.next = NULL;
    list->last = &list->part;
    list->size = sizeof(ngx_table_elt_t);
    list->nalloc = n;
    list->pool = r->pool;
}


/* The name is the host without its port, also in "[::1]:80". */

static ngx_str_t
ngx_http_wsgw_invoke_request_server(ngx_str_t *host)
{
    ngx_str_t   server;
    ngx_uint_t  i;

    server = *host;

    for (i = host->len; i > 0; i--) {
        if (host->data[i - 1] == ':') {
            server.len = i - 1;
            break;
        }

        if (host->data[i - 1] == ']') {
            break;
        }
    }

    return server;
}


static ngx_int_t
ngx_http_wsgw_invoke_request_fields(ngx_http_request_t *r,
    ngx_table_elt_t *headers, ngx_uint_t n)
{
    ngx_uint_t                  i;
    ngx_table_elt_t            *h;
    ngx_http_header_t          *hh;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    for (i = 0; i < n; i++) {
        h = &headers[i];

        hh = ngx_hash_find(&cmcf->headers_in_hash, h->hash, h->lowcase_key,
                           h->key.len);

        if (hh && hh->handler && hh->handler(r, h, hh->offset) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_invoke_request_forwarded(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
#if (NGX_HTTP_X_FORWARDED_FOR && nginx_version >= 1023000)

    r->headers_in.x_forwarded_for = inv->forwarded_for;

#elif (NGX_HTTP_X_FORWARDED_FOR)

    ngx_array_t  *headers;

    headers = &r->headers_in.x_forwarded_for;

    headers->elts = &inv->forwarded_for;
    headers->nelts = 1;
    headers->size = sizeof(ngx_table_elt_t *);
    headers->nalloc = 1;
    headers->pool = r->pool;

#endif
}
