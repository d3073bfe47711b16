
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What another instance asks us as a whole, in whichever worker it has reached.
 * Our workers are asked as for a caller of our own, and sums go back.  A verb
 * is a row here.
 *
 * The asker waits five seconds.  We wait less for our workers, so that it hears
 * of those that have answered.
 */


#include "push/whole.h"
#include "push/fanout.h"
#include "push/lister.h"
#include "zone/group.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_WHOLE_MAX       256       /* served at a time */
#define NGX_HTTP_WSGW_WHOLE_ROOM      256       /* bytes of an answer of sums */
#define NGX_HTTP_WSGW_WHOLE_PAGE      1000      /* connections of a list, */
#define NGX_HTTP_WSGW_WHOLE_LIST      65536     /* and bytes of it */
#define NGX_HTTP_WSGW_WHOLE_PATIENCE  4000      /* ms */


typedef ngx_int_t (*ngx_http_wsgw_whole_pt)(ngx_http_wsgw_whole_t *whole,
    wsgw_wire_reader_t *r);


static ngx_int_t ngx_http_wsgw_whole_send(ngx_http_wsgw_whole_t *whole,
    wsgw_wire_reader_t *r);
static ngx_int_t ngx_http_wsgw_whole_except(ngx_http_wsgw_fanout_t *f,
    wsgw_wire_field_t *field);
static void ngx_http_wsgw_whole_sent(ngx_http_wsgw_fanout_t *f);
static ngx_int_t ngx_http_wsgw_whole_list(ngx_http_wsgw_whole_t *whole,
    wsgw_wire_reader_t *r);
static ngx_int_t ngx_http_wsgw_whole_list_read(ngx_http_wsgw_lister_t *lister,
    wsgw_wire_reader_t *r);
static void ngx_http_wsgw_whole_listed(ngx_http_wsgw_lister_t *lister);
static ngx_int_t ngx_http_wsgw_whole_list_write(
    ngx_http_wsgw_lister_t *lister, wsgw_wire_writer_t *w);
static void ngx_http_wsgw_whole_list_put(ngx_http_wsgw_slot_open_t *open,
    ngx_http_wsgw_known_t *known, wsgw_wire_writer_t *w);
static void ngx_http_wsgw_whole_end(ngx_http_wsgw_whole_t *whole,
    wsgw_outcome_t outcome, wsgw_wire_writer_t *w);


static ngx_uint_t  ngx_http_wsgw_whole_served;  /* now */


static const ngx_http_wsgw_whole_pt  ngx_http_wsgw_whole_verbs[] = {
    [WSGW_VERB_SEND_GROUP] = ngx_http_wsgw_whole_send,
    [WSGW_VERB_COUNT] = ngx_http_wsgw_whole_list,
    [WSGW_VERB_LIST] = ngx_http_wsgw_whole_list
};


ngx_int_t
ngx_http_wsgw_whole(ngx_http_wsgw_whole_t *whole, ngx_str_t *question)
{
    ngx_int_t           rc;
    wsgw_wire_reader_t  r;

    if (wsgw_wire_open(&r, question->data, question->len) != WSGW_DONE
        || r.verb >= sizeof(ngx_http_wsgw_whole_verbs)
                     / sizeof(ngx_http_wsgw_whole_verbs[0])
        || ngx_http_wsgw_whole_verbs[r.verb] == NULL)
    {
        return NGX_ERROR;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw whole asked verb:%ui len:%uz", (ngx_uint_t) r.verb,
                   question->len);

    ngx_http_wsgw_whole_served++;

    if (ngx_http_wsgw_whole_served > NGX_HTTP_WSGW_WHOLE_MAX) {
        ngx_http_wsgw_whole_end(whole, WSGW_OUTCOME_UNKNOWN, NULL);
        return NGX_OK;
    }

    rc = ngx_http_wsgw_whole_verbs[r.verb](whole, &r);

    if (rc != NGX_OK) {
        ngx_http_wsgw_whole_served--;
    }

    return rc;
}


/* The asker may be nobody of ours: it may send no more than a caller may. */

static ngx_int_t
ngx_http_wsgw_whole_send(ngx_http_wsgw_whole_t *whole, wsgw_wire_reader_t *r)
{
    uint64_t                 api;
    ngx_int_t                rc;
    wsgw_id_t                except[NGX_HTTP_WSGW_FANOUT_EXCEPT];
    ngx_str_t                group[NGX_HTTP_WSGW_FANOUT_GROUPS], *name;
    wsgw_wire_field_t        field;
    ngx_http_wsgw_fanout_t  *f;

    f = ngx_http_wsgw_fanout_create();
    if (f == NULL) {
        return NGX_ERROR;
    }

    f->zone = whole->zone;
    f->group = group;
    f->except = except;
    f->binary = (r->flags & WSGW_WIRE_BINARY) != 0;
    f->served = 1;
    f->done = ngx_http_wsgw_whole_sent;
    f->data = whole;

    api = 0;
    rc = NGX_OK;

    while (rc == NGX_OK && wsgw_wire_next(r, &field)) {

        switch (field.tag) {

        case WSGW_TAG_API:
            (void) wsgw_wire_u64(&field, &api);
            break;

        case WSGW_TAG_GROUP:

            if (f->ngroups == NGX_HTTP_WSGW_FANOUT_GROUPS) {
                rc = NGX_ERROR;
                break;
            }

            name = &group[f->ngroups++];
            name->data = (u_char *) field.data;
            name->len = field.len;

            if (!ngx_http_wsgw_group_is_name(name)) {
                rc = NGX_ERROR;
            }

            break;

        case WSGW_TAG_EXCEPT:
            rc = ngx_http_wsgw_whole_except(f, &field);
            break;

        case WSGW_TAG_FRAME:
            f->body.data = (u_char *) field.data;
            f->body.len = field.len;
            break;
        }
    }

    f->stage = ngx_http_wsgw_slot_api_stage(api);

    if (rc != NGX_OK || api == 0) {
        ngx_free(f);
        return NGX_ERROR;
    }

    ngx_http_wsgw_fanout(f);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_whole_except(ngx_http_wsgw_fanout_t *f, wsgw_wire_field_t *field)
{
    size_t     i;
    wsgw_id_t  id;

    for (i = 0; wsgw_wire_target(field, i, &id) == 0; i++) {

        if (f->nexcept == NGX_HTTP_WSGW_FANOUT_EXCEPT) {
            return NGX_ERROR;
        }

        f->except[f->nexcept++] = id;
    }

    return NGX_OK;
}


/* Nothing sent and something unknown is an answer, too: the asker adds it to
   what others say. */

static void
ngx_http_wsgw_whole_sent(ngx_http_wsgw_fanout_t *f)
{
    u_char                  buf[NGX_HTTP_WSGW_WHOLE_ROOM];
    wsgw_wire_writer_t      w;
    ngx_http_wsgw_whole_t  *whole;

    whole = f->data;

    if (f->outcome != WSGW_OUTCOME_OK && f->unknown == 0) {
        ngx_http_wsgw_whole_end(whole, f->outcome, NULL);
        return;
    }

    wsgw_wire_begin(&w, buf, sizeof(buf), WSGW_VERB_RESULT, 0);
    wsgw_wire_put_u64(&w, WSGW_TAG_SENT, f->sent);
    wsgw_wire_put_u64(&w, WSGW_TAG_FULL, f->full);
    wsgw_wire_put_u64(&w, WSGW_TAG_UNKNOWN, f->unknown);

    ngx_http_wsgw_whole_end(whole, WSGW_OUTCOME_OK, &w);
}


/* a page, or with COUNT how many there are */

static ngx_int_t
ngx_http_wsgw_whole_list(ngx_http_wsgw_whole_t *whole, wsgw_wire_reader_t *r)
{
    ngx_pool_t              *pool;
    ngx_http_wsgw_lister_t  *lister;

    pool = ngx_create_pool(NGX_MIN_POOL_SIZE + sizeof(*lister),
                           ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    lister = ngx_pcalloc(pool, sizeof(ngx_http_wsgw_lister_t));

    if (lister == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    lister->zone = whole->zone;
    lister->pool = pool;
    lister->patience = NGX_HTTP_WSGW_WHOLE_PATIENCE;
    lister->done = ngx_http_wsgw_whole_listed;
    lister->data = whole;

    if (ngx_http_wsgw_whole_list_read(lister, r) != NGX_OK) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    (void) ngx_http_wsgw_lister(lister);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_whole_list_read(ngx_http_wsgw_lister_t *lister,
    wsgw_wire_reader_t *r)
{
    uint64_t           api, cursor, page;
    ngx_str_t          name;
    wsgw_wire_field_t  f;

    api = 0;
    cursor = 0;
    page = 0;

    while (wsgw_wire_next(r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_API:
            (void) wsgw_wire_u64(&f, &api);
            break;

        case WSGW_TAG_GROUP:
            name.data = (u_char *) f.data;
            name.len = f.len;

            if (!ngx_http_wsgw_group_is_name(&name)) {
                return NGX_ERROR;
            }

            lister->group.len = name.len;
            lister->group.data = ngx_pstrdup(lister->pool, &name);

            if (lister->group.data == NULL) {
                return NGX_ERROR;
            }

            break;

        case WSGW_TAG_CURSOR:
            (void) wsgw_wire_u64(&f, &cursor);
            break;

        case WSGW_TAG_COUNT:
            (void) wsgw_wire_u64(&f, &page);
            break;
        }
    }

    lister->stage = ngx_http_wsgw_slot_api_stage(api);
    lister->next = (uint32_t) ngx_min(cursor, lister->zone->slots);

    if (r->verb == WSGW_VERB_LIST) {
        lister->page = ngx_min(ngx_max(page, 1), NGX_HTTP_WSGW_WHOLE_PAGE);
        lister->details = (r->flags & WSGW_WIRE_DETAILS) != 0;
    }

    return api ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_wsgw_whole_listed(ngx_http_wsgw_lister_t *lister)
{
    wsgw_outcome_t      outcome;
    wsgw_wire_writer_t  w;

    outcome = lister->outcome;

    if (outcome == WSGW_OUTCOME_OK
        && ngx_http_wsgw_whole_list_write(lister, &w) != NGX_OK)
    {
        outcome = WSGW_OUTCOME_UNKNOWN;
    }

    ngx_http_wsgw_whole_end(lister->data, outcome,
                            outcome == WSGW_OUTCOME_OK ? &w : NULL);

    ngx_destroy_pool(lister->pool);
}


/*
 * TARGETS begins what is of a connection.  Those for which there is no room are
 * on the next page; of the first one of a page only the details may be too
 * much.
 */

static ngx_int_t
ngx_http_wsgw_whole_list_write(ngx_http_wsgw_lister_t *lister,
    wsgw_wire_writer_t *w)
{
    u_char                        *buf;
    size_t                         size;
    ngx_uint_t                     i, written;
    wsgw_wire_writer_t             before;
    ngx_http_wsgw_slot_open_t     *open;
    ngx_http_wsgw_lister_entry_t  *entry;

    size = ngx_min(lister->zone->size / 4 - 1024, NGX_HTTP_WSGW_WHOLE_LIST);

    buf = ngx_pnalloc(lister->pool, size);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    /* Room for the last field is kept. */

    size -= WSGW_WIRE_FIELD + sizeof(uint64_t);

    wsgw_wire_begin(w, buf, size, WSGW_VERB_RESULT, 0);

    written = 0;

    for (i = 0; i < lister->total && lister->page; i++) {
        open = &lister->open[i];
        entry = lister->entry ? &lister->entry[i] : NULL;

        if (open->id.slot >= lister->next || (entry && entry->gone)) {
            continue;
        }

        before = *w;

        ngx_http_wsgw_whole_list_put(open, entry && entry->told ? &entry->known
                                                                : NULL, w);
        if (w->overflow) {
            *w = before;

            if (written) {
                lister->next = open->id.slot;
                break;
            }

            ngx_http_wsgw_whole_list_put(open, NULL, w);
        }

        written++;
    }

    w->end += WSGW_WIRE_FIELD + sizeof(uint64_t);

    if (lister->page == 0) {
        wsgw_wire_put_u64(w, WSGW_TAG_COUNT, lister->total);

    } else if (lister->next < lister->zone->slots) {
        wsgw_wire_put_u64(w, WSGW_TAG_CURSOR, lister->next);
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_whole_list_put(ngx_http_wsgw_slot_open_t *open,
    ngx_http_wsgw_known_t *known, wsgw_wire_writer_t *w)
{
    wsgw_wire_put_targets(w, &open->id, 1);
    wsgw_wire_put_u64(w, WSGW_TAG_CONNECTED_AT, open->connected_at);

    if (known) {
        ngx_http_wsgw_known_write(known, w);
    }
}


static void
ngx_http_wsgw_whole_end(ngx_http_wsgw_whole_t *whole, wsgw_outcome_t outcome,
    wsgw_wire_writer_t *w)
{
    whole->outcome = outcome;
    ngx_str_null(&whole->answer);

    if (w) {
        whole->answer.data = w->start;
        whole->answer.len = wsgw_wire_finish(w);
    }

    ngx_http_wsgw_whole_served--;

    whole->done(whole);
}
