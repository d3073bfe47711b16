
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The sender's end of messages by ids.  Those of a worker stand in a line, in
 * parts that it serves in a turn of its event loop; a part is a letter, and the
 * next one leaves when it has been answered.  So nobody waits for a worker but
 * those who are in its line, and they for no longer than for a letter; nor for
 * another line, unless that has what room there is in the zone.  The
 * connections of another instance or node are asked one by one, as many pushes.
 */


#include "push/mailing.h"
#include "base/worker.h"
#include "push/deal.h"
#include "push/lines.h"
#include "push/question.h"
#include "zone/ahead.h"


#define NGX_HTTP_WSGW_MAILING_FRAMES    1000    /* of a part, or so many */
#define NGX_HTTP_WSGW_MAILING_BYTES     (1024 * 1024)
#define NGX_HTTP_WSGW_MAILING_ASKS      64      /* at a time, and in a turn */
#define NGX_HTTP_WSGW_MAILING_PATIENCE  5000    /* ms, as a letter's */


/* one who is asked alone */

struct ngx_http_wsgw_mailing_ask_s {
    ngx_http_wsgw_mailing_ask_t   *next;
    ngx_http_wsgw_mailing_t       *mailing;
    u_char                        *outcome;     /* NULL: nobody is asked now */
    ngx_http_wsgw_push_t           push;
};


static void ngx_http_wsgw_mailing_go(ngx_http_wsgw_line_t *line);
static wsgw_outcome_t ngx_http_wsgw_mailing_post(
    ngx_http_wsgw_line_t *line, ngx_http_wsgw_part_t *part);
static void ngx_http_wsgw_mailing_answered(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer);
static ngx_int_t ngx_http_wsgw_mailing_read(ngx_http_wsgw_part_t *part,
    ngx_str_t *answer);
static void ngx_http_wsgw_mailing_here(ngx_event_t *ev);
static void ngx_http_wsgw_mailing_deal(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_part_t *part);
static void ngx_http_wsgw_mailing_apart(ngx_http_wsgw_mailing_t *m);
static ngx_uint_t ngx_http_wsgw_mailing_most(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_mailing_item_t *item);
static void ngx_http_wsgw_mailing_ask(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_part_t *part, ngx_uint_t i);
static void ngx_http_wsgw_mailing_pushed(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_mailing_all(ngx_http_wsgw_part_t *part,
    wsgw_outcome_t outcome);
static void ngx_http_wsgw_mailing_over(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_part_t *part);
static void ngx_http_wsgw_mailing_release(ngx_http_wsgw_mailing_t *m);
static void ngx_http_wsgw_mailing_forget(ngx_queue_t *parts);


#define ngx_http_wsgw_mailing_first(parts)                                    \
    ngx_queue_data(ngx_queue_head(parts), ngx_http_wsgw_part_t, queue)


void
ngx_http_wsgw_mailing_begin(ngx_http_wsgw_mailing_t *m)
{
    m->waiting = 0;
    m->letters = 0;
    m->held = 0;
    m->next = 0;
    m->out = 0;
    m->asked = 0;
    m->asks = NULL;

    ngx_queue_init(&m->lines);
    ngx_queue_init(&m->parts);

    ngx_memzero(&m->turn, sizeof(ngx_event_t));
    m->turn.handler = ngx_http_wsgw_mailing_here;
    m->turn.data = m;
    m->turn.log = m->log;
}


ngx_int_t
ngx_http_wsgw_mailing_add(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_mailing_item_t *item)
{
    ngx_queue_t           *q;
    ngx_http_wsgw_line_t  *line;
    ngx_http_wsgw_lines_t  sort;

    item->waiting = 0;
    item->parcel = NULL;

    sort.item = item;
    sort.step = NGX_HTTP_WSGW_MAILING_FRAMES;

    if (item->body.len) {
        sort.step = ngx_min(sort.step, NGX_HTTP_WSGW_MAILING_BYTES
                                       / item->body.len);
        sort.step = ngx_max(sort.step, 1);
    }

    if (ngx_http_wsgw_lines(m, &sort) != NGX_OK) {
        return NGX_ERROR;
    }

    m->held++;

    for (q = ngx_queue_head(&m->lines);
         q != ngx_queue_sentinel(&m->lines);
         q = ngx_queue_next(q))
    {
        line = ngx_queue_data(q, ngx_http_wsgw_line_t, queue);

        if (ngx_queue_empty(&line->parts)) {
            line->since = ngx_current_msec;
        }

        ngx_http_wsgw_lines_cut(m, &sort, line, &line->parts, sort.step);
        ngx_http_wsgw_mailing_go(line);
    }

    if (ngx_queue_empty(&m->parts)) {
        m->since = ngx_current_msec;
    }

    ngx_http_wsgw_lines_cut(m, &sort, &sort.apart, &m->parts, item->n);
    ngx_http_wsgw_mailing_apart(m);

    m->held--;

    return m->waiting ? NGX_AGAIN : NGX_OK;
}


static void
ngx_http_wsgw_mailing_go(ngx_http_wsgw_line_t *line)
{
    ngx_uint_t                waits;
    wsgw_outcome_t            outcome;
    ngx_http_wsgw_part_t     *part;
    ngx_http_wsgw_mailing_t  *m;

    m = line->mailing;

    while (!ngx_queue_empty(&line->parts) && line->letter == NULL) {

        if (ngx_http_wsgw_owner_word(&line->owner)
            == ngx_http_wsgw_owner_word(&m->zone->process->self))
        {
            ngx_http_wsgw_worker_turn(&m->turn);
            return;
        }

        part = ngx_http_wsgw_mailing_first(&line->parts);

        waits = ngx_current_msec - line->since < NGX_HTTP_WSGW_MAILING_PATIENCE;

        outcome = waits ? ngx_http_wsgw_mailing_post(line, part)
                        : WSGW_OUTCOME_UNKNOWN;

        /* There is room for it when another line's letter is back. */

        if (outcome == WSGW_OUTCOME_UNKNOWN && waits && m->letters) {
            return;
        }

        if (outcome != WSGW_OUTCOME_OK) {
            ngx_http_wsgw_mailing_all(part, outcome);
            ngx_http_wsgw_mailing_over(m, part);
        }
    }
}


/* with OK line->letter is set */

static wsgw_outcome_t
ngx_http_wsgw_mailing_post(ngx_http_wsgw_line_t *line,
    ngx_http_wsgw_part_t *part)
{
    size_t                         size, room;
    ngx_str_t                      head, none;
    wsgw_outcome_t                 outcome;
    wsgw_wire_writer_t             w;
    ngx_http_wsgw_mailing_t       *m;
    ngx_http_wsgw_mailing_item_t  *item;

    m = line->mailing;
    item = part->item;

    if (item->body.len && item->parcel == NULL) {
        item->parcel = ngx_http_wsgw_letter_pack(m->zone, &item->body,
                                                 &outcome);
        if (item->parcel == NULL) {
            return outcome;
        }
    }

    size = NGX_HTTP_WSGW_QUESTION_HEAD + part->n * WSGW_WIRE_TARGET;
    room = WSGW_WIRE_HEADER + WSGW_WIRE_FIELD + 2 * part->n;

    head.data = ngx_alloc(size, m->log);
    if (head.data == NULL) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    wsgw_wire_begin(&w, head.data, size, WSGW_VERB_SEND_EACH,
                    item->binary ? WSGW_WIRE_BINARY : 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) m->stage << 32);
    wsgw_wire_put_targets(&w, part->id, part->n);

    head.len = item->body.len
               ? wsgw_wire_finish_before(&w, WSGW_TAG_FRAME, item->body.len)
               : wsgw_wire_finish(&w);

    ngx_str_null(&none);

    line->letter = ngx_http_wsgw_letter_post(m->zone, line->owner, &head,
                                             &none, item->parcel, room,
                                             ngx_http_wsgw_mailing_answered,
                                             line, &outcome);

    ngx_free(head.data);

    if (line->letter) {
        m->letters++;
    }

    return outcome;
}


static void
ngx_http_wsgw_mailing_answered(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    ngx_http_wsgw_line_t *line = data;

    ngx_queue_t              *q;
    ngx_http_wsgw_part_t     *part;
    ngx_http_wsgw_mailing_t  *m;

    m = line->mailing;
    part = ngx_http_wsgw_mailing_first(&line->parts);

    m->held++;
    m->letters--;
    line->letter = NULL;

    if (outcome != WSGW_OUTCOME_OK) {
        ngx_http_wsgw_mailing_all(part, outcome);

    } else if (ngx_http_wsgw_mailing_read(part, answer) != NGX_OK) {
        ngx_http_wsgw_mailing_all(part, WSGW_OUTCOME_UNKNOWN);
    }

    ngx_http_wsgw_mailing_over(m, part);

    for (q = ngx_queue_head(&m->lines);
         q != ngx_queue_sentinel(&m->lines);
         q = ngx_queue_next(q))
    {
        ngx_http_wsgw_mailing_go(ngx_queue_data(q, ngx_http_wsgw_line_t,
                                                queue));
    }

    ngx_http_wsgw_mailing_release(m);
}


static ngx_int_t
ngx_http_wsgw_mailing_read(ngx_http_wsgw_part_t *part,
    ngx_str_t *answer)
{
    ngx_uint_t          i;
    wsgw_outcome_t      outcome;
    wsgw_wire_field_t   f;
    wsgw_wire_reader_t  r;

    if (answer->len == 0
        || wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE)
    {
        return NGX_ERROR;
    }

    while (wsgw_wire_next(&r, &f)) {

        if (f.tag != WSGW_TAG_STATUSES || f.len != 2 * part->n) {
            continue;
        }

        for (i = 0; i < part->n; i++) {

            if (ngx_http_wsgw_question_outcome(f.data[2 * i]
                                               | f.data[2 * i + 1] << 8,
                                               &outcome)
                != NGX_OK)
            {
                outcome = WSGW_OUTCOME_UNKNOWN;
            }

            part->item->outcome[part->at[i]] = (u_char) outcome;
        }

        return NGX_OK;
    }

    return NGX_ERROR;
}


/* a turn of those that are here, and of those that are asked one by one */

static void
ngx_http_wsgw_mailing_here(ngx_event_t *ev)
{
    size_t                    bytes;
    ngx_uint_t                frames;
    ngx_http_wsgw_mailing_t  *m;
    ngx_http_wsgw_line_t     *line;
    ngx_http_wsgw_part_t     *part;

    m = ev->data;
    line = ngx_http_wsgw_lines_of(m, m->zone->process->self);

    frames = 0;
    bytes = 0;

    m->held++;

    ngx_http_wsgw_worker_rest(ev);

    while (line && !ngx_queue_empty(&line->parts)) {
        part = ngx_http_wsgw_mailing_first(&line->parts);

        frames += part->n;
        bytes += part->n * part->item->body.len;

        if (frames > part->n
            && (frames > NGX_HTTP_WSGW_MAILING_FRAMES
                || bytes > NGX_HTTP_WSGW_MAILING_BYTES))
        {
            ngx_http_wsgw_worker_turn(ev);
            break;
        }

        ngx_http_wsgw_mailing_deal(m, part);
        ngx_http_wsgw_mailing_over(m, part);
    }

    m->asked = 0;

    ngx_http_wsgw_mailing_apart(m);
    ngx_http_wsgw_mailing_release(m);
}


static void
ngx_http_wsgw_mailing_deal(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_part_t *part)
{
    ngx_uint_t                     i, step;
    ngx_http_wsgw_deal_t           deal;
    ngx_http_wsgw_mailing_item_t  *item;

    item = part->item;

    if (ngx_http_wsgw_deal(&deal, m->zone, m->stage, item->binary, &item->body)
        != NGX_OK)
    {
        ngx_http_wsgw_mailing_all(part, WSGW_OUTCOME_UNKNOWN);
        return;
    }

    for (i = 0; i < part->n; i++) {

        for (step = 1;
             step <= NGX_HTTP_WSGW_AHEAD && i + step < part->n;
             step++)
        {
            ngx_http_wsgw_deal_ahead(&deal, &part->id[i + step], step);
        }

        item->outcome[part->at[i]] =
                           (u_char) ngx_http_wsgw_deal_to(&deal, &part->id[i]);
    }

    ngx_http_wsgw_deal_end(&deal);
}


/*
 * A message's pushes have been answered before those of the next one begin.
 * That an instance has ended is known at once, but each time it is looked for.
 */

static void
ngx_http_wsgw_mailing_apart(ngx_http_wsgw_mailing_t *m)
{
    ngx_uint_t             i;
    ngx_http_wsgw_part_t  *part;

    while (!ngx_queue_empty(&m->parts)) {
        part = ngx_http_wsgw_mailing_first(&m->parts);

        if (m->next == part->n) {

            if (m->out) {
                return;
            }

            m->next = 0;
            ngx_http_wsgw_mailing_over(m, part);
            continue;
        }

        if (m->out >= ngx_http_wsgw_mailing_most(m, part->item)) {
            return;
        }

        if (m->asked == NGX_HTTP_WSGW_MAILING_ASKS) {
            ngx_http_wsgw_worker_turn(&m->turn);
            return;
        }

        m->asked++;
        i = m->next++;

        if (ngx_current_msec - m->since >= NGX_HTTP_WSGW_MAILING_PATIENCE) {
            part->item->outcome[part->at[i]] = WSGW_OUTCOME_UNKNOWN;
            continue;
        }

        ngx_http_wsgw_mailing_ask(m, part, i);
    }
}


/* How many are asked at a time.  Where they are each is a letter, perhaps all
   of them to one worker, which has its share of a zone that is as ours. */

static ngx_uint_t
ngx_http_wsgw_mailing_most(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_mailing_item_t *item)
{
    ngx_uint_t  n;

    n = m->zone->size / 128 / (item->body.len + NGX_HTTP_WSGW_CHUNK);

    return ngx_max(ngx_min(n, NGX_HTTP_WSGW_MAILING_ASKS), 1);
}


static void
ngx_http_wsgw_mailing_ask(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_part_t *part, ngx_uint_t i)
{
    u_char                       *outcome;
    ngx_http_wsgw_push_t         *push;
    ngx_http_wsgw_mailing_ask_t  *ask;

    outcome = &part->item->outcome[part->at[i]];

    for (ask = m->asks; ask && ask->outcome; ask = ask->next) { /* void */ }

    if (ask == NULL) {
        ask = ngx_pcalloc(m->pool, sizeof(ngx_http_wsgw_mailing_ask_t));

        if (ask == NULL) {
            *outcome = WSGW_OUTCOME_UNKNOWN;
            return;
        }

        ask->next = m->asks;
        m->asks = ask;
    }

    ask->mailing = m;
    ask->outcome = outcome;

    push = &ask->push;

    ngx_memzero(push, sizeof(ngx_http_wsgw_push_t));
    push->zone = m->zone;
    push->log = m->log;
    push->stage = m->stage;
    push->id = part->id[i];
    push->verb = WSGW_VERB_SEND;
    push->body = part->item->body;
    push->tag = WSGW_TAG_FRAME;
    push->done = ngx_http_wsgw_mailing_pushed;
    push->data = ask;

    m->out++;

    (void) ngx_http_wsgw_push(push);
}


static void
ngx_http_wsgw_mailing_pushed(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_mailing_t      *m;
    ngx_http_wsgw_mailing_ask_t  *ask;

    ask = push->data;
    m = ask->mailing;

    *ask->outcome = (u_char) push->outcome;
    ask->outcome = NULL;
    m->out--;

    /* Else whoever asks goes on himself. */

    if (push->later) {
        m->held++;
        ngx_http_wsgw_mailing_apart(m);
        ngx_http_wsgw_mailing_release(m);
    }
}


static void
ngx_http_wsgw_mailing_all(ngx_http_wsgw_part_t *part,
    wsgw_outcome_t outcome)
{
    ngx_uint_t  i;

    for (i = 0; i < part->n; i++) {
        part->item->outcome[part->at[i]] = (u_char) outcome;
    }
}


static void
ngx_http_wsgw_mailing_over(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_part_t *part)
{
    ngx_http_wsgw_mailing_item_t  *item;

    item = part->item;

    ngx_queue_remove(&part->queue);
    m->waiting--;

    if (--item->waiting == 0 && item->parcel) {
        ngx_http_wsgw_letter_unpack(item->parcel);
        item->parcel = NULL;
    }
}


/* The mailing may be gone after it. */

static void
ngx_http_wsgw_mailing_release(ngx_http_wsgw_mailing_t *m)
{
    if (--m->held == 0 && m->waiting == 0) {
        m->done(m);
    }
}


void
ngx_http_wsgw_mailing_cancel(ngx_http_wsgw_mailing_t *m)
{
    ngx_queue_t                  *q;
    ngx_http_wsgw_mailing_ask_t  *ask;
    ngx_http_wsgw_line_t         *line;

    for (q = ngx_queue_head(&m->lines);
         q != ngx_queue_sentinel(&m->lines);
         q = ngx_queue_next(q))
    {
        line = ngx_queue_data(q, ngx_http_wsgw_line_t, queue);

        if (line->letter) {
            ngx_http_wsgw_letter_cancel(line->letter);
        }

        ngx_http_wsgw_mailing_forget(&line->parts);
    }

    ngx_http_wsgw_mailing_forget(&m->parts);

    for (ask = m->asks; ask; ask = ask->next) {
        if (ask->outcome) {
            ngx_http_wsgw_push_cancel(&ask->push);
        }
    }

    ngx_http_wsgw_worker_rest(&m->turn);
}


static void
ngx_http_wsgw_mailing_forget(ngx_queue_t *parts)
{
    ngx_http_wsgw_part_t  *part;

    while (!ngx_queue_empty(parts)) {
        part = ngx_http_wsgw_mailing_first(parts);
        ngx_queue_remove(&part->queue);

        if (part->item->parcel) {
            ngx_http_wsgw_letter_unpack(part->item->parcel);
            part->item->parcel = NULL;
        }
    }
}
