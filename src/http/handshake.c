
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * From an upgrade request to its answer, step by step.  The client's request
 * and the event request of $connect know each other through the handshake, and
 * whichever ends first cuts the link: a client that leaves does not stop
 * $connect, whose answer then decides whether a $disconnect is owed.
 */


#include "http/handshake.h"
#include "base/text.h"
#include "event/field.h"
#include "event/orders.h"
#include "event/verdict.h"
#include "flow/disconnect.h"
#include "http/authorize.h"
#include "http/newcomer.h"
#include "http/refuse.h"
#include "http/tried.h"
#include "http/upgrade.h"
#include "invoke/invoke.h"
#include "invoke/invoke_answer.h"
#include "socket/close.h"
#include "socket/queue.h"
#include "zone/group.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_BACKGROUND_LOOK  10       /* ms */


static ngx_http_wsgw_handshake_t *ngx_http_wsgw_handshake_create(
    ngx_http_request_t *r);
static void ngx_http_wsgw_handshake_hold(ngx_http_request_t *r);
static void ngx_http_wsgw_handshake_authorize(ngx_http_wsgw_handshake_t *hs);
static void ngx_http_wsgw_handshake_judged(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_handshake_authorized(ngx_http_wsgw_handshake_t *hs);
static void ngx_http_wsgw_handshake_connect(ngx_http_wsgw_handshake_t *hs);
static void ngx_http_wsgw_handshake_connected(ngx_http_wsgw_invoke_t *inv);
static ngx_int_t ngx_http_wsgw_handshake_accept(ngx_http_wsgw_handshake_t *hs,
    ngx_http_wsgw_result_t *result);
static void ngx_http_wsgw_handshake_refusal(ngx_http_wsgw_handshake_t *hs,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result);

static void ngx_http_wsgw_handshake_upgrade(ngx_http_wsgw_handshake_t *hs);
static void ngx_http_wsgw_handshake_refuse(ngx_http_wsgw_handshake_t *hs,
    ngx_uint_t status, ngx_uint_t owed);
static void ngx_http_wsgw_handshake_give_up(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t owed);
static void ngx_http_wsgw_handshake_decided(ngx_event_t *ev);
static ngx_int_t ngx_http_wsgw_handshake_background(
    ngx_http_wsgw_handshake_t *hs);
static void ngx_http_wsgw_handshake_watch(ngx_http_request_t *r);
static void ngx_http_wsgw_handshake_cleanup(void *data);


ngx_int_t
ngx_http_wsgw_handshake_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc, status;
    ngx_http_wsgw_handshake_t  *hs;

    if (r != r->main || r->post_action || ngx_http_wsgw_invoke_answer_of(r)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a stage cannot be an integration, a subrequest or a "
                      "post_action");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hs = ngx_http_wsgw_handshake_create(r);
    if (hs == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the check looks at the body's length, which discarding clears */

    status = ngx_http_wsgw_request_check(r, &hs->client);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (status == NGX_OK) {
        status = ngx_http_wsgw_newcomer_room(r);
    }

    if (status == NGX_OK) {
        status = ngx_http_wsgw_newcomer_slot(r, &hs->ctx.wc);
    }

    if (status != NGX_OK) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "wsgw handshake check: %i", status);

        if (hs->ctx.error == NULL) {
            hs->ctx.error = (status == NGX_HTTP_SERVICE_UNAVAILABLE)
                            ? "zone is full" : "no memory";
        }

        return ngx_http_wsgw_refuse(r, status);
    }

    hs->step = ngx_http_wsgw_step_authorize;

    ngx_http_wsgw_handshake_hold(r);
    ngx_http_wsgw_handshake_authorize(hs);

    return NGX_DONE;
}


static ngx_http_wsgw_handshake_t *
ngx_http_wsgw_handshake_create(ngx_http_request_t *r)
{
    ngx_http_cleanup_t         *cln;
    ngx_http_wsgw_handshake_t  *hs;

    /* A proxy in front may believe in an upgrade that is refused, and pass on
       what the client sends: nothing after a handshake is HTTP. */

    r->keepalive = 0;

    ngx_http_wsgw_field_unsteer(r);

    hs = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_handshake_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (hs == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_wsgw_handshake_cleanup;
    cln->data = hs;

    hs->request = r;
    hs->begun = ngx_current_msec;
    hs->decided.handler = ngx_http_wsgw_handshake_decided;
    hs->decided.data = hs;
    hs->decided.log = r->connection->log;

    ngx_http_set_ctx(r, hs, ngx_http_wsgw_module);

    return hs;
}


/* The request waits from here on, and its client is watched. */

static void
ngx_http_wsgw_handshake_hold(ngx_http_request_t *r)
{
    r->main->count++;
    r->read_event_handler = ngx_http_wsgw_handshake_watch;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->read->pending_eof) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }
}


static void
ngx_http_wsgw_handshake_authorize(ngx_http_wsgw_handshake_t *hs)
{
    ngx_int_t                    rc;
    ngx_http_wsgw_event_t        what;
    ngx_http_wsgw_authorizer_t  *authorizer;

    authorizer = hs->ctx.wc->wlcf->authorizer;

    if (authorizer == NULL) {
        ngx_http_wsgw_handshake_authorized(hs);
        return;
    }

    rc = ngx_http_wsgw_authorize_identify(hs->request, authorizer);

    if (rc != NGX_OK) {
        ngx_http_wsgw_handshake_refuse(hs, rc, 0);
        return;
    }

    ngx_http_wsgw_event_init(&what, NGX_HTTP_WSGW_AUTHORIZE);

    what.handshake = hs->request;
    what.pending = &hs->pending;
    what.data = hs;

    if (ngx_http_wsgw_event_send(hs->ctx.wc, &authorizer->route, &what,
                                 ngx_http_wsgw_handshake_judged)
        != NGX_OK)
    {
        ngx_http_wsgw_handshake_refuse(hs, NGX_HTTP_INTERNAL_SERVER_ERROR, 0);
    }
}


/* done() of the authorizer's event */

static void
ngx_http_wsgw_handshake_judged(ngx_http_wsgw_invoke_t *inv)
{
    ngx_int_t                   rc;
    ngx_http_wsgw_event_t      *event;
    ngx_http_wsgw_handshake_t  *hs;

    event = inv->data;
    hs = event->data;

    if (hs == NULL) {
        return;
    }

    hs->pending = NULL;

    rc = ngx_http_wsgw_authorize_judge(hs->request, &hs->ctx, inv);

    if (rc == NGX_OK) {
        ngx_http_wsgw_handshake_authorized(hs);
        return;
    }

    if (rc == NGX_HTTP_FORBIDDEN) {
        ngx_str_set(&hs->body, "{\"message\":\"User is not authorized to "
                               "access this resource\"}");
        ngx_str_set(&hs->content_type, "application/json");
    }

    ngx_http_wsgw_handshake_refuse(hs, rc, 0);
}


/* The client may come in, if the backend lets it. */

static void
ngx_http_wsgw_handshake_authorized(ngx_http_wsgw_handshake_t *hs)
{
    ngx_int_t  rc;

    rc = ngx_http_wsgw_newcomer_texts(hs->request, &hs->ctx);

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_newcomer_api_key(hs->request, &hs->ctx);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_newcomer_limits(hs->request, hs->ctx.wc);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_newcomer_record(hs->ctx.wc);
    }

    if (rc != NGX_OK) {
        ngx_http_wsgw_handshake_refuse(hs, rc, 0);
        return;
    }

    ngx_http_wsgw_handshake_connect(hs);
}


static void
ngx_http_wsgw_handshake_connect(ngx_http_wsgw_handshake_t *hs)
{
    ngx_http_wsgw_event_t        what;
    ngx_http_wsgw_connection_t  *wc;

    wc = hs->ctx.wc;
    hs->step = ngx_http_wsgw_step_connect;

    if (wc->wlcf->connect == NULL) {
        ngx_http_wsgw_handshake_upgrade(hs);
        return;
    }

    ngx_http_wsgw_event_init(&what, NGX_HTTP_WSGW_CONNECT);

    what.handshake = hs->request;
    what.pending = &hs->pending;
    what.data = hs;

    if (ngx_http_wsgw_event_send(wc, wc->wlcf->connect, &what,
                                 ngx_http_wsgw_handshake_connected)
        != NGX_OK)
    {
        ngx_http_wsgw_handshake_refuse(hs, NGX_HTTP_INTERNAL_SERVER_ERROR, 0);
    }
}


/* done() of $connect */

static void
ngx_http_wsgw_handshake_connected(ngx_http_wsgw_invoke_t *inv)
{
    ngx_uint_t                  owed;
    ngx_http_wsgw_event_t      *event;
    ngx_http_wsgw_result_t     *result;
    ngx_http_wsgw_handshake_t  *hs;

    /* its client has left before it had a turn: nobody was asked */

    if (inv->cancelled) {
        ngx_http_wsgw_handshake_give_up(inv->wc, 0);
        return;
    }

    event = inv->data;
    hs = event->data;
    result = ngx_http_wsgw_verdict(inv, event);

    /* the backend believes in a connection, or may do so */

    owed = (result->status == NGX_HTTP_SWITCHING_PROTOCOLS || result->unknown);

    if (hs == NULL) {
        ngx_http_wsgw_handshake_give_up(inv->wc, owed);
        return;
    }

    hs->pending = NULL;
    ngx_http_wsgw_tried_asked(&hs->ctx, event);

    if (result->status == NGX_HTTP_SWITCHING_PROTOCOLS) {

        if (ngx_http_wsgw_handshake_accept(hs, result) == NGX_OK) {

            if (result->orders) {
                ngx_http_wsgw_orders(inv, event);
            }

            ngx_http_wsgw_handshake_upgrade(hs);
            return;
        }

    } else if (event->error == NULL) {
        (void) ngx_http_wsgw_refuse_because(hs->request,
                   ngx_http_wsgw_refuse_connect, NGX_OK,
                   "$connect refused the handshake, status %ui",
                   result->status);
    }

    ngx_http_wsgw_handshake_refusal(hs, event, result);
    ngx_http_wsgw_handshake_refuse(hs, result->status, owed);
}


/* NGX_OK, or the result gets the status to refuse it with */

static ngx_int_t
ngx_http_wsgw_handshake_accept(ngx_http_wsgw_handshake_t *hs,
    ngx_http_wsgw_result_t *result)
{
    ngx_str_t            chosen;
    ngx_http_request_t  *r;

    r = hs->request;
    chosen = ngx_http_wsgw_field_trim(result->subprotocol);

    if (chosen.len && !ngx_http_wsgw_request_subprotocol(r, &chosen)) {

        ngx_http_wsgw_text_log(NGX_LOG_ERR, r->connection->log,
                               "$connect chose a subprotocol that the client "
                               "did not offer: \"%V\"; wsgw_profile aws "
                               "passes it on", &chosen);

        hs->ctx.error = "subprotocol was not offered";
        result->status = NGX_HTTP_BAD_GATEWAY;
        return NGX_DECLINED;
    }

    hs->subprotocol.len = chosen.len;
    hs->subprotocol.data = ngx_pstrdup(r->pool, &chosen);

    if (hs->subprotocol.data == NULL) {
        result->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Copies what the client will get, as the event's pool goes first. */

static void
ngx_http_wsgw_handshake_refusal(ngx_http_wsgw_handshake_t *hs,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_result_t *result)
{
    u_char       frame[NGX_HTTP_WSGW_ERROR_FRAME_LEN];
    ngx_pool_t  *pool;

    /* the gateway's own refusals look like its error frames */

    if (result->body.len == 0) {
        result->body.data = frame;
        result->body.len = ngx_http_wsgw_event_error(frame,
                                 ngx_http_wsgw_refuse_message(result->status),
                                 event->wc, event->id);
        ngx_str_set(&result->content_type, "application/json");
    }

    pool = hs->request->pool;

    hs->body.data = ngx_pstrdup(pool, &result->body);
    hs->body.len = result->body.len;
    hs->content_type.data = ngx_pstrdup(pool, &result->content_type);
    hs->content_type.len = result->content_type.len;

    if (hs->body.data == NULL || hs->content_type.data == NULL) {
        ngx_str_null(&hs->body);
        result->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return;
    }

    ngx_http_wsgw_text_header(hs->content_type.data, hs->content_type.data,
                            hs->content_type.len);
}


static void
ngx_http_wsgw_handshake_upgrade(ngx_http_wsgw_handshake_t *hs)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, hs->request->connection->log, 0,
                   "wsgw handshake accepted");

    ngx_http_wsgw_newcomer_groups(hs->request, hs->ctx.wc);

    hs->step = ngx_http_wsgw_step_upgrade;
    ngx_post_event(&hs->decided, &ngx_posted_events);
}


static void
ngx_http_wsgw_handshake_refuse(ngx_http_wsgw_handshake_t *hs,
    ngx_uint_t status, ngx_uint_t owed)
{
    ngx_http_wsgw_connection_t  *wc;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, hs->request->connection->log, 0,
                   "wsgw handshake refused status:%ui owed:%ui", status, owed);

    wc = hs->ctx.wc;
    hs->ctx.wc = NULL;
    hs->status = status;
    hs->step = ngx_http_wsgw_step_refuse;

    ngx_http_wsgw_handshake_give_up(wc, owed);
    ngx_post_event(&hs->decided, &ngx_posted_events);
}


/* "owed": a backend that may believe in the connection gets a $disconnect */

static void
ngx_http_wsgw_handshake_give_up(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t owed)
{
    static ngx_str_t  reason = ngx_string("");

    wc->state = ngx_http_wsgw_closed;
    ngx_http_wsgw_queue_discard(wc);

    if (owed) {
        ngx_http_wsgw_close_end(wc, ngx_http_wsgw_ended_client_lost,
                                NGX_HTTP_WSGW_CLOSE_ABNORMAL, &reason);
        ngx_http_wsgw_disconnect(wc);

    } else {
        ngx_http_wsgw_client_uncount(wc);
        ngx_http_wsgw_group_leave_all(wc);
        wc->zone->local[wc->slot] = NULL;
        ngx_http_wsgw_slot_free(wc->zone, wc->slot);
    }

    ngx_http_wsgw_client_release(wc);
}


static void
ngx_http_wsgw_handshake_decided(ngx_event_t *ev)
{
    ngx_int_t                   rc;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_wsgw_handshake_t  *hs;

    hs = ev->data;
    r = hs->request;
    c = r->connection;

    if (hs->step == ngx_http_wsgw_step_upgrade) {

        rc = ngx_http_wsgw_handshake_background(hs);

        if (rc == NGX_AGAIN) {
            return;
        }

        if (rc == NGX_OK) {

            /* the request may be gone then, and with it c->data */

            r->read_event_handler = ngx_http_block_reading;
            ngx_http_wsgw_upgrade(hs);
            return;
        }

        ngx_http_wsgw_upgrade_end(r, rc);

    } else {
        r->read_event_handler = ngx_http_block_reading;

        rc = hs->body.len ? ngx_http_wsgw_refuse_with(r, hs->status,
                                                      &hs->content_type,
                                                      &hs->body)
                          : ngx_http_wsgw_refuse(r, hs->status);

        ngx_http_finalize_request(r, rc);
    }

    ngx_http_run_posted_requests(c);
}


/*
 * A subrequest in the background, of mirror, needs the request that an upgrade
 * frees.  Its end is not reported, and may not come: it is looked for again
 * and again.  NGX_OK: there is none; NGX_AGAIN: it is waited for; NGX_ERROR:
 * it takes too long.
 */

static ngx_int_t
ngx_http_wsgw_handshake_background(ngx_http_wsgw_handshake_t *hs)
{
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = hs->request;

    if (r->count == 1) {
        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (hs->looks++ < clcf->send_timeout / NGX_HTTP_WSGW_BACKGROUND_LOOK) {
        ngx_add_timer(&hs->decided, NGX_HTTP_WSGW_BACKGROUND_LOOK);
        return NGX_AGAIN;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "\"mirror\" holds the 101 back for longer than "
                  "\"send_timeout\"");

    return NGX_ERROR;
}


/* While an event is pending bytes may wait, but an end is noticed. */

static void
ngx_http_wsgw_handshake_watch(ngx_http_request_t *r)
{
    int                         n;
    char                        buf[1];
    ngx_err_t                   err;
    ngx_connection_t           *c;
    ngx_http_wsgw_handshake_t  *hs;

    c = r->connection;

    if (!c->read->pending_eof && !c->read->eof && !c->read->error) {

        n = recv(c->fd, buf, 1, MSG_PEEK);
        err = ngx_socket_errno;

        if (n > 0 || (n == -1 && err == NGX_EAGAIN)) {
            return;
        }
    }

    c->error = 1;

    hs = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    hs->ctx.error = hs->step == ngx_http_wsgw_step_authorize
                    ? "client closed connection while its authorizer was "
                      "pending"
                    : "client closed connection while $connect was pending";

    ngx_log_error(NGX_LOG_INFO, c->log, 0, hs->ctx.error);

    ngx_http_wsgw_upgrade_end(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
}


/* The client's request ends, for whatever reason: who has the connection? */

static void
ngx_http_wsgw_handshake_cleanup(void *data)
{
    ngx_http_wsgw_handshake_t  *hs = data;

    ngx_http_wsgw_event_t       *event;
    ngx_http_wsgw_connection_t  *wc;

    ngx_http_wsgw_tried(hs);

    if (hs->decided.posted) {
        ngx_delete_posted_event(&hs->decided);
    }

    if (hs->decided.timer_set) {
        ngx_del_timer(&hs->decided);
    }

    if (hs->step != ngx_http_wsgw_step_authorize
        && hs->step != ngx_http_wsgw_step_connect
        && hs->step != ngx_http_wsgw_step_upgrade)
    {
        return;
    }

    wc = hs->ctx.wc;
    hs->ctx.wc = NULL;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, hs->request->connection->log, 0,
                   "wsgw handshake left step:%ui", (ngx_uint_t) hs->step);

    if (hs->step == ngx_http_wsgw_step_upgrade) {
        ngx_http_wsgw_handshake_give_up(wc, 1);
        return;
    }

    /* Its answer finds no handshake.  If it waits for a turn, it gets none. */

    event = hs->pending->data;
    event->data = NULL;

    if (hs->step == ngx_http_wsgw_step_authorize) {
        ngx_http_wsgw_handshake_give_up(wc, 0);
    }

    ngx_http_wsgw_invoke_cancel(hs->pending);
}
