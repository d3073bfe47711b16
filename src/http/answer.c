
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Answers of @connections: SDKs recognise an error by x-amzn-ErrorType and
 * fail on HTML, so a filter replaces the body of every error in a management
 * location by AWS's, also where nginx or another module made it.  In a stage
 * and in wsgw_status it does so with the pages of nginx's own, and answers in
 * all three places have a reason phrase.
 */


#include "http/answer.h"
#include "base/random.h"
#include "base/text.h"
#include "base/writer.h"
#include "event/field.h"
#include "http/describe.h"
#include "http/header.h"
#include "http/refuse.h"
#include "http/status.h"
#include "http/tried.h"
#include "pure/phrase.h"


#define NGX_HTTP_WSGW_ANSWER_JSON  256      /* bytes, to begin with */
#define NGX_HTTP_WSGW_GONE         410      /* nginx has no name for it */


/* how a push is answered */

typedef struct {
    ngx_uint_t                     status;
    const char                    *word;        /* $wsgw_push_result */
    ngx_str_t                      message;     /* empty: the status's own */
} ngx_http_wsgw_answer_push_t;


typedef struct {
    ngx_uint_t                     status;      /* 0: any other */
    ngx_str_t                      type;
    ngx_str_t                      message;     /* empty: no body */
} ngx_http_wsgw_answer_error_t;


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t ngx_http_wsgw_answer_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_answer_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_http_wsgw_apart ngx_int_t ngx_http_wsgw_answer_header(
    ngx_http_request_t *r, ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_http_wsgw_apart ngx_int_t ngx_http_wsgw_answer_replace(
    ngx_http_request_t *r, ngx_http_wsgw_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_wsgw_answer_phrase(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_answer_page(ngx_http_request_t *r,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_answer_management(ngx_http_request_t *r);
static void *ngx_http_wsgw_answer_ctx(ngx_http_request_t *r, size_t size);
static ngx_http_wsgw_answer_error_t *ngx_http_wsgw_answer_error(
    ngx_uint_t status);
static ngx_int_t ngx_http_wsgw_answer_ids(ngx_http_request_t *r);
static void ngx_http_wsgw_answer_uuid(u_char *dst, uint64_t random[2]);
static ngx_int_t ngx_http_wsgw_answer_body(ngx_http_request_t *r,
    ngx_str_t *message, ngx_str_t *body);
static void ngx_http_wsgw_answer_entity(ngx_http_request_t *r, ngx_str_t *type,
    ngx_str_t *body);


/* a push that was carried out, by its verb */

static const ngx_http_wsgw_answer_push_t  ngx_http_wsgw_answer_verbs[] = {
    [WSGW_VERB_SEND] = { NGX_HTTP_OK, "sent", ngx_null_string },
    [WSGW_VERB_DESCRIBE] = { NGX_HTTP_OK, "described", ngx_null_string },
    [WSGW_VERB_CLOSE] = { NGX_HTTP_NO_CONTENT, "closed", ngx_null_string },
    [WSGW_VERB_JOIN] = { NGX_HTTP_NO_CONTENT, "joined", ngx_null_string },
    [WSGW_VERB_LEAVE] = { NGX_HTTP_NO_CONTENT, "left", ngx_null_string }
};


/* any other, by its outcome */

#define ngx_http_wsgw_answer_unsure(word)                                     \
    { NGX_HTTP_SERVICE_UNAVAILABLE, word, ngx_null_string }

static const ngx_http_wsgw_answer_push_t  ngx_http_wsgw_answer_outcomes[] = {
    [WSGW_OUTCOME_NOT_TEXT] = { NGX_HTTP_BAD_REQUEST, "bad_request",
                                ngx_string("Data is not UTF-8") },
    [WSGW_OUTCOME_FORBIDDEN] = { NGX_HTTP_FORBIDDEN, "forbidden",
                                 ngx_null_string },
    [WSGW_OUTCOME_GONE] = { NGX_HTTP_WSGW_GONE, "gone", ngx_null_string },
    [WSGW_OUTCOME_TOO_LARGE] = { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                 "too_large", ngx_null_string },
    [WSGW_OUTCOME_FULL] = { NGX_HTTP_TOO_MANY_REQUESTS, "full",
                            ngx_null_string },
    [WSGW_OUTCOME_LIMIT] = { NGX_HTTP_CONFLICT, "limit",
                             ngx_string("Too many groups") },
    [WSGW_OUTCOME_UNKNOWN] = ngx_http_wsgw_answer_unsure("unavailable"),
    [WSGW_OUTCOME_NOBODY] = ngx_http_wsgw_answer_unsure("nobody"),
    [WSGW_OUTCOME_SUSPECT] = ngx_http_wsgw_answer_unsure("suspect"),
    [WSGW_OUTCOME_TIMEOUT] = ngx_http_wsgw_answer_unsure("timeout")
};


static ngx_http_wsgw_answer_error_t  ngx_http_wsgw_answer_errors[] = {

    { NGX_HTTP_UNAUTHORIZED, ngx_string("UnauthorizedException"),
      ngx_string("Unauthorized") },

    { NGX_HTTP_FORBIDDEN, ngx_string("ForbiddenException"),
      ngx_string("Forbidden") },

    { NGX_HTTP_NOT_FOUND, ngx_string("NotFoundException"),
      ngx_string("Not Found") },

    { NGX_HTTP_NOT_ALLOWED, ngx_string("MethodNotAllowedException"),
      ngx_string("Method Not Allowed") },

    { NGX_HTTP_REQUEST_TIME_OUT, ngx_string("RequestTimeoutException"),
      ngx_string("Request Timeout") },

    { NGX_HTTP_CONFLICT, ngx_string("LimitExceededException"),
      ngx_string("Too many groups") },

    { NGX_HTTP_WSGW_GONE, ngx_string("GoneException"), ngx_null_string },

    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
      ngx_string("PayloadTooLargeException"),
      ngx_string("Payload Too Large") },

    { NGX_HTTP_TOO_MANY_REQUESTS, ngx_string("LimitExceededException"),
      ngx_string("Too Many Requests") },

    { NGX_HTTP_SERVICE_UNAVAILABLE, ngx_string("InternalServerErrorException"),
      ngx_string("Service Unavailable") },

    { 0, ngx_null_string, ngx_null_string }
};


/* what AWS tells of a signature, by the verdict */

static const ngx_http_wsgw_answer_error_t  ngx_http_wsgw_answer_signatures[] = {
    [ngx_http_wsgw_signature_missing] =
        { NGX_HTTP_FORBIDDEN,
          ngx_string("MissingAuthenticationTokenException"),
          ngx_string("Missing Authentication Token") },

    [ngx_http_wsgw_signature_incomplete] =
        { NGX_HTTP_FORBIDDEN, ngx_string("IncompleteSignatureException"),
          ngx_string("The request signature does not conform to AWS "
                     "standards.") },

    [ngx_http_wsgw_signature_unknown] =
        { NGX_HTTP_FORBIDDEN, ngx_string("UnrecognizedClientException"),
          ngx_string("The security token included in the request is "
                     "invalid.") },

    [ngx_http_wsgw_signature_wrong] =
        { NGX_HTTP_FORBIDDEN, ngx_string("InvalidSignatureException"),
          ngx_string("The request signature we calculated does not match the "
                     "signature you provided. Check your AWS Secret Access "
                     "Key and signing method. Consult the service "
                     "documentation for details.") }
};


static ngx_http_wsgw_answer_error_t  ngx_http_wsgw_answer_client_error = {
    0, ngx_string("BadRequestException"), ngx_string("Bad Request")
};


static ngx_http_wsgw_answer_error_t  ngx_http_wsgw_answer_server_error = {
    0, ngx_string("InternalServerErrorException"),
    ngx_string("Internal server error")
};


ngx_int_t
ngx_http_wsgw_answer(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *ctx)
{
    ngx_http_wsgw_push_t               *push;
    const ngx_http_wsgw_answer_push_t  *answer;

    push = &ctx->push;

    if (push->outcome != WSGW_OUTCOME_OK) {
        return ngx_http_wsgw_answer_refuse(ctx, push->outcome);
    }

    answer = &ngx_http_wsgw_answer_verbs[push->verb];
    ctx->ctx.push_result = answer->word;

    if (push->verb == WSGW_VERB_DESCRIBE) {
        return ctx->target.kind == ngx_http_wsgw_target_groups
               ? ngx_http_wsgw_describe_groups(r, push)
               : ngx_http_wsgw_describe(r, push);
    }

    return ngx_http_wsgw_answer_empty(r, answer->status);
}


ngx_int_t
ngx_http_wsgw_answer_refuse(ngx_http_wsgw_call_t *ctx,
    wsgw_outcome_t outcome)
{
    const ngx_http_wsgw_answer_push_t  *answer;

    answer = &ngx_http_wsgw_answer_outcomes[outcome];

    ctx->ctx.push_result = answer->word;
    ctx->message = answer->message;

    return (ngx_int_t) answer->status;
}


ngx_int_t
ngx_http_wsgw_answer_unsigned(ngx_http_wsgw_call_t *ctx,
    ngx_http_wsgw_signature_e verdict)
{
    ctx->ctx.push_result = "forbidden";
    ctx->type = ngx_http_wsgw_answer_signatures[verdict].type;
    ctx->message = ngx_http_wsgw_answer_signatures[verdict].message;

    return NGX_HTTP_FORBIDDEN;
}


ngx_int_t
ngx_http_wsgw_answer_empty(ngx_http_request_t *r, ngx_uint_t status)
{
    r->headers_out.status = status;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


void
ngx_http_wsgw_answer_init(ngx_conf_t *cf)
{
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (wmcf->stages.nelts == 0 && wmcf->managements.nelts == 0
        && wmcf->statuses.nelts == 0)
    {
        return;
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_wsgw_answer_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_wsgw_answer_body_filter;
}


static ngx_int_t
ngx_http_wsgw_answer_header_filter(ngx_http_request_t *r)
{
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->api_zone == NULL && wlcf->management_zone == NULL
        && wlcf->status == NULL)
    {
        return ngx_http_next_header_filter(r);
    }

    return ngx_http_wsgw_answer_header(r, wlcf);
}


static ngx_int_t
ngx_http_wsgw_answer_header(ngx_http_request_t *r,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_int_t  rc;

    rc = ngx_http_wsgw_answer_phrase(r);

    if (rc == NGX_OK && r == r->main) {
        rc = wlcf->management_zone ? ngx_http_wsgw_answer_management(r)
                                   : ngx_http_wsgw_answer_page(r, wlcf);
    }

    return rc == NGX_OK ? ngx_http_next_header_filter(r) : NGX_ERROR;
}


/*
 * nginx tells by err_status that it makes a page: for "deny" and the other
 * modules before our handler, for what fails behind it.  Our own refusals have
 * none, and neither has a "return" with a text.
 */

static ngx_int_t
ngx_http_wsgw_answer_page(ngx_http_request_t *r,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_int_t             rc;
    ngx_str_t             type;
    ngx_http_wsgw_ctx_t  *ctx;

    if (r->err_status < NGX_HTTP_BAD_REQUEST) {
        return NGX_OK;
    }

    ctx = ngx_http_wsgw_answer_ctx(r, sizeof(ngx_http_wsgw_ctx_t));
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = wlcf->status ? ngx_http_wsgw_status_page(r, &type, &ctx->body)
                      : ngx_http_wsgw_refuse_page(r, ctx, &type);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->replace = 1;
    ngx_http_wsgw_answer_entity(r, &type, &ctx->body);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_answer_management(ngx_http_request_t *r)
{
    ngx_str_t                        retry = ngx_string("1");
    ngx_str_t                        json = ngx_string("application/json");
    ngx_uint_t                       status;
    ngx_http_wsgw_answer_error_t    *error;
    ngx_http_wsgw_call_t            *ctx;

    if (ngx_http_wsgw_answer_ids(r) != NGX_OK) {
        return NGX_ERROR;
    }

    status = r->headers_out.status;

    ngx_http_wsgw_tried_push(r, status);

    if (status < NGX_HTTP_SPECIAL_RESPONSE) {
        return NGX_OK;
    }

    ctx = ngx_http_wsgw_answer_ctx(r, sizeof(ngx_http_wsgw_call_t));
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (status >= NGX_HTTP_BAD_REQUEST) {
        error = ngx_http_wsgw_answer_error(status);

        if (ctx->message.len == 0) {
            ctx->message = error->message;
        }

        if (ctx->type.len == 0) {
            ctx->type = error->type;
        }

        if (ngx_http_wsgw_header_add(r, "x-amzn-ErrorType", &ctx->type)
            != NGX_OK
            || ngx_http_wsgw_answer_body(r, &ctx->message, &ctx->ctx.body)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if ((status == NGX_HTTP_SERVICE_UNAVAILABLE
         || status == NGX_HTTP_TOO_MANY_REQUESTS)
        && ngx_http_wsgw_header_add(r, "Retry-After", &retry) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* another module may have made it before the handler ran */

    ngx_http_wsgw_field_unsteer(r);

    ctx->ctx.replace = 1;
    ngx_http_wsgw_answer_entity(r, &json, &ctx->ctx.body);

    return NGX_OK;
}


/* what was to be sent counts as sent */

static ngx_int_t
ngx_http_wsgw_answer_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_wsgw_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (ctx == NULL || in == NULL || !ctx->replace) {
        return ngx_http_next_body_filter(r, in);
    }

    return ngx_http_wsgw_answer_replace(r, ctx, in);
}


static ngx_int_t
ngx_http_wsgw_answer_replace(ngx_http_request_t *r, ngx_http_wsgw_ctx_t *ctx,
    ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl, out;

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    if (ctx->replaced) {
        return ngx_http_next_body_filter(r, NULL);
    }

    ctx->replaced = 1;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->body.data;
    b->last = ctx->body.data + ctx->body.len;
    b->memory = (ctx->body.len != 0);
    b->last_buf = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


/*
 * nginx leaves some phrases out, the 101's among them.  What it answers to a
 * success or a 304 follows from its own status line, so these are left to it.
 */

static ngx_int_t
ngx_http_wsgw_answer_phrase(ngx_http_request_t *r)
{
    u_char      *p;
    ngx_str_t   *line;
    ngx_uint_t   status;
    const char  *phrase;

    status = r->headers_out.status;
    line = &r->headers_out.status_line;

    if (line->len
        || status == NGX_HTTP_NOT_MODIFIED
        || (status >= NGX_HTTP_OK && status < NGX_HTTP_SPECIAL_RESPONSE))
    {
        return NGX_OK;
    }

    phrase = wsgw_phrase(status);

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN + 1 + ngx_strlen(phrase));
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->data = p;
    line->len = ngx_sprintf(p, "%03ui %s", status, phrase) - p;

    return NGX_OK;
}


/* the one that there is, which is as large, or a new one */

static void *
ngx_http_wsgw_answer_ctx(ngx_http_request_t *r, size_t size)
{
    void  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, size);

        if (ctx) {
            ngx_http_set_ctx(r, ctx, ngx_http_wsgw_module);
        }
    }

    return ctx;
}


static ngx_http_wsgw_answer_error_t *
ngx_http_wsgw_answer_error(ngx_uint_t status)
{
    ngx_http_wsgw_answer_error_t  *error;

    for (error = ngx_http_wsgw_answer_errors; error->status; error++) {
        if (error->status == status) {
            return error;
        }
    }

    return status < NGX_HTTP_INTERNAL_SERVER_ERROR
           ? &ngx_http_wsgw_answer_client_error
           : &ngx_http_wsgw_answer_server_error;
}


/* names of the call, for support and logs: a UUID and one in our ids' form */

static ngx_int_t
ngx_http_wsgw_answer_ids(ngx_http_request_t *r)
{
    u_char      *p;
    uint64_t     random[2];
    ngx_str_t    uuid, id;
    wsgw_id_t    bits;

    uuid.len = sizeof("01234567-0123-4123-8123-0123456789ab") - 1;
    id.len = WSGW_ID_LEN;

    p = ngx_pnalloc(r->pool, uuid.len + id.len);

    if (p == NULL
        || ngx_http_wsgw_random(&random[0]) != NGX_OK
        || ngx_http_wsgw_random(&random[1]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    uuid.data = p;
    id.data = p + uuid.len;

    bits.number = (uint32_t) random[0];
    bits.slot = (uint32_t) (random[0] >> 32);
    bits.secret = random[1];

    wsgw_id_encode(id.data, &bits);

    ngx_http_wsgw_answer_uuid(uuid.data, random);

    if (ngx_http_wsgw_header_add(r, "x-amzn-RequestId", &uuid) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_header_add(r, "x-amz-apigw-id", &id);
}


/* RFC 9562, 5.4: version 4, variant 10; the rest is random */

static void
ngx_http_wsgw_answer_uuid(u_char *dst, uint64_t random[2])
{
    u_char  *p, *bytes, digits[32];

    bytes = (u_char *) random;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;

    p = ngx_http_wsgw_text_hex_bytes(digits, random[0]);
    ngx_http_wsgw_text_hex_bytes(p, random[1]);

    p = ngx_cpymem(dst, digits, 8);
    *p++ = '-';
    p = ngx_cpymem(p, digits + 8, 4);
    *p++ = '-';
    p = ngx_cpymem(p, digits + 12, 4);
    *p++ = '-';
    p = ngx_cpymem(p, digits + 16, 4);
    *p++ = '-';
    ngx_memcpy(p, digits + 20, 12);
}


static ngx_int_t
ngx_http_wsgw_answer_body(ngx_http_request_t *r, ngx_str_t *message,
    ngx_str_t *body)
{
    ngx_http_wsgw_writer_t  w;

    if (message->len == 0) {
        return NGX_OK;
    }

    ngx_http_wsgw_writer_init(&w, r->pool, NGX_HTTP_WSGW_ANSWER_JSON);

    ngx_http_wsgw_json_literal(&w, "{\"message\":");
    ngx_http_wsgw_writer_string(&w, message->data, message->len);
    ngx_http_wsgw_json_literal(&w, "}");

    return ngx_http_wsgw_writer_text(&w, body);
}


/* nothing that was said of the replaced body holds any more */

static void
ngx_http_wsgw_answer_entity(ngx_http_request_t *r, ngx_str_t *type,
    ngx_str_t *body)
{
    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    if (r->headers_out.content_encoding) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    r->headers_out.content_length_n = body->len;

    ngx_str_null(&r->headers_out.content_type);
    ngx_str_null(&r->headers_out.charset);

    if (body->len) {
        r->headers_out.content_type = *type;
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
}
