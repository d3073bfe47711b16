
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The asker's end of questions to several processes: each gets a letter of its
 * own, and what they answer is heard in any order.
 */


#include "push/survey.h"
#include "push/crowd.h"
#include "zone/bits.h"
#include "zone/lease.h"
#include "zone/letter.h"


static void ngx_http_wsgw_survey_here(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, ngx_str_t *question);
static void ngx_http_wsgw_survey_answered(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer);
static void ngx_http_wsgw_survey_free(ngx_http_wsgw_survey_t *survey);


void
ngx_http_wsgw_survey_begin(ngx_http_wsgw_survey_t *survey)
{
    survey->parts = NULL;
    survey->waiting = 1;
}


ngx_int_t
ngx_http_wsgw_survey_ask(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_owner_t owner, ngx_str_t *question)
{
    ngx_str_t                     none;
    wsgw_outcome_t                outcome;
    ngx_http_wsgw_process_t      *process;
    ngx_http_wsgw_survey_part_t   stack, *part;

    process = survey->zone->process;
    ngx_str_null(&none);

    ngx_memzero(&stack, sizeof(ngx_http_wsgw_survey_part_t));
    stack.survey = survey;
    stack.owner = owner;

    if (ngx_http_wsgw_owner_word(&owner)
        == ngx_http_wsgw_owner_word(&process->self))
    {
        ngx_http_wsgw_survey_here(survey, &stack, question);
        return NGX_OK;
    }

    part = ngx_alloc(sizeof(ngx_http_wsgw_survey_part_t), ngx_cycle->log);
    if (part == NULL) {
        survey->heard(survey, &stack, WSGW_OUTCOME_UNKNOWN, &none);
        return NGX_ERROR;
    }

    *part = stack;
    part->letter = ngx_http_wsgw_letter_post(survey->zone, owner, question,
                                             &none, survey->parcel,
                                             survey->room,
                                             ngx_http_wsgw_survey_answered,
                                             part, &outcome);
    if (part->letter == NULL) {
        ngx_free(part);
        survey->heard(survey, &stack, outcome, &none);
        return NGX_ERROR;
    }

    part->next = survey->parts;
    survey->parts = part;
    survey->waiting++;

    return NGX_OK;
}


void
ngx_http_wsgw_survey_workers(ngx_http_wsgw_survey_t *survey, uint64_t *hash,
    ngx_uint_t n, ngx_str_t *question)
{
    ngx_uint_t                    i;
    ngx_http_wsgw_zone_t         *zone;
    ngx_http_wsgw_owner_t         owner;
    ngx_http_wsgw_worker_slot_t  *worker;

    zone = survey->zone;

    for (owner.index = 0;
         owner.index < ngx_http_wsgw_header(zone)->nworkers;
         owner.index++)
    {
        worker = ngx_http_wsgw_worker_slot(zone, owner.index);

        if (worker->generation == 0) {
            continue;
        }

        for (i = 0; i < n; i++) {
            if (ngx_http_wsgw_bits_has(zone, owner.index, hash[i])) {
                break;
            }
        }

        if (n && i == n) {
            continue;
        }

        owner.epoch = __atomic_load_n(&worker->epoch, __ATOMIC_ACQUIRE);

        /* Who is dead has no members any more. */

        if (ngx_http_wsgw_lease_owner_lives(zone, owner)) {
            (void) ngx_http_wsgw_survey_ask(survey, owner, question);
        }
    }
}


static void
ngx_http_wsgw_survey_here(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, ngx_str_t *question)
{
    ngx_str_t       answer, whole;
    wsgw_outcome_t  outcome;

    whole = *question;

    if (survey->body.len) {
        whole.len = question->len + survey->body.len;
        whole.data = ngx_alloc(whole.len, ngx_cycle->log);

        if (whole.data) {
            ngx_memcpy(ngx_cpymem(whole.data, question->data, question->len),
                       survey->body.data, survey->body.len);
        }
    }

    answer.len = survey->room;
    answer.data = ngx_alloc(survey->room, ngx_cycle->log);

    if (answer.data && whole.data) {
        outcome = ngx_http_wsgw_crowd(survey->zone, &whole, &answer);

    } else {
        outcome = WSGW_OUTCOME_UNKNOWN;
        answer.len = 0;
    }

    survey->heard(survey, part, outcome, &answer);

    if (answer.data) {
        ngx_free(answer.data);
    }

    if (survey->body.len && whole.data) {
        ngx_free(whole.data);
    }
}


static void
ngx_http_wsgw_survey_answered(void *data, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    ngx_http_wsgw_survey_part_t  *part = data;

    ngx_http_wsgw_survey_t  *survey;

    survey = part->survey;
    part->letter = NULL;

    survey->heard(survey, part, outcome, answer);

    (void) ngx_http_wsgw_survey_end(survey);
}


ngx_uint_t
ngx_http_wsgw_survey_end(ngx_http_wsgw_survey_t *survey)
{
    if (--survey->waiting) {
        return 0;
    }

    ngx_http_wsgw_survey_free(survey);
    survey->done(survey);

    return 1;
}


void
ngx_http_wsgw_survey_give_up(ngx_http_wsgw_survey_t *survey)
{
    ngx_str_t                     none;
    ngx_http_wsgw_survey_part_t  *part;

    ngx_str_null(&none);

    for (part = survey->parts; part; part = part->next) {

        if (part->letter) {
            ngx_http_wsgw_letter_cancel(part->letter);
            part->letter = NULL;

            survey->heard(survey, part, WSGW_OUTCOME_UNKNOWN, &none);
        }
    }

    ngx_http_wsgw_survey_free(survey);
    survey->done(survey);
}


void
ngx_http_wsgw_survey_cancel(ngx_http_wsgw_survey_t *survey)
{
    ngx_http_wsgw_survey_part_t  *part;

    for (part = survey->parts; part; part = part->next) {
        if (part->letter) {
            ngx_http_wsgw_letter_cancel(part->letter);
        }
    }

    ngx_http_wsgw_survey_free(survey);
}


static void
ngx_http_wsgw_survey_free(ngx_http_wsgw_survey_t *survey)
{
    ngx_http_wsgw_survey_part_t  *part, *next;

    for (part = survey->parts; part; part = next) {
        next = part->next;
        ngx_free(part);
    }

    survey->parts = NULL;
}
