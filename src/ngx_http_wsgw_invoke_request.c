
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The request that an event becomes.
 */


#include "ngx_http_wsgw_invoke.h"
#include "ngx_http_wsgw_peer.h"


static ngx_str_t  ngx_http_wsgw_post = ngx_string("POST");
static ngx_str_t  ngx_http_wsgw_protocol = ngx_string("HTTP/1.1");
static ngx_str_t  ngx_http_wsgw_on_value = ngx_string("on");
static ngx_str_t  ngx_http_wsgw_empty = ngx_string("");

/* $scheme and $https look at a TLS connection that an event does not have */
static ngx_int_t  ngx_http_wsgw_scheme_index;
static ngx_int_t  ngx_http_wsgw_https_index;


static void ngx_http_wsgw_invoke_preset(ngx_http_request_t *r, ngx_int_t index,
    ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_invoke_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_fields(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_forwarded(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static ngx_table_elt_t *ngx_http_wsgw_invoke_add_header(ngx_http_request_t *r,
    const char *key, const char *lowcase, ngx_uint_t hash, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_invoke_named(ngx_http_request_t *r);


ngx_int_t
ngx_http_wsgw_invoke_variables(ngx_conf_t *cf)
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
ngx_http_wsgw_invoke_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_SERVER_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_wsgw_invoke_named;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_invoke_request(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    u_char               *p;
    ngx_buf_t            *b;
    ngx_str_t             scheme;
    ngx_pool_cleanup_t   *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_wsgw_invoke_request_cleanup;
    cln->data = inv;

    /* of version 0.9 nothing but the body reaches send_chain */

    r->http_version = NGX_HTTP_VERSION_9;
    r->http_protocol = ngx_http_wsgw_protocol;
    r->method = NGX_HTTP_POST;
    r->method_name = ngx_http_wsgw_post;
    r->uri = inv->uri;
    r->args = inv->args;
    r->unparsed_uri = inv->uri;
    r->valid_location = 1;
    r->internal = 1;
    r->main_filter_need_in_memory = 1;
    r->limit_rate_set = 1;
    r->limit_rate_after_set = 1;

    if (inv->args.len) {
        r->unparsed_uri.len = inv->uri.len + 1 + inv->args.len;
        r->unparsed_uri.data = ngx_pnalloc(r->pool, r->unparsed_uri.len);
        if (r->unparsed_uri.data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(r->unparsed_uri.data, inv->uri.data, inv->uri.len);
        *p++ = '?';
        ngx_memcpy(p, inv->args.data, inv->args.len);
    }

    r->request_line.len = sizeof("POST  HTTP/1.1") - 1 + r->unparsed_uri.len;
    r->request_line.data = ngx_pnalloc(r->pool, r->request_line.len);
    if (r->request_line.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(r->request_line.data, "POST ", 5);
    p = ngx_cpymem(p, r->unparsed_uri.data, r->unparsed_uri.len);
    ngx_memcpy(p, " HTTP/1.1", 9);

    ngx_http_set_exten(r);

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
    r->headers_in.content_length_n = inv->body.len;

    scheme = ngx_http_wsgw_connection_text(inv->wc,
                                           ngx_http_wsgw_text_scheme);

    ngx_http_wsgw_invoke_preset(r, ngx_http_wsgw_scheme_index, &scheme);
    ngx_http_wsgw_invoke_preset(r, ngx_http_wsgw_https_index,
                                scheme.len == 5 ? &ngx_http_wsgw_on_value
                                                : &ngx_http_wsgw_empty);

    return ngx_http_wsgw_invoke_headers(inv, r);
}


static void
ngx_http_wsgw_invoke_preset(ngx_http_request_t *r, ngx_int_t index,
    ngx_str_t *value)
{
    ngx_http_variable_value_t  *vv;

    vv = &r->variables[index];
    vv->len = value->len;
    vv->data = value->data;
    vv->valid = 1;
}


/* the caller's list becomes the request's */

static ngx_int_t
ngx_http_wsgw_invoke_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_str_t    host;
    ngx_uint_t   i;
    ngx_list_t  *list;

    static ngx_uint_t  host_hash, type_hash;

    if (host_hash == 0) {
        host_hash = ngx_hash_key((u_char *) "host", 4);
        type_hash = ngx_hash_key((u_char *) "content-type", 12);
    }

    list = &r->headers_in.headers;

    list->part.elts = inv->headers;
    list->part.nelts = inv->nheaders;
    list->part.next = NULL;
    list->last = &list->part;
    list->size = sizeof(ngx_table_elt_t);
    list->nalloc = inv->nheaders + 2;
    list->pool = r->pool;

    if (ngx_http_wsgw_invoke_fields(inv, r) != NGX_OK) {
        return NGX_ERROR;
    }

    host = ngx_http_wsgw_connection_text(inv->wc, ngx_http_wsgw_text_host);

    r->headers_in.host = ngx_http_wsgw_invoke_add_header(r, "Host", "host",
                                                         host_hash, &host);
    if (r->headers_in.host == NULL) {
        return NGX_ERROR;
    }

    /* $host: less the port, "[::1]:80" included */

    for (i = host.len; i > 0; i--) {
        if (host.data[i - 1] == ':') {
            host.len = i - 1;
            break;
        }

        if (host.data[i - 1] == ']') {
            break;
        }
    }

    r->headers_in.server = host;

    if (inv->content_type.len) {
        r->headers_in.content_type =
            ngx_http_wsgw_invoke_add_header(r, "Content-Type", "content-type",
                                            type_hash, &inv->content_type);

        if (r->headers_in.content_type == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * $cookie_*, $http_user_agent and their like look at fields of the request.
 * Of the gateway's own headers two have such fields, of a client's any.
 */

static ngx_int_t
ngx_http_wsgw_invoke_fields(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_table_elt_t            *h;
    ngx_http_header_t          *hh;
    ngx_http_core_main_conf_t  *cmcf;

    if (!inv->client_headers) {
        r->headers_in.user_agent = inv->user_agent;

        return inv->forwarded_for
               ? ngx_http_wsgw_invoke_forwarded(r, inv->forwarded_for)
               : NGX_OK;
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    for (i = 0; i < inv->nheaders; i++) {
        h = &inv->headers[i];

        hh = ngx_hash_find(&cmcf->headers_in_hash, h->hash, h->lowcase_key,
                           h->key.len);

        if (hh && hh->handler && hh->handler(r, h, hh->offset) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_invoke_forwarded(ngx_http_request_t *r, ngx_table_elt_t *h)
{
#if (NGX_HTTP_X_FORWARDED_FOR && nginx_version >= 1023000)

    r->headers_in.x_forwarded_for = h;

#elif (NGX_HTTP_X_FORWARDED_FOR)

    ngx_table_elt_t  **elt;

    if (ngx_array_init(&r->headers_in.x_forwarded_for, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    elt = ngx_array_push(&r->headers_in.x_forwarded_for);
    *elt = h;

#endif

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_http_wsgw_invoke_add_header(ngx_http_request_t *r, const char *key,
    const char *lowcase, ngx_uint_t hash, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = hash;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->lowcase_key = (u_char *) lowcase;
    h->value = *value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return h;
}


/* the way into "@name": there is no URI that leads to it */

static ngx_int_t
ngx_http_wsgw_invoke_named(ngx_http_request_t *r)
{
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_of(r);

    if (inv == NULL || inv->name.len == 0 || inv->named || r != r->main) {
        return NGX_DECLINED;
    }

    inv->named = 1;

    (void) ngx_http_named_location(r, &inv->name);
    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}
