
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

/* $content_length may have been asked for too early */
static ngx_int_t  ngx_http_wsgw_content_length_index;


static void ngx_http_wsgw_invoke_preset(ngx_http_request_t *r, ngx_int_t index,
    ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_invoke_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_str_t ngx_http_wsgw_invoke_server(ngx_str_t *host);
static ngx_int_t ngx_http_wsgw_invoke_fields(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_forwarded(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static ngx_int_t ngx_http_wsgw_invoke_phase(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static ngx_int_t ngx_http_wsgw_invoke_named(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_rewrite(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_precontent(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_content(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_files(ngx_http_request_t *r);


ngx_int_t
ngx_http_wsgw_invoke_variables(ngx_conf_t *cf)
{
    static ngx_str_t  scheme = ngx_string("scheme");
    static ngx_str_t  https = ngx_string("https");
    static ngx_str_t  length = ngx_string("content_length");

    ngx_http_wsgw_scheme_index = ngx_http_get_variable_index(cf, &scheme);
    ngx_http_wsgw_https_index = ngx_http_get_variable_index(cf, &https);

    ngx_http_wsgw_content_length_index = ngx_http_get_variable_index(cf,
                                                                     &length);

    if (ngx_http_wsgw_scheme_index == NGX_ERROR
        || ngx_http_wsgw_https_index == NGX_ERROR
        || ngx_http_wsgw_content_length_index == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_invoke_init(ngx_conf_t *cf)
{
    if (ngx_http_wsgw_invoke_phase(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                   ngx_http_wsgw_invoke_named)
        != NGX_OK
        || ngx_http_wsgw_invoke_phase(cf, NGX_HTTP_REWRITE_PHASE,
                                      ngx_http_wsgw_invoke_rewrite)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_invoke_phase(cf, NGX_HTTP_PRECONTENT_PHASE,
                                      ngx_http_wsgw_invoke_precontent);
}


static ngx_int_t
ngx_http_wsgw_invoke_phase(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_invoke_line(ngx_pool_t *pool, ngx_str_t *uri, ngx_str_t *args,
    ngx_str_t *line)
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
ngx_http_wsgw_invoke_exten(ngx_str_t *uri)
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

    inv->cleanup.handler = ngx_http_wsgw_invoke_request_cleanup;
    inv->cleanup.data = inv;
    inv->cleanup.next = r->pool->cleanup;
    r->pool->cleanup = &inv->cleanup;

    /* of version 0.9 nothing but the body reaches send_chain */

    r->http_version = NGX_HTTP_VERSION_9;
    r->http_protocol = ngx_http_wsgw_protocol;
    r->method = NGX_HTTP_POST;
    r->method_name = ngx_http_wsgw_post;
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


/*
 * $host, $http_user_agent, $cookie_* and their like look at fields of the
 * request.  Of the gateway's own headers four have such fields, of a client's
 * any.
 */

static ngx_int_t
ngx_http_wsgw_invoke_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_list_t  *list;

    list = &r->headers_in.headers;

    list->part.elts = inv->headers;
    list->part.nelts = inv->nheaders;
    list->part.next = NULL;
    list->last = &list->part;
    list->size = sizeof(ngx_table_elt_t);
    list->nalloc = inv->nheaders;
    list->pool = r->pool;

    r->headers_in.host = inv->host;
    r->headers_in.server = ngx_http_wsgw_invoke_server(&inv->host->value);
    r->headers_in.content_type = inv->content_type;

    if (inv->client_headers) {
        return ngx_http_wsgw_invoke_fields(inv, r);
    }

    r->headers_in.user_agent = inv->user_agent;

    return inv->forwarded_for
           ? ngx_http_wsgw_invoke_forwarded(r, inv->forwarded_for) : NGX_OK;
}


/* less the port, "[::1]:80" included */

static ngx_str_t
ngx_http_wsgw_invoke_server(ngx_str_t *host)
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
ngx_http_wsgw_invoke_fields(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_table_elt_t            *h;
    ngx_http_header_t          *hh;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    for (i = 0; i < inv->client_headers; i++) {
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


/* the way into "@name": there is no URI that leads to it */

static ngx_int_t
ngx_http_wsgw_invoke_named(ngx_http_request_t *r)
{
    ngx_http_wsgw_invoke_t  *inv;

    (void) ngx_http_wsgw_invoke_rewrite(r);

    inv = ngx_http_wsgw_invoke_of(r);

    if (inv == NULL || inv->name.len == 0 || inv->named || r != r->main) {
        return NGX_DECLINED;
    }

    inv->named = 1;

    (void) ngx_http_named_location(r, &inv->name);
    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


/*
 * Before a location is looked for.  nginx compares a length that it knows with
 * client_max_body_size, which is no limit of events: until the content phase
 * it does not know one.  What that phase did to the method of a request that
 * is redirected from it is undone; error_page changes the method's name, too.
 */

static ngx_int_t
ngx_http_wsgw_invoke_rewrite(ngx_http_request_t *r)
{
    if (ngx_http_wsgw_invoke_of(r) == NULL) {
        return NGX_DECLINED;
    }

    r->headers_in.content_length_n = -1;

    if (r->method_name.data == ngx_http_wsgw_post.data) {
        r->method = NGX_HTTP_POST;
    }

    return NGX_DECLINED;
}


/* the location is found; subrequests have a body of their own, or ours */

static ngx_int_t
ngx_http_wsgw_invoke_precontent(ngx_http_request_t *r)
{
    off_t                       length;
    ngx_chain_t                *cl;
    ngx_http_wsgw_invoke_t     *inv;
    ngx_http_variable_value_t  *vv;

    inv = ngx_http_wsgw_invoke_of(r);

    if (inv == NULL) {
        return NGX_DECLINED;
    }

    length = 0;

    if (r->request_body) {
        for (cl = r->request_body->bufs; cl; cl = cl->next) {
            length += ngx_buf_size(cl->buf);
        }
    }

    r->headers_in.content_length_n = length;

    vv = &r->variables[ngx_http_wsgw_content_length_index];
    vv->valid = 0;
    vv->not_found = 0;

    if (r == r->main) {
        inv->content = r->content_handler;
        r->content_handler = ngx_http_wsgw_invoke_content;
    }

    return NGX_DECLINED;
}


/*
 * An event is a POST, and what serves only GET says 405 to it before it does
 * anything else.  It is asked again with GET, without contexts of modules, as
 * after any internal redirect.  So are the files that nginx serves where a
 * location has no handler.  The method's name remains POST.
 */

static ngx_int_t
ngx_http_wsgw_invoke_content(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_of(r);

    rc = inv->content ? inv->content(r) : NGX_DECLINED;

    if (r->method != NGX_HTTP_POST || r->header_sent) {
        return rc;
    }

    if (rc == NGX_DECLINED) {
        r->method = NGX_HTTP_GET;
        rc = ngx_http_wsgw_invoke_files(r);

    } else if (rc == NGX_HTTP_NOT_ALLOWED) {
        r->method = NGX_HTTP_GET;
        ngx_memzero(r->ctx, sizeof(void *) * ngx_http_max_module);
        rc = inv->content(r);

    } else {
        return rc;
    }

    /* an error_page that follows is asked with what the event is */

    if (r->method_name.data == ngx_http_wsgw_post.data) {
        r->method = NGX_HTTP_POST;
    }

    return rc;
}


/* the handlers of the content phase: index, autoindex, static and the like */

static ngx_int_t
ngx_http_wsgw_invoke_files(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_phase_handler_t   *ph;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    ph = cmcf->phase_engine.handlers + r->phase_handler;
    rc = NGX_DECLINED;

    while (rc == NGX_DECLINED && ph->checker == ngx_http_core_content_phase) {
        rc = ph->handler(r);
        ph++;
    }

    return rc;
}
