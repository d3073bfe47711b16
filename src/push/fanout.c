
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The sender's end of a message to many.  Each worker that may have some of
 * them gets a letter, all letters have one body.  A worker answers what it did,
 * or, if that takes longer than a turn of its event loop, says so by an empty
 * RESULT and sends a SENT.
 *
 * Each other instance or node is asked once, as a whole, and answers sums.
 */


#include "push/fanout.h"
#include "flow/sweep.h"
#include "push/handout.h"
#include "zone/fault.h"
#include "zone/group.h"
#include "zone/roll.h"


#define NGX_HTTP_WSGW_FANOUT_TIMEOUT  5000      /* ms, as a letter's */
#define NGX_HTTP_WSGW_FANOUT_SERVED   4000      /* before who asks gives up */
#define NGX_HTTP_WSGW_FANOUT_ROOM     128       /* bytes of an answer */
#define NGX_HTTP_WSGW_FANOUT_SETS     256       /* a power of two */
#define NGX_HTTP_WSGW_FANOUT_WAYS     4


/* how many of those that a message is to a worker had, or another instance,
   when it answered last; of a set, those come first that answered last */

typedef struct {
    uint64_t                       key;
    uint64_t                       owner;       /* word; or place() */
    uint64_t                       count;
} ngx_http_wsgw_fanout_known_t;


static wsgw_outcome_t ngx_http_wsgw_fanout_ask(ngx_http_wsgw_fanout_t *f);
static u_char *ngx_http_wsgw_fanout_write(ngx_http_wsgw_fanout_t *f,
    ngx_str_t *question);
static void ngx_http_wsgw_fanout_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer);
static ngx_int_t ngx_http_wsgw_fanout_add(ngx_http_wsgw_fanout_t *f,
    wsgw_wire_reader_t *r, uint64_t *n);
static void ngx_http_wsgw_fanout_unknown(ngx_http_wsgw_fanout_t *f,
    ngx_http_wsgw_owner_t *owner);
static void ngx_http_wsgw_fanout_away(ngx_http_wsgw_fanout_t *f,
    ngx_str_t *question);
static void ngx_http_wsgw_fanout_place(ngx_http_wsgw_abroad_t *abroad,
    uint32_t number, wsgw_outcome_t outcome, ngx_str_t *answer);
static void ngx_http_wsgw_fanout_back(ngx_http_wsgw_abroad_t *abroad);
static void ngx_http_wsgw_fanout_note(ngx_http_wsgw_fanout_t *f,
    uint64_t owner, uint64_t n);
static uint64_t ngx_http_wsgw_fanout_last(ngx_http_wsgw_fanout_t *f,
    uint64_t owner);
static ngx_http_wsgw_fanout_known_t *ngx_http_wsgw_fanout_set(uint64_t key,
    uint64_t owner);
static void ngx_http_wsgw_fanout_told(wsgw_wire_reader_t *r);
static void ngx_http_wsgw_fanout_asked(ngx_http_wsgw_survey_t *survey);
static void ngx_http_wsgw_fanout_check(ngx_http_wsgw_fanout_t *f);
static void ngx_http_wsgw_fanout_timeout(ngx_event_t *ev);
static void ngx_http_wsgw_fanout_end(ngx_http_wsgw_fanout_t *f);


static ngx_queue_t                   ngx_http_wsgw_fanout_queue;
static uint64_t                      ngx_http_wsgw_fanout_sequence;
static ngx_http_wsgw_fanout_known_t
                    ngx_http_wsgw_fanout_counts[NGX_HTTP_WSGW_FANOUT_SETS]
                                               [NGX_HTTP_WSGW_FANOUT_WAYS];


ngx_http_wsgw_fanout_t *
ngx_http_wsgw_fanout_create(void)
{
    return ngx_calloc(sizeof(ngx_http_wsgw_fanout_t), ngx_cycle->log);
}


void
ngx_http_wsgw_fanout(ngx_http_wsgw_fanout_t *f)
{
    wsgw_outcome_t  outcome;

    if (ngx_http_wsgw_fanout_queue.next == NULL) {
        ngx_queue_init(&ngx_http_wsgw_fanout_queue);
        ngx_http_wsgw_handout_told = ngx_http_wsgw_fanout_told;
    }

    ngx_queue_insert_tail(&ngx_http_wsgw_fanout_queue, &f->queue);

    f->sequence = ++ngx_http_wsgw_fanout_sequence;
    f->timer.handler = ngx_http_wsgw_fanout_timeout;
    f->timer.data = f;
    f->timer.log = ngx_cycle->log;

    outcome = ngx_http_wsgw_fanout_ask(f);

    /* With WSGW_OUTCOME_OK it may be over, and freed. */

    if (outcome != WSGW_OUTCOME_OK) {
        f->outcome = outcome;
        ngx_http_wsgw_fanout_end(f);
    }
}


static wsgw_outcome_t
ngx_http_wsgw_fanout_ask(ngx_http_wsgw_fanout_t *f)
{
    u_char                  *buf;
    uint64_t                 hash[NGX_HTTP_WSGW_FANOUT_GROUPS];
    ngx_str_t                question;
    ngx_uint_t               i, n;
    wsgw_outcome_t           outcome;
    ngx_http_wsgw_parcel_t  *parcel;

    if (ngx_http_wsgw_sweep_join(f->zone, ngx_cycle->log) != NGX_OK) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    n = ngx_min(f->ngroups, NGX_HTTP_WSGW_FANOUT_GROUPS);

    f->key = f->stage;

    for (i = 0; i < n; i++) {
        hash[i] = ngx_http_wsgw_group_hash(f->zone, f->stage, &f->group[i]);
        f->key += hash[i];
    }

    buf = ngx_http_wsgw_fanout_write(f, &question);
    if (buf == NULL) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    parcel = NULL;

    if (f->body.len) {
        parcel = ngx_http_wsgw_letter_pack(f->zone, &f->body, &outcome);

        if (parcel == NULL) {
            ngx_free(buf);
            return outcome;
        }
    }

    f->survey.zone = f->zone;
    f->survey.room = NGX_HTTP_WSGW_FANOUT_ROOM;
    f->survey.parcel = parcel;
    f->survey.body = f->body;
    f->survey.heard = ngx_http_wsgw_fanout_heard;
    f->survey.done = ngx_http_wsgw_fanout_asked;
    f->survey.data = f;

    f->asking = 1;

    ngx_http_wsgw_survey_begin(&f->survey);
    ngx_http_wsgw_survey_workers(&f->survey, hash, n, &question);

    if (parcel) {
        ngx_http_wsgw_letter_unpack(parcel);
    }

    if (f->served) {
        ngx_add_timer(&f->timer, NGX_HTTP_WSGW_FANOUT_SERVED);

    } else if (ngx_http_wsgw_places_may_be(f->zone)) {
        ngx_http_wsgw_fanout_away(f, &question);
    }

    ngx_free(buf);

    f->later = f->away;

    if (!ngx_http_wsgw_survey_end(&f->survey)) {
        f->later = 1;
    }

    return WSGW_OUTCOME_OK;
}


/* all but the body; NULL: no memory */

static u_char *
ngx_http_wsgw_fanout_write(ngx_http_wsgw_fanout_t *f, ngx_str_t *question)
{
    u_char              *buf;
    size_t               size;
    ngx_uint_t           i;
    wsgw_wire_writer_t   w;

    size = WSGW_WIRE_HEADER + 8 * (WSGW_WIRE_FIELD + sizeof(uint64_t))
           + f->ngroups * (WSGW_WIRE_FIELD + WSGW_GROUP_NAME_MAX)
           + f->nexcept * WSGW_WIRE_TARGET;

    buf = ngx_alloc(size, ngx_cycle->log);
    if (buf == NULL) {
        return NULL;
    }

    wsgw_wire_begin(&w, buf, size, WSGW_VERB_SEND_GROUP,
                    f->binary ? WSGW_WIRE_BINARY : 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) f->stage << 32);
    wsgw_wire_put_u64(&w, WSGW_TAG_OWNER,
                      ngx_http_wsgw_owner_word(&f->zone->process->self));
    wsgw_wire_put_u64(&w, WSGW_TAG_SEQUENCE, f->sequence);

    for (i = 0; i < f->ngroups; i++) {
        wsgw_wire_put_bytes(&w, WSGW_TAG_GROUP, f->group[i].data,
                            f->group[i].len);
    }

    wsgw_wire_put_targets_as(&w, WSGW_TAG_EXCEPT, f->except, f->nexcept);

    question->data = buf;
    question->len = f->body.len
                    ? wsgw_wire_finish_before(&w, WSGW_TAG_FRAME, f->body.len)
                    : wsgw_wire_finish(&w);

    return buf;
}


/* A worker that is dead has no members. */

static void
ngx_http_wsgw_fanout_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    uint64_t                 n;
    wsgw_wire_reader_t       r;
    ngx_http_wsgw_fanout_t  *f;

    n = 0;
    f = survey->data;

    if (outcome == WSGW_OUTCOME_GONE) {
        return;
    }

    if (outcome != WSGW_OUTCOME_OK
        || wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE)
    {
        ngx_http_wsgw_fanout_unknown(f, &part->owner);
        return;
    }

    if (ngx_http_wsgw_fanout_add(f, &r, &n) != NGX_OK) {
        f->awaited++;
        return;
    }

    ngx_http_wsgw_fanout_note(f, ngx_http_wsgw_owner_word(&part->owner), n);
}


/* NGX_DECLINED: it does not say yet */

static ngx_int_t
ngx_http_wsgw_fanout_add(ngx_http_wsgw_fanout_t *f, wsgw_wire_reader_t *r,
    uint64_t *n)
{
    uint64_t           sent, full, unknown;
    ngx_uint_t         said;
    wsgw_wire_field_t  field;

    sent = 0;
    full = 0;
    unknown = 0;
    said = 0;

    while (wsgw_wire_next(r, &field)) {

        switch (field.tag) {

        case WSGW_TAG_SENT:
            said = (wsgw_wire_u64(&field, &sent) == 0);
            break;

        case WSGW_TAG_FULL:
            (void) wsgw_wire_u64(&field, &full);
            break;

        case WSGW_TAG_UNKNOWN:
            (void) wsgw_wire_u64(&field, &unknown);
            break;
        }
    }

    f->sent += sent;
    f->full += full;
    f->unknown += unknown;

    /* of those that are unknown it is but known how many there were */

    *n = ngx_max(sent + full + unknown, unknown ? *n : 0);

    return said ? NGX_OK : NGX_DECLINED;
}


/* All of a worker are in the zone; of a group it is known how many answered
   last, and its bit says that there may be one. */

static void
ngx_http_wsgw_fanout_unknown(ngx_http_wsgw_fanout_t *f,
    ngx_http_wsgw_owner_t *owner)
{
    uint64_t  word;

    word = ngx_http_wsgw_owner_word(owner);

    f->unknown += f->ngroups ? ngx_http_wsgw_fanout_last(f, word)
                             : ngx_max(ngx_http_wsgw_roll_of(f->zone, f->stage,
                                                             word), 1);
}


/* The message is copied once for all of them. */

static void
ngx_http_wsgw_fanout_away(ngx_http_wsgw_fanout_t *f, ngx_str_t *question)
{
    u_char  *p;

    p = ngx_alloc(question->len + f->body.len, ngx_cycle->log);

    if (p == NULL) {
        f->unknown++;
        return;
    }

    f->abroad.question.data = p;
    f->abroad.question.len = question->len + f->body.len;

    p = ngx_cpymem(p, question->data, question->len);

    if (f->body.len) {
        ngx_memcpy(p, f->body.data, f->body.len);
    }

    f->abroad.zone = f->zone;
    f->abroad.stage = f->stage;
    f->abroad.choice = (uint32_t) f->key;
    f->abroad.heard = ngx_http_wsgw_fanout_place;
    f->abroad.done = ngx_http_wsgw_fanout_back;
    f->abroad.data = f;

    f->away = 1;

    ngx_http_wsgw_abroad(&f->abroad);
}


/* as an owner word, which no worker has: their slots are not so many */

#define ngx_http_wsgw_fanout_place_word(number)                               \
    ((uint64_t) (0x80000000 | (number)) << 32)


/* Of one that is silent nobody knows whether it still has as many, so it counts
   as one at least. */

static void
ngx_http_wsgw_fanout_place(ngx_http_wsgw_abroad_t *abroad, uint32_t number,
    wsgw_outcome_t outcome, ngx_str_t *answer)
{
    uint64_t                 n, word;
    wsgw_wire_reader_t       r;
    ngx_http_wsgw_fanout_t  *f;

    f = abroad->data;
    word = ngx_http_wsgw_fanout_place_word(number);
    n = ngx_http_wsgw_fanout_last(f, word);

    if (outcome == WSGW_OUTCOME_GONE) {
        return;
    }

    if (outcome == WSGW_OUTCOME_OK
        && wsgw_wire_open(&r, answer->data, answer->len) == WSGW_DONE
        && ngx_http_wsgw_fanout_add(f, &r, &n) == NGX_OK)
    {
        ngx_http_wsgw_fanout_note(f, word, n);
        return;
    }

    f->unknown += ngx_http_wsgw_fanout_last(f, word);
}


static void
ngx_http_wsgw_fanout_back(ngx_http_wsgw_abroad_t *abroad)
{
    ngx_http_wsgw_fanout_t  *f;

    f = abroad->data;
    f->unknown += abroad->places.missing;
    f->away = 0;

    ngx_http_wsgw_fanout_check(f);
}


/* Who is not in a full set takes the place of who answered longest ago. */

static void
ngx_http_wsgw_fanout_note(ngx_http_wsgw_fanout_t *f, uint64_t owner,
    uint64_t n)
{
    ngx_uint_t                     i;
    ngx_http_wsgw_fanout_known_t  *set;

    set = ngx_http_wsgw_fanout_set(f->key, owner);

    for (i = 0; i < NGX_HTTP_WSGW_FANOUT_WAYS - 1; i++) {
        if (set[i].key == f->key && set[i].owner == owner) {
            break;
        }
    }

    ngx_memmove(&set[1], set, i * sizeof(ngx_http_wsgw_fanout_known_t));

    set[0].key = f->key;
    set[0].owner = owner;
    set[0].count = n;
}


static uint64_t
ngx_http_wsgw_fanout_last(ngx_http_wsgw_fanout_t *f, uint64_t owner)
{
    ngx_uint_t                     i;
    ngx_http_wsgw_fanout_known_t  *set;

    set = ngx_http_wsgw_fanout_set(f->key, owner);

    for (i = 0; i < NGX_HTTP_WSGW_FANOUT_WAYS; i++) {
        if (set[i].key == f->key && set[i].owner == owner) {
            return ngx_max(set[i].count, 1);
        }
    }

    return 1;
}


static ngx_http_wsgw_fanout_known_t *
ngx_http_wsgw_fanout_set(uint64_t key, uint64_t owner)
{
    return ngx_http_wsgw_fanout_counts[(key ^ owner >> 32)
                                       & (NGX_HTTP_WSGW_FANOUT_SETS - 1)];
}


static void
ngx_http_wsgw_fanout_told(wsgw_wire_reader_t *r)
{
    uint64_t                 owner, sequence, n;
    ngx_queue_t             *q;
    wsgw_wire_field_t        field;
    wsgw_wire_reader_t       again;
    ngx_http_wsgw_fanout_t  *f;

    again = *r;
    owner = 0;
    sequence = 0;
    n = 0;

    while (wsgw_wire_next(r, &field)) {

        switch (field.tag) {

        case WSGW_TAG_OWNER:
            (void) wsgw_wire_u64(&field, &owner);
            break;

        case WSGW_TAG_SEQUENCE:
            (void) wsgw_wire_u64(&field, &sequence);
            break;
        }
    }

    for (q = ngx_queue_head(&ngx_http_wsgw_fanout_queue);
         q != ngx_queue_sentinel(&ngx_http_wsgw_fanout_queue);
         q = ngx_queue_next(q))
    {
        f = ngx_queue_data(q, ngx_http_wsgw_fanout_t, queue);

        if (f->sequence != sequence) {
            continue;
        }

        /* It may come before the RESULT that announces it is read. */

        if (ngx_http_wsgw_fanout_add(f, &again, &n) == NGX_OK) {
            ngx_http_wsgw_fanout_note(f, owner, n);
            f->awaited--;
        }

        ngx_http_wsgw_fanout_check(f);
        return;
    }
}


static void
ngx_http_wsgw_fanout_asked(ngx_http_wsgw_survey_t *survey)
{
    ngx_http_wsgw_fanout_t  *f;

    f = survey->data;
    f->asking = 0;

    if (f->awaited > 0 && !f->served) {
        ngx_add_timer(&f->timer, NGX_HTTP_WSGW_FANOUT_TIMEOUT);
    }

    ngx_http_wsgw_fanout_check(f);
}


static void
ngx_http_wsgw_fanout_check(ngx_http_wsgw_fanout_t *f)
{
    if (f->asking || f->away || f->awaited > 0) {
        f->later = 1;
        return;
    }

    ngx_http_wsgw_fanout_end(f);
}


/* No other instance is waited for here: that has a time of its own. */

static void
ngx_http_wsgw_fanout_timeout(ngx_event_t *ev)
{
    ngx_http_wsgw_fanout_t  *f;

    f = ev->data;

    f->unknown += ngx_max(f->awaited, 0);
    f->awaited = 0;

    if (f->asking) {
        ngx_http_wsgw_survey_give_up(&f->survey);
        return;
    }

    ngx_http_wsgw_fanout_check(f);
}


static void
ngx_http_wsgw_fanout_end(ngx_http_wsgw_fanout_t *f)
{
    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw fanout sent:%uL full:%uL unknown:%uL later:%ui",
                   f->sent, f->full, f->unknown, f->later);

    ngx_queue_remove(&f->queue);

    if (f->timer.timer_set) {
        ngx_del_timer(&f->timer);
    }

    /* In pages that are gone nobody is found. */

    f->unknown += ngx_http_wsgw_fault_found(f->zone);

    if (f->outcome == WSGW_OUTCOME_OK && f->unknown && f->sent == 0) {
        f->outcome = WSGW_OUTCOME_UNKNOWN;
    }

    if (f->done) {
        f->done(f);
    }

    ngx_free(f);
}


void
ngx_http_wsgw_fanout_cancel(ngx_http_wsgw_fanout_t *f)
{
    f->done = NULL;
}
