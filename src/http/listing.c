
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A page of the open connections, or their number.  The zone knows them all;
 * only what a caller asks for as "details" is known to their owners, each of
 * which gets one question for a page.
 *
 * Slots are looked at in portions, one in a turn of the event loop.  The cursor
 * is the slot to go on from, in the form of a connection's id.
 */


#include "http/listing.h"
#include "base/writer.h"
#include "flow/sweep.h"
#include "http/answer.h"
#include "http/call.h"
#include "http/describe.h"
#include "push/survey.h"
#include "zone/number.h"
#include "zone/roll.h"


#define NGX_HTTP_WSGW_LISTING_PAGE    100       /* connections, if not said */
#define NGX_HTTP_WSGW_LISTING_JSON    4096      /* bytes, to begin with */
#define NGX_HTTP_WSGW_LISTING_ROOM    (40 * 1024)


typedef struct {
    ngx_http_wsgw_slot_open_t      open;
    unsigned                       asked:1;     /* details: its owner has been,
                                                   or could not be */
    unsigned                       told:1;      /* and has said what follows */
    unsigned                       gone:1;      /* it has ended meanwhile */
    ngx_http_wsgw_describe_t       known;
} ngx_http_wsgw_listing_entry_t;


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_event_t                    turn;        /* posted: the next portion */
    ngx_uint_t                     later;       /* 1: that has happened */

    uint32_t                       next;        /* slot */
    ngx_uint_t                     total;       /* counted, or listed */
    ngx_uint_t                     page;        /* at most */
    ngx_http_wsgw_slot_open_t     *open;        /* of a page */
    ngx_http_wsgw_listing_entry_t *entry;

    ngx_http_wsgw_survey_t         survey;
    ngx_uint_t                     asking;      /* 1: it is under way */
} ngx_http_wsgw_listing_t;


static ngx_int_t ngx_http_wsgw_listing_begin(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_cancel(void *data);
static void ngx_http_wsgw_listing_turn(ngx_event_t *ev);
static void ngx_http_wsgw_listing_look(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_details(ngx_http_wsgw_listing_t *l);
static ngx_int_t ngx_http_wsgw_listing_ask(ngx_http_wsgw_listing_t *l,
    ngx_uint_t first);
static void ngx_http_wsgw_listing_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer);
static void ngx_http_wsgw_listing_detail(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_listing_entry_t *entry, wsgw_wire_field_t *f);
static ngx_http_wsgw_listing_entry_t *ngx_http_wsgw_listing_find(
    ngx_http_wsgw_listing_t *l, wsgw_wire_field_t *f);
static void ngx_http_wsgw_listing_looked_at(ngx_http_wsgw_listing_t *l,
    uint64_t owner, uint64_t n);
static void ngx_http_wsgw_listing_told(ngx_http_wsgw_survey_t *survey);
static void ngx_http_wsgw_listing_answer(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_page(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_writer_t *w);
static ngx_uint_t ngx_http_wsgw_listing_write(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_writer_t *w, ngx_uint_t n, ngx_uint_t before);


ngx_int_t
ngx_http_wsgw_listing_asked(ngx_http_request_t *r, ngx_uint_t verb)
{
    ngx_int_t                   rc;
    wsgw_id_t                   id;
    ngx_http_wsgw_call_t       *call;
    ngx_http_wsgw_listing_t    *l;
    ngx_http_wsgw_arguments_t  *arguments;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);
    arguments = &call->arguments;

    rc = ngx_http_wsgw_call_arguments(r, NGX_HTTP_WSGW_CALL_LIST);

    if (rc != NGX_OK) {
        return rc;
    }

    if (arguments->counted
        && (arguments->cursor.len || arguments->details))
    {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST,
                   "count without a number asks how many there are, without "
                   "cursor and details");
    }

    l = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_listing_t));
    if (l == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->work = l;

    if (arguments->cursor.len == 0) {
        return NGX_OK;
    }

    if (wsgw_id_decode(&id, arguments->cursor.data, arguments->cursor.len)
        != 0 || id.secret)
    {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST,
                                         "Invalid cursor: %V",
                                         &arguments->cursor);
    }

    l->next = id.slot;

    return NGX_OK;
}


void
ngx_http_wsgw_listing(ngx_http_request_t *r)
{
    ngx_int_t              rc;
    ngx_http_wsgw_call_t  *call;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    rc = ngx_http_wsgw_listing_begin(r, call, call->work);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_http_wsgw_listing_look(call->work);
}


static ngx_int_t
ngx_http_wsgw_listing_begin(ngx_http_request_t *r, ngx_http_wsgw_call_t *call,
    ngx_http_wsgw_listing_t *l)
{
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    l->request = r;
    l->zone = wlcf->management_zone;
    l->stage = ngx_http_wsgw_slot_api_stage(wlcf->management_api);

    l->turn.handler = ngx_http_wsgw_listing_turn;
    l->turn.data = l;
    l->turn.log = r->connection->log;

    if (ngx_http_wsgw_sweep_join(l->zone, ngx_cycle->log) != NGX_OK) {
        return ngx_http_wsgw_answer_refuse(call, WSGW_OUTCOME_UNKNOWN);
    }

    if (call->arguments.counted) {
        l->page = l->zone->slots;

    } else {
        l->page = call->arguments.page ? call->arguments.page
                                       : NGX_HTTP_WSGW_LISTING_PAGE;

        l->open = ngx_palloc(r->pool, l->page
                                      * sizeof(ngx_http_wsgw_slot_open_t));
        if (l->open == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_wsgw_call_watch(r, ngx_http_wsgw_listing_cancel, l)
           == NGX_OK ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_wsgw_listing_cancel(void *data)
{
    ngx_http_wsgw_listing_t  *l = data;

    if (l->turn.posted) {
        ngx_delete_posted_event(&l->turn);
    }

    if (l->asking) {
        l->asking = 0;
        ngx_http_wsgw_survey_cancel(&l->survey);
    }
}


static void
ngx_http_wsgw_listing_turn(ngx_event_t *ev)
{
    ngx_http_wsgw_listing_t  *l;

    l = ev->data;
    l->later = 1;

    ngx_http_set_log_request(l->request->connection->log, l->request);

    ngx_http_wsgw_listing_look(l);
}


static void
ngx_http_wsgw_listing_look(ngx_http_wsgw_listing_t *l)
{
    ngx_http_wsgw_call_t  *call;

    l->total += ngx_http_wsgw_roll(l->zone, l->stage, &l->next,
                                   l->open ? l->open + l->total : NULL,
                                   l->page - l->total);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, l->request->connection->log, 0,
                   "wsgw listing found:%ui next:%uD of:%uD", l->total,
                   l->next, l->zone->slots);

    if (l->next < l->zone->slots && l->total < l->page) {
        ngx_post_event(&l->turn, &ngx_posted_next_events);
        return;
    }

    call = ngx_http_get_module_ctx(l->request, ngx_http_wsgw_module);

    if (call->arguments.details) {
        ngx_http_wsgw_listing_details(l);
        return;
    }

    ngx_http_wsgw_listing_answer(l);
}


static void
ngx_http_wsgw_listing_details(ngx_http_wsgw_listing_t *l)
{
    ngx_uint_t                       i;
    ngx_http_wsgw_listing_entry_t  *entry;

    entry = ngx_pcalloc(l->request->pool,
                        (l->total + 1)
                        * sizeof(ngx_http_wsgw_listing_entry_t));
    if (entry == NULL) {
        ngx_http_wsgw_call_done(l->request, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                l->later);
        return;
    }

    l->entry = entry;

    for (i = 0; i < l->total; i++) {
        entry[i].open = l->open[i];
    }

    l->survey.zone = l->zone;
    l->survey.room = NGX_HTTP_WSGW_LISTING_ROOM;
    l->survey.heard = ngx_http_wsgw_listing_heard;
    l->survey.done = ngx_http_wsgw_listing_told;
    l->survey.data = l;

    ngx_http_wsgw_survey_begin(&l->survey);
    l->asking = 1;

    for (i = 0; i < l->total; i++) {
        if (!entry[i].asked && ngx_http_wsgw_listing_ask(l, i) != NGX_OK) {
            break;
        }
    }

    if (!ngx_http_wsgw_survey_end(&l->survey)) {
        l->later = 1;
    }
}


/* asks the owner of an entry about all of its entries; those that it leaves
   out were listed without details */

static ngx_int_t
ngx_http_wsgw_listing_ask(ngx_http_wsgw_listing_t *l, ngx_uint_t first)
{
    u_char                          *buf;
    size_t                           size;
    uint64_t                         owner;
    wsgw_id_t                       *ids;
    ngx_str_t                        question;
    ngx_uint_t                       i, n;
    wsgw_wire_writer_t               w;
    ngx_http_wsgw_listing_entry_t  *entry;

    entry = l->entry;
    owner = entry[first].open.owner;

    size = WSGW_WIRE_HEADER + 2 * WSGW_WIRE_FIELD + sizeof(uint64_t)
           + l->total * WSGW_WIRE_TARGET;

    ids = ngx_palloc(l->request->pool, l->total * sizeof(wsgw_id_t));
    buf = ngx_pnalloc(l->request->pool, size);

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

    ngx_http_wsgw_survey_ask(&l->survey, ngx_http_wsgw_owner(owner),
                             &question);

    return NGX_OK;
}


/* An owner that is silent leaves its details out. */

static void
ngx_http_wsgw_listing_heard(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_survey_part_t *part, wsgw_outcome_t outcome,
    ngx_str_t *answer)
{
    uint64_t                         n;
    wsgw_wire_field_t                f;
    wsgw_wire_reader_t               r;
    ngx_http_wsgw_listing_t         *l;
    ngx_http_wsgw_listing_entry_t  *entry;

    l = survey->data;

    if (outcome != WSGW_OUTCOME_OK
        || wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE)
    {
        return;
    }

    entry = NULL;

    while (wsgw_wire_next(&r, &f)) {

        if (f.tag == WSGW_TAG_TARGETS) {
            entry = ngx_http_wsgw_listing_find(l, &f);

            if (entry) {
                entry->told = 1;
            }

            continue;
        }

        if (f.tag == WSGW_TAG_COUNT && wsgw_wire_u64(&f, &n) == 0) {
            ngx_http_wsgw_listing_looked_at(l,
                                ngx_http_wsgw_owner_word(&part->owner), n);
            continue;
        }

        if (entry) {
            ngx_http_wsgw_listing_detail(l, entry, &f);
        }
    }
}


/* The answer is gone soon: texts are copied. */

static void
ngx_http_wsgw_listing_detail(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_listing_entry_t *entry, wsgw_wire_field_t *f)
{
    ngx_str_t  *text;

    switch (f->tag) {

    case WSGW_TAG_LAST_ACTIVE_AT:
        (void) wsgw_wire_u64(f, &entry->known.last_active_at);
        return;

    case WSGW_TAG_SOURCE_IP:
        text = &entry->known.source_ip;
        break;

    case WSGW_TAG_USER_AGENT:
        text = &entry->known.user_agent;
        break;

    default:
        return;
    }

    text->data = ngx_pnalloc(l->request->pool, f->len);
    if (text->data == NULL) {
        entry->told = 0;
        return;
    }

    text->len = f->len;
    ngx_memcpy(text->data, f->data, f->len);
}


/* Entries are in the order of their slots. */

static ngx_http_wsgw_listing_entry_t *
ngx_http_wsgw_listing_find(ngx_http_wsgw_listing_t *l, wsgw_wire_field_t *f)
{
    wsgw_id_t                        id;
    ngx_uint_t                       low, high, middle;
    ngx_http_wsgw_listing_entry_t  *entry;

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
ngx_http_wsgw_listing_looked_at(ngx_http_wsgw_listing_t *l, uint64_t owner,
    uint64_t n)
{
    ngx_uint_t                       i;
    ngx_http_wsgw_listing_entry_t  *entry;

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


static void
ngx_http_wsgw_listing_told(ngx_http_wsgw_survey_t *survey)
{
    ngx_http_wsgw_listing_t  *l;

    l = survey->data;
    l->asking = 0;

    ngx_http_set_log_request(l->request->connection->log, l->request);

    ngx_http_wsgw_listing_answer(l);
}


static void
ngx_http_wsgw_listing_answer(ngx_http_wsgw_listing_t *l)
{
    ngx_str_t                text;
    ngx_http_wsgw_call_t    *call;
    ngx_http_wsgw_writer_t   w;

    call = ngx_http_get_module_ctx(l->request, ngx_http_wsgw_module);

    ngx_http_wsgw_writer_init(&w, l->request->pool,
                              NGX_HTTP_WSGW_LISTING_JSON);

    if (call->arguments.counted) {
        call->ctx.push_result = "counted";

        ngx_http_wsgw_json_literal(&w, "{\"count\":");
        ngx_http_wsgw_writer_number(&w, l->total);
        ngx_http_wsgw_json_literal(&w, "}");

    } else {
        call->ctx.push_result = "listed";
        ngx_http_wsgw_listing_page(l, &w);
    }

    ngx_http_wsgw_call_done(l->request,
                            ngx_http_wsgw_writer_text(&w, &text) == NGX_OK
                            ? ngx_http_wsgw_call_json(l->request, &text)
                            : NGX_HTTP_INTERNAL_SERVER_ERROR,
                            l->later);
}


static void
ngx_http_wsgw_listing_page(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_writer_t *w)
{
    u_char      cursor[WSGW_ID_LEN];
    wsgw_id_t   id;
    ngx_uint_t  i, written;

    ngx_http_wsgw_json_literal(w, "{\"connections\":[");

    written = 0;

    for (i = 0; i < l->total; i++) {
        written += ngx_http_wsgw_listing_write(l, w, i, written);
    }

    ngx_http_wsgw_json_literal(w, "]");

    if (l->next < l->zone->slots) {
        id.number = l->zone->number;
        id.slot = l->next;
        id.secret = 0;

        wsgw_id_encode(cursor, &id);

        ngx_http_wsgw_json_literal(w, ",\"cursor\":");
        ngx_http_wsgw_writer_plain(w, cursor, WSGW_ID_LEN);
    }

    ngx_http_wsgw_json_literal(w, "}");
}


/* returns 1 if the entry was written: "before" tells whether others were */

static ngx_uint_t
ngx_http_wsgw_listing_write(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_writer_t *w, ngx_uint_t n, ngx_uint_t before)
{
    u_char                          id[WSGW_ID_LEN];
    ngx_http_wsgw_slot_open_t      *open;
    ngx_http_wsgw_listing_entry_t  *entry;

    open = &l->open[n];
    entry = l->entry ? &l->entry[n] : NULL;

    if (open->id.slot >= l->next || (entry && entry->gone)) {
        return 0;
    }

    wsgw_id_encode(id, &open->id);

    if (before) {
        ngx_http_wsgw_json_literal(w, ",");
    }

    ngx_http_wsgw_json_literal(w, "{\"connectionId\":");
    ngx_http_wsgw_writer_plain(w, id, WSGW_ID_LEN);
    ngx_http_wsgw_json_literal(w, ",\"connectedAt\":");
    ngx_http_wsgw_describe_time(w, open->connected_at);

    if (entry && entry->told) {
        ngx_http_wsgw_json_literal(w, ",");
        ngx_http_wsgw_describe_known(w, &entry->known);
    }

    ngx_http_wsgw_json_literal(w, "}");

    return 1;
}
