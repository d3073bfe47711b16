
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How many connections are open, or in a group: our own, and those that other
 * instances and nodes count at the same time.  Between nodes somebody may be
 * away for long, so the answer says how many have counted.
 */


#include "http/counting.h"
#include "base/writer.h"
#include "http/answer.h"
#include "http/call.h"
#include "push/abroad.h"
#include "push/lister.h"


#define NGX_HTTP_WSGW_COUNTING_JSON      128    /* bytes */
#define NGX_HTTP_WSGW_COUNTING_QUESTION  256


typedef struct {
    ngx_http_request_t            *request;
    ngx_uint_t                     waiting;     /* for ourselves, for others,
                                                   and until both are asked */
    ngx_uint_t                     later;       /* 1: to the event loop */
    ngx_uint_t                     abroad_asked;    /* 1: others count */
    ngx_http_wsgw_lister_t         lister;
    ngx_http_wsgw_abroad_t         abroad;

    uint64_t                       total;
    ngx_uint_t                     answered;
    ngx_uint_t                     known;
} ngx_http_wsgw_counting_t;


static void ngx_http_wsgw_counting_cancel(void *data);
static void ngx_http_wsgw_counting_own(ngx_http_wsgw_lister_t *lister);
static void ngx_http_wsgw_counting_abroad(ngx_http_wsgw_counting_t *c);
static void ngx_http_wsgw_counting_heard(ngx_http_wsgw_abroad_t *abroad,
    uint32_t number, wsgw_outcome_t outcome, ngx_str_t *answer);
static void ngx_http_wsgw_counting_all(ngx_http_wsgw_abroad_t *abroad);
static void ngx_http_wsgw_counting_end(ngx_http_wsgw_counting_t *c);


void
ngx_http_wsgw_counting(ngx_http_request_t *r)
{
    ngx_http_wsgw_call_t      *call;
    ngx_http_wsgw_lister_t    *lister;
    ngx_http_wsgw_loc_conf_t  *wlcf;
    ngx_http_wsgw_counting_t  *c;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    c = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_counting_t));

    if (c == NULL
        || ngx_http_wsgw_call_watch(r, ngx_http_wsgw_counting_cancel, c)
           != NGX_OK)
    {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    c->request = r;
    c->waiting = 2;
    c->known = 1;

    lister = &c->lister;
    lister->zone = wlcf->management_zone;
    lister->stage = ngx_http_wsgw_slot_api_stage(wlcf->management_api);
    lister->pool = r->pool;
    lister->done = ngx_http_wsgw_counting_own;
    lister->data = c;

    if (call->arguments.groups.nelts) {
        lister->group = *(ngx_str_t *) call->arguments.groups.elts;
    }

    (void) ngx_http_wsgw_lister(lister);

    /* Our own process is known to be in the zone by now. */

    if (lister->zone->process && ngx_http_wsgw_places_may_be(lister->zone)) {
        ngx_http_wsgw_counting_abroad(c);
    }

    if (--c->waiting) {
        c->later = 1;
        return;
    }

    ngx_http_wsgw_counting_end(c);
}


/* the request ends, for whatever reason */

static void
ngx_http_wsgw_counting_cancel(void *data)
{
    ngx_http_wsgw_counting_t *c = data;

    ngx_http_wsgw_lister_cancel(&c->lister);

    if (c->abroad_asked) {
        c->abroad_asked = 0;
        ngx_http_wsgw_abroad_cancel(&c->abroad);
    }
}


static void
ngx_http_wsgw_counting_own(ngx_http_wsgw_lister_t *lister)
{
    ngx_http_wsgw_counting_t  *c;

    c = lister->data;

    if (lister->outcome == WSGW_OUTCOME_OK) {
        c->total += lister->total;
        c->answered++;
    }

    if (--c->waiting == 0) {
        ngx_http_wsgw_counting_end(c);
    }
}


static void
ngx_http_wsgw_counting_abroad(ngx_http_wsgw_counting_t *c)
{
    u_char                  *buf;
    wsgw_wire_writer_t       w;
    ngx_http_wsgw_abroad_t  *abroad;

    buf = ngx_alloc(NGX_HTTP_WSGW_COUNTING_QUESTION, ngx_cycle->log);

    if (buf == NULL) {
        c->known++;
        return;
    }

    abroad = &c->abroad;
    abroad->zone = c->lister.zone;
    abroad->stage = c->lister.stage;
    abroad->heard = ngx_http_wsgw_counting_heard;
    abroad->done = ngx_http_wsgw_counting_all;
    abroad->data = c;

    wsgw_wire_begin(&w, buf, NGX_HTTP_WSGW_COUNTING_QUESTION, WSGW_VERB_COUNT,
                    0);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) abroad->stage << 32);

    if (c->lister.group.len) {
        wsgw_wire_put_bytes(&w, WSGW_TAG_GROUP, c->lister.group.data,
                            c->lister.group.len);
    }

    abroad->question.data = buf;
    abroad->question.len = wsgw_wire_finish(&w);

    c->waiting++;
    c->abroad_asked = 1;

    ngx_http_wsgw_abroad(abroad);
}


/* Who has ended by now has no connections and is not known any more. */

static void
ngx_http_wsgw_counting_heard(ngx_http_wsgw_abroad_t *abroad, uint32_t number,
    wsgw_outcome_t outcome, ngx_str_t *answer)
{
    uint64_t                   n;
    wsgw_wire_field_t          f;
    wsgw_wire_reader_t         r;
    ngx_http_wsgw_counting_t  *c;

    c = abroad->data;

    if (outcome == WSGW_OUTCOME_GONE) {
        return;
    }

    c->known++;

    if (outcome != WSGW_OUTCOME_OK
        || answer->len == 0
        || wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE)
    {
        return;
    }

    while (wsgw_wire_next(&r, &f)) {

        if (f.tag == WSGW_TAG_COUNT && wsgw_wire_u64(&f, &n) == 0) {
            c->total += n;
            c->answered++;
            return;
        }
    }
}


static void
ngx_http_wsgw_counting_all(ngx_http_wsgw_abroad_t *abroad)
{
    ngx_http_wsgw_counting_t  *c;

    c = abroad->data;
    c->abroad_asked = 0;
    c->known += abroad->places.missing;

    if (--c->waiting == 0) {
        ngx_http_wsgw_counting_end(c);
    }
}


/* Without other nodes all has to be counted. */

static void
ngx_http_wsgw_counting_end(ngx_http_wsgw_counting_t *c)
{
    ngx_int_t                rc;
    ngx_str_t                text;
    ngx_uint_t               nodes;
    ngx_http_request_t      *r;
    ngx_http_wsgw_call_t    *call;
    ngx_http_wsgw_writer_t   w;

    r = c->request;
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);
    nodes = (c->lister.zone->cluster != NULL);

    ngx_http_set_log_request(r->connection->log, r);

    if (c->answered == 0 || (!nodes && c->answered < c->known)) {
        ngx_http_wsgw_call_done(r, ngx_http_wsgw_answer_refuse(call,
                                                      WSGW_OUTCOME_UNKNOWN),
                                c->later);
        return;
    }

    call->ctx.push_result = "counted";

    ngx_http_wsgw_writer_init(&w, r->pool, NGX_HTTP_WSGW_COUNTING_JSON);

    ngx_http_wsgw_json_literal(&w, "{\"count\":");
    ngx_http_wsgw_writer_number(&w, c->total);

    if (nodes) {
        ngx_http_wsgw_json_literal(&w, ",\"nodes\":{\"answered\":");
        ngx_http_wsgw_writer_number(&w, c->answered);
        ngx_http_wsgw_json_literal(&w, ",\"known\":");
        ngx_http_wsgw_writer_number(&w, c->known);
        ngx_http_wsgw_json_literal(&w, "}");
    }

    ngx_http_wsgw_json_literal(&w, "}");

    rc = ngx_http_wsgw_writer_text(&w, &text) == NGX_OK
         ? ngx_http_wsgw_call_json(r, &text) : NGX_HTTP_INTERNAL_SERVER_ERROR;

    ngx_http_wsgw_call_done(r, rc, c->later);
}
