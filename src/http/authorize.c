
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The authorizer's step of a handshake: is there somebody to ask about, and
 * what of the answer is kept.
 */


#include "http/authorize.h"
#include "event/authorizer.h"
#include "http/refuse.h"
#include "http/tried.h"


static ngx_int_t ngx_http_wsgw_authorize_remember(ngx_pool_t *pool,
    ngx_http_wsgw_ctx_t *ctx, ngx_http_wsgw_authorizer_result_t *result);


ngx_int_t
ngx_http_wsgw_authorize_identify(ngx_http_request_t *r,
    ngx_http_wsgw_authorizer_t *authorizer)
{
    ngx_str_t                  text;
    ngx_uint_t                 i, n;
    ngx_http_complex_value_t  *identity;

    if (authorizer->identities == NULL) {
        return NGX_OK;
    }

    n = authorizer->identities->nelts;
    identity = authorizer->identities->elts;

    for (i = 0; i < n; i++) {

        if (ngx_http_complex_value(r, &identity[i], &text) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (text.len == 0) {
            return ngx_http_wsgw_refuse_because(r,
                        ngx_http_wsgw_refuse_identity, NGX_HTTP_UNAUTHORIZED,
                        "identity \"%V\" of wsgw_authorizer is empty, the "
                        "authorizer is not asked", &identity[i].value);
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_authorize_judge(ngx_http_request_t *r, ngx_http_wsgw_ctx_t *ctx,
    ngx_http_wsgw_invoke_t *inv)
{
    ngx_http_wsgw_event_t              *event;
    ngx_http_wsgw_authorizer_result_t   result;

    event = inv->data;

    ngx_http_wsgw_authorizer(inv, event, &result);

    if (result.status == NGX_HTTP_OK) {
        return ngx_http_wsgw_authorize_remember(r->pool, ctx, &result) == NGX_OK
               ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_wsgw_tried_asked(ctx, event);

    if (event->error) {
        return result.status;
    }

    return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_authorizer,
                                        result.status, "the authorizer "
                                        "refused the handshake, status %ui",
                                        result.status);
}


/* Copies what it said, as the event's pool goes first. */

static ngx_int_t
ngx_http_wsgw_authorize_remember(ngx_pool_t *pool, ngx_http_wsgw_ctx_t *ctx,
    ngx_http_wsgw_authorizer_result_t *result)
{
    ctx->context.len = result->context.len;
    ctx->context.data = ngx_pstrdup(pool, &result->context);

    ctx->usage_key.len = result->usage_key.len;
    ctx->usage_key.data = ngx_pstrdup(pool, &result->usage_key);

    return ctx->context.data && ctx->usage_key.data ? NGX_OK : NGX_ERROR;
}
