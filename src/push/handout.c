
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message to many is handed out in turns of the event loop: a thousand
 * frames, or a megabyte, and then it is others' turn.  Messages of a process
 * wait for each other, so that two of them are in one order for all who get
 * both.
 */


#include "push/handout.h"
#include "base/memory.h"
#include "socket/output.h"
#include "zone/ahead.h"
#include "zone/group.h"
#include "zone/letter.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_HANDOUT_FRAMES  1000      /* in a turn, or so many */
#define NGX_HTTP_WSGW_HANDOUT_BYTES   (1024 * 1024)


typedef struct {
    ngx_queue_t                    queue;
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_http_wsgw_copies_t         copies;
    ngx_http_wsgw_handout_sum_t    sum;
    ngx_http_wsgw_meter_t         *meter;       /* of who gets it; or NULL */

    ngx_http_wsgw_owner_t          from;        /* who wants a SENT */
    uint64_t                       sequence;

    u_char                        *reached;     /* a bit for each slot that gets
                                                   no more; NULL: nobody is in
                                                   twice, or left out */
    ngx_str_t                     *group;       /* NULL: all */
    ngx_uint_t                     ngroups;
    ngx_uint_t                     begun;       /* how many of these */
    ngx_http_wsgw_group_walk_t     walk;
    uint32_t                       slot;        /* of all: the next */
} ngx_http_wsgw_handout_t;


static ngx_http_wsgw_handout_t *ngx_http_wsgw_handout_create(
    ngx_http_wsgw_zone_t *zone, uint32_t stage, wsgw_wire_reader_t *r);
static ngx_int_t ngx_http_wsgw_handout_read(ngx_http_wsgw_handout_t *h,
    wsgw_wire_reader_t *r);
static ngx_int_t ngx_http_wsgw_handout_who(ngx_http_wsgw_handout_t *h,
    wsgw_wire_reader_t *r);
static ngx_int_t ngx_http_wsgw_handout_except(ngx_http_wsgw_handout_t *h,
    wsgw_wire_field_t *f);
static void ngx_http_wsgw_handout_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_wsgw_handout_turn(ngx_http_wsgw_handout_t *h);
static ngx_http_wsgw_connection_t *ngx_http_wsgw_handout_next(
    ngx_http_wsgw_handout_t *h);
static ngx_http_wsgw_connection_t *ngx_http_wsgw_handout_next_slot(
    ngx_http_wsgw_handout_t *h);
static void ngx_http_wsgw_handout_one(ngx_http_wsgw_handout_t *h,
    ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_handout_tell(ngx_http_wsgw_handout_t *h);
static void ngx_http_wsgw_handout_ignore(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer);
static void ngx_http_wsgw_handout_free(ngx_http_wsgw_handout_t *h);


void  (*ngx_http_wsgw_handout_told)(wsgw_wire_reader_t *r);

static ngx_queue_t  ngx_http_wsgw_handout_queue;
static ngx_event_t  ngx_http_wsgw_handout_event;

/* Of this turn, and of those before it that left room: many small messages may
   come in one turn, and whoever finds none left waits for the next. */

static ngx_uint_t   ngx_http_wsgw_handout_frames;
static size_t       ngx_http_wsgw_handout_bytes;


ngx_int_t
ngx_http_wsgw_handout(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    wsgw_wire_reader_t *r, ngx_http_wsgw_handout_sum_t *sum)
{
    ngx_http_wsgw_handout_t  *h;

    h = ngx_http_wsgw_handout_create(zone, stage, r);
    if (h == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_handout_queue.next == NULL) {
        ngx_queue_init(&ngx_http_wsgw_handout_queue);
        ngx_http_wsgw_handout_event.handler = ngx_http_wsgw_handout_handler;
    }

    if (ngx_queue_empty(&ngx_http_wsgw_handout_queue)
        && ngx_http_wsgw_handout_turn(h) == NGX_OK)
    {
        *sum = h->sum;
        ngx_http_wsgw_handout_free(h);
        return NGX_OK;
    }

    ngx_queue_insert_tail(&ngx_http_wsgw_handout_queue, &h->queue);

    ngx_http_wsgw_handout_event.log = ngx_cycle->log;
    ngx_post_event(&ngx_http_wsgw_handout_event, &ngx_posted_next_events);

    return NGX_AGAIN;
}


static ngx_http_wsgw_handout_t *
ngx_http_wsgw_handout_create(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    wsgw_wire_reader_t *r)
{
    wsgw_wire_reader_t        again;
    ngx_http_wsgw_handout_t  *h;

    if (ngx_http_wsgw_memory_is_full()) {
        return NULL;
    }

    h = ngx_calloc(sizeof(ngx_http_wsgw_handout_t), ngx_cycle->log);
    if (h == NULL) {
        return NULL;
    }

    h->zone = zone;
    h->stage = stage;

    again = *r;

    if (ngx_http_wsgw_handout_read(h, r) != NGX_OK
        || ngx_http_wsgw_handout_who(h, &again) != NGX_OK)
    {
        ngx_http_wsgw_handout_free(h);
        return NULL;
    }

    return h;
}


static ngx_int_t
ngx_http_wsgw_handout_read(ngx_http_wsgw_handout_t *h, wsgw_wire_reader_t *r)
{
    uint64_t           from;
    ngx_str_t          body;
    wsgw_wire_field_t  f;

    ngx_str_null(&body);

    while (wsgw_wire_next(r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_FRAME:
            body.data = (u_char *) f.data;
            body.len = f.len;
            break;

        case WSGW_TAG_GROUP:
            h->ngroups++;
            break;

        case WSGW_TAG_OWNER:
            if (wsgw_wire_u64(&f, &from) == 0) {
                h->from = ngx_http_wsgw_owner(from);
            }

            break;

        case WSGW_TAG_SEQUENCE:
            (void) wsgw_wire_u64(&f, &h->sequence);
            break;
        }
    }

    return ngx_http_wsgw_copies_init(&h->copies,
                                     (r->flags & WSGW_WIRE_BINARY)
                                     ? WSGW_OP_BINARY : WSGW_OP_TEXT,
                                     body.data, body.len);
}


/* Names are copied: the question will be gone in the next turn. */

static ngx_int_t
ngx_http_wsgw_handout_who(ngx_http_wsgw_handout_t *h, wsgw_wire_reader_t *r)
{
    u_char             *p;
    ngx_uint_t          n;
    wsgw_wire_field_t   f;

    p = NULL;
    n = 0;

    if (h->ngroups) {
        h->group = ngx_alloc(h->ngroups * (sizeof(ngx_str_t)
                                           + WSGW_GROUP_NAME_MAX),
                             ngx_cycle->log);
        if (h->group == NULL) {
            return NGX_ERROR;
        }

        p = (u_char *) (h->group + h->ngroups);
    }

    while (wsgw_wire_next(r, &f)) {

        if (f.tag == WSGW_TAG_GROUP) {
            h->group[n].data = p;
            h->group[n].len = ngx_min(f.len, WSGW_GROUP_NAME_MAX);
            p = ngx_cpymem(p, f.data, h->group[n].len);
            n++;

        } else if (f.tag == WSGW_TAG_EXCEPT
                   && ngx_http_wsgw_handout_except(h, &f) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (h->ngroups > 1 && h->reached == NULL) {
        h->reached = calloc(1, h->zone->slots / 8 + 1);

        if (h->reached == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_handout_except(ngx_http_wsgw_handout_t *h, wsgw_wire_field_t *f)
{
    size_t                       i;
    wsgw_id_t                    id;
    ngx_http_wsgw_connection_t  *wc;

    for (i = 0; wsgw_wire_target(f, i, &id) == 0; i++) {

        wc = id.slot < h->zone->slots ? h->zone->local[id.slot] : NULL;

        if (wc == NULL || wc->secret != id.secret) {
            continue;
        }

        if (h->reached == NULL) {
            h->reached = calloc(1, h->zone->slots / 8 + 1);

            if (h->reached == NULL) {
                return NGX_ERROR;
            }
        }

        h->reached[id.slot / 8] |= 1 << id.slot % 8;
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_handout_handler(ngx_event_t *ev)
{
    ngx_queue_t              *q;
    ngx_http_wsgw_handout_t  *h;

    ngx_http_wsgw_handout_frames = 0;
    ngx_http_wsgw_handout_bytes = 0;

    while (!ngx_queue_empty(&ngx_http_wsgw_handout_queue)) {
        q = ngx_queue_head(&ngx_http_wsgw_handout_queue);
        h = ngx_queue_data(q, ngx_http_wsgw_handout_t, queue);

        if (ngx_http_wsgw_handout_turn(h) != NGX_OK) {
            ngx_post_event(ev, &ngx_posted_next_events);
            return;
        }

        ngx_queue_remove(q);
        ngx_http_wsgw_handout_tell(h);
        ngx_http_wsgw_handout_free(h);
    }
}


/* NGX_OK: all have got it */

static ngx_int_t
ngx_http_wsgw_handout_turn(ngx_http_wsgw_handout_t *h)
{
    ngx_http_wsgw_connection_t  *wc;

    while (ngx_http_wsgw_handout_frames < NGX_HTTP_WSGW_HANDOUT_FRAMES
           && ngx_http_wsgw_handout_bytes < NGX_HTTP_WSGW_HANDOUT_BYTES)
    {
        wc = ngx_http_wsgw_handout_next(h);

        if (wc == NULL) {
            return NGX_OK;
        }

        ngx_http_wsgw_handout_one(h, wc);

        ngx_http_wsgw_handout_frames++;
        ngx_http_wsgw_handout_bytes += h->copies.payload.len;
    }

    return NGX_AGAIN;
}


static ngx_http_wsgw_connection_t *
ngx_http_wsgw_handout_next(ngx_http_wsgw_handout_t *h)
{
    ngx_http_wsgw_connection_t  *wc;

    if (h->group == NULL) {
        return ngx_http_wsgw_handout_next_slot(h);
    }

    for ( ;; ) {

        if (h->begun) {
            wc = ngx_http_wsgw_group_next(&h->walk);

            if (wc) {
                return wc;
            }
        }

        if (h->begun == h->ngroups) {
            return NULL;
        }

        ngx_http_wsgw_group_walk(&h->walk, h->zone, h->stage,
                                 &h->group[h->begun++]);
    }
}


/* in the stripes that are ours, which are all that our connections are in */

static ngx_http_wsgw_connection_t *
ngx_http_wsgw_handout_next_slot(ngx_http_wsgw_handout_t *h)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_stripes_t     *slots;
    ngx_http_wsgw_connection_t  *wc;

    slots = &h->zone->process->slots;

    while (h->slot < h->zone->slots) {

        if (slots->mine[h->slot >> slots->shift] == NULL) {
            h->slot = (h->slot | (ngx_http_wsgw_stripes_size(slots) - 1)) + 1;
            continue;
        }

        wc = h->zone->local[h->slot++];

        if (wc && wc->state == ngx_http_wsgw_open
            && ngx_http_wsgw_slot_api_stage(wc->wlcf->api) == h->stage)
        {
            for (i = 0;
                 i < NGX_HTTP_WSGW_AHEAD && h->slot + i < h->zone->slots;
                 i++)
            {
                ngx_http_wsgw_ahead(h->zone->local[h->slot + i], i + 1);
            }

            return wc;
        }
    }

    return NULL;
}


/* Each gets what a push would bring: nothing while $connect is pending in the
   aws profile, nor what its stage does not take. */

static void
ngx_http_wsgw_handout_one(ngx_http_wsgw_handout_t *h,
    ngx_http_wsgw_connection_t *wc)
{
    u_char                    *byte, bit;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = wc->wlcf;

    if (h->reached) {
        byte = &h->reached[wc->slot / 8];
        bit = (u_char) (1 << wc->slot % 8);

        if (*byte & bit) {
            return;
        }

        *byte |= bit;
    }

    if (h->copies.payload.len > wlcf->max_message_size
        || (wlcf->profile == NGX_HTTP_WSGW_AWS
            && (wc->state == ngx_http_wsgw_connecting
                || h->copies.opcode == WSGW_OP_BINARY)))
    {
        return;
    }

    switch (ngx_http_wsgw_output_copy(wc, &h->copies)) {

    case NGX_OK:
        h->sum.sent++;
        break;

    case NGX_BUSY:
        h->sum.full++;
        break;

    default: /* NGX_DECLINED, NGX_ERROR */
        return;
    }

    h->meter = wlcf->meter;
}


static void
ngx_http_wsgw_handout_tell(ngx_http_wsgw_handout_t *h)
{
    u_char              buf[256];
    ngx_str_t           text, none;
    wsgw_outcome_t      outcome;
    wsgw_wire_reader_t  r;
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, buf, sizeof(buf), WSGW_VERB_SENT, 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) h->stage << 32);
    wsgw_wire_put_u64(&w, WSGW_TAG_OWNER,
                      ngx_http_wsgw_owner_word(&h->zone->process->self));
    wsgw_wire_put_u64(&w, WSGW_TAG_SEQUENCE, h->sequence);
    wsgw_wire_put_u64(&w, WSGW_TAG_SENT, h->sum.sent);
    wsgw_wire_put_u64(&w, WSGW_TAG_FULL, h->sum.full);

    ngx_str_null(&none);
    text.data = buf;
    text.len = wsgw_wire_finish(&w);

    if (ngx_http_wsgw_owner_word(&h->from)
        == ngx_http_wsgw_owner_word(&h->zone->process->self))
    {
        (void) wsgw_wire_open(&r, text.data, text.len);
        ngx_http_wsgw_handout_told(&r);
        return;
    }

    /* Without room for it the asker does not learn it, and says so. */

    if (h->from.index < ngx_http_wsgw_header(h->zone)->nworkers) {
        (void) ngx_http_wsgw_letter_post(h->zone, h->from, &text, &none,
                                         NULL, 0, ngx_http_wsgw_handout_ignore,
                                         NULL, &outcome);
    }
}


static void
ngx_http_wsgw_handout_ignore(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    /* void */
}


static void
ngx_http_wsgw_handout_free(ngx_http_wsgw_handout_t *h)
{
    if (h->meter) {
        ngx_http_wsgw_meter_add(h->meter, ngx_http_wsgw_row_groups,
                                ngx_http_wsgw_groups_sent, h->sum.sent);
        ngx_http_wsgw_meter_add(h->meter, ngx_http_wsgw_row_groups,
                                ngx_http_wsgw_groups_full, h->sum.full);
        ngx_http_wsgw_meter_add(h->meter, ngx_http_wsgw_row_traffic,
                                ngx_http_wsgw_traffic_bytes_out,
                                h->sum.sent * h->copies.payload.len);
    }

    if (h->begun) {
        ngx_http_wsgw_group_stop(&h->walk);
    }

    if (h->group) {
        ngx_free(h->group);
    }

    free(h->reached);

    ngx_http_wsgw_copies_free(&h->copies);
    ngx_free(h);
}
