
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Messages to ids and messages to many go by ways of their own, so one kind
 * waits for the other: then who gets several of a batch gets them in its order.
 * Who does not answer must not hold up all others for longer than once.
 */


#include "http/batch.h"
#include "base/text.h"
#include "base/writer.h"
#include "http/call.h"
#include "http/header.h"
#include "http/many.h"
#include "http/unpack.h"
#include "push/places.h"
#include "zone/meter.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_BATCH_JSON      4096      /* bytes, to begin with */
#define NGX_HTTP_WSGW_BATCH_PATIENCE  5000      /* ms */
#define NGX_HTTP_WSGW_BATCH_LETTERS   1024      /* bytes, of a message to many,
                                                   but for its body */


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_wsgw_unpacked_t      *message;
    ngx_uint_t                     n;
    ngx_uint_t                     next;        /* to be sent */
    ngx_msec_t                     begun;

    ngx_http_wsgw_mailing_t        mailing;
    ngx_uint_t                     mailed;      /* 1: it is under way */
    ngx_uint_t                     fanouts;     /* so many are under way, */
    size_t                         taken;       /* and so much of the zone */

    ngx_uint_t                     going;       /* 1: batch_go() runs */
    ngx_uint_t                     later;       /* 1: from the event loop */
} ngx_http_wsgw_batch_t;


static void ngx_http_wsgw_batch_run(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_batch_begin(ngx_http_request_t *r,
    ngx_http_wsgw_batch_t **batch);
static void ngx_http_wsgw_batch_cancel(void *data);
static void ngx_http_wsgw_batch_go(ngx_http_wsgw_batch_t *b);
static ngx_int_t ngx_http_wsgw_batch_send(ngx_http_wsgw_batch_t *b,
    ngx_http_wsgw_unpacked_t *m);
static ngx_uint_t ngx_http_wsgw_batch_may_join(ngx_http_wsgw_batch_t *b,
    ngx_http_wsgw_unpacked_t *m);
static void ngx_http_wsgw_batch_mailed(ngx_http_wsgw_mailing_t *mailing);
static void ngx_http_wsgw_batch_to_many(ngx_http_wsgw_batch_t *b,
    ngx_http_wsgw_unpacked_t *m);
static void ngx_http_wsgw_batch_sent(ngx_http_wsgw_fanout_t *f);
static ngx_int_t ngx_http_wsgw_batch_answer(ngx_http_wsgw_batch_t *b);
static void ngx_http_wsgw_batch_count(ngx_http_wsgw_unpacked_t *m);
static void ngx_http_wsgw_batch_result(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_unpacked_t *m);
static void ngx_http_wsgw_batch_ids(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_unpacked_t *m, ngx_uint_t outcomes);


#define ngx_http_wsgw_batch_bit(outcome)  (1 << (outcome))


ngx_uint_t
ngx_http_wsgw_batch_is_meant(ngx_http_request_t *r)
{
    ngx_str_t  query, name, value;

    if (r->args.len == 0 || r->method != NGX_HTTP_POST
        || ngx_http_wsgw_target_id(r).len)
    {
        return 0;
    }

    query = r->args;

    while (ngx_http_wsgw_text_argument(r->pool, &query, &name, &value)
           == NGX_OK)
    {
        if (ngx_http_wsgw_text_is(&name, "batch")) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_wsgw_batch_asked(ngx_http_request_t *r, ngx_uint_t verb)
{
    ngx_int_t                   rc;
    ngx_http_wsgw_call_t       *call;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_arguments_t  *arguments;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);
    arguments = &call->arguments;

    rc = ngx_http_wsgw_call_arguments(r, NGX_HTTP_WSGW_CALL_MANY);

    if (rc != NGX_OK) {
        return rc;
    }

    /* The aws profile knows it where a flag has opened what AWS has not. */

    if (!arguments->batch
        || (wlcf->profile == NGX_HTTP_WSGW_AWS
            && !(wlcf->management_doors & (NGX_HTTP_WSGW_DOOR_GROUPS
                                           |NGX_HTTP_WSGW_DOOR_BROADCAST))))
    {
        return ngx_http_wsgw_many_asked(r);
    }

    if (arguments->all || arguments->groups.nelts || arguments->except.nelts
        || arguments->opcode || arguments->unreceipted)
    {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST,
                                         "batch has no other arguments");
    }

    call->run = ngx_http_wsgw_batch_run;

    return NGX_OK;
}


static void
ngx_http_wsgw_batch_run(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_wsgw_batch_t  *b;

    b = NULL;
    rc = ngx_http_wsgw_batch_begin(r, &b);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_http_wsgw_batch_go(b);
}


static ngx_int_t
ngx_http_wsgw_batch_begin(ngx_http_request_t *r, ngx_http_wsgw_batch_t **batch)
{
    ngx_int_t                  rc;
    const char                *error;
    ngx_http_wsgw_call_t      *call;
    ngx_http_wsgw_batch_t     *b;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    b = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_batch_t));
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_wsgw_unpack(r, &call->body, &b->message, &b->n, &error);

    if (rc == NGX_DECLINED) {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST, error);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->request = r;
    b->begun = ngx_current_msec;

    b->mailing.zone = wlcf->management_zone;
    b->mailing.stage = ngx_http_wsgw_slot_api_stage(wlcf->management_api);
    b->mailing.log = r->connection->log;
    b->mailing.pool = r->pool;
    b->mailing.done = ngx_http_wsgw_batch_mailed;
    b->mailing.data = b;

    ngx_http_wsgw_mailing_begin(&b->mailing);

    ngx_http_wsgw_meter_count(wlcf->meter, groups, ngx_http_wsgw_groups_batch);

    *batch = b;

    return ngx_http_wsgw_call_watch(r, ngx_http_wsgw_batch_cancel, b) == NGX_OK
           ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* It is over, or its caller has gone, and what has not left yet does not. */

static void
ngx_http_wsgw_batch_cancel(void *data)
{
    ngx_http_wsgw_batch_t *b = data;

    ngx_uint_t  i;

    for (i = 0; i < b->n; i++) {
        if (b->message[i].fanout) {
            ngx_http_wsgw_fanout_cancel(b->message[i].fanout);
        }
    }

    ngx_http_wsgw_mailing_cancel(&b->mailing);
}


static void
ngx_http_wsgw_batch_go(ngx_http_wsgw_batch_t *b)
{
    b->going = 1;

    while (b->next < b->n
           && ngx_http_wsgw_batch_send(b, &b->message[b->next]) == NGX_OK)
    {
        b->next++;
    }

    b->going = 0;

    if (b->next == b->n && b->fanouts == 0 && !b->mailed) {
        ngx_http_set_log_request(b->request->connection->log, b->request);

        ngx_http_wsgw_call_done(b->request, ngx_http_wsgw_batch_answer(b),
                                b->later);
    }
}


/* NGX_AGAIN: others come first */

static ngx_int_t
ngx_http_wsgw_batch_send(ngx_http_wsgw_batch_t *b, ngx_http_wsgw_unpacked_t *m)
{
    ngx_int_t   rc;
    ngx_uint_t  waits;

    if (m->error) {
        return NGX_OK;
    }

    waits = ngx_current_msec - b->begun < NGX_HTTP_WSGW_BATCH_PATIENCE;

    if (m->all || m->group.len) {

        if (waits && (b->mailed || !ngx_http_wsgw_batch_may_join(b, m))) {
            return NGX_AGAIN;
        }

        ngx_http_wsgw_batch_to_many(b, m);

        return NGX_OK;
    }

    if (b->fanouts && waits) {
        return NGX_AGAIN;
    }

    if (m->item.n == 0) {
        return NGX_OK;
    }

    rc = ngx_http_wsgw_mailing_add(&b->mailing, &m->item);

    if (rc == NGX_ERROR) {
        m->error = "Internal server error";

    } else {
        b->mailed = (rc == NGX_AGAIN);
    }

    return NGX_OK;
}


/*
 * On the way to other instances and nodes one message might overtake another.
 * In the zone none does, but each keeps its part of it until it has been
 * answered: all of a batch at once might find no room, though nobody is slow.
 */

static ngx_uint_t
ngx_http_wsgw_batch_may_join(ngx_http_wsgw_batch_t *b,
    ngx_http_wsgw_unpacked_t *m)
{
    ngx_http_wsgw_zone_t  *zone;

    zone = b->mailing.zone;

    return b->fanouts == 0
           || (!ngx_http_wsgw_places_are(zone)
               && b->taken + m->item.body.len + NGX_HTTP_WSGW_BATCH_LETTERS
                  <= zone->size / 32);
}


static void
ngx_http_wsgw_batch_mailed(ngx_http_wsgw_mailing_t *mailing)
{
    ngx_http_wsgw_batch_t  *b;

    b = mailing->data;
    b->mailed = 0;
    b->later = 1;

    ngx_http_wsgw_batch_go(b);
}


static void
ngx_http_wsgw_batch_to_many(ngx_http_wsgw_batch_t *b,
    ngx_http_wsgw_unpacked_t *m)
{
    ngx_http_wsgw_fanout_t    *f;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    f = ngx_http_wsgw_fanout_create();

    if (f == NULL) {
        m->error = "Internal server error";
        return;
    }

    f->zone = b->mailing.zone;
    f->stage = b->mailing.stage;
    f->group = &m->group;
    f->ngroups = (m->group.len != 0);
    f->except = m->except;
    f->nexcept = m->nexcept;
    f->body = m->item.body;
    f->binary = m->item.binary;
    f->done = ngx_http_wsgw_batch_sent;
    f->data = m;

    m->data = b;
    m->fanout = f;
    b->fanouts++;
    b->taken += m->item.body.len + NGX_HTTP_WSGW_BATCH_LETTERS;

    wlcf = ngx_http_get_module_loc_conf(b->request, ngx_http_wsgw_module);

    ngx_http_wsgw_meter_add(wlcf->meter, ngx_http_wsgw_row_groups,
                            m->all ? ngx_http_wsgw_groups_all
                                   : ngx_http_wsgw_groups_group, 1);

    ngx_http_wsgw_fanout(f);
}


static void
ngx_http_wsgw_batch_sent(ngx_http_wsgw_fanout_t *f)
{
    ngx_http_wsgw_batch_t     *b;
    ngx_http_wsgw_loc_conf_t  *wlcf;
    ngx_http_wsgw_unpacked_t  *m;

    m = f->data;
    b = m->data;

    m->fanout = NULL;
    b->fanouts--;
    b->taken -= m->item.body.len + NGX_HTTP_WSGW_BATCH_LETTERS;

    if (f->outcome == WSGW_OUTCOME_TOO_LARGE) {
        m->error = "Payload Too Large";
    }

    m->sent = f->sent;
    m->full = f->full;
    m->unknown = f->unknown;

    /* That nobody could be asked is unknown, too. */

    if (f->outcome == WSGW_OUTCOME_UNKNOWN && m->unknown == 0) {
        m->unknown = 1;
    }

    wlcf = ngx_http_get_module_loc_conf(b->request, ngx_http_wsgw_module);

    ngx_http_wsgw_meter_add(wlcf->meter, ngx_http_wsgw_row_groups,
                            ngx_http_wsgw_groups_unknown, m->unknown);

    if (!b->going) {
        b->later = 1;
        ngx_http_wsgw_batch_go(b);
    }
}


static ngx_int_t
ngx_http_wsgw_batch_answer(ngx_http_wsgw_batch_t *b)
{
    uint64_t                   unknown;
    ngx_str_t                  text;
    ngx_str_t                  retry = ngx_string("1");
    ngx_uint_t                 i;
    ngx_http_wsgw_call_t      *call;
    ngx_http_wsgw_writer_t     w;
    ngx_http_wsgw_unpacked_t  *m;

    call = ngx_http_get_module_ctx(b->request, ngx_http_wsgw_module);
    call->ctx.push_result = "sent";

    ngx_http_wsgw_writer_init(&w, b->request->pool, NGX_HTTP_WSGW_BATCH_JSON);

    ngx_http_wsgw_json_literal(&w, "{\"results\":[");

    unknown = 0;

    for (i = 0; i < b->n; i++) {
        m = &b->message[i];

        if (i) {
            ngx_http_wsgw_json_literal(&w, ",");
        }

        ngx_http_wsgw_batch_count(m);
        ngx_http_wsgw_batch_result(&w, m);

        unknown += m->unknown;
    }

    ngx_http_wsgw_json_literal(&w, "]}");

    if (ngx_http_wsgw_writer_text(&w, &text) != NGX_OK
        || (unknown
            && ngx_http_wsgw_header_add(b->request, "Retry-After", &retry)
               != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wsgw_call_json(b->request, &text);
}


/* of one by ids */

static void
ngx_http_wsgw_batch_count(ngx_http_wsgw_unpacked_t *m)
{
    ngx_uint_t  i;

    for (i = 0; m->error == NULL && i < m->item.n; i++) {

        switch (m->item.outcome[i]) {

        case WSGW_OUTCOME_OK:
            m->sent++;
            break;

        case WSGW_OUTCOME_FULL:
            m->full++;
            break;

        case WSGW_OUTCOME_GONE:
        case WSGW_OUTCOME_FORBIDDEN:
        case WSGW_OUTCOME_NOT_TEXT:
        case WSGW_OUTCOME_TOO_LARGE:
            break;

        default:
            m->unknown++;
            break;
        }
    }
}


static void
ngx_http_wsgw_batch_result(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_unpacked_t *m)
{
    if (m->error) {
        ngx_http_wsgw_json_literal(w, "{\"error\":");
        ngx_http_wsgw_writer_utf8(w, (u_char *) m->error,
                                  ngx_strlen(m->error));
        ngx_http_wsgw_json_literal(w, "}");
        return;
    }

    ngx_http_wsgw_json_literal(w, "{\"sent\":");
    ngx_http_wsgw_writer_number(w, m->sent);
    ngx_http_wsgw_json_literal(w, ",\"full\":");
    ngx_http_wsgw_writer_number(w, m->full);
    ngx_http_wsgw_json_literal(w, ",\"unknown\":");
    ngx_http_wsgw_writer_number(w, m->unknown);

    ngx_http_wsgw_json_literal(w, ",\"gone\":[");
    ngx_http_wsgw_batch_ids(w, m, ngx_http_wsgw_batch_bit(WSGW_OUTCOME_GONE));

    /* A stage that was changed may take less than it did. */

    ngx_http_wsgw_json_literal(w, "],\"forbidden\":[");
    ngx_http_wsgw_batch_ids(w, m,
                            ngx_http_wsgw_batch_bit(WSGW_OUTCOME_FORBIDDEN)
                            |ngx_http_wsgw_batch_bit(WSGW_OUTCOME_NOT_TEXT)
                            |ngx_http_wsgw_batch_bit(WSGW_OUTCOME_TOO_LARGE));

    ngx_http_wsgw_json_literal(w, "],\"fullIds\":[");
    ngx_http_wsgw_batch_ids(w, m, ngx_http_wsgw_batch_bit(WSGW_OUTCOME_FULL));

    ngx_http_wsgw_json_literal(w, "]}");
}


static void
ngx_http_wsgw_batch_ids(ngx_http_wsgw_writer_t *w, ngx_http_wsgw_unpacked_t *m,
    ngx_uint_t outcomes)
{
    u_char      id[WSGW_ID_LEN];
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < m->item.n; i++) {

        if (!(ngx_http_wsgw_batch_bit(m->item.outcome[i]) & outcomes)) {
            continue;
        }

        if (n++) {
            ngx_http_wsgw_json_literal(w, ",");
        }

        wsgw_id_encode(id, &m->item.id[i]);
        ngx_http_wsgw_writer_plain(w, id, WSGW_ID_LEN);
    }
}
