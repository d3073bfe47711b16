
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An event request: a real ngx_http_request_t on a connection without a
 * socket.  It runs all phases of its location like any internal request; what
 * it would send is taken at send_chain, below every filter.
 *
 * The struct belongs to two: the caller, until done() has returned, and nginx,
 * until the fake connection is closed.  It has a pool of its own for that.
 */


#include "ngx_http_wsgw_invoke.h"
#include "ngx_http_wsgw_connection.h"


#define NGX_HTTP_WSGW_INVOKE_POOL       2048
#define NGX_HTTP_WSGW_CONNECTION_POOL   256


static void ngx_http_wsgw_invoke_connection(ngx_http_wsgw_invoke_t *inv,
    ngx_connection_t *fc);
static ngx_int_t ngx_http_wsgw_invoke_request(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_table_elt_t *ngx_http_wsgw_invoke_add_header(ngx_http_request_t *r,
    ngx_table_elt_t *from);
static void ngx_http_wsgw_invoke_preset(ngx_http_request_t *r,
    ngx_int_t index, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_invoke_named(ngx_http_request_t *r);
static void ngx_http_wsgw_invoke_request_cleanup(void *data);
static void ngx_http_wsgw_invoke_connection_cleanup(void *data);
static void ngx_http_wsgw_invoke_collect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static void ngx_http_wsgw_invoke_collect_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static void ngx_http_wsgw_invoke_event_handler(ngx_event_t *ev);
static void ngx_http_wsgw_invoke_report(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_abort(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_release(ngx_http_wsgw_invoke_t *inv);

static ssize_t ngx_http_wsgw_invoke_recv(ngx_connection_t *fc, u_char *buf,
    size_t size);
static ssize_t ngx_http_wsgw_invoke_recv_chain(ngx_connection_t *fc,
    ngx_chain_t *in, off_t limit);
static ssize_t ngx_http_wsgw_invoke_send(ngx_connection_t *fc, u_char *buf,
    size_t size);
static ngx_chain_t *ngx_http_wsgw_invoke_send_chain(ngx_connection_t *fc,
    ngx_chain_t *in, off_t limit);
static ngx_int_t ngx_http_wsgw_invoke_append(ngx_http_wsgw_invoke_t *inv,
    u_char *p, size_t len);
static u_char *ngx_http_wsgw_invoke_log_error(ngx_log_t *log, u_char *buf,
    size_t len);


static ngx_str_t  ngx_http_wsgw_post = ngx_string("POST");
static ngx_str_t  ngx_http_wsgw_protocol = ngx_string("HTTP/1.1");
static ngx_str_t  ngx_http_wsgw_on_value = ngx_string("on");
static ngx_str_t  ngx_http_wsgw_empty = ngx_string("");

/* $scheme and $https look at a TLS connection that an event does not have */
static ngx_int_t  ngx_http_wsgw_scheme_index;
static ngx_int_t  ngx_http_wsgw_https_index;


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


ngx_http_wsgw_invoke_t *
ngx_http_wsgw_invoke_create(ngx_http_wsgw_connection_t *wc,
    ngx_http_core_srv_conf_t *server)
{
    ngx_pool_t              *pool;
    ngx_http_wsgw_invoke_t  *inv;

    pool = ngx_create_pool(NGX_HTTP_WSGW_INVOKE_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    inv = ngx_pcalloc(pool, sizeof(ngx_http_wsgw_invoke_t));
    if (inv == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    inv->pool = pool;
    inv->server = server;

    inv->log = *ngx_cycle->log;
    inv->log.handler = ngx_http_wsgw_invoke_log_error;
    inv->log.data = &inv->log_ctx;
    inv->log.connection = wc->number;
    inv->log.action = "running an event request";
    pool->log = &inv->log;

    inv->event.handler = ngx_http_wsgw_invoke_event_handler;
    inv->event.data = inv;
    inv->event.log = &inv->log;

    inv->wc = wc;
    wc->refs++;

    return inv;
}


void
ngx_http_wsgw_invoke_discard(ngx_http_wsgw_invoke_t *inv)
{
    inv->closed = 1;
    inv->reported = 1;
    ngx_http_wsgw_invoke_release(inv);
}


void
ngx_http_wsgw_invoke_post(ngx_http_wsgw_invoke_t *inv)
{
    inv->waiting = 1;
    ngx_post_event(&inv->event, &ngx_posted_events);
}


void
ngx_http_wsgw_invoke_run(ngx_http_wsgw_invoke_t *inv)
{
    ngx_pool_t          *pool;
    ngx_connection_t    *fc;
    ngx_pool_cleanup_t  *cln;
    ngx_http_request_t  *r;

    inv->closed = 1;

    /* ngx_get_connection() would log an alert */

    if (ngx_cycle->free_connections == NULL) {
        ngx_log_error(NGX_LOG_ERR, &inv->log, 0,
                      "no connection for an event request, "
                      "increase \"worker_connections\"");
        goto failed;
    }

    /* its log must outlive inv, which its cleanup may free */

    pool = ngx_create_pool(NGX_HTTP_WSGW_CONNECTION_POOL, ngx_cycle->log);
    if (pool == NULL) {
        goto failed;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        ngx_destroy_pool(pool);
        goto failed;
    }

    fc = ngx_get_connection(ngx_http_wsgw_worker.dummy[0], &inv->log);
    if (fc == NULL) {
        ngx_destroy_pool(pool);
        goto failed;
    }

    fc->pool = pool;
    ngx_http_wsgw_invoke_connection(inv, fc);

    r = ngx_http_create_request(fc);
    if (r == NULL) {
        fc->shared = 1;
        ngx_close_connection(fc);
        ngx_destroy_pool(pool);
        goto failed;
    }

#if (NGX_STAT_STUB)
    /* ngx_http_close_connection() will subtract it */
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    cln->handler = ngx_http_wsgw_invoke_connection_cleanup;
    cln->data = inv;

    fc->data = r;
    inv->request = r;
    inv->closed = 0;
    inv->running = 1;

    if (ngx_http_wsgw_invoke_request(inv, r) == NGX_OK) {
        ngx_http_process_request(r);

    } else if (!inv->closed) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    /* fc may have been closed, and even be somebody else's by now */

    if (!inv->closed) {
        ngx_http_run_posted_requests(fc);
    }

    inv->running = 0;

failed:

    if (inv->complete || inv->closed) {
        ngx_http_wsgw_invoke_report(inv);
        return;
    }

    if (inv->timeout) {
        ngx_add_timer(&inv->event, inv->timeout);
    }
}


/* as the client's connection, but nothing about it reaches the event loop */

static void
ngx_http_wsgw_invoke_connection(ngx_http_wsgw_invoke_t *inv,
    ngx_connection_t *fc)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = inv->wc;

    inv->hc.conf_ctx = inv->server->ctx;
    inv->log_ctx.connection = fc;

    fc->data = &inv->hc;
    fc->buffer = &inv->header_in;
    fc->type = SOCK_STREAM;
    fc->log = &inv->log;
    fc->read->log = &inv->log;
    fc->write->log = &inv->log;

    fc->recv = ngx_http_wsgw_invoke_recv;
    fc->recv_chain = ngx_http_wsgw_invoke_recv_chain;
    fc->send = ngx_http_wsgw_invoke_send;
    fc->send_chain = ngx_http_wsgw_invoke_send_chain;

    fc->shared = 1;
    fc->need_last_buf = 1;
    fc->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    fc->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    /* active: nobody adds them to epoll; eof: no keepalive, no lingering */

    fc->read->active = 1;
    fc->read->eof = 1;
    fc->write->active = 1;
    fc->write->ready = 1;

    fc->number = wc->number;
    fc->requests = (ngx_uint_t) wc->messages_in;
    fc->start_time = wc->opened;

    ngx_http_wsgw_connection_addresses(wc, fc);
}


static ngx_int_t
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


static ngx_int_t
ngx_http_wsgw_invoke_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_str_t                   host;
    ngx_uint_t                  i;
    ngx_table_elt_t            *h, *header, own;
    ngx_list_part_t            *part;
    ngx_http_header_t          *hh;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 20,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&own, sizeof(ngx_table_elt_t));

    host = ngx_http_wsgw_connection_text(inv->wc, ngx_http_wsgw_text_host);

    ngx_str_set(&own.key, "Host");
    own.lowcase_key = (u_char *) "host";
    own.value = host;

    r->headers_in.host = ngx_http_wsgw_invoke_add_header(r, &own);
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
        ngx_str_set(&own.key, "Content-Type");
        own.lowcase_key = (u_char *) "content-type";
        own.value = inv->content_type;

        r->headers_in.content_type = ngx_http_wsgw_invoke_add_header(r, &own);
        if (r->headers_in.content_type == NULL) {
            return NGX_ERROR;
        }
    }

    if (inv->headers == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    part = &inv->headers->part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        /* Host is set above */

        if (header[i].key.len == 4
            && ngx_strncmp(header[i].lowcase_key, "host", 4) == 0)
        {
            continue;
        }

        h = ngx_http_wsgw_invoke_add_header(r, &header[i]);
        if (h == NULL) {
            return NGX_ERROR;
        }

        /* $cookie_*, $http_user_agent and their like look at fields */

        hh = ngx_hash_find(&cmcf->headers_in_hash, h->hash, h->lowcase_key,
                           h->key.len);

        if (hh && hh->handler && hh->handler(r, h, hh->offset) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static ngx_table_elt_t *
ngx_http_wsgw_invoke_add_header(ngx_http_request_t *r, ngx_table_elt_t *from)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NULL;
    }

    *h = *from;
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);

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


ngx_http_wsgw_invoke_t *
ngx_http_wsgw_invoke_of(ngx_http_request_t *r)
{
    if (r->connection->send_chain != ngx_http_wsgw_invoke_send_chain) {
        return NULL;
    }

    /* unlike r->ctx it survives internal redirects */

    return (ngx_http_wsgw_invoke_t *) r->http_connection;
}


static void
ngx_http_wsgw_invoke_request_cleanup(void *data)
{
    ngx_http_wsgw_invoke_t  *inv = data;

    ngx_http_request_t  *r;

    r = inv->request;
    inv->request = NULL;

    if (!inv->complete) {
        ngx_http_wsgw_invoke_collect(inv, r);

        /* a handler that is no upstream may have told anybody */

        if (r->upstream_states == NULL) {
            inv->sent = 1;
        }
    }
}


/* the last thing that ngx_http_close_connection() does */

static void
ngx_http_wsgw_invoke_connection_cleanup(void *data)
{
    ngx_http_wsgw_invoke_t  *inv = data;

    inv->closed = 1;

    if (inv->reported) {
        ngx_http_wsgw_invoke_release(inv);
        return;
    }

    if (!inv->running && !inv->event.posted) {
        ngx_post_event(&inv->event, &ngx_posted_events);
    }
}


static void
ngx_http_wsgw_invoke_collect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state;

    inv->status = r->err_status ? r->err_status : r->headers_out.status;

    inv->upstream = r->upstream && r->upstream->headers_in.status_n;

    if (r->upstream_states == NULL) {
        return;
    }

    state = r->upstream_states->elts;

    for (i = 0; i < r->upstream_states->nelts; i++) {
        if (state[i].bytes_sent) {
            inv->sent = 1;
        }
    }
}


static void
ngx_http_wsgw_invoke_collect_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_keyval_t     *kv;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    inv->answer_type.data = ngx_pstrdup(inv->pool, &r->headers_out.content_type);
    inv->answer_type.len = inv->answer_type.data
                           ? r->headers_out.content_type.len : 0;

    part = &r->headers_out.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].hash == 0) {
            continue;
        }

        if (inv->answer_headers == NULL) {
            inv->answer_headers = ngx_array_create(inv->pool, 4,
                                                   sizeof(ngx_keyval_t));
            if (inv->answer_headers == NULL) {
                return;
            }
        }

        kv = ngx_array_push(inv->answer_headers);
        if (kv == NULL) {
            return;
        }

        kv->key = header[i].key;
        kv->key.data = ngx_pstrdup(inv->pool, &header[i].key);
        kv->value = header[i].value;
        kv->value.data = ngx_pstrdup(inv->pool, &header[i].value);

        if (kv->key.data == NULL || kv->value.data == NULL) {
            inv->answer_headers->nelts--;
            return;
        }
    }
}


ngx_str_t
ngx_http_wsgw_invoke_header(ngx_http_wsgw_invoke_t *inv, const char *name)
{
    size_t         len;
    ngx_str_t      none = ngx_null_string;
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    if (inv->answer_headers == NULL) {
        return none;
    }

    len = ngx_strlen(name);
    kv = inv->answer_headers->elts;

    for (i = 0; i < inv->answer_headers->nelts; i++) {
        if (kv[i].key.len == len
            && ngx_strncasecmp(kv[i].key.data, (u_char *) name, len) == 0)
        {
            return kv[i].value;
        }
    }

    return none;
}


ngx_int_t
ngx_http_wsgw_invoke_text(ngx_http_wsgw_invoke_t *inv, ngx_str_t *text)
{
    u_char       *p;
    ngx_chain_t  *cl;

    text->len = inv->size;

    if (inv->out == NULL || inv->out->next == NULL) {
        text->data = inv->out ? inv->out->buf->pos : (u_char *) "";
        return NGX_OK;
    }

    text->data = ngx_pnalloc(inv->pool, inv->size);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    p = text->data;

    for (cl = inv->out; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_invoke_event_handler(ngx_event_t *ev)
{
    ngx_http_wsgw_invoke_t  *inv;

    inv = ev->data;

    if (inv->waiting) {
        inv->waiting = 0;
        ngx_http_wsgw_invoke_run(inv);
        return;
    }

    if (ev->timedout && !inv->complete && !inv->closed) {
        inv->timedout = 1;
        ngx_http_wsgw_invoke_abort(inv);
    }

    ngx_http_wsgw_invoke_report(inv);
}


static void
ngx_http_wsgw_invoke_report(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->event.timer_set) {
        ngx_del_timer(&inv->event);
    }

    if (inv->event.posted) {
        ngx_delete_posted_event(&inv->event);
    }

    if (inv->timedout) {
        inv->status = NGX_HTTP_GATEWAY_TIME_OUT;
    }

    inv->done(inv);
    inv->reported = 1;

    ngx_http_wsgw_invoke_release(inv);
}


static void
ngx_http_wsgw_invoke_abort(ngx_http_wsgw_invoke_t *inv)
{
    ngx_connection_t    *fc;
    ngx_http_request_t  *r;

    r = inv->request;
    fc = r->connection;

    inv->running = 1;

    /* the request must survive its own cleanup handlers (as in
       ngx_http_request_handler() for a closed connection) */

    r->count++;
    ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);

    if (!inv->closed) {
        ngx_http_run_posted_requests(fc);
    }

    inv->running = 0;
}


/* whoever comes last: the report, or nginx closing the connection */

static void
ngx_http_wsgw_invoke_release(ngx_http_wsgw_invoke_t *inv)
{
    ngx_pool_t                  *pool;
    ngx_http_wsgw_connection_t  *wc;

    if (!inv->reported || !inv->closed) {
        return;
    }

    wc = inv->wc;
    pool = inv->pool;
    pool->log = ngx_cycle->log;

    ngx_destroy_pool(pool);
    ngx_http_wsgw_connection_release(wc);
}


static ssize_t
ngx_http_wsgw_invoke_recv(ngx_connection_t *fc, u_char *buf, size_t size)
{
    return NGX_AGAIN;
}


static ssize_t
ngx_http_wsgw_invoke_recv_chain(ngx_connection_t *fc, ngx_chain_t *in,
    off_t limit)
{
    return NGX_AGAIN;
}


static ssize_t
ngx_http_wsgw_invoke_send(ngx_connection_t *fc, u_char *buf, size_t size)
{
    return NGX_ERROR;
}


static ngx_chain_t *
ngx_http_wsgw_invoke_send_chain(ngx_connection_t *fc, ngx_chain_t *in,
    off_t limit)
{
    size_t                   size;
    ngx_buf_t               *b;
    ngx_uint_t               last;
    ngx_http_request_t      *r;
    ngx_http_wsgw_invoke_t  *inv;

    r = fc->data;
    inv = (ngx_http_wsgw_invoke_t *) r->http_connection;
    last = 0;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (b->last_buf) {
            last = 1;
        }

        if (ngx_buf_special(b)) {
            continue;
        }

        if (!ngx_buf_in_memory(b)) {
            ngx_log_error(NGX_LOG_ERR, fc->log, 0,
                          "answer of an event request is not in memory");
            return NGX_CHAIN_ERROR;
        }

        size = b->last - b->pos;

        if (ngx_http_wsgw_invoke_append(inv, b->pos, size) != NGX_OK) {
            return NGX_CHAIN_ERROR;
        }

        fc->sent += size;
        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    if (last && !inv->complete) {
        ngx_http_wsgw_invoke_collect(inv, inv->request);
        ngx_http_wsgw_invoke_collect_headers(inv, inv->request);
        inv->complete = 1;

        if (!inv->running && !inv->reported) {
            ngx_post_event(&inv->event, &ngx_posted_events);
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_wsgw_invoke_append(ngx_http_wsgw_invoke_t *inv, u_char *p,
    size_t len)
{
    off_t         expected;
    size_t        n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (inv->reported) {
        return NGX_OK;
    }

    if (len > inv->max_response - inv->size) {
        ngx_log_error(NGX_LOG_ERR, &inv->log, 0,
                      "answer of an event request exceeds %uz bytes",
                      inv->max_response);
        inv->too_large = 1;
        return NGX_ERROR;
    }

    inv->size += len;

    if (inv->tail) {
        b = inv->tail->buf;

        if ((size_t) (b->end - b->last) >= len) {
            b->last = ngx_cpymem(b->last, p, len);
            return NGX_OK;
        }
    }

    /* one buffer for all of it where its length is known */

    expected = inv->request->headers_out.content_length_n;
    n = inv->tail ? ngx_max(len, 4096) : len;

    if (inv->tail == NULL && expected > (off_t) n
        && expected <= (off_t) inv->max_response)
    {
        n = (size_t) expected;
    }

    b = ngx_create_temp_buf(inv->pool, n);
    cl = ngx_alloc_chain_link(inv->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->last, p, len);

    cl->buf = b;
    cl->next = NULL;

    if (inv->tail) {
        inv->tail->next = cl;

    } else {
        inv->out = cl;
    }

    inv->tail = cl;

    return NGX_OK;
}


static u_char *
ngx_http_wsgw_invoke_log_error(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char                  *p;
    ngx_str_t                addr;
    ngx_http_log_ctx_t      *ctx;
    ngx_http_wsgw_invoke_t  *inv;

    ctx = log->data;
    inv = (ngx_http_wsgw_invoke_t *) ((u_char *) ctx
                               - offsetof(ngx_http_wsgw_invoke_t, log_ctx));

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    addr = ngx_http_wsgw_connection_text(inv->wc, ngx_http_wsgw_text_addr);

    p = ngx_snprintf(buf, len, ", client: %V", &addr);
    len -= p - buf;

    if (ctx->request) {
        return ctx->request->log_handler(ctx->request, ctx->current_request,
                                         p, len);
    }

    return p;
}
