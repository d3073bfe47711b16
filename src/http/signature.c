
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who has signed a request.
 *
 * All that a client signs is hashed before anything is compared, and an unknown
 * key is no exception: a refusal takes as long whatever its reason is.  What is
 * wrong is for the log; whoever may be no caller learns no more than AWS tells.
 */


#include "http/signature.h"
#include "base/text.h"
#include "event/field.h"
#include "http/keys.h"


#define NGX_HTTP_WSGW_SIGNATURE_BUFFER  4096    /* for most requests */

#define NGX_HTTP_WSGW_SIGNATURE_WHY   1024      /* bytes, then it is cut, */
#define NGX_HTTP_WSGW_SIGNATURE_TEXT  256       /* as each text of a client */


/* a request on its way to a verdict */

typedef struct {
    ngx_http_request_t            *r;
    ngx_http_wsgw_signature_t     *signature;
    wsgw_sigv4_t                   sigv4;
    ngx_uint_t                     presigned;

    ngx_str_t                      path;        /* as the client sent it */
    ngx_str_t                      query;
    ngx_str_t                      host;

    ngx_table_elt_t               *authorization;
    ngx_table_elt_t               *date;        /* X-Amz-Date */
    ngx_uint_t                     dates;       /* how often it was sent */
    ngx_table_elt_t               *sha256;      /* X-Amz-Content-Sha256 */
    ngx_uint_t                     sha256s;
    size_t                         headers;     /* bytes of all of them */

    int64_t                        seconds;     /* when it was signed */
    u_char                         body[WSGW_SIGV4_HEX];
} ngx_http_wsgw_signature_ctx_t;


static void ngx_http_wsgw_signature_headers(
    ngx_http_wsgw_signature_ctx_t *ctx);
static void ngx_http_wsgw_signature_uri(ngx_http_wsgw_signature_ctx_t *ctx);
static ngx_int_t ngx_http_wsgw_signature_read(
    ngx_http_wsgw_signature_ctx_t *ctx, ngx_uint_t may_be_presigned);
static ngx_int_t ngx_http_wsgw_signature_read_query(
    ngx_http_wsgw_signature_ctx_t *ctx);
static ngx_int_t ngx_http_wsgw_signature_verify(
    ngx_http_wsgw_signature_ctx_t *ctx);
static void ngx_http_wsgw_signature_judge(ngx_http_wsgw_signature_ctx_t *ctx,
    ngx_uint_t known, ngx_uint_t equal);
static const char *ngx_http_wsgw_signature_time(
    ngx_http_wsgw_signature_ctx_t *ctx);
static ngx_int_t ngx_http_wsgw_signature_request(
    ngx_http_wsgw_signature_ctx_t *ctx,
    u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST]);
static u_char *ngx_http_wsgw_signature_query(
    ngx_http_wsgw_signature_ctx_t *ctx, u_char *p);
static u_char *ngx_http_wsgw_signature_header(
    ngx_http_wsgw_signature_ctx_t *ctx, u_char *p,
    const wsgw_canonical_text_t *name);
static ngx_uint_t ngx_http_wsgw_signature_is(ngx_table_elt_t *h,
    const u_char *name, size_t len);
static ngx_str_t ngx_http_wsgw_signature_text(
    const wsgw_canonical_text_t *text);
static ngx_str_t ngx_http_wsgw_signature_cut(ngx_str_t text);
static ngx_int_t ngx_http_wsgw_signature_refuse(
    ngx_http_wsgw_signature_ctx_t *ctx, ngx_http_wsgw_signature_e verdict,
    const char *fmt, ...);


ngx_int_t
ngx_http_wsgw_signature(ngx_http_request_t *r, ngx_str_t *body,
    ngx_uint_t may_be_presigned, ngx_http_wsgw_signature_t *signature)
{
    u_char                         digest[NGX_HTTP_WSGW_SHA256_DIGEST];
    ngx_int_t                      rc;
    ngx_http_wsgw_signature_ctx_t  ctx;

    ngx_memzero(signature, sizeof(ngx_http_wsgw_signature_t));
    ngx_memzero(&ctx, sizeof(ngx_http_wsgw_signature_ctx_t));

    ctx.r = r;
    ctx.signature = signature;

    ngx_http_wsgw_signature_headers(&ctx);
    ngx_http_wsgw_signature_uri(&ctx);

    rc = ngx_http_wsgw_signature_read(&ctx, may_be_presigned);

    if (rc == NGX_OK) {
        ngx_http_wsgw_sha256(digest, body->data, body->len);
        wsgw_sigv4_hex(ctx.body, digest);

        signature->key = ngx_http_wsgw_signature_text(&ctx.sigv4.key);

        rc = ngx_http_wsgw_signature_verify(&ctx);
    }

    ngx_http_wsgw_text_debug(r->connection->log,
                             "wsgw signature verdict:%ui key:\"%V\" "
                             "presigned:%ui rc:%i",
                             (ngx_uint_t) signature->verdict, &signature->key,
                             ctx.presigned, rc);

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_wsgw_signature_headers(ngx_http_wsgw_signature_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    static ngx_str_t  host = ngx_string("host");
    static ngx_str_t  date = ngx_string("x-amz-date");
    static ngx_str_t  sha256 = ngx_string("x-amz-content-sha256");
    static ngx_str_t  authorization = ngx_string("authorization");

    part = ngx_http_wsgw_field_first(ctx->r);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {

        ctx->headers += h->value.len + 1;

        if (ngx_http_wsgw_signature_is(h, authorization.data,
                                       authorization.len))
        {
            ctx->authorization = h;

        } else if (ngx_http_wsgw_signature_is(h, date.data, date.len)) {
            ctx->date = h;
            ctx->dates++;

        } else if (ngx_http_wsgw_signature_is(h, sha256.data, sha256.len)) {
            ctx->sha256 = h;
            ctx->sha256s++;

        } else if (ngx_http_wsgw_signature_is(h, host.data, host.len)) {
            ctx->host = h->value;
        }
    }
}


/* not r->uri, of which escapes are undone, and which a rewrite may change */

static void
ngx_http_wsgw_signature_uri(ngx_http_wsgw_signature_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t  *uri;

    uri = &ctx->r->unparsed_uri;

    ctx->path = *uri;
    p = memchr(uri->data, '?', uri->len);

    if (p) {
        ctx->path.len = p - uri->data;
        ctx->query.data = p + 1;
        ctx->query.len = uri->data + uri->len - ctx->query.data;
    }
}


static ngx_int_t
ngx_http_wsgw_signature_read(ngx_http_wsgw_signature_ctx_t *ctx,
    ngx_uint_t may_be_presigned)
{
    ngx_int_t   rc;
    ngx_str_t  *value;

    if (ctx->authorization) {
        value = &ctx->authorization->value;

        if (wsgw_sigv4_header(&ctx->sigv4, value->data, value->len) != 0) {
            return ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_incomplete,
                           "Authorization is not \"AWS4-HMAC-SHA256 "
                           "Credential=KEY/DATE/REGION/execute-api/"
                           "aws4_request, SignedHeaders=.., Signature=..\" "
                           "with \"host\" among the headers");
        }

        if (ctx->dates != 1 || !ctx->sigv4.date) {
            return ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_incomplete,
                           "X-Amz-Date was sent %ui times, it is to be sent "
                           "once and among SignedHeaders", ctx->dates);
        }

        ctx->sigv4.time.data = ctx->date->value.data;
        ctx->sigv4.time.len = ctx->date->value.len;

        return NGX_OK;
    }

    if (may_be_presigned && ctx->query.len) {
        rc = ngx_http_wsgw_signature_read_query(ctx);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return ngx_http_wsgw_signature_refuse(ctx, ngx_http_wsgw_signature_missing,
                    may_be_presigned
                    ? "there is neither Authorization nor a presigned query"
                    : "there is no Authorization");
}


/* NGX_OK, NGX_DECLINED if the query has nothing of a signature, or NGX_DONE if
   it is refused */

static ngx_int_t
ngx_http_wsgw_signature_read_query(ngx_http_wsgw_signature_ctx_t *ctx)
{
    int      rc;
    u_char  *scratch;

    scratch = ngx_pnalloc(ctx->r->pool, ctx->query.len);
    if (scratch == NULL) {
        return NGX_ERROR;
    }

    rc = wsgw_sigv4_presigned(&ctx->sigv4, ctx->query.data, ctx->query.len,
                              scratch);
    if (rc == 0) {
        return NGX_DECLINED;
    }

    ctx->presigned = 1;

    if (rc == 1) {
        return NGX_OK;
    }

    return ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_incomplete,
                           "query is not presigned by X-Amz-Algorithm=AWS4-"
                           "HMAC-SHA256, X-Amz-Credential, X-Amz-Date, "
                           "X-Amz-SignedHeaders with \"host\", "
                           "X-Amz-Signature and, if it is there, an "
                           "X-Amz-Expires of 1 to 604800");
}


static ngx_int_t
ngx_http_wsgw_signature_verify(ngx_http_wsgw_signature_ctx_t *ctx)
{
    u_char                    *p, string[WSGW_SIGV4_STRING_MAX];
    u_char                     digest[NGX_HTTP_WSGW_SHA256_DIGEST];
    ngx_http_wsgw_key_t       *key;
    ngx_http_wsgw_keys_t      *keys;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(ctx->r, ngx_http_wsgw_module);
    keys = wlcf->keys;

    if (wsgw_sigv4_seconds(ctx->sigv4.time.data, ctx->sigv4.time.len,
                           &ctx->seconds)
        != 0)
    {
        return ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_incomplete,
                           "X-Amz-Date is not of the form 20060102T150405Z");
    }

    if (ngx_http_wsgw_signature_request(ctx, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    p = wsgw_sigv4_string(string, &ctx->sigv4, digest);

    key = ngx_http_wsgw_keys_find(keys, &ctx->sigv4.key);

    ngx_http_wsgw_keys_sign(key, &ctx->sigv4, string, p - string, digest);

    ngx_http_wsgw_signature_judge(ctx, key != keys->nobody,
                      ngx_http_wsgw_sha256_equal(digest,
                                                 ctx->sigv4.signature));
    return NGX_OK;
}


/* AWS's order: who, then when, then what */

static void
ngx_http_wsgw_signature_judge(ngx_http_wsgw_signature_ctx_t *ctx,
    ngx_uint_t known, ngx_uint_t equal)
{
    ngx_str_t      *key, headers, host, path;
    const char     *time;
    wsgw_sigv4_t   *s;

    s = &ctx->sigv4;
    key = &ctx->signature->key;

    if (!known) {
        (void) ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_unknown,
                           "access key \"%V\" is not in the file of "
                           "wsgw_sigv4", key);
        return;
    }

    if (!s->ours) {
        (void) ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_wrong,
                           "access key \"%V\" signed for another service than "
                           "\"execute-api\"", key);
        return;
    }

    time = ngx_http_wsgw_signature_time(ctx);

    if (time) {
        (void) ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_wrong,
                           "access key \"%V\" signed at \"%*s\", %s",
                           key, s->time.len, s->time.data, time);
        return;
    }

    if (ctx->sha256
        && (ctx->sha256s != 1
            || ctx->sha256->value.len != WSGW_SIGV4_HEX
            || ngx_memcmp(ctx->sha256->value.data, ctx->body, WSGW_SIGV4_HEX)
               != 0))
    {
        (void) ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_wrong,
                           "access key \"%V\" signed another body: its "
                           "X-Amz-Content-Sha256 is not the body's, \"%*s\"",
                           key, (size_t) WSGW_SIGV4_HEX, ctx->body);
        return;
    }

    if (!equal) {
        path = ngx_http_wsgw_signature_cut(ctx->path);
        host = ngx_http_wsgw_signature_cut(ctx->host);
        headers = ngx_http_wsgw_signature_text(&s->headers);
        headers = ngx_http_wsgw_signature_cut(headers);

        (void) ngx_http_wsgw_signature_refuse(ctx,
                           ngx_http_wsgw_signature_wrong,
                           "access key \"%V\" signed with another secret, or "
                           "something else than method \"%V\", path \"%V\", "
                           "Host \"%V\", headers \"%V\" and a body of "
                           "\"%*s\"; a proxy before nginx has to keep Host "
                           "and path", key, &ctx->r->method_name, &path,
                           &host, &headers, (size_t) WSGW_SIGV4_HEX,
                           ctx->body);
        return;
    }

    ctx->signature->verdict = ngx_http_wsgw_signature_right;
}


/* what is wrong with the time, or NULL */

static const char *
ngx_http_wsgw_signature_time(ngx_http_wsgw_signature_ctx_t *ctx)
{
    int64_t                    now, until;
    wsgw_sigv4_t              *s;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(ctx->r, ngx_http_wsgw_module);
    s = &ctx->sigv4;

    if (ngx_memcmp(s->day.data, s->time.data, WSGW_SIGV4_DAY) != 0) {
        return "which is not the day of its Credential";
    }

    now = ngx_time();
    until = ctx->seconds;
    until += s->expires ? (int64_t) s->expires : wlcf->keys->skew;

    if (now > until) {
        return s->expires ? "which is longer ago than its X-Amz-Expires"
                          : "which is longer ago than skew= of wsgw_sigv4";
    }

    return ctx->seconds - now > wlcf->keys->skew
           ? "which is further ahead than skew= of wsgw_sigv4" : NULL;
}


/* the digest of what AWS calls the canonical request */

static ngx_int_t
ngx_http_wsgw_signature_request(ngx_http_wsgw_signature_ctx_t *ctx,
    u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST])
{
    size_t                  size;
    u_char                 *p, *start;
    u_char                  buf[NGX_HTTP_WSGW_SIGNATURE_BUFFER];
    wsgw_canonical_text_t   list, name;

    /* a signed header is written once, a name with a colon and a newline */

    size = ctx->r->method_name.len + 3 * ctx->path.len + 4 * ctx->query.len
           + ctx->headers + ctx->sigv4.headers.len
           + 2 * WSGW_SIGV4_HEADERS_MAX + ctx->sigv4.headers.len
           + WSGW_SIGV4_HEX + sizeof("\n/\n\n\n\n");

    start = size > sizeof(buf) ? ngx_pnalloc(ctx->r->pool, size) : buf;
    if (start == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(start, ctx->r->method_name.data, ctx->r->method_name.len);
    *p++ = LF;

    p = wsgw_canonical_path(p, ctx->path.data, ctx->path.len);
    *p++ = LF;

    p = ngx_http_wsgw_signature_query(ctx, p);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p++ = LF;

    list = ctx->sigv4.headers;

    while (wsgw_sigv4_next_header(&list, &name)) {
        p = ngx_http_wsgw_signature_header(ctx, p, &name);
    }

    *p++ = LF;
    p = ngx_cpymem(p, ctx->sigv4.headers.data, ctx->sigv4.headers.len);
    *p++ = LF;
    p = ngx_cpymem(p, ctx->body, WSGW_SIGV4_HEX);

    ngx_http_wsgw_sha256(digest, start, p - start);

    return NGX_OK;
}


static u_char *
ngx_http_wsgw_signature_query(ngx_http_wsgw_signature_ctx_t *ctx, u_char *p)
{
    size_t                  n;
    u_char                 *scratch;
    wsgw_canonical_pair_t  *pairs;

    if (ctx->query.len == 0) {
        return p;
    }

    n = wsgw_canonical_pairs(ctx->query.data, ctx->query.len);

    pairs = ngx_palloc(ctx->r->pool, n * sizeof(wsgw_canonical_pair_t));
    scratch = ngx_pnalloc(ctx->r->pool, 4 * ctx->query.len);

    if (pairs == NULL || scratch == NULL) {
        return NULL;
    }

    return wsgw_canonical_query(p, ctx->query.data, ctx->query.len,
                                ctx->presigned ? "X-Amz-Signature" : NULL,
                                pairs, scratch);
}


/* of several of that name the values stand side by side */

static u_char *
ngx_http_wsgw_signature_header(ngx_http_wsgw_signature_ctx_t *ctx, u_char *p,
    const wsgw_canonical_text_t *name)
{
    ngx_uint_t        i, n;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    p = ngx_cpymem(p, name->data, name->len);
    *p++ = ':';

    part = ngx_http_wsgw_field_first(ctx->r);
    i = 0;
    n = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {

        if (!ngx_http_wsgw_signature_is(h, name->data, name->len)) {
            continue;
        }

        if (n++) {
            *p++ = ',';
        }

        p = wsgw_canonical_value(p, h->value.data, h->value.len);
    }

    *p++ = LF;

    return p;
}


/* "_" is no "-" to who signs */

static ngx_uint_t
ngx_http_wsgw_signature_is(ngx_table_elt_t *h, const u_char *name, size_t len)
{
    return h->key.len == len && ngx_memcmp(h->lowcase_key, name, len) == 0;
}


static ngx_str_t
ngx_http_wsgw_signature_text(const wsgw_canonical_text_t *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text->data;
    s.len = text->len;

    return s;
}


static ngx_str_t
ngx_http_wsgw_signature_cut(ngx_str_t text)
{
    text.len = ngx_min(text.len, NGX_HTTP_WSGW_SIGNATURE_TEXT);

    return text;
}


/* The verdict is known: NGX_DONE.  Without memory there is no line for it. */

static ngx_int_t
ngx_http_wsgw_signature_refuse(ngx_http_wsgw_signature_ctx_t *ctx,
    ngx_http_wsgw_signature_e verdict, const char *fmt, ...)
{
    u_char     *p;
    va_list     args;
    ngx_str_t  *why;

    ctx->signature->verdict = verdict;

    p = ngx_pnalloc(ctx->r->pool, NGX_HTTP_WSGW_SIGNATURE_WHY);
    if (p == NULL) {
        return NGX_DONE;
    }

    why = &ctx->signature->why;
    why->data = p;

    va_start(args, fmt);
    p = ngx_vslprintf(p, p + NGX_HTTP_WSGW_SIGNATURE_WHY, fmt, args);
    va_end(args);

    why->len = p - why->data;

    return NGX_DONE;
}
