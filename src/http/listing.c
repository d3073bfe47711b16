
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A page of the open connections.  Instances and nodes have their turns in the
 * order of their numbers, each lists its own in the order of their slots.  The
 * cursor says whose turn it is and from which slot on, in the form of a
 * connection's id.  A connection never changes its place or its slot, so who is
 * open during the whole listing is in it exactly once.
 */


#include "http/listing.h"
#include "base/writer.h"
#include "flow/sweep.h"
#include "http/answer.h"
#include "http/call.h"
#include "http/counting.h"
#include "http/describe.h"
#include "push/abroad.h"
#include "push/details.h"
#include "zone/group.h"
#include "zone/number.h"


#define NGX_HTTP_WSGW_LISTING_PAGE      100     /* connections, if not said */
#define NGX_HTTP_WSGW_LISTING_JSON      4096    /* bytes, to begin with */
#define NGX_HTTP_WSGW_LISTING_QUESTION  512     /* bytes */
#define NGX_HTTP_WSGW_LISTING_SLOTS     ((uint32_t) 1 << WSGW_ID_SLOT_BITS)


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_wsgw_call_t          *call;
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_str_t                      group;       /* empty: all */

    uint32_t                       number;      /* whose turn it is, */
    uint32_t                       slot;        /* and from where on */
    ngx_uint_t                     page;        /* at most */
    ngx_uint_t                     written;
    ngx_http_wsgw_writer_t         w;
    ngx_uint_t                     later;       /* 1: to the event loop */

    ngx_http_wsgw_places_t         places;
    ngx_http_wsgw_lister_t         lister;      /* of our own */
    ngx_http_wsgw_push_t           push;        /* to another */
    u_char                         question[NGX_HTTP_WSGW_LISTING_QUESTION];
} ngx_http_wsgw_listing_t;


static ngx_int_t ngx_http_wsgw_listing_begin(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_cancel(void *data);
static void ngx_http_wsgw_listing_found(ngx_http_wsgw_places_t *places);
static void ngx_http_wsgw_listing_next(ngx_http_wsgw_listing_t *l);
static ngx_int_t ngx_http_wsgw_listing_turn(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_own(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_listed(ngx_http_wsgw_lister_t *lister);
static void ngx_http_wsgw_listing_ask(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_answered(ngx_http_wsgw_push_t *push);
static ngx_int_t ngx_http_wsgw_listing_read(ngx_http_wsgw_listing_t *l,
    ngx_str_t *answer, uint64_t *cursor);
static void ngx_http_wsgw_listing_write(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_slot_open_t *open, ngx_http_wsgw_known_t *known);
static void ngx_http_wsgw_listing_unknown(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_end(ngx_http_wsgw_listing_t *l,
    ngx_uint_t more);


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

    if (arguments->counted) {
        return NGX_OK;
    }

    l = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_listing_t));
    if (l == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->work = l;
    l->request = r;
    l->call = call;

    if (arguments->groups.nelts) {
        l->group = *(ngx_str_t *) arguments->groups.elts;
    }

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

    l->number = ngx_http_wsgw_number_of(&id);
    l->slot = id.slot;

    return NGX_OK;
}


void
ngx_http_wsgw_listing(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_wsgw_call_t     *call;
    ngx_http_wsgw_listing_t  *l;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (call->arguments.counted) {
        ngx_http_wsgw_counting(r);
        return;
    }

    l = call->work;
    rc = ngx_http_wsgw_listing_begin(l);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    if (!ngx_http_wsgw_places_may_be(l->zone)) {
        ngx_http_wsgw_listing_next(l);
        return;
    }

    l->places.zone = l->zone;
    l->places.found = ngx_http_wsgw_listing_found;
    l->places.data = l;

    if (!ngx_http_wsgw_places_find(&l->places)) {
        l->later = 1;
    }
}


static ngx_int_t
ngx_http_wsgw_listing_begin(ngx_http_wsgw_listing_t *l)
{
    ngx_http_request_t         *r;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_arguments_t  *arguments;

    r = l->request;
    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    arguments = &l->call->arguments;

    l->zone = wlcf->management_zone;
    l->stage = ngx_http_wsgw_slot_api_stage(wlcf->management_api);
    l->page = arguments->page ? arguments->page : NGX_HTTP_WSGW_LISTING_PAGE;

    if (ngx_http_wsgw_sweep_join(l->zone, ngx_cycle->log) != NGX_OK) {
        return ngx_http_wsgw_answer_refuse(l->call, WSGW_OUTCOME_UNKNOWN);
    }

    ngx_http_wsgw_writer_init(&l->w, r->pool, NGX_HTTP_WSGW_LISTING_JSON);
    ngx_http_wsgw_json_literal(&l->w, "{\"connections\":[");

    return ngx_http_wsgw_call_watch(r, ngx_http_wsgw_listing_cancel, l)
           == NGX_OK ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* the request ends, for whatever reason */

static void
ngx_http_wsgw_listing_cancel(void *data)
{
    ngx_http_wsgw_listing_t  *l = data;

    ngx_http_wsgw_lister_cancel(&l->lister);
    ngx_http_wsgw_push_cancel(&l->push);
    ngx_http_wsgw_places_free(&l->places);
}


/* A list that leaves somebody out would be none. */

static void
ngx_http_wsgw_listing_found(ngx_http_wsgw_places_t *places)
{
    ngx_http_wsgw_listing_t  *l;

    l = places->data;

    ngx_http_set_log_request(l->request->connection->log, l->request);

    if (places->missing) {
        ngx_http_wsgw_listing_unknown(l);
        return;
    }

    ngx_http_wsgw_listing_next(l);
}


static void
ngx_http_wsgw_listing_next(ngx_http_wsgw_listing_t *l)
{
    if (ngx_http_wsgw_listing_turn(l) != NGX_OK) {
        ngx_http_wsgw_listing_end(l, 0);
        return;
    }

    if (l->written == l->page) {
        ngx_http_wsgw_listing_end(l, 1);
        return;
    }

    if (l->number == l->zone->number) {
        ngx_http_wsgw_listing_own(l);

    } else {
        ngx_http_wsgw_listing_ask(l);
    }
}


/* the lowest number that is not below l->number; NGX_DONE: there is none */

static ngx_int_t
ngx_http_wsgw_listing_turn(ngx_http_wsgw_listing_t *l)
{
    uint32_t    number, lowest;
    ngx_uint_t  i;

    lowest = NGX_HTTP_WSGW_NUMBER + 1;

    if (l->zone->number >= l->number) {
        lowest = l->zone->number;
    }

    for (i = 0; i < l->places.n; i++) {
        number = l->places.number[i];

        if (number >= l->number && number < lowest) {
            lowest = number;
        }
    }

    if (lowest != l->number) {
        l->number = lowest;
        l->slot = 0;
    }

    return lowest <= NGX_HTTP_WSGW_NUMBER ? NGX_OK : NGX_DONE;
}


static void
ngx_http_wsgw_listing_own(ngx_http_wsgw_listing_t *l)
{
    ngx_http_wsgw_lister_t  *lister;

    lister = &l->lister;

    lister->zone = l->zone;
    lister->stage = l->stage;
    lister->group = l->group;
    lister->pool = l->request->pool;
    lister->page = l->page - l->written;
    lister->details = l->call->arguments.details;
    lister->next = l->slot;
    lister->done = ngx_http_wsgw_listing_listed;
    lister->data = l;

    if (ngx_http_wsgw_lister(lister) == NGX_AGAIN) {
        l->later = 1;
    }
}


static void
ngx_http_wsgw_listing_listed(ngx_http_wsgw_lister_t *lister)
{
    ngx_uint_t                     i;
    ngx_http_wsgw_listing_t       *l;
    ngx_http_wsgw_lister_entry_t  *entry;

    l = lister->data;

    ngx_http_set_log_request(l->request->connection->log, l->request);

    if (lister->outcome != WSGW_OUTCOME_OK) {
        ngx_http_wsgw_listing_unknown(l);
        return;
    }

    for (i = 0; i < lister->total; i++) {
        entry = lister->entry ? &lister->entry[i] : NULL;

        if (lister->open[i].id.slot < lister->next
            && !(entry && entry->gone))
        {
            ngx_http_wsgw_listing_write(l, &lister->open[i],
                                        entry && entry->told ? &entry->known
                                                             : NULL);
        }
    }

    l->slot = lister->next;

    if (l->slot < l->zone->slots) {
        ngx_http_wsgw_listing_end(l, 1);
        return;
    }

    l->number++;
    l->slot = 0;

    ngx_http_wsgw_listing_next(l);
}


static void
ngx_http_wsgw_listing_ask(ngx_http_wsgw_listing_t *l)
{
    ngx_str_t              question;
    wsgw_wire_writer_t     w;
    ngx_http_wsgw_push_t  *push;

    wsgw_wire_begin(&w, l->question, sizeof(l->question), WSGW_VERB_LIST,
                    l->call->arguments.details ? WSGW_WIRE_DETAILS : 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) l->stage << 32);
    wsgw_wire_put_u64(&w, WSGW_TAG_CURSOR, l->slot);
    wsgw_wire_put_u64(&w, WSGW_TAG_COUNT, l->page - l->written);

    if (l->group.len) {
        wsgw_wire_put_bytes(&w, WSGW_TAG_GROUP, l->group.data, l->group.len);
    }

    question.data = l->question;
    question.len = wsgw_wire_finish(&w);

    push = &l->push;

    ngx_http_wsgw_abroad_push(push, l->zone, l->stage, l->number, &question);

    push->done = ngx_http_wsgw_listing_answered;
    push->data = l;

    if (ngx_http_wsgw_push(push) == NGX_AGAIN) {
        l->later = 1;
    }
}


static void
ngx_http_wsgw_listing_answered(ngx_http_wsgw_push_t *push)
{
    uint64_t                  cursor;
    ngx_http_wsgw_listing_t  *l;

    l = push->data;
    cursor = 0;

    ngx_http_set_log_request(l->request->connection->log, l->request);

    if (push->outcome != WSGW_OUTCOME_GONE
        && (push->outcome != WSGW_OUTCOME_OK
            || ngx_http_wsgw_listing_read(l, &push->answer, &cursor)
               != NGX_OK))
    {
        ngx_http_wsgw_listing_unknown(l);
        return;
    }

    if (cursor) {
        l->slot = (uint32_t) cursor;
        ngx_http_wsgw_listing_end(l, 1);
        return;
    }

    l->number++;
    l->slot = 0;

    ngx_http_wsgw_listing_next(l);
}


/*
 * Takes the connections of an answer, each of which begins with TARGETS.  One
 * that is of another place, or out of order, might be listed twice.  NGX_ERROR:
 * it is no answer, or leads nowhere.
 */

static ngx_int_t
ngx_http_wsgw_listing_read(ngx_http_wsgw_listing_t *l, ngx_str_t *answer,
    uint64_t *cursor)
{
    uint32_t                      next;
    ngx_uint_t                    begun;
    wsgw_wire_field_t             f;
    wsgw_wire_reader_t            r;
    ngx_http_wsgw_lister_entry_t  entry;

    if (answer->len == 0
        || wsgw_wire_open(&r, answer->data, answer->len) != WSGW_DONE)
    {
        return NGX_ERROR;
    }

    next = l->slot;
    begun = 0;

    while (wsgw_wire_next(&r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_TARGETS:

            if (begun) {
                ngx_http_wsgw_listing_write(l, &entry.open,
                                            entry.told ? &entry.known : NULL);
            }

            ngx_memzero(&entry, sizeof(ngx_http_wsgw_lister_entry_t));

            begun = wsgw_wire_target(&f, 0, &entry.open.id) == 0
                    && ngx_http_wsgw_number_of(&entry.open.id) == l->number
                    && entry.open.id.slot >= next
                    && entry.open.id.slot < NGX_HTTP_WSGW_LISTING_SLOTS
                    && l->written < l->page;

            if (begun) {
                next = entry.open.id.slot + 1;
            }

            break;

        case WSGW_TAG_CONNECTED_AT:
            (void) wsgw_wire_u64(&f, &entry.open.connected_at);
            break;

        case WSGW_TAG_CURSOR:

            if (wsgw_wire_u64(&f, cursor) != 0
                || *cursor < next
                || *cursor <= l->slot
                || *cursor >= NGX_HTTP_WSGW_LISTING_SLOTS)
            {
                return NGX_ERROR;
            }

            break;

        default:

            if (begun) {
                entry.told = 1;
                ngx_http_wsgw_details_field(l->request->pool, &entry, &f);
            }
        }
    }

    if (begun) {
        ngx_http_wsgw_listing_write(l, &entry.open,
                                    entry.told ? &entry.known : NULL);
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_listing_write(ngx_http_wsgw_listing_t *l,
    ngx_http_wsgw_slot_open_t *open, ngx_http_wsgw_known_t *known)
{
    u_char                   id[WSGW_ID_LEN];
    ngx_http_wsgw_writer_t  *w;

    w = &l->w;

    wsgw_id_encode(id, &open->id);

    if (l->written++) {
        ngx_http_wsgw_json_literal(w, ",");
    }

    ngx_http_wsgw_json_literal(w, "{\"connectionId\":");
    ngx_http_wsgw_writer_plain(w, id, WSGW_ID_LEN);
    ngx_http_wsgw_json_literal(w, ",\"connectedAt\":");
    ngx_http_wsgw_describe_time(w, open->connected_at);

    if (known) {
        ngx_http_wsgw_json_literal(w, ",");
        ngx_http_wsgw_describe_known(w, known, 1);
    }

    ngx_http_wsgw_json_literal(w, "}");
}


static void
ngx_http_wsgw_listing_unknown(ngx_http_wsgw_listing_t *l)
{
    ngx_http_wsgw_call_done(l->request,
                            ngx_http_wsgw_answer_refuse(l->call,
                                                        WSGW_OUTCOME_UNKNOWN),
                            l->later);
}


static void
ngx_http_wsgw_listing_end(ngx_http_wsgw_listing_t *l, ngx_uint_t more)
{
    u_char                   cursor[WSGW_ID_LEN];
    ngx_str_t                text;
    wsgw_id_t                id;
    ngx_http_wsgw_writer_t  *w;

    w = &l->w;

    ngx_http_wsgw_json_literal(w, "]");

    if (more) {
        id.number = l->number;
        id.slot = l->slot;
        id.secret = 0;

        wsgw_id_encode(cursor, &id);

        ngx_http_wsgw_json_literal(w, ",\"cursor\":");
        ngx_http_wsgw_writer_plain(w, cursor, WSGW_ID_LEN);
    }

    ngx_http_wsgw_json_literal(w, "}");

    l->call->ctx.push_result = "listed";

    ngx_http_wsgw_call_done(l->request,
                            ngx_http_wsgw_writer_text(w, &text) == NGX_OK
                            ? ngx_http_wsgw_call_json(l->request, &text)
                            : NGX_HTTP_INTERNAL_SERVER_ERROR,
                            l->later);
}
