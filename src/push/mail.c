
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A push by letter.  The letter is a question, its message copied from the
 * caller's memory into the zone; the outcome comes back in the letter's head,
 * and with a RESULT only from a verb that finds something out.
 */


#include "push/mail.h"
#include "push/crowd.h"
#include "push/here.h"
#include "push/question.h"
#include "zone/group.h"
#include "zone/letter.h"


static void ngx_http_wsgw_mail_ask(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_mail_cancel(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_mail_answered(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer);


ngx_http_wsgw_transport_t  ngx_http_wsgw_mail = {
    ngx_http_wsgw_mail_ask,
    ngx_http_wsgw_mail_cancel
};


static void
ngx_http_wsgw_mail_ask(ngx_http_wsgw_push_t *push)
{
    u_char     buf[NGX_HTTP_WSGW_QUESTION_HEAD];
    size_t     room;
    ngx_str_t  head;

    head.data = buf;
    head.len = ngx_http_wsgw_question_write(push, NULL, buf);

    if (head.len == 0) {
        push->outcome = WSGW_OUTCOME_TOO_LARGE;
        return;
    }

    room = ngx_http_wsgw_here_verb(push->verb)->room;

    if (room) {
        room += ngx_http_wsgw_group_longest(push->zone, push->owner.index);
    }

    push->pending = ngx_http_wsgw_letter_post(push->zone, push->owner, &head,
                                              &push->body, NULL, room,
                                              ngx_http_wsgw_mail_answered,
                                              push, &push->outcome);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, push->log, 0,
                   "wsgw push letter to:%uD len:%uz posted:%d",
                   push->owner.index, head.len + push->body.len,
                   push->pending != NULL);
}


static void
ngx_http_wsgw_mail_cancel(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_letter_cancel(push->pending);
}


static void
ngx_http_wsgw_mail_answered(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    ngx_http_wsgw_push_t  *push = data;

    if (outcome == WSGW_OUTCOME_OK
        && ngx_http_wsgw_here_verb(push->verb)->room
        && ngx_http_wsgw_question_read_result(push, answer) != NGX_OK)
    {
        outcome = WSGW_OUTCOME_UNKNOWN;
    }

    ngx_http_wsgw_push_complete(push, outcome, 1);
}


wsgw_outcome_t
ngx_http_wsgw_mail_deliver(ngx_http_wsgw_zone_t *zone, ngx_str_t *letter,
    ngx_str_t *answer)
{
    ngx_http_wsgw_push_t  push;

    ngx_memzero(&push, sizeof(ngx_http_wsgw_push_t));

    push.zone = zone;
    push.log = ngx_cycle->log;

    if (ngx_http_wsgw_question_read(&push, letter) != NGX_OK) {
        return ngx_http_wsgw_crowd(zone, letter, answer);
    }

    ngx_http_wsgw_here_run(&push);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, push.log, 0,
                   "wsgw push letter taken verb:%ui slot:%uD outcome:%d",
                   push.verb, push.id.slot, push.outcome);

    if (answer->len && push.outcome == WSGW_OUTCOME_OK) {
        ngx_http_wsgw_question_write_result(&push, NULL, answer);

    } else {
        answer->len = 0;
    }

    return push.outcome;
}
