
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The members of a group are known to their workers alone, each of which says
 * which of its own come next, or how many there are.
 */


#include "push/members.h"
#include "zone/group.h"


#define NGX_HTTP_WSGW_MEMBERS_QUESTION  512     /* bytes */


static void ngx_http_wsgw_members_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer);
static void ngx_http_wsgw_members_add(ngx_http_wsgw_lister_t *l,
    wsgw_wire_field_t *f);


void
ngx_http_wsgw_members(ngx_http_wsgw_lister_t *l)
{
    u_char              buf[NGX_HTTP_WSGW_MEMBERS_QUESTION];
    uint64_t            hash;
    ngx_str_t           question;
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, buf, sizeof(buf),
                    l->page ? WSGW_VERB_LIST : WSGW_VERB_COUNT, 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) l->stage << 32);
    wsgw_wire_put_bytes(&w, WSGW_TAG_GROUP, l->group.data, l->group.len);
    wsgw_wire_put_u64(&w, WSGW_TAG_CURSOR, l->next);

    /* with one more than there is room for it is known that there are more */

    wsgw_wire_put_u64(&w, WSGW_TAG_COUNT, l->page + 1);

    question.data = buf;
    question.len = wsgw_wire_finish(&w);

    l->next = l->zone->slots;

    hash = ngx_http_wsgw_group_hash(l->zone, l->stage, &l->group);

    l->survey.heard = ngx_http_wsgw_members_heard;
    l->survey.room = WSGW_WIRE_HEADER + WSGW_WIRE_FIELD
                     + (l->page + 1) * WSGW_WIRE_TARGET;

    ngx_http_wsgw_survey_begin(&l->survey);

    ngx_http_wsgw_survey_workers(&l->survey, &hash, 1, &question);
}


static void
ngx_http_wsgw_members_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    uint64_t                 n;
    wsgw_wire_field_t        f;
    wsgw_wire_reader_t       r;
    ngx_http_wsgw_lister_t  *l;

    l = survey->data;

    if (outcome == WSGW_OUTCOME_GONE) {
        return;
    }

    if (outcome != WSGW_OUTCOME_OK
        || wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE)
    {
        l->silent++;
        return;
    }

    while (wsgw_wire_next(&r, &f)) {

        if (f.tag == WSGW_TAG_COUNT && wsgw_wire_u64(&f, &n) == 0) {
            l->total += n;

        } else if (f.tag == WSGW_TAG_TARGETS) {
            ngx_http_wsgw_members_add(l, &f);
        }
    }
}


/*
 * Merges what a worker says into the page, which is in the order of slots.  Who
 * has no place on it is where the next one may begin; so is the one more that a
 * worker names, as behind it there may be others, and some of those before it
 * may not be open.
 */

static void
ngx_http_wsgw_members_add(ngx_http_wsgw_lister_t *l, wsgw_wire_field_t *f)
{
    size_t                     i;
    wsgw_id_t                  id;
    ngx_uint_t                 at;
    ngx_http_wsgw_slot_open_t  open;

    for (i = 0; wsgw_wire_target(f, i, &id) == 0; i++) {

        if (i == l->page) {
            l->next = ngx_min(l->next, id.slot);
            return;
        }

        if (id.slot >= l->zone->slots
            || ngx_http_wsgw_slot_is_open(l->zone, id.slot, &open) != NGX_OK
            || open.id.secret != id.secret)
        {
            continue;
        }

        for (at = l->total; at && l->open[at - 1].id.slot > id.slot; at--) {
            if (at < l->page) {
                l->open[at] = l->open[at - 1];

            } else {
                l->next = ngx_min(l->next, l->open[at - 1].id.slot);
            }
        }

        if (at == l->page) {
            l->next = ngx_min(l->next, id.slot);
            return;
        }

        l->open[at] = open;
        l->total = ngx_min(l->total + 1, l->page);
    }
}
