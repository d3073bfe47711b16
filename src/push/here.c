
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The verbs of a push, in the process that has the connection.  A new one is a
 * function and a row here, a number in pure/wire.h, and at the door its method
 * (http/management.c) and its answer (http/answer.c).
 */


#include "push/here.h"
#include "push/question.h"
#include "pure/utf8.h"
#include "socket/close.h"
#include "socket/output.h"
#include "zone/group.h"
#include "zone/zone.h"


static wsgw_outcome_t ngx_http_wsgw_here_send(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc);
static wsgw_outcome_t ngx_http_wsgw_here_describe(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc);
static wsgw_outcome_t ngx_http_wsgw_here_close(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc);
static wsgw_outcome_t ngx_http_wsgw_here_join(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc);
static wsgw_outcome_t ngx_http_wsgw_here_leave(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc);


ngx_http_wsgw_transport_t  ngx_http_wsgw_here = {
    ngx_http_wsgw_here_run,
    NULL
};


/* by their numbers; what has no row, or an empty one, is no verb of a push */

static const ngx_http_wsgw_here_verb_t  ngx_http_wsgw_here_verbs[] = {
    [WSGW_VERB_SEND] = { ngx_http_wsgw_here_send, 0 },
    [WSGW_VERB_DESCRIBE] = { ngx_http_wsgw_here_describe,
                             NGX_HTTP_WSGW_QUESTION_RESULT },
    [WSGW_VERB_CLOSE] = { ngx_http_wsgw_here_close, 0 },
    [WSGW_VERB_JOIN] = { ngx_http_wsgw_here_join, 0 },
    [WSGW_VERB_LEAVE] = { ngx_http_wsgw_here_leave, 0 }
};


const ngx_http_wsgw_here_verb_t *
ngx_http_wsgw_here_verb(ngx_uint_t verb)
{
    if (verb >= sizeof(ngx_http_wsgw_here_verbs)
                / sizeof(ngx_http_wsgw_here_verbs[0])
        || ngx_http_wsgw_here_verbs[verb].run == NULL)
    {
        return NULL;
    }

    return &ngx_http_wsgw_here_verbs[verb];
}


void
ngx_http_wsgw_here_run(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_here_find(push->zone, &push->id);

    push->outcome = wc ? ngx_http_wsgw_here_verbs[push->verb].run(push, wc)
                       : WSGW_OUTCOME_GONE;
}


/* a connection has ended from the moment that a Close was sent or received */

ngx_http_wsgw_connection_t *
ngx_http_wsgw_here_find(ngx_http_wsgw_zone_t *zone, wsgw_id_t *id)
{
    ngx_http_wsgw_connection_t  *wc;

    if (id->slot >= zone->slots) {
        return NULL;
    }

    wc = zone->local[id->slot];

    if (wc == NULL
        || wc->secret != id->secret
        || wc->state > ngx_http_wsgw_open
        || wc->code
        || wc->error
        || (wc->state == ngx_http_wsgw_connecting
            && wc->wlcf->profile == NGX_HTTP_WSGW_AWS))
    {
        return NULL;
    }

    return wc;
}


static wsgw_outcome_t
ngx_http_wsgw_here_send(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc)
{
    ngx_str_t   *body;
    ngx_uint_t   text;

    body = &push->body;

    if (body->len > wc->wlcf->max_message_size) {
        return WSGW_OUTCOME_TOO_LARGE;
    }

    text = wsgw_utf8_is_valid(body->data, body->len);

    if (!text && wc->wlcf->profile == NGX_HTTP_WSGW_AWS) {
        return WSGW_OUTCOME_NOT_TEXT;
    }

    switch (ngx_http_wsgw_output_message(wc, ngx_http_wsgw_traffic_push,
                                         text ? WSGW_OP_TEXT : WSGW_OP_BINARY,
                                         body->data, body->len))
    {
    case NGX_OK:
        return WSGW_OUTCOME_OK;

    case NGX_BUSY:
        return WSGW_OUTCOME_FULL;

    case NGX_DECLINED:
        return WSGW_OUTCOME_GONE;

    default: /* NGX_ERROR */
        return WSGW_OUTCOME_UNKNOWN;
    }
}


static wsgw_outcome_t
ngx_http_wsgw_here_describe(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc)
{
    push->connected_at = wc->connected_at;
    push->known = ngx_http_wsgw_here_known(wc);

    return WSGW_OUTCOME_OK;
}


ngx_http_wsgw_known_t
ngx_http_wsgw_here_known(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_known_t  known;

    known.last_active_at = ngx_http_wsgw_client_last_active(wc);
    known.source_ip = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_addr);
    known.user_agent = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_agent);
    known.groups = ngx_http_wsgw_group_names(wc);

    return known;
}


static wsgw_outcome_t
ngx_http_wsgw_here_close(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc)
{
    ngx_str_t   *payload, reason;
    ngx_uint_t   code;

    payload = &push->body;

    code = NGX_HTTP_WSGW_CLOSE_NORMAL;
    ngx_str_set(&reason, "Connection Closed Normally");

    /* more than a control frame holds cannot come from a DELETE */

    if (payload->len >= 2 && payload->len <= 125) {
        code = payload->data[0] << 8 | payload->data[1];
        reason.data = payload->data + 2;
        reason.len = payload->len - 2;
    }

    ngx_http_wsgw_close(wc, ngx_http_wsgw_ended_management, code, &reason);

    return WSGW_OUTCOME_OK;
}


/* Whoever asks may be of another version, so names are looked at here, too. */

static wsgw_outcome_t
ngx_http_wsgw_here_join(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc)
{
    if (!ngx_http_wsgw_group_is_name(&push->body)) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    switch (ngx_http_wsgw_group_join(wc, &push->body)) {

    case NGX_OK:
        return WSGW_OUTCOME_OK;

    case NGX_BUSY:
        return WSGW_OUTCOME_LIMIT;

    default: /* NGX_ERROR */
        return WSGW_OUTCOME_UNKNOWN;
    }
}


static wsgw_outcome_t
ngx_http_wsgw_here_leave(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_group_leave(wc, &push->body);

    return WSGW_OUTCOME_OK;
}
