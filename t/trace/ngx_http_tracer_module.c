
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What nginx-otel does with a request, for t/trace.t: in the rewrite phase it
 * reads a traceparent, or begins a trace, and puts its own span in its place;
 * in the log phase it tells of the span.  An internal request is a part of one
 * that it knows, or the request fails.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


#define NGX_HTTP_TRACER_LEN  55     /* of a traceparent */


typedef struct {
    ngx_flag_t        on;
} ngx_http_tracer_conf_t;


typedef struct {
    u_char            trace[32];
    u_char            parent[16];
    u_char            span[16];
} ngx_http_tracer_ctx_t;


static ngx_int_t ngx_http_tracer_rewrite(ngx_http_request_t *r);
static ngx_http_tracer_ctx_t *ngx_http_tracer_ctx(ngx_http_request_t *r);
static ngx_http_tracer_ctx_t *ngx_http_tracer_begin(ngx_http_request_t *r);
static ngx_table_elt_t *ngx_http_tracer_header(ngx_http_request_t *r);
static void ngx_http_tracer_digits(u_char *p, size_t len);
static ngx_int_t ngx_http_tracer_inject(ngx_http_request_t *r,
    ngx_http_tracer_ctx_t *ctx);
static ngx_int_t ngx_http_tracer_log(ngx_http_request_t *r);
static void ngx_http_tracer_cleanup(void *data);
static void *ngx_http_tracer_create(ngx_conf_t *cf);
static char *ngx_http_tracer_merge(ngx_conf_t *cf, void *parent, void *child);
static ngx_int_t ngx_http_tracer_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_tracer_commands[] = {

    { ngx_string("tracer"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tracer_conf_t, on),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_tracer_module_ctx = {
    NULL, ngx_http_tracer_init,
    NULL, NULL,
    NULL, NULL,
    ngx_http_tracer_create, ngx_http_tracer_merge
};


ngx_module_t  ngx_http_tracer_module = {
    NGX_MODULE_V1,
    &ngx_http_tracer_module_ctx,
    ngx_http_tracer_commands,
    NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_tracer_rewrite(ngx_http_request_t *r)
{
    ngx_http_tracer_ctx_t   *ctx;
    ngx_http_tracer_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_tracer_module);

    if (!conf->on && !r->internal) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_tracer_ctx(r);

    if (ctx == NULL) {

        if (r->internal) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "tracer does not know \"%V\"", &r->uri);
            return NGX_ERROR;
        }

        ctx = ngx_http_tracer_begin(r);
        if (ctx == NULL) {
            return NGX_ERROR;
        }
    }

    return conf->on ? ngx_http_tracer_inject(r, ctx) : NGX_DECLINED;
}


/* a redirect has cleared it */

static ngx_http_tracer_ctx_t *
ngx_http_tracer_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_tracer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_tracer_module);

    for (cln = r->pool->cleanup; ctx == NULL && cln; cln = cln->next) {
        if (cln->handler == ngx_http_tracer_cleanup) {
            ctx = cln->data;
            ngx_http_set_ctx(r, ctx, ngx_http_tracer_module);
        }
    }

    return ctx;
}


static ngx_http_tracer_ctx_t *
ngx_http_tracer_begin(ngx_http_request_t *r)
{
    ngx_table_elt_t        *h;
    ngx_pool_cleanup_t     *cln;
    ngx_http_tracer_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tracer_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_tracer_cleanup;
    ctx = cln->data;
    h = ngx_http_tracer_header(r);

    if (h && h->value.len == NGX_HTTP_TRACER_LEN) {
        ngx_memcpy(ctx->trace, h->value.data + 3, sizeof(ctx->trace));
        ngx_memcpy(ctx->parent, h->value.data + 36, sizeof(ctx->parent));

    } else {
        ngx_http_tracer_digits(ctx->trace, sizeof(ctx->trace));
        ngx_memset(ctx->parent, '0', sizeof(ctx->parent));
    }

    ngx_http_tracer_digits(ctx->span, sizeof(ctx->span));
    ngx_http_set_ctx(r, ctx, ngx_http_tracer_module);

    return ctx;
}


static ngx_table_elt_t *
ngx_http_tracer_header(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == sizeof("traceparent") - 1
                && ngx_strncmp(h[i].lowcase_key, "traceparent", h[i].key.len)
                   == 0)
            {
                return &h[i];
            }
        }
    }

    return NULL;
}


static void
ngx_http_tracer_digits(u_char *p, size_t len)
{
    while (len--) {
        *p++ = "123456789abcdef"[ngx_random() % 15];
    }
}


static ngx_int_t
ngx_http_tracer_inject(ngx_http_request_t *r, ngx_http_tracer_ctx_t *ctx)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    p = ngx_pnalloc(r->pool, NGX_HTTP_TRACER_LEN + 1);
    h = ngx_http_tracer_header(r);

    if (h == NULL) {
        h = ngx_list_push(&r->headers_in.headers);

        if (h) {
            ngx_memzero(h, sizeof(ngx_table_elt_t));
            ngx_str_set(&h->key, "traceparent");
            h->lowcase_key = h->key.data;
            h->hash = ngx_hash_key(h->key.data, h->key.len);
        }
    }

    if (p == NULL || h == NULL) {
        return NGX_ERROR;
    }

    h->value.data = p;
    h->value.len = ngx_sprintf(p, "00-%*s-%*s-01",
                               sizeof(ctx->trace), ctx->trace,
                               sizeof(ctx->span), ctx->span)
                   - p;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_tracer_log(ngx_http_request_t *r)
{
    ngx_http_tracer_ctx_t   *ctx;
    ngx_http_tracer_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_tracer_module);
    ctx = ngx_http_tracer_ctx(r);

    if (conf->on && ctx) {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "span %*s %*s %*s \"%V\"",
                      sizeof(ctx->trace), ctx->trace,
                      sizeof(ctx->parent), ctx->parent,
                      sizeof(ctx->span), ctx->span, &r->uri);
    }

    return NGX_OK;
}


static void
ngx_http_tracer_cleanup(void *data)
{
    /* marks the context */
}


static void *
ngx_http_tracer_create(ngx_conf_t *cf)
{
    ngx_http_tracer_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_tracer_conf_t));

    if (conf) {
        conf->on = NGX_CONF_UNSET;
    }

    return conf;
}


static char *
ngx_http_tracer_merge(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_tracer_conf_t  *prev = parent;
    ngx_http_tracer_conf_t  *conf = child;

    ngx_conf_merge_value(conf->on, prev->on, 0);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_tracer_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *rewrite, *log;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    rewrite = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    log = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);

    if (rewrite == NULL || log == NULL) {
        return NGX_ERROR;
    }

    *rewrite = ngx_http_tracer_rewrite;
    *log = ngx_http_tracer_log;

    return NGX_OK;
}
