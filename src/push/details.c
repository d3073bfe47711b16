
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What only the owners of a page's connections know of them: each is asked once
 * about all of its own.
 */


#include "push/details.h"
#include "push/question.h"
#include "zone/group.h"


#define NGX_HTTP_WSGW_DETAILS_ROOM  (40 * 1024) /* bytes of an answer */


static ngx_int_t ngx_http_wsgw_details_ask(ngx_http_wsgw_lister_t *l,
    ngx_uint_t first);
static ngx_int_t ngx_http_wsgw_details_post(ngx_http_wsgw_lister_t *l,
    ngx_http_wsgw_owner_t owner, ngx_str_t *question, ngx_uint_t n);
static void ngx_http_wsgw_details_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer);
static ngx_http_wsgw_lister_entry_t *ngx_http_wsgw_details_find(
    ngx_http_wsgw_lister_t *l, wsgw_wire_field_t *f);
static void ngx_http_wsgw_details_looked_at(ngx_http_wsgw_lister_t *l,
    uint64_t owner, uint64_t n);


ngx_int_t
ngx_http_wsgw_details(ngx_http_wsgw_lister_t *l)
{
    ngx_uint_t                     i;
    ngx_http_wsgw_lister_entry_t  *entry;

    entry = ngx_pcalloc(l->pool,
                        (l->total + 1)
                        * sizeof(ngx_http_wsgw_lister_entry_t));
    if (entry == NULL) {
        return NGX_ERROR;
    }

    l->entry = entry;

    for (i = 0; i < l->total; i++) {
        entry[i].open = l->open[i];
    }

    l->survey.heard = ngx_http_wsgw_details_heard;

    ngx_http_wsgw_survey_begin(&l->survey);

    for (i = 0; i < l->total && l->silent == 0; i++) {
        if (!entry[i].asked && ngx_http_wsgw_details_ask(l, i) != NGX_OK) {
            l->silent++;
        }
    }

    return NGX_OK;
}


/* asks the owner of an entry about all of its entries; NGX_ERROR: it cannot be
   asked now */

static ngx_int_t
ngx_http_wsgw_details_ask(ngx_http_wsgw_lister_t *l, ngx_uint_t first)
{
    u_char                        *buf;
    size_t                         size;
    uint64_t                       owner;
    wsgw_id_t                     *ids;
    ngx_str_t                      question;
    ngx_uint_t                     i, n;
    wsgw_wire_writer_t             w;
    ngx_http_wsgw_lister_entry_t  *entry;

    entry = l->entry;
    owner = entry[first].open.owner;

    size = WSGW_WIRE_HEADER + 2 * WSGW_WIRE_FIELD + sizeof(uint64_t)
           + l->total * WSGW_WIRE_TARGET;

    ids = ngx_palloc(l->pool, l->total * sizeof(wsgw_id_t));
    buf = ngx_pnalloc(l->pool, size);

    if (ids == NULL || buf == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = first; i < l->total; i++) {
        if (entry[i].open.owner == owner) {
            entry[i].asked = 1;
            ids[n++] = entry[i].open.id;
        }
    }

    wsgw_wire_begin(&w, buf, size, WSGW_VERB_DETAILS, 0);
    wsgw_wire_put_targets(&w, ids, n);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) l->stage << 32);

    question.data = buf;
    question.len = wsgw_wire_finish(&w);

    return ngx_http_wsgw_details_post(l, ngx_http_wsgw_owner(owner), &question,
                                      n);
}


/* What is said of n connections is seldom as long as it may be, so where there
   is no room for that there is some for a shorter page. */

static ngx_int_t
ngx_http_wsgw_details_post(ngx_http_wsgw_lister_t *l,
    ngx_http_wsgw_owner_t owner, ngx_str_t *question, ngx_uint_t n)
{
    size_t  least, room;

    least = NGX_HTTP_WSGW_QUESTION_RESULT
            + ngx_http_wsgw_group_longest(l->zone, owner.index);

    room = ngx_max(ngx_min(n * least, NGX_HTTP_WSGW_DETAILS_ROOM), least);

    for ( ;; ) {
        l->survey.room = room;

        if (ngx_http_wsgw_survey_ask(&l->survey, owner, question) == NGX_OK) {
            return NGX_OK;
        }

        if (room == least) {
            return NGX_ERROR;
        }

        room = ngx_max(room / 2, least);
    }
}


/* One that was asked and is silent leaves its details out; of one that is dead
   all have ended. */

static void
ngx_http_wsgw_details_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    uint64_t                       n;
    wsgw_wire_field_t              f;
    wsgw_wire_reader_t             r;
    ngx_http_wsgw_lister_t        *l;
    ngx_http_wsgw_lister_entry_t  *entry;

    l = survey->data;

    if (outcome == WSGW_OUTCOME_GONE) {
        ngx_http_wsgw_details_looked_at(l,
                           ngx_http_wsgw_owner_word(&part->owner), l->total);
        return;
    }

    if (outcome != WSGW_OUTCOME_OK
        || wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE)
    {
        return;
    }

    entry = NULL;

    while (wsgw_wire_next(&r, &f)) {

        if (f.tag == WSGW_TAG_TARGETS) {
            entry = ngx_http_wsgw_details_find(l, &f);

            if (entry) {
                entry->told = 1;
            }

            continue;
        }

        if (f.tag == WSGW_TAG_COUNT && wsgw_wire_u64(&f, &n) == 0) {
            ngx_http_wsgw_details_looked_at(l,
                                ngx_http_wsgw_owner_word(&part->owner), n);
            continue;
        }

        if (entry) {
            ngx_http_wsgw_details_field(l->pool, entry, &f);
        }
    }
}


/* The answer is gone soon: texts are copied. */

void
ngx_http_wsgw_details_field(ngx_pool_t *pool,
    ngx_http_wsgw_lister_entry_t *entry, wsgw_wire_field_t *f)
{
    u_char             *p;
    wsgw_wire_field_t   copy;

    p = ngx_pnalloc(pool, f->len);
    if (p == NULL) {
        entry->told = 0;
        return;
    }

    ngx_memcpy(p, f->data, f->len);

    copy = *f;
    copy.data = p;
    ngx_http_wsgw_known_read(&entry->known, &copy);
}


/* Entries are in the order of their slots. */

static ngx_http_wsgw_lister_entry_t *
ngx_http_wsgw_details_find(ngx_http_wsgw_lister_t *l, wsgw_wire_field_t *f)
{
    wsgw_id_t                      id;
    ngx_uint_t                     low, high, middle;
    ngx_http_wsgw_lister_entry_t  *entry;

    if (wsgw_wire_target(f, 0, &id) != 0) {
        return NULL;
    }

    low = 0;
    high = l->total;

    while (low < high) {
        middle = (low + high) / 2;
        entry = &l->entry[middle];

        if (entry->open.id.slot == id.slot) {
            return entry->open.id.secret == id.secret ? entry : NULL;
        }

        if (entry->open.id.slot < id.slot) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return NULL;
}


/* Of its first n entries an owner has said what it knows: nothing, if they have
   ended.  For the next one its answer had no room, so it begins a page. */

static void
ngx_http_wsgw_details_looked_at(ngx_http_wsgw_lister_t *l, uint64_t owner,
    uint64_t n)
{
    ngx_uint_t                     i;
    ngx_http_wsgw_lister_entry_t  *entry;

    for (i = 0; i < l->total; i++) {
        entry = &l->entry[i];

        if (entry->open.owner != owner) {
            continue;
        }

        if (n == 0) {
            l->next = ngx_min(l->next, entry->open.id.slot);
            return;
        }

        entry->gone = !entry->told;
        n--;
    }
}
