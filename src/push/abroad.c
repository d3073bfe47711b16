
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The question is in an envelope of its own, which goes to each place as the
 * body of a push: by a link to an instance of this host, through Redis to a
 * node.  So all of a push holds: it is asked once, and after five seconds
 * nobody knows.
 */


#include "push/abroad.h"


static void ngx_http_wsgw_abroad_found(ngx_http_wsgw_places_t *places);
static void ngx_http_wsgw_abroad_answered(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_abroad_end(ngx_http_wsgw_abroad_t *abroad);
static void ngx_http_wsgw_abroad_free(ngx_http_wsgw_abroad_t *abroad);


void
ngx_http_wsgw_abroad(ngx_http_wsgw_abroad_t *abroad)
{
    abroad->parts = NULL;
    abroad->places.zone = abroad->zone;
    abroad->places.found = ngx_http_wsgw_abroad_found;
    abroad->places.data = abroad;

    (void) ngx_http_wsgw_places_find(&abroad->places);
}


static void
ngx_http_wsgw_abroad_found(ngx_http_wsgw_places_t *places)
{
    ngx_str_t                     none;
    ngx_uint_t                    i;
    ngx_http_wsgw_push_t         *push;
    ngx_http_wsgw_abroad_t       *abroad;
    ngx_http_wsgw_abroad_part_t  *part;

    abroad = places->data;
    abroad->waiting = 1;

    if (places->n) {
        abroad->parts = ngx_calloc(places->n
                                   * sizeof(ngx_http_wsgw_abroad_part_t),
                                   ngx_cycle->log);
    }

    ngx_str_null(&none);

    for (i = 0; i < places->n; i++) {

        if (abroad->parts == NULL) {
            abroad->heard(abroad, places->number[i], WSGW_OUTCOME_UNKNOWN,
                          &none);
            continue;
        }

        part = &abroad->parts[i];
        part->abroad = abroad;

        push = &part->push;

        ngx_http_wsgw_abroad_push(push, abroad->zone, abroad->stage,
                                  places->number[i], &abroad->question);

        push->id.slot = abroad->choice;
        push->done = ngx_http_wsgw_abroad_answered;
        push->data = part;

        abroad->waiting++;

        (void) ngx_http_wsgw_push(push);
    }

    ngx_http_wsgw_abroad_end(abroad);
}


void
ngx_http_wsgw_abroad_push(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_zone_t *zone, uint32_t stage, uint32_t number,
    ngx_str_t *question)
{
    ngx_memzero(push, sizeof(ngx_http_wsgw_push_t));

    push->zone = zone;
    push->log = ngx_cycle->log;
    push->stage = stage;
    push->id.number = number;
    push->verb = WSGW_VERB_WHOLE;
    push->tag = WSGW_TAG_QUESTION;
    push->body = *question;
}


static void
ngx_http_wsgw_abroad_answered(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_abroad_t       *abroad;
    ngx_http_wsgw_abroad_part_t  *part;

    part = push->data;
    abroad = part->abroad;

    abroad->heard(abroad, push->id.number, push->outcome, &push->answer);

    ngx_http_wsgw_abroad_end(abroad);
}


static void
ngx_http_wsgw_abroad_end(ngx_http_wsgw_abroad_t *abroad)
{
    if (--abroad->waiting) {
        return;
    }

    ngx_http_wsgw_abroad_free(abroad);
    abroad->done(abroad);
}


void
ngx_http_wsgw_abroad_cancel(ngx_http_wsgw_abroad_t *abroad)
{
    ngx_uint_t  i;

    if (abroad->parts) {
        for (i = 0; i < abroad->places.n; i++) {
            ngx_http_wsgw_push_cancel(&abroad->parts[i].push);
        }
    }

    ngx_http_wsgw_abroad_free(abroad);
}


static void
ngx_http_wsgw_abroad_free(ngx_http_wsgw_abroad_t *abroad)
{
    ngx_http_wsgw_places_free(&abroad->places);

    if (abroad->parts) {
        ngx_free(abroad->parts);
        abroad->parts = NULL;
    }

    ngx_free(abroad->question.data);
}
