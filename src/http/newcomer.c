
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The connection that a handshake makes, and what the zone keeps of it.
 */


#include "http/newcomer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/worker.h"
#include "event/orders.h"
#include "flow/sweep.h"
#include "http/refuse.h"
#include "http/signature.h"
#include "http/texts.h"
#include "socket/client.h"
#include "zone/slot.h"
#include "zone/tally.h"


static ngx_int_t ngx_http_wsgw_newcomer_signed(ngx_http_request_t *r,
    ngx_str_t *access_key);
static ngx_int_t ngx_http_wsgw_newcomer_take_slot(
    ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_newcomer_renew(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx, ngx_str_t texts[ngx_http_wsgw_text_last]);
static ngx_int_t ngx_http_wsgw_newcomer_count(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc, ngx_http_wsgw_limit_t *limit,
    uint32_t *tally);


ngx_int_t
ngx_http_wsgw_newcomer_room(ngx_http_request_t *r)
{
    ngx_http_wsgw_loc_conf_t  *wlcf;

    if (ngx_http_wsgw_memory_is_full()) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_memory,
                     NGX_HTTP_SERVICE_UNAVAILABLE, "worker keeps %uz bytes "
                     "for its clients, more than wsgw_worker_memory",
                     ngx_http_wsgw_worker.memory);
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (ngx_http_wsgw_worker_init(r->connection->log) != NGX_OK
        || ngx_http_wsgw_sweep_join(wlcf->api_zone, r->connection->log)
           != NGX_OK)
    {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_zone,
                     NGX_HTTP_SERVICE_UNAVAILABLE, "wsgw zone \"%V\" cannot "
                     "be used by this worker now",
                     &wlcf->api_zone->name);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_newcomer_slot(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t **wcp)
{
    ngx_int_t                    rc;
    ngx_str_t                    access_key, texts[ngx_http_wsgw_text_last];
    ngx_http_wsgw_loc_conf_t    *wlcf;
    ngx_http_wsgw_connection_t  *wc;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    rc = ngx_http_wsgw_newcomer_signed(r, &access_key);

    if (rc != NGX_OK) {
        return rc;
    }

    /* the request and what realip put into it will be gone */

    rc = ngx_http_wsgw_texts(r, texts);

    if (rc != NGX_OK) {
        return rc;
    }

    texts[ngx_http_wsgw_text_access_key] = access_key;

    if (ngx_connection_local_sockaddr(r->connection, NULL, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wc = ngx_http_wsgw_client_create(r->connection, wlcf, texts,
                                     r->connection->log);
    if (wc == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_wsgw_newcomer_take_slot(wc);

    if (rc != NGX_OK) {
        ngx_http_wsgw_client_release(wc);
        return rc == NGX_DECLINED ? NGX_HTTP_SERVICE_UNAVAILABLE
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "wsgw handshake slot:%uD", wc->slot);

    *wcp = wc;

    return NGX_OK;
}


/* who has signed, if somebody has to: what AWS calls AWS_IAM */

static ngx_int_t
ngx_http_wsgw_newcomer_signed(ngx_http_request_t *r, ngx_str_t *access_key)
{
    ngx_str_t                   body = ngx_string("");
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_signature_t   signature;

    ngx_str_null(access_key);

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->keys == NULL) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_signature(r, &body, 1, &signature) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (signature.verdict != ngx_http_wsgw_signature_right) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_signature,
                    NGX_HTTP_FORBIDDEN, "handshake is not signed as "
                    "wsgw_sigv4 wants it: %V", &signature.why);
    }

    *access_key = signature.key;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_newcomer_take_slot(ngx_http_wsgw_connection_t *wc)
{
    ngx_int_t  rc;
    wsgw_id_t  id;

    wc->connected_at = ngx_http_wsgw_clock();

    rc = ngx_http_wsgw_slot_take(wc->zone, &id, wc->wlcf->api,
                                 wc->connected_at);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_http_wsgw_client_identify(wc, &id);
    wc->zone->local[wc->slot] = wc;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_newcomer_texts(ngx_http_request_t *r, ngx_http_wsgw_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  texts[ngx_http_wsgw_text_last];

    if (ctx->context.len == 0 && ctx->wc->wlcf->context == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_wsgw_texts_authorized(r, ctx, texts);

    if (rc != NGX_OK || texts[ngx_http_wsgw_text_context].len == 0) {
        return rc;
    }

    return ngx_http_wsgw_newcomer_renew(r, ctx, texts);
}


/* The key may depend on the authorizer's context, which is there by now. */

ngx_int_t
ngx_http_wsgw_newcomer_api_key(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  texts[ngx_http_wsgw_text_last];

    if (ctx->wc->wlcf->api_key == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_wsgw_texts_api_key(r, ctx->wc, texts);

    return rc == NGX_OK ? ngx_http_wsgw_newcomer_renew(r, ctx, texts) : rc;
}


static ngx_int_t
ngx_http_wsgw_newcomer_renew(ngx_http_request_t *r, ngx_http_wsgw_ctx_t *ctx,
    ngx_str_t texts[ngx_http_wsgw_text_last])
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_client_renew(r->connection, ctx->wc, texts,
                                    r->connection->log);
    if (wc == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->wc = wc;
    ngx_str_null(&ctx->context);

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_newcomer_limits(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc)
{
    ngx_int_t               rc;
    ngx_uint_t              i;
    ngx_array_t            *limits;
    ngx_http_wsgw_limit_t  *limit;

    limits = wc->wlcf->limits;

    if (limits == NULL) {
        return NGX_OK;
    }

    limit = limits->elts;

    for (i = 0; i < limits->nelts; i++) {
        rc = ngx_http_wsgw_newcomer_count(r, wc, &limit[i],
                               &ngx_http_wsgw_client_tallies(wc)[i]);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/* Keys of two limits are two, even if they have the same text. */

static ngx_int_t
ngx_http_wsgw_newcomer_count(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc, ngx_http_wsgw_limit_t *limit,
    uint32_t *tally)
{
    uint32_t    n;
    uint64_t    hash;
    ngx_str_t   key;

    if (ngx_http_complex_value(r, &limit->key, &key) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (key.len == 0) {
        return NGX_OK;
    }

    hash = wsgw_id_digest(&wc->zone->key, 0, limit->text.data,
                          limit->text.len);
    hash = wsgw_id_digest(&wc->zone->key, hash, key.data, key.len);

    switch (ngx_http_wsgw_tally_raise(wc->zone, hash, limit->limit, &n)) {

    case NGX_OK:
        *tally = n + 1;
        return NGX_OK;

    case NGX_BUSY:
        key = ngx_http_wsgw_refuse_cut(key);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_limit,
                    NGX_HTTP_TOO_MANY_REQUESTS, "key \"%V\" has as many "
                    "connections as it may have; see wsgw_limit_conn %V %ui",
                    &key, &limit->text, limit->limit);

    default: /* NGX_DECLINED, logged */
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }
}


ngx_int_t
ngx_http_wsgw_newcomer_record(ngx_http_wsgw_connection_t *wc)
{
    u_char                    *record;
    size_t                     len;
    uint64_t                   due;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;

    if (wlcf->disconnect == NULL) {
        return NGX_OK;
    }

    /* Until then $connect may be on its way, even if this worker dies. */

    due = ngx_current_msec;

    if (wlcf->connect) {
        due += wlcf->connect->timeout ? wlcf->connect->timeout
                                      : wlcf->disconnect_max_age;
    }

    record = ngx_http_wsgw_worker.recv_buffer;
    len = ngx_http_wsgw_client_record(wc, record, NGX_HTTP_WSGW_READ_SIZE);

    switch (ngx_http_wsgw_slot_record(wc->zone, wc->slot, due, record, len)) {

    case NGX_OK:
        return NGX_OK;

    case NGX_DECLINED:
        return NGX_HTTP_SERVICE_UNAVAILABLE;

    default: /* NGX_ERROR */
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


void
ngx_http_wsgw_newcomer_groups(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc)
{
    ngx_str_t                text;
    ngx_uint_t               i;
    ngx_http_wsgw_joined_t  *joined;

    if (wc->wlcf->groups == NULL) {
        return;
    }

    joined = wc->wlcf->groups->elts;

    for (i = 0; i < wc->wlcf->groups->nelts; i++) {

        if (ngx_http_complex_value(r, &joined[i].value, &text) != NGX_OK) {
            continue;
        }

        if (joined[i].list) {
            ngx_http_wsgw_orders_join_all(wc, &text, r->connection->log);

        } else {
            ngx_http_wsgw_orders_join(wc, &text, r->connection->log);
        }
    }
}
