
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
#include "base/worker.h"
#include "base/writer.h"
#include "flow/sweep.h"
#include "http/answer.h"
#include "http/call.h"
#include "http/members.h"
#include "zone/group.h"
#include "zone/number.h"
#include "zone/roll.h"


#define NGX_HTTP_WSGW_LISTING_PAGE    100       /* connections, if not said */
#define NGX_HTTP_WSGW_LISTING_JSON    4096      /* bytes, to begin with */


static ngx_int_t ngx_http_wsgw_listing_begin(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_cancel(void *data);
static void ngx_http_wsgw_listing_turn(ngx_event_t *ev);
static void ngx_http_wsgw_listing_look(ngx_http_wsgw_listing_t *l);
static void ngx_http_wsgw_listing_found(ngx_http_wsgw_listing_t *l);
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

    l->next = id.slot;

    return NGX_OK;
}


void
ngx_http_wsgw_listing(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_wsgw_call_t     *call;
    ngx_http_wsgw_listing_t  *l;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    rc = ngx_http_wsgw_listing_begin(r, call, call->work);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    l = call->work;

    if (l->group.len) {
        ngx_http_wsgw_members(l);

    } else {
        ngx_http_wsgw_listing_look(l);
    }
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

    l->found = ngx_http_wsgw_listing_found;
    l->answer = ngx_http_wsgw_listing_answer;

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

    ngx_http_wsgw_worker_rest(&l->turn);

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
    l->total += ngx_http_wsgw_roll(l->zone, l->stage, &l->next,
                                   l->open ? l->open + l->total : NULL,
                                   l->page - l->total);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, l->request->connection->log, 0,
                   "wsgw listing found:%ui next:%uD of:%uD", l->total,
                   l->next, l->zone->slots);

    if (l->next < l->zone->slots && l->total < l->page) {
        ngx_http_wsgw_worker_turn(&l->turn);
        return;
    }

    ngx_http_wsgw_worker_rest(&l->turn);

    ngx_http_wsgw_listing_found(l);
}


static void
ngx_http_wsgw_listing_found(ngx_http_wsgw_listing_t *l)
{
    ngx_http_wsgw_call_t  *call;

    call = ngx_http_get_module_ctx(l->request, ngx_http_wsgw_module);

    if (call->arguments.details) {
        ngx_http_wsgw_details(l);

    } else {
        ngx_http_wsgw_listing_answer(l);
    }
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
    ngx_http_wsgw_details_t    *entry;

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
        ngx_http_wsgw_describe_known(w, &entry->known, 1);
    }

    ngx_http_wsgw_json_literal(w, "}");

    return 1;
}
