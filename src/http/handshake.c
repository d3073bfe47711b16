
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The 101 waits for $connect.  The client's request and $connect's event
 * request know of each other through the handshake; whichever ends first
 * cuts the link: a client that leaves does not stop $connect, and its answer
 * then decides whether a $disconnect is owed.
 */


#include "http/handshake.h"
#include "base/text.h"
#include "base/worker.h"
#include "event/field.h"
#include "event/verdict.h"
#include "flow/disconnect.h"
#include "flow/sweep.h"
#include "http/refuse.h"
#include "http/upgrade.h"
#include "invoke/invoke.h"
#include "invoke/invoke_answer.h"
#include "socket/close.h"
#include "socket/output.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_BACKGROUND_LOOK  10       /* ms */


static ngx_int_t ngx_http_wsgw_handshake_peer(ngx_http_wsgw_handshake_t *hs);
static ngx_http_wsgw_connection_t *ngx_http_wsgw_handshake_let_go(
    ngx_http_wsgw_handshake_t *hs);
static ngx_int_t ngx_http_wsgw_handshake_slot(ngx_http_wsgw_connection_t *wc);
static ngx_int_t ngx_http_wsgw_handshake_connect(
    ngx_http_wsgw_handshake_t *hs);
static void ngx_http_wsgw_handshake_connected(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_handshake_result(ngx_http_wsgw_handshake_t *hs,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);
static ngx_uint_t ngx_http_wsgw_handshake_subprotocol(
    ngx_http_wsgw_handshake_t *hs, ngx_str_t *value);
static void ngx_http_wsgw_handshake_abandon(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_handshake_free(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_handshake_cleanup(void *data);
static void ngx_http_wsgw_handshake_watch(ngx_http_request_t *r);
static void ngx_http_wsgw_handshake_decided(ngx_event_t *ev);


ngx_int_t
ngx_http_wsgw_handshake_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc, status;
    ngx_http_cleanup_t         *cln;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_main_conf_t  *wmcf;
    ngx_http_wsgw_handshake_t  *hs;

    if (r != r->main || ngx_http_wsgw_invoke_answer_of(r)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a stage cannot be an integration or a subrequest");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a proxy in front may believe in an upgrade that is refused, and pass on
       what the client sends: nothing behind a handshake is HTTP */

    r->keepalive = 0;

    ngx_http_wsgw_field_unsteer(r);

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    hs = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_handshake_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (hs == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* before the body is discarded, and its length with it */

    status = ngx_http_wsgw_request_check(r, &hs->client);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (status != NGX_OK) {
        return ngx_http_wsgw_refuse(r, status);
    }

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wsgw_module);

    if (ngx_http_wsgw_worker.memory > wmcf->worker_memory) {
        status = ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_memory,
                     NGX_HTTP_SERVICE_UNAVAILABLE, "worker keeps %uz bytes "
                     "for its clients, more than wsgw_worker_memory",
                     ngx_http_wsgw_worker.memory);

        return ngx_http_wsgw_refuse(r, status);
    }

    if (ngx_http_wsgw_worker_init(r->connection->log) != NGX_OK
        || ngx_http_wsgw_sweep_start(wlcf->api_zone, r->connection->log)
           != NGX_OK)
    {
        status = ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_zone,
                     NGX_HTTP_SERVICE_UNAVAILABLE, "wsgw zone \"%V\" cannot "
                     "be used by this worker now",
                     &wlcf->api_zone->name);

        return ngx_http_wsgw_refuse(r, status);
    }

    hs->request = r;
    hs->decided.handler = ngx_http_wsgw_handshake_decided;
    hs->decided.data = hs;
    hs->decided.log = r->connection->log;

    rc = ngx_http_wsgw_handshake_peer(hs);

    if (rc != NGX_OK) {
        return ngx_http_wsgw_refuse(r, rc);
    }

    cln->handler = ngx_http_wsgw_handshake_cleanup;
    cln->data = hs;

    ngx_http_set_ctx(r, hs, ngx_http_wsgw_module);

    r->main->count++;
    r->read_event_handler = ngx_http_wsgw_handshake_watch;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->read->pending_eof) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }

    if (wlcf->connect == NULL) {
        hs->status = NGX_HTTP_SWITCHING_PROTOCOLS;
        ngx_post_event(&hs->decided, &ngx_posted_events);

    } else if (ngx_http_wsgw_handshake_connect(hs) != NGX_OK) {
        ngx_http_wsgw_handshake_free(ngx_http_wsgw_handshake_let_go(hs));
        hs->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_post_event(&hs->decided, &ngx_posted_events);
    }

    return NGX_DONE;
}


/* NGX_OK, or the status to refuse it with */

static ngx_int_t
ngx_http_wsgw_handshake_peer(ngx_http_wsgw_handshake_t *hs)
{
    ngx_int_t                    rc;
    ngx_str_t                    texts[ngx_http_wsgw_text_last];
    ngx_http_request_t          *r;
    ngx_http_wsgw_loc_conf_t    *wlcf;
    ngx_http_wsgw_connection_t  *wc;

    r = hs->request;
    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    /* before the request and what realip put into it are gone */

    rc = ngx_http_wsgw_request_texts(r, texts);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_connection_local_sockaddr(r->connection, NULL, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wc = ngx_http_wsgw_client_create(r->connection, wlcf, texts,
                                     r->connection->log);
    if (wc == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_wsgw_handshake_slot(wc);

    if (rc != NGX_OK) {
        ngx_http_wsgw_client_release(wc);
        return rc == NGX_DECLINED ? NGX_HTTP_SERVICE_UNAVAILABLE
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hs->ctx.wc = wc;
    hs->holds = 1;

    return NGX_OK;
}


/* the caller cares for the connection from here on */

static ngx_http_wsgw_connection_t *
ngx_http_wsgw_handshake_let_go(ngx_http_wsgw_handshake_t *hs)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = hs->ctx.wc;
    hs->ctx.wc = NULL;
    hs->holds = 0;

    return wc;
}


static ngx_int_t
ngx_http_wsgw_handshake_slot(ngx_http_wsgw_connection_t *wc)
{
    u_char                    *record;
    size_t                     len;
    uint64_t                   due;
    ngx_int_t                  rc;
    wsgw_id_t                  id;
    ngx_time_t                *tp;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;
    tp = ngx_timeofday();

    wc->connected_at = (uint64_t) tp->sec * 1000 + tp->msec;

    /* until then $connect may be on its way, even if we die */

    due = ngx_current_msec;

    if (wlcf->connect) {
        due += wlcf->connect->timeout ? wlcf->connect->timeout
                                      : wlcf->disconnect_max_age;
    }

    record = NULL;
    len = 0;

    if (wlcf->disconnect) {
        record = ngx_http_wsgw_worker.recv_buffer;
        len = ngx_http_wsgw_client_record(wc, record, NGX_HTTP_WSGW_READ_SIZE);
    }

    rc = ngx_http_wsgw_slot_take(wlcf->api_zone, &id, wlcf->api,
                                 wc->connected_at, due, record, len);
    if (rc != NGX_OK) {
        return rc;
    }

    wc->instance = id.instance;
    wc->slot = id.slot;
    wc->secret = id.secret;
    wc->zone->local[wc->slot] = wc;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_handshake_connect(ngx_http_wsgw_handshake_t *hs)
{
    ngx_http_wsgw_event_t        what;
    ngx_http_wsgw_connection_t  *wc;

    wc = hs->ctx.wc;

    ngx_memzero(&what, sizeof(ngx_http_wsgw_event_t));

    what.type = NGX_HTTP_WSGW_CONNECT;
    what.handshake = hs->request;
    what.pending = &hs->connect;
    what.data = hs;

    return ngx_http_wsgw_event_send(wc, wc->wlcf->connect, &what,
                                    ngx_http_wsgw_handshake_connected);
}


static void
ngx_http_wsgw_handshake_connected(ngx_http_wsgw_invoke_t *inv)
{
    ngx_http_wsgw_event_t      *event;
    ngx_http_wsgw_result_t      result;
    ngx_http_wsgw_handshake_t  *hs;

    event = inv->data;
    hs = event->data;

    ngx_http_wsgw_verdict(inv, event, &result);

    if (hs == NULL) {
        ngx_http_wsgw_handshake_abandon(inv->wc, &result);
        return;
    }

    hs->connect = NULL;
    hs->ctx.status = event->status;
    hs->ctx.error = event->error;

    ngx_http_wsgw_handshake_result(hs, event, &result);

    if (hs->status != NGX_HTTP_SWITCHING_PROTOCOLS) {
        ngx_http_wsgw_handshake_abandon(ngx_http_wsgw_handshake_let_go(hs),
                                        &result);
    }

    ngx_post_event(&hs->decided, &ngx_posted_events);
}


/* copies what the client will get: inv's pool goes first */

static void
ngx_http_wsgw_handshake_result(ngx_http_wsgw_handshake_t *hs,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    u_char       frame[NGX_HTTP_WSGW_ERROR_FRAME_LEN];
    ngx_pool_t  *pool;

    pool = hs->request->pool;
    hs->status = result->status;
    result->subprotocol = ngx_http_wsgw_field_trim(result->subprotocol);

    if (hs->status != NGX_HTTP_SWITCHING_PROTOCOLS && event->error == NULL) {
        (void) ngx_http_wsgw_refuse_because(hs->request,
                   ngx_http_wsgw_refuse_connect, NGX_OK,
                   "$connect refused the handshake, status %ui",
                   hs->status);
    }

    if (hs->status == NGX_HTTP_SWITCHING_PROTOCOLS
        && result->subprotocol.len
        && !ngx_http_wsgw_handshake_subprotocol(hs, &result->subprotocol))
    {
        if (ngx_http_wsgw_text_as_line(pool, &result->subprotocol) != NGX_OK)
        {
            result->subprotocol.len = 0;
        }

        ngx_log_error(NGX_LOG_ERR, hs->request->connection->log, 0,
                      "$connect chose a subprotocol that the client did not "
                      "offer: \"%V\"", &result->subprotocol);

        hs->status = NGX_HTTP_BAD_GATEWAY;
        result->unknown = 1;
    }

    /* the gateway's own refusals look like its error frames */

    if (hs->status != NGX_HTTP_SWITCHING_PROTOCOLS && result->body.len == 0) {
        result->body.data = frame;
        result->body.len = ngx_http_wsgw_event_error(frame,
                                 ngx_http_wsgw_refuse_message(hs->status),
                                 event->wc, event->id);
        ngx_str_set(&result->content_type, "application/json");
    }

    hs->subprotocol.data = ngx_pstrdup(pool, &result->subprotocol);
    hs->subprotocol.len = result->subprotocol.len;
    hs->body.data = ngx_pstrdup(pool, &result->body);
    hs->body.len = result->body.len;
    hs->content_type.data = ngx_pstrdup(pool, &result->content_type);
    hs->content_type.len = result->content_type.len;

    if (hs->subprotocol.data == NULL || hs->body.data == NULL
        || hs->content_type.data == NULL)
    {
        ngx_str_null(&hs->body);
        hs->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        result->unknown = 1;
        return;
    }

    ngx_http_wsgw_text_line(hs->content_type.data, hs->content_type.data,
                            hs->content_type.len);
}


static ngx_uint_t
ngx_http_wsgw_handshake_subprotocol(ngx_http_wsgw_handshake_t *hs,
    ngx_str_t *value)
{
    return ngx_http_wsgw_request_token(value)
           && ngx_http_wsgw_request_lists(hs->request,
                                          "sec-websocket-protocol", value);
}


/* no connection comes of it, yet the backend may believe in one */

static void
ngx_http_wsgw_handshake_abandon(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_result_t *result)
{
    ngx_str_t  reason;

    wc->state = ngx_http_wsgw_closed;
    ngx_http_wsgw_output_discard(wc);

    if (result->status == NGX_HTTP_SWITCHING_PROTOCOLS || result->unknown) {
        ngx_str_set(&reason, "");
        ngx_http_wsgw_close_end(wc, NGX_HTTP_WSGW_CLOSE_ABNORMAL,
                                &reason);
        ngx_http_wsgw_disconnect(wc);
        ngx_http_wsgw_client_release(wc);
        return;
    }

    ngx_http_wsgw_handshake_free(wc);
}


/* it never was */

static void
ngx_http_wsgw_handshake_free(ngx_http_wsgw_connection_t *wc)
{
    wc->state = ngx_http_wsgw_closed;
    wc->zone->local[wc->slot] = NULL;

    ngx_http_wsgw_slot_free(wc->zone, wc->slot);
    ngx_http_wsgw_output_discard(wc);
    ngx_http_wsgw_client_release(wc);
}


/* the client's request ends, for whatever reason, before it was upgraded */

static void
ngx_http_wsgw_handshake_cleanup(void *data)
{
    ngx_http_wsgw_handshake_t  *hs = data;

    ngx_http_wsgw_event_t       *event;
    ngx_http_wsgw_result_t       result;
    ngx_http_wsgw_connection_t  *wc;

    if (hs->decided.posted) {
        ngx_delete_posted_event(&hs->decided);
    }

    if (hs->decided.timer_set) {
        ngx_del_timer(&hs->decided);
    }

    if (!hs->holds) {
        return;
    }

    wc = ngx_http_wsgw_handshake_let_go(hs);

    if (hs->connect) {

        /* its answer will find nobody; it need not be asked any more */

        event = hs->connect->data;
        event->data = NULL;

        ngx_http_wsgw_invoke_cancel(hs->connect);
        return;
    }

    ngx_memzero(&result, sizeof(ngx_http_wsgw_result_t));
    result.status = hs->status;

    ngx_http_wsgw_handshake_abandon(wc, &result);
}


/* while $connect is pending: bytes may wait, but an end is noticed */

static void
ngx_http_wsgw_handshake_watch(ngx_http_request_t *r)
{
    int                n;
    char               buf[1];
    ngx_err_t          err;
    ngx_connection_t  *c;

    c = r->connection;

    if (!c->read->pending_eof && !c->read->eof && !c->read->error) {

        n = recv(c->fd, buf, 1, MSG_PEEK);
        err = ngx_socket_errno;

        if (n > 0 || (n == -1 && err == NGX_EAGAIN)) {
            return;
        }
    }

    c->error = 1;

    ngx_log_error(NGX_LOG_INFO, c->log, 0,
                  "client closed connection while $connect was pending");

    ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
}


static void
ngx_http_wsgw_handshake_decided(ngx_event_t *ev)
{
    ngx_int_t                   rc;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_wsgw_handshake_t  *hs;

    hs = ev->data;
    r = hs->request;
    c = r->connection;

    /* a subrequest in the background, of mirror, needs the request that an
       upgrade frees; its end tells nobody, and may not come */

    if (hs->status == NGX_HTTP_SWITCHING_PROTOCOLS && r->count > 1) {

        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        if (hs->looks++ < clcf->send_timeout / NGX_HTTP_WSGW_BACKGROUND_LOOK)
        {
            ngx_add_timer(ev, NGX_HTTP_WSGW_BACKGROUND_LOOK);
            return;
        }

        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "\"mirror\" holds the 101 back for longer than "
                      "\"send_timeout\"");

        ngx_http_finalize_request(r, NGX_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;

    if (hs->status == NGX_HTTP_SWITCHING_PROTOCOLS) {

        /* the request may be gone then, and with it c->data */

        ngx_http_wsgw_upgrade(hs);
        return;
    }

    if (hs->body.len) {
        rc = ngx_http_wsgw_refuse_with(r, hs->status, &hs->content_type,
                                            &hs->body);
    } else {
        rc = ngx_http_wsgw_refuse(r, hs->status);
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}
