
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The verbs that are not about one connection, in the process that is asked.  A
 * new one is a function and a row here, and a number in pure/wire.h.  Whoever
 * wrote the question may be of another version: only what is listed passes.
 */


#include "push/crowd.h"
#include "push/deal.h"
#include "push/handout.h"
#include "push/here.h"
#include "push/question.h"
#include "pure/wire.h"
#include "socket/client.h"
#include "zone/ahead.h"
#include "zone/group.h"
#include "zone/slot.h"


/* a question, taken apart */

typedef struct {
    ngx_http_wsgw_zone_t          *zone;
    wsgw_wire_reader_t             all;         /* before its first field */
    uint32_t                       stage;
    wsgw_wire_field_t              targets;
    ngx_str_t                      group;       /* the first one */
    ngx_str_t                      body;
    uint64_t                       cursor;
    uint64_t                       count;
} ngx_http_wsgw_crowd_question_t;


typedef wsgw_outcome_t (*ngx_http_wsgw_crowd_pt)(
    ngx_http_wsgw_crowd_question_t *q, wsgw_wire_writer_t *w);


static ngx_int_t ngx_http_wsgw_crowd_read(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_reader_t *r);
static wsgw_outcome_t ngx_http_wsgw_crowd_send(
    ngx_http_wsgw_crowd_question_t *q, wsgw_wire_writer_t *w);
static wsgw_outcome_t ngx_http_wsgw_crowd_sent(
    ngx_http_wsgw_crowd_question_t *q, wsgw_wire_writer_t *w);
static wsgw_outcome_t ngx_http_wsgw_crowd_each(
    ngx_http_wsgw_crowd_question_t *q, wsgw_wire_writer_t *w);
static wsgw_outcome_t ngx_http_wsgw_crowd_count(
    ngx_http_wsgw_crowd_question_t *q, wsgw_wire_writer_t *w);
static wsgw_outcome_t ngx_http_wsgw_crowd_list(
    ngx_http_wsgw_crowd_question_t *q, wsgw_wire_writer_t *w);
static int ngx_libc_cdecl ngx_http_wsgw_crowd_by_slot(const void *one,
    const void *two);
static wsgw_outcome_t ngx_http_wsgw_crowd_details(
    ngx_http_wsgw_crowd_question_t *q, wsgw_wire_writer_t *w);
static void ngx_http_wsgw_crowd_detail(ngx_http_wsgw_connection_t *wc,
    wsgw_id_t *id, wsgw_wire_writer_t *w);


static const ngx_http_wsgw_crowd_pt  ngx_http_wsgw_crowd_verbs[] = {
    [WSGW_VERB_SEND_GROUP] = ngx_http_wsgw_crowd_send,
    [WSGW_VERB_SENT] = ngx_http_wsgw_crowd_sent,
    [WSGW_VERB_COUNT] = ngx_http_wsgw_crowd_count,
    [WSGW_VERB_LIST] = ngx_http_wsgw_crowd_list,
    [WSGW_VERB_DETAILS] = ngx_http_wsgw_crowd_details,
    [WSGW_VERB_SEND_EACH] = ngx_http_wsgw_crowd_each
};


wsgw_outcome_t
ngx_http_wsgw_crowd(ngx_http_wsgw_zone_t *zone, ngx_str_t *question,
    ngx_str_t *answer)
{
    wsgw_outcome_t                  outcome;
    wsgw_wire_reader_t              r;
    wsgw_wire_writer_t              w;
    ngx_http_wsgw_crowd_question_t  q;

    q.zone = zone;

    if (wsgw_wire_open(&r, question->data, question->len) != WSGW_DONE
        || r.verb >= sizeof(ngx_http_wsgw_crowd_verbs)
                     / sizeof(ngx_http_wsgw_crowd_verbs[0])
        || ngx_http_wsgw_crowd_verbs[r.verb] == NULL
        || ngx_http_wsgw_crowd_read(&q, &r) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "wsgw zone \"%V\": a letter of %uz bytes is unreadable",
                      &zone->name, question->len);
        answer->len = 0;
        return WSGW_OUTCOME_UNKNOWN;
    }

    wsgw_wire_begin(&w, answer->data, answer->len, WSGW_VERB_RESULT, 0);

    outcome = ngx_http_wsgw_crowd_verbs[r.verb](&q, &w);

    answer->len = outcome == WSGW_OUTCOME_OK ? wsgw_wire_finish(&w) : 0;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw crowd asked verb:%ui outcome:%d answer:%uz",
                   (ngx_uint_t) r.verb, outcome, answer->len);

    return outcome;
}


static ngx_int_t
ngx_http_wsgw_crowd_read(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_reader_t *r)
{
    uint64_t           api;
    wsgw_wire_field_t  f;

    api = 0;
    q->all = *r;
    q->cursor = 0;
    q->count = 0;
    ngx_str_null(&q->group);
    ngx_str_null(&q->body);
    ngx_memzero(&q->targets, sizeof(wsgw_wire_field_t));

    while (wsgw_wire_next(r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_API:
            (void) wsgw_wire_u64(&f, &api);
            break;

        case WSGW_TAG_TARGETS:
            q->targets = f;
            break;

        case WSGW_TAG_GROUP:
            q->group.data = (u_char *) f.data;
            q->group.len = f.len;
            break;

        case WSGW_TAG_FRAME:
            q->body.data = (u_char *) f.data;
            q->body.len = f.len;
            break;

        case WSGW_TAG_CURSOR:
            (void) wsgw_wire_u64(&f, &q->cursor);
            break;

        case WSGW_TAG_COUNT:
            (void) wsgw_wire_u64(&f, &q->count);
            break;
        }
    }

    q->stage = ngx_http_wsgw_slot_api_stage(api);

    return api ? NGX_OK : NGX_ERROR;
}


/* If it takes longer the answer is empty, and a SENT follows. */

static wsgw_outcome_t
ngx_http_wsgw_crowd_send(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_writer_t *w)
{
    ngx_http_wsgw_handout_sum_t  sum;

    switch (ngx_http_wsgw_handout(q->zone, q->stage, &q->all, &sum)) {

    case NGX_OK:
        wsgw_wire_put_u64(w, WSGW_TAG_SENT, sum.sent);
        wsgw_wire_put_u64(w, WSGW_TAG_FULL, sum.full);
        return WSGW_OUTCOME_OK;

    case NGX_AGAIN:
        return WSGW_OUTCOME_OK;

    default: /* NGX_ERROR */
        return WSGW_OUTCOME_UNKNOWN;
    }
}


static wsgw_outcome_t
ngx_http_wsgw_crowd_sent(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_writer_t *w)
{
    ngx_http_wsgw_handout_told(&q->all);

    return WSGW_OUTCOME_OK;
}


/* What became of it is said of each target, in their order. */

static wsgw_outcome_t
ngx_http_wsgw_crowd_each(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_writer_t *w)
{
    size_t                 i, step;
    uint8_t               *p;
    uint16_t               status;
    wsgw_id_t              id;
    ngx_http_wsgw_deal_t   deal;

    p = wsgw_wire_put_room(w, WSGW_TAG_STATUSES,
                           2 * (q->targets.len / WSGW_WIRE_TARGET));

    if (p == NULL
        || ngx_http_wsgw_deal(&deal, q->zone, q->stage,
                              q->all.flags & WSGW_WIRE_BINARY, &q->body)
           != NGX_OK)
    {
        return WSGW_OUTCOME_UNKNOWN;
    }

    for (i = 0; i < q->targets.len / WSGW_WIRE_TARGET; i++) {

        for (step = 1; step <= NGX_HTTP_WSGW_AHEAD; step++) {
            if (wsgw_wire_target(&q->targets, i + step, &id) == 0) {
                ngx_http_wsgw_deal_ahead(&deal, &id, step);
            }
        }

        (void) wsgw_wire_target(&q->targets, i, &id);

        status = ngx_http_wsgw_question_status(ngx_http_wsgw_deal_to(&deal,
                                                                     &id));
        *p++ = (uint8_t) status;
        *p++ = (uint8_t) (status >> 8);
    }

    ngx_http_wsgw_deal_end(&deal);

    return WSGW_OUTCOME_OK;
}


static wsgw_outcome_t
ngx_http_wsgw_crowd_count(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_writer_t *w)
{
    wsgw_wire_put_u64(w, WSGW_TAG_COUNT,
                      ngx_http_wsgw_group_count(q->zone, q->stage, &q->group));

    return WSGW_OUTCOME_OK;
}


/* the members of a group from the cursor's slot on, in the order of their
   slots: so many that no later one can be on the asker's page */

static wsgw_outcome_t
ngx_http_wsgw_crowd_list(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_writer_t *w)
{
    wsgw_id_t                   *ids, *id;
    ngx_uint_t                   n;
    ngx_http_wsgw_group_walk_t   walk;
    ngx_http_wsgw_connection_t  *wc;

    n = ngx_http_wsgw_group_count(q->zone, q->stage, &q->group);

    ids = ngx_alloc((n + 1) * sizeof(wsgw_id_t), ngx_cycle->log);
    if (ids == NULL) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    id = ids;

    ngx_http_wsgw_group_walk(&walk, q->zone, q->stage, &q->group);

    while ((wc = ngx_http_wsgw_group_next(&walk)) != NULL) {
        if (wc->slot >= q->cursor) {
            (void) wsgw_id_decode(id, wc->id, WSGW_ID_LEN);
            id++;
        }
    }

    n = id - ids;

    ngx_qsort(ids, n, sizeof(wsgw_id_t), ngx_http_wsgw_crowd_by_slot);

    wsgw_wire_put_targets(w, ids, ngx_min(n, q->count));

    ngx_free(ids);

    return w->overflow ? WSGW_OUTCOME_UNKNOWN : WSGW_OUTCOME_OK;
}


static int ngx_libc_cdecl
ngx_http_wsgw_crowd_by_slot(const void *one, const void *two)
{
    const wsgw_id_t  *first, *second;

    first = one;
    second = two;

    return first->slot < second->slot ? -1 : first->slot > second->slot;
}


/*
 * What is known here of each of several connections that are open; COUNT is of
 * those that were looked at, as there may be no room for the others.
 */

static wsgw_outcome_t
ngx_http_wsgw_crowd_details(ngx_http_wsgw_crowd_question_t *q,
    wsgw_wire_writer_t *w)
{
    size_t                       i;
    wsgw_id_t                    id;
    wsgw_wire_writer_t           before;
    ngx_http_wsgw_connection_t  *wc;

    /* Room for it is kept. */

    w->end -= WSGW_WIRE_FIELD + sizeof(uint64_t);

    for (i = 0; wsgw_wire_target(&q->targets, i, &id) == 0; i++) {

        wc = id.slot < q->zone->slots ? q->zone->local[id.slot] : NULL;

        if (wc == NULL || wc->secret != id.secret || wc->code
            || ngx_http_wsgw_slot_api_stage(wc->wlcf->api) != q->stage)
        {
            continue;
        }

        before = *w;
        ngx_http_wsgw_crowd_detail(wc, &id, w);

        if (w->overflow) {
            *w = before;
            break;
        }
    }

    w->end += WSGW_WIRE_FIELD + sizeof(uint64_t);

    wsgw_wire_put_u64(w, WSGW_TAG_COUNT, i);

    return WSGW_OUTCOME_OK;
}


/* TARGETS comes first: what follows it is of that connection. */

static void
ngx_http_wsgw_crowd_detail(ngx_http_wsgw_connection_t *wc, wsgw_id_t *id,
    wsgw_wire_writer_t *w)
{
    ngx_http_wsgw_known_t  known;

    known = ngx_http_wsgw_here_known(wc);

    wsgw_wire_put_targets(w, id, 1);
    ngx_http_wsgw_known_write(&known, w);
}
