
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Calls of @connections that name one connection: each is a push.
 */


#include "http/single.h"
#include "base/worker.h"
#include "http/answer.h"
#include "http/call.h"
#include "zone/group.h"
#include "zone/meter.h"
#include "zone/slot.h"


static ngx_int_t ngx_http_wsgw_single_arguments(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call);
static void ngx_http_wsgw_single_cancel(void *data);
static void ngx_http_wsgw_single_done(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_single_other_stage(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push);


ngx_int_t
ngx_http_wsgw_single_asked(ngx_http_request_t *r, ngx_uint_t verb)
{
    ngx_str_t                 *id;
    ngx_http_wsgw_push_t      *push;
    ngx_http_wsgw_call_t      *call;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    id = &call->target.id;
    push = &call->push;

    if (wsgw_id_decode(&push->id, id->data, id->len) != 0) {
        return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST,
                                         "Invalid connectionId: %V", id);
    }

    push->zone = wlcf->management_zone;
    push->log = r->connection->log;
    push->stage = ngx_http_wsgw_slot_api_stage(wlcf->management_api);
    push->verb = verb;
    push->tag = WSGW_TAG_FRAME;
    push->done = ngx_http_wsgw_single_done;
    push->data = r;

    if (verb == WSGW_VERB_JOIN || verb == WSGW_VERB_LEAVE) {
        push->tag = WSGW_TAG_GROUP;
        push->body = call->target.group;

        if (!ngx_http_wsgw_group_is_name(&push->body)) {
            return ngx_http_wsgw_call_refuse(r, NGX_HTTP_BAD_REQUEST,
                                             "Invalid group: %V",
                                             &push->body);
        }
    }

    /* AWS's service ignores all arguments */

    if (r->args.len == 0 || wlcf->profile == NGX_HTTP_WSGW_AWS) {
        return NGX_OK;
    }

    return ngx_http_wsgw_single_arguments(r, call);
}


static ngx_int_t
ngx_http_wsgw_single_arguments(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call)
{
    ngx_int_t  rc;

    if (call->push.verb != WSGW_VERB_CLOSE) {
        return ngx_http_wsgw_call_arguments(r, NGX_HTTP_WSGW_CALL_PLAIN);
    }

    rc = ngx_http_wsgw_call_arguments(r, NGX_HTTP_WSGW_CALL_CLOSE);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_wsgw_arguments_close(r->pool, &call->arguments,
                                         &call->push.body)
           == NGX_OK ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* While another process is asked the caller may go away, and is forgotten. */

void
ngx_http_wsgw_single(ngx_http_request_t *r)
{
    ngx_http_wsgw_call_t  *call;

    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (call->push.verb == WSGW_VERB_SEND) {
        call->push.body = call->body;
    }

    if (ngx_http_wsgw_push(&call->push) == NGX_AGAIN
        && ngx_http_wsgw_call_watch(r, ngx_http_wsgw_single_cancel,
                                    &call->push)
           != NGX_OK)
    {
        ngx_http_wsgw_push_cancel(&call->push);
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}


static void
ngx_http_wsgw_single_cancel(void *data)
{
    ngx_http_wsgw_push_cancel(data);
}


static void
ngx_http_wsgw_single_done(ngx_http_wsgw_push_t *push)
{
    ngx_int_t                  rc;
    ngx_http_request_t        *r;
    ngx_http_wsgw_call_t      *call;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    r = push->data;
    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    ngx_http_set_log_request(r->connection->log, r);

    if (push->where <= ngx_http_wsgw_push_node) {
        call->ctx.push_via = ngx_http_wsgw_push_name(push);

        ngx_http_wsgw_meter_time(wlcf->meter,
                                 ngx_http_wsgw_row_push_time_here
                                     + push->where,
                                 ngx_current_msec - push->begun);
    }

    if (push->outcome == WSGW_OUTCOME_FORBIDDEN) {
        ngx_http_wsgw_single_other_stage(r, push);
    }

    rc = ngx_http_wsgw_answer(r, call);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "wsgw push result:%s rc:%i", call->ctx.push_result, rc);

    ngx_http_wsgw_call_done(r, rc, push->later);
}


/* Tells that the backend has taken one stage's address for another's. */

static void
ngx_http_wsgw_single_other_stage(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push)
{
    ngx_str_t                   stage = ngx_string("?");
    ngx_uint_t                  i, level;
    ngx_http_wsgw_loc_conf_t   *wlcf, **stages;
    ngx_http_wsgw_main_conf_t  *wmcf;

    static time_t               told;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wsgw_module);
    stages = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {
        if (stages[i]->api == push->api) {
            stage = stages[i]->stage;
            break;
        }
    }

    level = ngx_http_wsgw_worker_level(&told);

    ngx_log_error(level, r->connection->log, 0,
                  "connection is of stage \"%V\", this wsgw_management serves "
                  "those of \"%V\"", &stage, &wlcf->management_stage);
}
