
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * @connections/ID: POST sends, GET describes, DELETE closes.  What the
 * caller reads is decided in http/answer.c: a refusal is a status here.
 */


#include "http/management.h"
#include "base/text.h"
#include "base/worker.h"
#include "http/answer.h"
#include "http/arguments.h"
#include "http/header.h"
#include "http/local.h"
#include "zone/meter.h"
#include "zone/slot.h"
#include "event/field.h"
#include "pure/utf8.h"


#define NGX_HTTP_WSGW_MANAGEMENT_MESSAGE  256       /* bytes, then it is cut */
#define NGX_HTTP_WSGW_MANAGEMENT_BUFFER   (128 * 1024)


static ngx_int_t ngx_http_wsgw_management_asked(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx);
static ngx_int_t ngx_http_wsgw_management_verb(ngx_http_request_t *r,
    ngx_uint_t *verb);
static ngx_int_t ngx_http_wsgw_management_target(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx);
static ngx_int_t ngx_http_wsgw_management_arguments(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx);
static void ngx_http_wsgw_management_message(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx, const char *format, ...);
static ngx_int_t ngx_http_wsgw_management_read(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx);
static void ngx_http_wsgw_management_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_management_signed(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx, ngx_str_t *body);
static ngx_int_t ngx_http_wsgw_management_body(ngx_http_request_t *r,
    ngx_str_t *body);
static void ngx_http_wsgw_management_push(ngx_http_request_t *r);
static void ngx_http_wsgw_management_cleanup(void *data);
static void ngx_http_wsgw_management_done(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_management_other_stage(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push);


ngx_int_t
ngx_http_wsgw_management_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_http_wsgw_loc_conf_t        *wlcf;
    ngx_http_wsgw_management_ctx_t  *ctx;

    ngx_http_wsgw_field_unsteer(r);

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_management_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, ctx, ngx_http_wsgw_module);

    /* a signature is of the whole body, and comes before all that is asked */

    if (wlcf->keys) {
        return ngx_http_wsgw_management_read(r, ctx);
    }

    if (!wlcf->management_public
        && !ngx_http_wsgw_local(r, "wsgw_management"))
    {
        return ngx_http_wsgw_answer_refuse(ctx, WSGW_OUTCOME_FORBIDDEN);
    }

    rc = ngx_http_wsgw_management_asked(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->push.verb == WSGW_VERB_SEND) {
        return ngx_http_wsgw_management_read(r, ctx);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;

    ngx_http_wsgw_management_push(r);

    return NGX_DONE;
}


/*
 * A body over the limit is refused while it is read, and one within it needs
 * no temporary file; a chunked one of unknown length gets a bounded buffer.
 */

ngx_int_t
ngx_http_wsgw_management_init(ngx_conf_t *cf)
{
    size_t                      size;
    ngx_uint_t                  i;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_wsgw_loc_conf_t  **wlcf;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    wlcf = wmcf->managements.elts;

    for (i = 0; i < wmcf->managements.nelts; i++) {
        clcf = wlcf[i]->management_place->location;
        size = wlcf[i]->max_message_size;

        if (clcf->client_max_body_size == 0
            || clcf->client_max_body_size > (off_t) size)
        {
            clcf->client_max_body_size = size;
        }

        size = ngx_min(size, NGX_HTTP_WSGW_MANAGEMENT_BUFFER);

        if (clcf->client_body_buffer_size < size) {
            clcf->client_body_buffer_size = size;
        }
    }

    return NGX_OK;
}


/* NGX_OK, or the status to refuse it with: what is to be done, and to whom */

static ngx_int_t
ngx_http_wsgw_management_asked(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_wsgw_management_verb(r, &ctx->push.verb);

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_management_target(r, ctx);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_management_arguments(r, ctx);
    }

    if (rc != NGX_OK) {
        ngx_http_wsgw_text_log(NGX_LOG_INFO, r->connection->log,
                               "@connections refuses the request with %i: "
                               "\"%V\"", rc, ctx->message.len
                                             ? &ctx->message
                                             : &r->method_name);
    }

    return rc;
}


static ngx_int_t
ngx_http_wsgw_management_verb(ngx_http_request_t *r, ngx_uint_t *verb)
{
    ngx_str_t  allow = ngx_string("GET, POST, DELETE");

    switch (r->method) {

    case NGX_HTTP_POST:
        *verb = WSGW_VERB_SEND;
        return NGX_OK;

    case NGX_HTTP_GET:
        *verb = WSGW_VERB_DESCRIBE;
        return NGX_OK;

    case NGX_HTTP_DELETE:
        *verb = WSGW_VERB_CLOSE;
        return NGX_OK;
    }

    if (ngx_http_wsgw_header_add(r, "Allow", &allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NOT_ALLOWED;
}


static ngx_int_t
ngx_http_wsgw_management_target(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx)
{
    ngx_str_t                  id;
    ngx_http_wsgw_push_t      *push;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (ngx_http_wsgw_management_path(&r->uri, &id) != NGX_OK) {
        ngx_http_wsgw_management_message(r, ctx,
                                         "No method found matching route %V "
                                         "for http method %V.",
                                         &r->uri, &r->method_name);
        return NGX_HTTP_NOT_FOUND;
    }

    push = &ctx->push;

    if (wsgw_id_decode(&push->id, id.data, id.len) != 0) {
        ctx->ctx.push_result = "bad_request";
        ngx_http_wsgw_management_message(r, ctx, "Invalid connectionId: %V",
                                         &id);
        return NGX_HTTP_BAD_REQUEST;
    }

    push->zone = wlcf->management_zone;
    push->log = r->connection->log;
    push->stage = ngx_http_wsgw_slot_api_stage(wlcf->management_api);
    push->done = ngx_http_wsgw_management_done;
    push->data = r;

    return NGX_OK;
}


/* AWS's service ignores them */

static ngx_int_t
ngx_http_wsgw_management_arguments(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx)
{
    ngx_int_t                   rc;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_arguments_t   arguments;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (r->args.len == 0 || wlcf->profile == NGX_HTTP_WSGW_AWS) {
        return NGX_OK;
    }

    rc = ngx_http_wsgw_arguments(r, ctx->push.verb, &arguments);

    if (rc == NGX_DECLINED) {
        ctx->ctx.push_result = "bad_request";
        ngx_http_wsgw_management_message(r, ctx, arguments.error,
                                         &arguments.value);
        return NGX_HTTP_BAD_REQUEST;
    }

    if (rc != NGX_OK
        || ngx_http_wsgw_arguments_close(r->pool, &arguments, &ctx->push.body)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


/*
 * The segment after "@connections", with nothing after it.  nginx has decoded
 * the path once; empty segments are an SDK's trailing slash.
 */

ngx_int_t
ngx_http_wsgw_management_path(ngx_str_t *uri, ngx_str_t *id)
{
    u_char     *p, *last;
    ngx_str_t   segment;
    ngx_uint_t  found;

    static const ngx_str_t  connections = ngx_string("@connections");

    ngx_str_null(id);

    p = uri->data;
    last = uri->data + uri->len;
    found = 0;

    while (p < last) {

        if (*p == '/') {
            p++;
            continue;
        }

        segment.data = p;

        p = memchr(p, '/', last - p);
        if (p == NULL) {
            p = last;
        }

        segment.len = p - segment.data;

        if (!found) {
            found = segment.len == connections.len
                    && ngx_memcmp(segment.data, connections.data, segment.len)
                       == 0;
            continue;
        }

        if (id->len) {
            return NGX_DECLINED;
        }

        *id = segment;
    }

    return id->len ? NGX_OK : NGX_DECLINED;
}


static void
ngx_http_wsgw_management_message(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx, const char *format, ...)
{
    u_char   *p;
    va_list   args;

    p = ngx_pnalloc(r->pool, NGX_HTTP_WSGW_MANAGEMENT_MESSAGE);
    if (p == NULL) {
        return;
    }

    ctx->message.data = p;

    va_start(args, format);
    p = ngx_vslprintf(p, p + NGX_HTTP_WSGW_MANAGEMENT_MESSAGE, format, args);
    va_end(args);

    /* where the last byte is used, there may have been more */

    ctx->message.len = wsgw_utf8_cut(ctx->message.data, p - ctx->message.data,
                                     NGX_HTTP_WSGW_MANAGEMENT_MESSAGE - 1);
}


static ngx_int_t
ngx_http_wsgw_management_read(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (r->headers_in.content_length_n > (off_t) wlcf->max_message_size) {
        return ngx_http_wsgw_answer_refuse(ctx, WSGW_OUTCOME_TOO_LARGE);
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r,
                                       ngx_http_wsgw_management_body_handler);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


static void
ngx_http_wsgw_management_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_str_t                        body;
    ngx_http_wsgw_loc_conf_t        *wlcf;
    ngx_http_wsgw_management_ctx_t  *ctx;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    ctx = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (ngx_http_wsgw_management_body(r, &body) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (wlcf->keys) {
        rc = ngx_http_wsgw_management_signed(r, ctx, &body);

        if (rc == NGX_OK) {
            rc = ngx_http_wsgw_management_asked(r, ctx);
        }

        if (rc != NGX_OK) {
            ngx_http_finalize_request(r, rc);
            return;
        }
    }

    if (ctx->push.verb == WSGW_VERB_SEND) {
        ctx->push.body = body;
    }

    ngx_http_wsgw_management_push(r);
}


/* NGX_OK, or the status to refuse it with */

static ngx_int_t
ngx_http_wsgw_management_signed(ngx_http_request_t *r,
    ngx_http_wsgw_management_ctx_t *ctx, ngx_str_t *body)
{
    ngx_http_wsgw_signature_t  signature;

    if (ngx_http_wsgw_signature(r, body, 0, &signature) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (signature.verdict == ngx_http_wsgw_signature_right) {
        return NGX_OK;
    }

    ngx_http_wsgw_text_log(NGX_LOG_INFO, r->connection->log,
                           "@connections refuses the caller: %V",
                           &signature.why);

    return ngx_http_wsgw_answer_unsigned(ctx, signature.verdict);
}


/* one text, also of what went to a temporary file */

static ngx_int_t
ngx_http_wsgw_management_body(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    size_t        size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *bufs;

    bufs = r->request_body ? r->request_body->bufs : NULL;

    if (bufs && bufs->next == NULL && ngx_buf_in_memory(bufs->buf)) {
        body->data = bufs->buf->pos;
        body->len = bufs->buf->last - bufs->buf->pos;
        return NGX_OK;
    }

    body->len = 0;

    for (cl = bufs; cl; cl = cl->next) {
        body->len += ngx_buf_size(cl->buf);
    }

    p = ngx_pnalloc(r->pool, body->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    for (cl = bufs; cl; cl = cl->next) {
        b = cl->buf;
        size = ngx_buf_size(b);

        /* a chunked body ends with a buffer that is neither */

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(p, b->pos, size);

        } else if (b->in_file
                   && ngx_read_file(b->file, p, size, b->file_pos)
                      != (ssize_t) size)
        {
            return NGX_ERROR;
        }

        p += size;
    }

    return NGX_OK;
}


/* while a letter is under way its caller may go away, and is forgotten */

static void
ngx_http_wsgw_management_push(ngx_http_request_t *r)
{
    ngx_http_cleanup_t              *cln;
    ngx_http_wsgw_management_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    cln->handler = ngx_http_wsgw_management_cleanup;
    cln->data = &ctx->push;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    ngx_http_wsgw_push(&ctx->push);
}


static void
ngx_http_wsgw_management_cleanup(void *data)
{
    ngx_http_wsgw_push_cancel(data);
}


static void
ngx_http_wsgw_management_done(ngx_http_wsgw_push_t *push)
{
    ngx_int_t                        rc;
    ngx_uint_t                       later;
    ngx_connection_t                *c;
    ngx_http_request_t              *r;
    ngx_http_wsgw_loc_conf_t        *wlcf;
    ngx_http_wsgw_management_ctx_t  *ctx;

    r = push->data;
    c = r->connection;
    later = push->later;
    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    ctx = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    ngx_http_set_log_request(c->log, r);

    if (push->where <= NGX_HTTP_WSGW_PUSH_ASKED) {
        ctx->ctx.push_via = ngx_http_wsgw_push_name(push);

        ngx_http_wsgw_meter_time(wlcf->meter,
                                 ngx_http_wsgw_row_push_time_here
                                     + push->where,
                                 ngx_current_msec - push->begun);
    }

    if (push->outcome == WSGW_OUTCOME_FORBIDDEN) {
        ngx_http_wsgw_management_other_stage(r, push);
    }

    rc = ngx_http_wsgw_answer(r, ctx);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "wsgw push result:%s rc:%i", ctx->ctx.push_result, rc);

    ngx_http_finalize_request(r, rc);

    /* else nginx is about to do so, and looks at the request before */

    if (later) {
        ngx_http_run_posted_requests(c);
    }
}


/* Tells that the backend has taken one stage's address for another's. */

static void
ngx_http_wsgw_management_other_stage(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push)
{
    ngx_str_t                   stage = ngx_string("?");
    ngx_uint_t                  i, level;
    ngx_http_wsgw_loc_conf_t   *wlcf, **stages;
    ngx_http_wsgw_main_conf_t  *wmcf;

    static time_t               told;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wsgw_module);
    stages = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {
        if (stages[i]->api == push->api) {
            stage = stages[i]->stage;
            break;
        }
    }

    level = ngx_http_wsgw_worker_level(&told);

    ngx_log_error(level, r->connection->log, 0,
                  "connection is of stage \"%V\", this wsgw_management serves "
                  "those of \"%V\"", &stage, &wlcf->management_stage);
}
