
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Push: finds who holds a connection, carries a verb out if this process
 * does, and else asks the owner by letter.  Every status is the owner's word,
 * or what the zone says when there is no owner.
 *
 * A letter is an envelope of wsgw_wire with the target; the message of a SEND
 * follows it, so that a large one is copied into the zone alone, and so does
 * the payload of a CLOSE.
 */


#include "push/push.h"
#include "flow/sweep.h"
#include "pure/utf8.h"
#include "push/link.h"
#include "socket/close.h"
#include "socket/output.h"
#include "zone/fault.h"
#include "zone/letter.h"
#include "zone/slot.h"
#include "zone/succession.h"


#define NGX_HTTP_WSGW_PUSH_HEAD   64        /* bytes: envelope, one target */
#define NGX_HTTP_WSGW_PUSH_ROOM   1024      /* bytes of an answer, if any */


static void ngx_http_wsgw_push_start(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_push_post(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_owner_t owner);
static void ngx_http_wsgw_push_answered(void *data, ngx_uint_t status,
    ngx_str_t *answer);
static void ngx_http_wsgw_push_deliver(ngx_http_wsgw_push_t *push);
static ngx_uint_t ngx_http_wsgw_push_send(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *body);
static void ngx_http_wsgw_push_describe(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_push_close(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *payload);
static ngx_int_t ngx_http_wsgw_push_open(ngx_http_wsgw_push_t *push,
    ngx_str_t *letter);
static ngx_int_t ngx_http_wsgw_push_read(ngx_http_wsgw_push_t *push,
    ngx_str_t *answer);


void
ngx_http_wsgw_push(ngx_http_wsgw_push_t *push)
{
    push->pending = NULL;
    push->link = NULL;
    push->later = 0;

    ngx_http_wsgw_push_start(push);

    if (push->pending == NULL && push->link == NULL) {
        push->done(push);
    }
}


void
ngx_http_wsgw_push_cancel(ngx_http_wsgw_push_t *push)
{
    if (push->pending) {
        ngx_http_wsgw_letter_cancel(push->pending);
        push->pending = NULL;
    }

    if (push->link) {
        ngx_http_wsgw_link_cancel(push->link);
        push->link = NULL;
    }
}


ngx_uint_t
ngx_http_wsgw_push_letter(ngx_http_wsgw_zone_t *zone, ngx_str_t *letter,
    ngx_str_t *answer)
{
    ngx_http_wsgw_push_t  push;

    ngx_memzero(&push, sizeof(ngx_http_wsgw_push_t));
    push.zone = zone;

    if (ngx_http_wsgw_push_open(&push, letter) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "wsgw zone \"%V\": a letter of %uz bytes is unreadable",
                      &zone->name, letter->len);
        answer->len = 0;
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_http_wsgw_push_deliver(&push);

    if (push.verb == NGX_HTTP_WSGW_PUSH_DESCRIBE
        && push.status == NGX_HTTP_OK)
    {
        ngx_http_wsgw_push_write(&push, answer);

    } else {
        answer->len = 0;
    }

    return push.status;
}


/* the outcome is in push->status, unless somebody else is asked */

static void
ngx_http_wsgw_push_start(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_zone_t       *zone;
    ngx_http_wsgw_slot_info_t   info;

    zone = push->zone;

    if (ngx_http_wsgw_sweep_join(zone, ngx_cycle->log) != NGX_OK) {
        push->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        return;
    }

    if (zone->state.len && push->id.instance != zone->instance) {
        push->link = ngx_http_wsgw_link_ask(push);
        return;
    }

    /* nobody here can tell what lives in another zone */

    if (ngx_http_wsgw_succession_predecessor(zone, push->id.instance)) {
        push->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        return;
    }

    if (push->id.instance != zone->instance
        || ngx_http_wsgw_slot_find(zone, &push->id, &info) != NGX_OK)
    {
        push->status = ngx_http_wsgw_fault_found(zone)
                       ? NGX_HTTP_SERVICE_UNAVAILABLE : NGX_HTTP_WSGW_GONE;
        return;
    }

    if (ngx_http_wsgw_slot_api_stage(info.api) != push->stage) {
        push->status = NGX_HTTP_FORBIDDEN;
        return;
    }

    if (info.here) {
        ngx_http_wsgw_push_deliver(push);
        return;
    }

    ngx_http_wsgw_push_post(push, info.owner);
}


static void
ngx_http_wsgw_push_post(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_owner_t owner)
{
    u_char              buf[NGX_HTTP_WSGW_PUSH_HEAD];
    size_t              room;
    ngx_str_t           head;
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, buf, sizeof(buf), push->verb, 0);
    wsgw_wire_put_targets(&w, &push->id, 1);

    head.data = buf;
    head.len = wsgw_wire_finish(&w);

    /* the others' answers are but a status */

    room = push->verb == NGX_HTTP_WSGW_PUSH_DESCRIBE ? NGX_HTTP_WSGW_PUSH_ROOM
                                                     : 0;

    push->pending = ngx_http_wsgw_letter_post(push->zone, owner, &head,
                                              &push->body, room,
                                              ngx_http_wsgw_push_answered,
                                              push, &push->status);
}


static void
ngx_http_wsgw_push_answered(void *data, ngx_uint_t status, ngx_str_t *answer)
{
    ngx_http_wsgw_push_t  *push = data;

    push->pending = NULL;
    push->later = 1;
    push->status = status;

    if (push->verb == NGX_HTTP_WSGW_PUSH_DESCRIBE
        && status == NGX_HTTP_OK
        && ngx_http_wsgw_push_read(push, answer) != NGX_OK)
    {
        push->status = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    push->done(push);
}


/* in the owner */

static void
ngx_http_wsgw_push_deliver(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = NULL;

    if (push->id.slot < push->zone->slots) {
        wc = push->zone->local[push->id.slot];
    }

    /* ended from the moment a Close was sent or received */

    if (wc == NULL
        || wc->secret != push->id.secret
        || wc->state > ngx_http_wsgw_open
        || wc->code
        || wc->error
        || (wc->state == ngx_http_wsgw_connecting
            && wc->wlcf->profile == NGX_HTTP_WSGW_AWS))
    {
        push->status = NGX_HTTP_WSGW_GONE;
        return;
    }

    push->status = NGX_HTTP_OK;

    switch (push->verb) {

    case NGX_HTTP_WSGW_PUSH_SEND:
        push->status = ngx_http_wsgw_push_send(wc, &push->body);
        break;

    case NGX_HTTP_WSGW_PUSH_DESCRIBE:
        ngx_http_wsgw_push_describe(push, wc);
        break;

    default: /* NGX_HTTP_WSGW_PUSH_CLOSE */
        ngx_http_wsgw_push_close(wc, &push->body);
        break;
    }
}


static ngx_uint_t
ngx_http_wsgw_push_send(ngx_http_wsgw_connection_t *wc, ngx_str_t *body)
{
    ngx_uint_t  text;

    if (body->len > wc->wlcf->max_message_size) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    text = wsgw_utf8_is_valid(body->data, body->len);

    if (!text && wc->wlcf->profile == NGX_HTTP_WSGW_AWS) {
        return NGX_HTTP_BAD_REQUEST;
    }

    switch (ngx_http_wsgw_output_message(wc,
                                         text ? WSGW_OP_TEXT : WSGW_OP_BINARY,
                                         body->data, body->len))
    {
    case NGX_OK:
        return NGX_HTTP_OK;

    case NGX_BUSY:
        return NGX_HTTP_TOO_MANY_REQUESTS;

    case NGX_DECLINED:
        return NGX_HTTP_WSGW_GONE;

    default: /* NGX_ERROR */
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }
}


static void
ngx_http_wsgw_push_describe(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc)
{
    push->connected_at = wc->connected_at;
    push->last_active_at = ngx_http_wsgw_client_last_active(wc);
    push->source_ip = ngx_http_wsgw_client_text(wc,
                                                ngx_http_wsgw_text_addr);
    push->user_agent = ngx_http_wsgw_client_text(wc,
                                                    ngx_http_wsgw_text_agent);
}


static void
ngx_http_wsgw_push_close(ngx_http_wsgw_connection_t *wc, ngx_str_t *payload)
{
    ngx_str_t   reason;
    ngx_uint_t  code;

    code = NGX_HTTP_WSGW_CLOSE_NORMAL;
    ngx_str_set(&reason, "Connection Closed Normally");

    /* more than a control frame holds cannot come from a DELETE */

    if (payload->len >= 2 && payload->len <= 125) {
        code = payload->data[0] << 8 | payload->data[1];
        reason.data = payload->data + 2;
        reason.len = payload->len - 2;
    }

    ngx_http_wsgw_close(wc, code, &reason);
}


static ngx_int_t
ngx_http_wsgw_push_open(ngx_http_wsgw_push_t *push, ngx_str_t *letter)
{
    wsgw_wire_field_t   f;
    wsgw_wire_reader_t  r;

    if (wsgw_wire_open(&r, letter->data, letter->len) != WSGW_DONE) {
        return NGX_ERROR;
    }

    push->verb = r.verb;
    push->body.data = letter->data + r.size;
    push->body.len = letter->len - r.size;

    while (wsgw_wire_next(&r, &f)) {
        if (f.tag == WSGW_TAG_TARGETS) {
            return wsgw_wire_target(&f, 0, &push->id) == 0 ? NGX_OK
                                                           : NGX_ERROR;
        }
    }

    return NGX_ERROR;
}


void
ngx_http_wsgw_push_write(ngx_http_wsgw_push_t *push, ngx_str_t *answer)
{
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, answer->data, answer->len, WSGW_VERB_RESULT, 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_STATUS, push->status);
    wsgw_wire_put_u64(&w, WSGW_TAG_CONNECTED_AT, push->connected_at);
    wsgw_wire_put_u64(&w, WSGW_TAG_LAST_ACTIVE_AT, push->last_active_at);
    wsgw_wire_put_bytes(&w, WSGW_TAG_SOURCE_IP, push->source_ip.data,
                        push->source_ip.len);
    wsgw_wire_put_bytes(&w, WSGW_TAG_USER_AGENT, push->user_agent.data,
                        push->user_agent.len);

    answer->len = wsgw_wire_finish(&w);
}


static ngx_int_t
ngx_http_wsgw_push_read(ngx_http_wsgw_push_t *push, ngx_str_t *answer)
{
    wsgw_wire_reader_t  r;

    if (wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_push_result(push, &r);

    return NGX_OK;
}


void
ngx_http_wsgw_push_result(ngx_http_wsgw_push_t *push, wsgw_wire_reader_t *r)
{
    uint64_t           status;
    wsgw_wire_field_t  f;

    while (wsgw_wire_next(r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_STATUS:
            if (wsgw_wire_u64(&f, &status) == 0) {
                push->status = (ngx_uint_t) status;
            }

            break;

        case WSGW_TAG_CONNECTED_AT:
            (void) wsgw_wire_u64(&f, &push->connected_at);
            break;

        case WSGW_TAG_LAST_ACTIVE_AT:
            (void) wsgw_wire_u64(&f, &push->last_active_at);
            break;

        case WSGW_TAG_SOURCE_IP:
            push->source_ip.data = (u_char *) f.data;
            push->source_ip.len = f.len;
            break;

        case WSGW_TAG_USER_AGENT:
            push->user_agent.data = (u_char *) f.data;
            push->user_agent.len = f.len;
            break;
        }
    }
}
