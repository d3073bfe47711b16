
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message to many: its caller learns how many have got it.
 */


#include "http/many.h"
#include "base/writer.h"
#include "http/answer.h"
#include "http/call.h"
#include "http/header.h"
#include "pure/utf8.h"
#include "push/fanout.h"
#include "zone/meter.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_MANY_JSON  128            /* bytes */


/* what is known of a message when it has been handed over */

typedef struct {
    wsgw_outcome_t                 outcome;
    ngx_uint_t                     over;        /* 1: it has been freed */
} ngx_http_wsgw_many_now_t;


static ngx_http_wsgw_loc_conf_t *ngx_http_wsgw_many_stage(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_many_begin(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call);
static ngx_int_t ngx_http_wsgw_many_unreceipted(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call);
static void ngx_http_wsgw_many_over(ngx_http_wsgw_fanout_t *f);
static void ngx_http_wsgw_many_cancel(void *data);
static void ngx_http_wsgw_many_done(ngx_http_wsgw_fanout_t *f);
static ngx_int_t ngx_http_wsgw_many_answer(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, ngx_http_wsgw_fanout_t *f);


ngx_int_t
ngx_http_wsgw_many_asked(ngx_http_request_t *r)
{
    ngx_uint_t                  door;
    ngx_http_wsgw_call_t       *call;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_arguments_t  *arguments;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);
    arguments = &call->arguments;

    if (!arguments->all && arguments->groups.nelts == 0) {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_NOT_FOUND,
                                         "No method found matching route %V "
                                         "for http method %V.",
                                         &r->uri, &r->method_name);
    }

    if (arguments->all && arguments->groups.nelts) {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST,
                                         "all and group exclude each other");
    }

    door = arguments->all ? NGX_HTTP_WSGW_DOOR_BROADCAST
                          : NGX_HTTP_WSGW_DOOR_GROUPS;

    return (wlcf->management_doors & door)
           ? NGX_OK : ngx_http_wsgw_call_closed(r, door);
}


void
ngx_http_wsgw_many(ngx_http_request_t *r)
{
    ngx_int_t              rc;
    ngx_http_wsgw_call_t  *call;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    rc = ngx_http_wsgw_many_begin(r, call);

    if (rc == NGX_OK && !call->arguments.unreceipted) {
        ngx_http_wsgw_fanout(call->work);
        return;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_many_unreceipted(r, call);
    }

    ngx_http_finalize_request(r, rc);
}


/* The caller does not wait, and hears of what is known at once. */

static ngx_int_t
ngx_http_wsgw_many_unreceipted(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call)
{
    ngx_http_wsgw_fanout_t    *f;
    ngx_http_wsgw_many_now_t   now;

    f = call->work;
    f->done = ngx_http_wsgw_many_over;
    f->data = &now;

    now.over = 0;
    now.outcome = WSGW_OUTCOME_OK;

    ngx_http_wsgw_fanout(f);

    if (!now.over) {
        ngx_http_wsgw_fanout_cancel(f);
    }

    if (now.outcome != WSGW_OUTCOME_OK) {
        return ngx_http_wsgw_answer_refuse(call, now.outcome);
    }

    call->ctx.push_result = "accepted";

    return ngx_http_wsgw_answer_empty(r, NGX_HTTP_ACCEPTED);
}


static void
ngx_http_wsgw_many_over(ngx_http_wsgw_fanout_t *f)
{
    ngx_http_wsgw_many_now_t  *now;

    now = f->data;
    now->over = 1;
    now->outcome = f->outcome;
}


/* NGX_OK, or a status */

static ngx_int_t
ngx_http_wsgw_many_begin(ngx_http_request_t *r, ngx_http_wsgw_call_t *call)
{
    wsgw_outcome_t              outcome;
    ngx_http_wsgw_fanout_t     *f;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_arguments_t  *arguments;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    arguments = &call->arguments;

    outcome = ngx_http_wsgw_many_judge(r, &call->body, &arguments->opcode);

    if (outcome != WSGW_OUTCOME_OK) {
        return ngx_http_wsgw_answer_refuse(call, outcome);
    }

    f = ngx_http_wsgw_fanout_create();
    if (f == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->work = f;

    f->zone = wlcf->management_zone;
    f->stage = ngx_http_wsgw_slot_api_stage(wlcf->management_api);
    f->group = arguments->groups.elts;
    f->ngroups = arguments->groups.nelts;
    f->except = arguments->except.elts;
    f->nexcept = arguments->except.nelts;
    f->body = call->body;
    f->binary = (arguments->opcode == WSGW_OP_BINARY);

    ngx_http_wsgw_meter_add(wlcf->meter, ngx_http_wsgw_row_groups,
                            arguments->all ? ngx_http_wsgw_groups_all
                                           : ngx_http_wsgw_groups_group, 1);

    if (arguments->unreceipted) {
        return NGX_OK;
    }

    f->done = ngx_http_wsgw_many_done;
    f->data = r;

    if (ngx_http_wsgw_call_watch(r, ngx_http_wsgw_many_cancel, call)
        != NGX_OK)
    {
        ngx_free(f);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


/* By the rules of a push: the stage says what its connections take. */

wsgw_outcome_t
ngx_http_wsgw_many_judge(ngx_http_request_t *r, ngx_str_t *message,
    ngx_uint_t *opcode)
{
    ngx_uint_t                 text;
    ngx_http_wsgw_loc_conf_t  *stage;

    stage = ngx_http_wsgw_many_stage(r);

    if (stage && message->len > stage->max_message_size) {
        return WSGW_OUTCOME_TOO_LARGE;
    }

    text = wsgw_utf8_is_valid(message->data, message->len);

    if (*opcode == 0) {
        *opcode = text ? WSGW_OP_TEXT : WSGW_OP_BINARY;
    }

    if ((*opcode == WSGW_OP_TEXT && !text)
        || (*opcode == WSGW_OP_BINARY
            && stage && stage->profile == NGX_HTTP_WSGW_AWS))
    {
        return WSGW_OUTCOME_NOT_TEXT;
    }

    return WSGW_OUTCOME_OK;
}


/* NULL: the stage is not of this configuration */

static ngx_http_wsgw_loc_conf_t *
ngx_http_wsgw_many_stage(ngx_http_request_t *r)
{
    uint32_t                    wanted;
    ngx_uint_t                  i;
    ngx_http_wsgw_loc_conf_t   *wlcf, **stages;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wsgw_module);

    wanted = ngx_http_wsgw_slot_api_stage(wlcf->management_api);
    stages = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {
        if (ngx_http_wsgw_slot_api_stage(stages[i]->api) == wanted) {
            return stages[i];
        }
    }

    return NULL;
}


/* The caller has gone; what it sends is sent. */

static void
ngx_http_wsgw_many_cancel(void *data)
{
    ngx_http_wsgw_call_t  *call = data;

    if (call->work) {
        ngx_http_wsgw_fanout_cancel(call->work);
    }
}


static void
ngx_http_wsgw_many_done(ngx_http_wsgw_fanout_t *f)
{
    ngx_int_t              rc;
    ngx_http_request_t    *r;
    ngx_http_wsgw_call_t  *call;

    r = f->data;
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);
    call->work = NULL;

    ngx_http_set_log_request(r->connection->log, r);

    rc = ngx_http_wsgw_many_answer(r, call, f);

    ngx_http_wsgw_call_done(r, rc, f->later);
}


static ngx_int_t
ngx_http_wsgw_many_answer(ngx_http_request_t *r, ngx_http_wsgw_call_t *call,
    ngx_http_wsgw_fanout_t *f)
{
    ngx_str_t                  text;
    ngx_str_t                  retry = ngx_string("1");
    ngx_http_wsgw_writer_t     w;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ngx_http_wsgw_meter_add(wlcf->meter, ngx_http_wsgw_row_groups,
                            ngx_http_wsgw_groups_unknown, f->unknown);

    if (f->outcome != WSGW_OUTCOME_OK) {
        return ngx_http_wsgw_answer_refuse(call, f->outcome);
    }

    call->ctx.push_result = "sent";

    ngx_http_wsgw_writer_init(&w, r->pool, NGX_HTTP_WSGW_MANY_JSON);

    ngx_http_wsgw_json_literal(&w, "{\"sent\":");
    ngx_http_wsgw_writer_number(&w, f->sent);
    ngx_http_wsgw_json_literal(&w, ",\"full\":");
    ngx_http_wsgw_writer_number(&w, f->full);
    ngx_http_wsgw_json_literal(&w, ",\"unknown\":");
    ngx_http_wsgw_writer_number(&w, f->unknown);
    ngx_http_wsgw_json_literal(&w, "}");

    if (ngx_http_wsgw_writer_text(&w, &text) != NGX_OK
        || (f->unknown
            && ngx_http_wsgw_header_add(r, "Retry-After", &retry) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wsgw_call_json(r, &text);
}
