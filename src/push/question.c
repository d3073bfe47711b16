
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The one codec of questions and results.  Whoever wrote an envelope may be of
 * another version, or nobody of ours: only what is listed here or is a verb of
 * push/here.c passes.
 */


#include "push/question.h"
#include "push/here.h"
#include "zone/slot.h"


static void ngx_http_wsgw_question_put_asker(wsgw_wire_writer_t *w,
    ngx_http_wsgw_asker_t *asker);
static void ngx_http_wsgw_question_begin_result(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *result, wsgw_wire_writer_t *w);
static ngx_int_t ngx_http_wsgw_question_fields(ngx_http_wsgw_push_t *push,
    wsgw_wire_reader_t *r);


/* the number of each outcome in a result; other versions know them, too */

static const uint16_t  ngx_http_wsgw_question_statuses[WSGW_OUTCOMES] = {
    [WSGW_OUTCOME_OK] = 200,
    [WSGW_OUTCOME_NOT_TEXT] = 400,
    [WSGW_OUTCOME_FORBIDDEN] = 403,
    [WSGW_OUTCOME_LIMIT] = 409,
    [WSGW_OUTCOME_GONE] = 410,
    [WSGW_OUTCOME_TOO_LARGE] = 413,
    [WSGW_OUTCOME_FULL] = 429,
    [WSGW_OUTCOME_UNKNOWN] = 503,
    [WSGW_OUTCOME_NOBODY] = 503,
    [WSGW_OUTCOME_SUSPECT] = 503,
    [WSGW_OUTCOME_TIMEOUT] = 503
};


size_t
ngx_http_wsgw_question_write(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, u_char *head)
{
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, head, NGX_HTTP_WSGW_QUESTION_HEAD, push->verb, 0);
    wsgw_wire_put_targets(&w, &push->id, 1);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) push->stage << 32);

    if (asker) {
        wsgw_wire_put_u64(&w, WSGW_TAG_FROM,
                          (uint64_t) asker->worker << 32 | asker->number);
        ngx_http_wsgw_question_put_asker(&w, asker);
    }

    return push->body.len ? wsgw_wire_finish_before(&w, push->tag,
                                                    push->body.len)
                          : wsgw_wire_finish(&w);
}


/* what a result repeats, so that the asker knows which question it is of */

static void
ngx_http_wsgw_question_put_asker(wsgw_wire_writer_t *w,
    ngx_http_wsgw_asker_t *asker)
{
    wsgw_wire_put_u64(w, WSGW_TAG_EPOCH, asker->epoch);
    wsgw_wire_put_u64(w, WSGW_TAG_SEQUENCE, asker->sequence);
}


ngx_int_t
ngx_http_wsgw_question_read_asker(ngx_str_t *envelope, ngx_uint_t *verb,
    ngx_http_wsgw_asker_t *asker)
{
    uint64_t            from;
    ngx_uint_t          found;
    wsgw_wire_field_t   f;
    wsgw_wire_reader_t  r;

    if (wsgw_wire_open(&r, envelope->data, envelope->len) != WSGW_DONE) {
        return NGX_ERROR;
    }

    ngx_memzero(asker, sizeof(ngx_http_wsgw_asker_t));

    *verb = r.verb;
    found = (r.verb == WSGW_VERB_RESULT);

    while (wsgw_wire_next(&r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_FROM:

            if (wsgw_wire_u64(&f, &from) == 0) {
                asker->number = (uint32_t) from;
                asker->worker = (uint16_t) (from >> 32);
                found = 1;
            }

            break;

        case WSGW_TAG_EPOCH:
            (void) wsgw_wire_u64(&f, &asker->epoch);
            break;

        case WSGW_TAG_SEQUENCE:
            (void) wsgw_wire_u64(&f, &asker->sequence);
            break;
        }
    }

    return found && asker->number <= NGX_HTTP_WSGW_NUMBER ? NGX_OK
                                                          : NGX_ERROR;
}


ngx_int_t
ngx_http_wsgw_question_read(ngx_http_wsgw_push_t *push, ngx_str_t *question)
{
    wsgw_wire_reader_t  r;

    if (wsgw_wire_open(&r, question->data, question->len) != WSGW_DONE
        || ngx_http_wsgw_here_verb(r.verb) == NULL)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_question_fields(push, &r);
}


ngx_int_t
ngx_http_wsgw_question_read_whole(ngx_http_wsgw_push_t *push,
    ngx_str_t *question)
{
    wsgw_wire_reader_t  r;

    if (wsgw_wire_open(&r, question->data, question->len) != WSGW_DONE
        || r.verb != WSGW_VERB_WHOLE
        || ngx_http_wsgw_question_fields(push, &r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return push->tag == WSGW_TAG_QUESTION ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_question_fields(ngx_http_wsgw_push_t *push,
    wsgw_wire_reader_t *r)
{
    uint64_t           api;
    ngx_uint_t         targets;
    wsgw_wire_field_t  f;

    targets = 0;
    api = 0;

    push->verb = r->verb;
    ngx_str_null(&push->body);

    while (wsgw_wire_next(r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_TARGETS:
            targets = (wsgw_wire_target(&f, 0, &push->id) == 0);
            break;

        case WSGW_TAG_API:
            (void) wsgw_wire_u64(&f, &api);
            break;

        case WSGW_TAG_FRAME:
        case WSGW_TAG_GROUP:
        case WSGW_TAG_QUESTION:
            push->tag = f.tag;
            push->body.data = (u_char *) f.data;
            push->body.len = f.len;
            break;
        }
    }

    push->stage = ngx_http_wsgw_slot_api_stage(api);

    return targets ? NGX_OK : NGX_ERROR;
}


void
ngx_http_wsgw_question_write_result(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *result)
{
    wsgw_wire_writer_t  w;

    ngx_http_wsgw_question_begin_result(push, asker, result, &w);

    wsgw_wire_put_u64(&w, WSGW_TAG_API, push->api);
    wsgw_wire_put_u64(&w, WSGW_TAG_CONNECTED_AT, push->connected_at);
    ngx_http_wsgw_known_write(&push->known, &w);

    result->len = wsgw_wire_finish(&w);
}


void
ngx_http_wsgw_question_write_answer(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *result)
{
    wsgw_wire_writer_t  w;

    ngx_http_wsgw_question_begin_result(push, asker, result, &w);

    result->len = wsgw_wire_finish_before(&w, WSGW_TAG_ANSWER,
                                          push->answer.len);
}


static void
ngx_http_wsgw_question_begin_result(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *result, wsgw_wire_writer_t *w)
{
    wsgw_wire_begin(w, result->data, result->len, WSGW_VERB_RESULT, 0);

    if (asker) {
        ngx_http_wsgw_question_put_asker(w, asker);
    }

    wsgw_wire_put_u64(w, WSGW_TAG_STATUS,
                      ngx_http_wsgw_question_statuses[push->outcome]);
}


ngx_int_t
ngx_http_wsgw_question_read_result(ngx_http_wsgw_push_t *push,
    ngx_str_t *result)
{
    uint64_t            status;
    wsgw_wire_field_t   f;
    wsgw_wire_reader_t  r;

    if (result->len == 0
        || wsgw_wire_open(&r, result->data, result->len) != WSGW_DONE
        || r.verb != WSGW_VERB_RESULT)
    {
        return NGX_ERROR;
    }

    status = 0;

    while (wsgw_wire_next(&r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_STATUS:
            (void) wsgw_wire_u64(&f, &status);
            break;

        case WSGW_TAG_API:
            (void) wsgw_wire_u64(&f, &push->api);
            break;

        case WSGW_TAG_CONNECTED_AT:
            (void) wsgw_wire_u64(&f, &push->connected_at);
            break;

        case WSGW_TAG_ANSWER:
            push->answer.data = (u_char *) f.data;
            push->answer.len = f.len;
            break;

        default:
            ngx_http_wsgw_known_read(&push->known, &f);
            break;
        }
    }

    return ngx_http_wsgw_question_outcome(status, &push->outcome);
}


uint16_t
ngx_http_wsgw_question_status(wsgw_outcome_t outcome)
{
    return ngx_http_wsgw_question_statuses[outcome];
}


ngx_int_t
ngx_http_wsgw_question_outcome(uint64_t status, wsgw_outcome_t *outcome)
{
    ngx_uint_t  i;

    for (i = 0; i < WSGW_OUTCOMES; i++) {
        if (ngx_http_wsgw_question_statuses[i] == status) {
            *outcome = (wsgw_outcome_t) i;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}
