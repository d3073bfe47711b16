
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The zone knows all connections; members of a group, and details, are known to
 * their owners alone, each of which gets one question for a page.
 *
 * Slots are looked at in portions, one in a turn of the event loop.
 */


#include "push/lister.h"
#include "base/worker.h"
#include "flow/sweep.h"
#include "push/details.h"
#include "push/members.h"
#include "zone/fault.h"
#include "zone/roll.h"


static ngx_int_t ngx_http_wsgw_lister_look(ngx_http_wsgw_lister_t *l);
static void ngx_http_wsgw_lister_turn(ngx_event_t *ev);
static ngx_int_t ngx_http_wsgw_lister_found(ngx_http_wsgw_lister_t *l);
static ngx_int_t ngx_http_wsgw_lister_asked(ngx_http_wsgw_lister_t *l,
    void (*done)(ngx_http_wsgw_survey_t *survey));
static void ngx_http_wsgw_lister_members(ngx_http_wsgw_survey_t *survey);
static void ngx_http_wsgw_lister_details(ngx_http_wsgw_survey_t *survey);
static ngx_int_t ngx_http_wsgw_lister_end(ngx_http_wsgw_lister_t *l,
    wsgw_outcome_t outcome);
static void ngx_http_wsgw_lister_timeout(ngx_event_t *ev);


ngx_int_t
ngx_http_wsgw_lister(ngx_http_wsgw_lister_t *l)
{
    l->turn.handler = ngx_http_wsgw_lister_turn;
    l->turn.data = l;
    l->turn.log = ngx_cycle->log;

    l->timer.handler = ngx_http_wsgw_lister_timeout;
    l->timer.data = l;
    l->timer.log = ngx_cycle->log;

    l->survey.zone = l->zone;
    l->survey.data = l;

    if (ngx_http_wsgw_sweep_join(l->zone, ngx_cycle->log) != NGX_OK) {
        return ngx_http_wsgw_lister_end(l, WSGW_OUTCOME_UNKNOWN);
    }

    if (l->page) {
        l->open = ngx_palloc(l->pool,
                             l->page * sizeof(ngx_http_wsgw_slot_open_t));
        if (l->open == NULL) {
            return ngx_http_wsgw_lister_end(l, WSGW_OUTCOME_UNKNOWN);
        }
    }

    if (l->patience) {
        ngx_add_timer(&l->timer, l->patience);
    }

    if (l->group.len == 0) {
        return ngx_http_wsgw_lister_look(l);
    }

    ngx_http_wsgw_members(l);

    return ngx_http_wsgw_lister_asked(l, ngx_http_wsgw_lister_members);
}


void
ngx_http_wsgw_lister_cancel(ngx_http_wsgw_lister_t *l)
{
    ngx_http_wsgw_worker_rest(&l->turn);

    if (l->timer.timer_set) {
        ngx_del_timer(&l->timer);
    }

    if (l->asking) {
        l->asking = 0;
        ngx_http_wsgw_survey_cancel(&l->survey);
    }
}


static ngx_int_t
ngx_http_wsgw_lister_look(ngx_http_wsgw_lister_t *l)
{
    ngx_uint_t  most;

    most = l->page ? l->page : l->zone->slots;

    l->total += ngx_http_wsgw_roll(l->zone, l->stage, &l->next,
                                   l->open ? l->open + l->total : NULL,
                                   most - l->total);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw listing found:%ui next:%uD of:%uD", l->total,
                   l->next, l->zone->slots);

    if (l->next < l->zone->slots && l->total < most) {
        ngx_http_wsgw_worker_turn(&l->turn);
        return NGX_AGAIN;
    }

    ngx_http_wsgw_worker_rest(&l->turn);

    return ngx_http_wsgw_lister_found(l);
}


static void
ngx_http_wsgw_lister_turn(ngx_event_t *ev)
{
    (void) ngx_http_wsgw_lister_look(ev->data);
}


/* NGX_AGAIN: details are asked for */

static ngx_int_t
ngx_http_wsgw_lister_found(ngx_http_wsgw_lister_t *l)
{
    if (!l->details || l->page == 0) {
        return ngx_http_wsgw_lister_end(l, WSGW_OUTCOME_OK);
    }

    if (ngx_http_wsgw_details(l) != NGX_OK) {
        return ngx_http_wsgw_lister_end(l, WSGW_OUTCOME_UNKNOWN);
    }

    return ngx_http_wsgw_lister_asked(l, ngx_http_wsgw_lister_details);
}


static ngx_int_t
ngx_http_wsgw_lister_asked(ngx_http_wsgw_lister_t *l,
    void (*done)(ngx_http_wsgw_survey_t *survey))
{
    l->survey.done = done;
    l->asking = 1;

    return ngx_http_wsgw_survey_end(&l->survey) ? NGX_OK : NGX_AGAIN;
}


static void
ngx_http_wsgw_lister_members(ngx_http_wsgw_survey_t *survey)
{
    ngx_http_wsgw_lister_t  *l;

    l = survey->data;
    l->asking = 0;

    if (l->silent) {
        (void) ngx_http_wsgw_lister_end(l, WSGW_OUTCOME_UNKNOWN);
        return;
    }

    (void) ngx_http_wsgw_lister_found(l);
}


static void
ngx_http_wsgw_lister_details(ngx_http_wsgw_survey_t *survey)
{
    ngx_http_wsgw_lister_t  *l;

    l = survey->data;
    l->asking = 0;

    (void) ngx_http_wsgw_lister_end(l, l->silent ? WSGW_OUTCOME_UNKNOWN
                                                 : WSGW_OUTCOME_OK);
}


static ngx_int_t
ngx_http_wsgw_lister_end(ngx_http_wsgw_lister_t *l, wsgw_outcome_t outcome)
{
    if (l->timer.timer_set) {
        ngx_del_timer(&l->timer);
    }

    /* What was read of pages that are gone is nothing. */

    if (ngx_http_wsgw_fault_found(l->zone)) {
        outcome = WSGW_OUTCOME_UNKNOWN;
    }

    l->outcome = outcome;
    l->done(l);

    return NGX_OK;
}


/* Who asks for it does not wait longer. */

static void
ngx_http_wsgw_lister_timeout(ngx_event_t *ev)
{
    ngx_http_wsgw_lister_t  *l;

    l = ev->data;

    if (l->asking) {
        ngx_http_wsgw_survey_give_up(&l->survey);
    }
}
