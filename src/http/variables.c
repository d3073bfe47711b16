
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The variables.  In an integration they speak of its event, in a stage of
 * the connection that the handshake makes, in a management location of the
 * push; elsewhere there is none but the version.  An event is a request of
 * its own, so nginx's caching keeps them stable in it and never carries them
 * on.
 */


#include "http/variables.h"
#include "event/event.h"
#include "http/logged.h"
#include "http/mapping.h"
#include "http/subject.h"
#include "http/target.h"
#include "http/traced.h"
#include "http/value.h"
#include "socket/callback.h"
#include "socket/client.h"
#include "zone/meter.h"


static ngx_int_t ngx_http_wsgw_variables_connection_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_line(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_http_wsgw_subject_t *s, ngx_str_t *text);
static ngx_int_t ngx_http_wsgw_variables_conf(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_callback_url(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_duration(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_close_reason(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_authorizer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_stage_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_event_type(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_route_key(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_request_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_attempt(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_message_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_message_type(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_body(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_disconnect_code(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_disconnect_reason(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_integration_status(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_message_size(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_push_via(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_push_result(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_variables_version(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_http_wsgw_variables[] = {

    /* the connection */

    { ngx_string("wsgw_connection_id"), NULL,
      ngx_http_wsgw_variables_connection_id, 0, 0, 0 },

    { ngx_string("wsgw_source_ip"), NULL, ngx_http_wsgw_variables_text,
      ngx_http_wsgw_text_addr, 0, 0 },

    { ngx_string("wsgw_domain_name"), NULL, ngx_http_wsgw_variables_text,
      ngx_http_wsgw_text_domain, 0, 0 },

    { ngx_string("wsgw_user_agent"), NULL, ngx_http_wsgw_variables_text,
      ngx_http_wsgw_text_agent, 0, 0 },

    { ngx_string("wsgw_path"), NULL, ngx_http_wsgw_variables_text,
      ngx_http_wsgw_text_path, 0, 0 },

    { ngx_string("wsgw_scheme"), NULL, ngx_http_wsgw_variables_text,
      ngx_http_wsgw_text_scheme, 0, 0 },

    { ngx_string("wsgw_api_id"), NULL, ngx_http_wsgw_variables_conf,
      offsetof(ngx_http_wsgw_loc_conf_t, api_id), 0, 0 },

    { ngx_string("wsgw_stage"), NULL, ngx_http_wsgw_variables_conf,
      offsetof(ngx_http_wsgw_loc_conf_t, stage), 0, 0 },

    { ngx_string("wsgw_callback_url"), NULL,
      ngx_http_wsgw_variables_callback_url, 0, 0, 0 },

    { ngx_string("wsgw_connected_at"), NULL, ngx_http_wsgw_variables_number,
      offsetof(ngx_http_wsgw_connection_t, connected_at), 0, 0 },

    { ngx_string("wsgw_messages_in"), NULL, ngx_http_wsgw_variables_number,
      offsetof(ngx_http_wsgw_connection_t, messages_in), 0, 0 },

    { ngx_string("wsgw_messages_out"), NULL, ngx_http_wsgw_variables_number,
      offsetof(ngx_http_wsgw_connection_t, messages_out), 0, 0 },

    { ngx_string("wsgw_bytes_in"), NULL, ngx_http_wsgw_variables_number,
      offsetof(ngx_http_wsgw_connection_t, bytes_in), 0, 0 },

    { ngx_string("wsgw_bytes_out"), NULL, ngx_http_wsgw_variables_number,
      offsetof(ngx_http_wsgw_connection_t, bytes_out), 0, 0 },

    { ngx_string("wsgw_connection_duration"), NULL,
      ngx_http_wsgw_variables_duration, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_close_reason"), NULL,
      ngx_http_wsgw_variables_close_reason, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_groups"), NULL, ngx_http_wsgw_mapping_groups,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_authorizer_"), NULL, ngx_http_wsgw_variables_authorizer,
      0, NGX_HTTP_VAR_PREFIX|NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_stage_variable_"), NULL,
      ngx_http_wsgw_variables_stage_variable, 0, NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("wsgw_query_"), NULL, ngx_http_wsgw_mapping_query,
      0, NGX_HTTP_VAR_PREFIX, 0 },

    /* the event */

    { ngx_string("wsgw_event_type"), NULL, ngx_http_wsgw_variables_event_type,
      0, 0, 0 },

    { ngx_string("wsgw_route_key"), NULL, ngx_http_wsgw_variables_route_key,
      0, 0, 0 },

    { ngx_string("wsgw_request_id"), NULL, ngx_http_wsgw_variables_request_id,
      0, 0, 0 },

    { ngx_string("wsgw_traceparent"), NULL, ngx_http_wsgw_traced_parent,
      0, 0, 0 },

    { ngx_string("wsgw_attempt"), NULL, ngx_http_wsgw_variables_attempt,
      0, 0, 0 },

    { ngx_string("wsgw_message_id"), NULL, ngx_http_wsgw_variables_message_id,
      0, 0, 0 },

    { ngx_string("wsgw_message_type"), NULL,
      ngx_http_wsgw_variables_message_type, 0, 0, 0 },

    { ngx_string("wsgw_message_size"), NULL,
      ngx_http_wsgw_variables_message_size, 0, 0, 0 },

    { ngx_string("wsgw_body"), NULL, ngx_http_wsgw_variables_body,
      0, 0, 0 },

    { ngx_string("wsgw_body_"), NULL, ngx_http_wsgw_mapping_body,
      0, NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("wsgw_disconnect_code"), NULL,
      ngx_http_wsgw_variables_disconnect_code, 0, 0, 0 },

    { ngx_string("wsgw_disconnect_reason"), NULL,
      ngx_http_wsgw_variables_disconnect_reason, 0, 0, 0 },

    /* how it went, so far */

    { ngx_string("wsgw_integration_status"), NULL,
      ngx_http_wsgw_variables_integration_status,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_error"), NULL, ngx_http_wsgw_variables_error,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_push_result"), NULL,
      ngx_http_wsgw_variables_push_result, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_push_via"), NULL, ngx_http_wsgw_variables_push_via,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    /* everywhere */

    { ngx_string("wsgw_version"), NULL, ngx_http_wsgw_variables_version,
      0, 0, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_wsgw_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_wsgw_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_variables_connection_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                  asked;
    ngx_http_wsgw_subject_t    s;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    s = ngx_http_wsgw_subject(r);

    if (s.wc) {
        return ngx_http_wsgw_value_id(r, v, s.wc->id);
    }

    /* The path tells it where nginx or another module refuses, too. */

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->management_zone) {
        asked = ngx_http_wsgw_target_id(r);

        if (asked.len) {
            return ngx_http_wsgw_value_line(r, v, &asked);
        }
    }

    return ngx_http_wsgw_value_none(v);
}


static ngx_int_t
ngx_http_wsgw_variables_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                text;
    ngx_http_wsgw_subject_t  s;

    s = ngx_http_wsgw_subject(r);

    if (s.wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    text = ngx_http_wsgw_client_text(s.wc, data);

    return ngx_http_wsgw_variables_line(r, v, &s, &text);
}


/* An event keeps its connection, and with it this text.  A handshake that is
   refused does not: what it was asked for is in its line of the log, too. */

static ngx_int_t
ngx_http_wsgw_variables_line(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_http_wsgw_subject_t *s, ngx_str_t *text)
{
    if (s->event == NULL && text->len) {

        text->data = ngx_pstrdup(r->pool, text);
        if (text->data == NULL) {
            return NGX_ERROR;
        }
    }

    return ngx_http_wsgw_value_line(r, v, text);
}


static ngx_int_t
ngx_http_wsgw_variables_conf(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                   *text;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    text = (ngx_str_t *) ((char *) wc->wlcf + data);

    return ngx_http_wsgw_value_text(v, text);
}


static ngx_int_t
ngx_http_wsgw_variables_callback_url(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                url;
    ngx_http_wsgw_subject_t  s;

    s = ngx_http_wsgw_subject(r);

    if (s.wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    if (ngx_http_wsgw_callback_url(r->pool, s.wc, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_variables_line(r, v, &s, &url);
}


static ngx_int_t
ngx_http_wsgw_variables_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    /* one from a record knows its time, but not what has passed */

    if (wc == NULL
        || (wc->socklen == 0
            && data != offsetof(ngx_http_wsgw_connection_t, connected_at)))
    {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_number(r, v,
                                           *(uint64_t *) ((char *) wc + data));
}


static ngx_int_t
ngx_http_wsgw_variables_duration(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_ms(r, v, ngx_http_wsgw_client_duration(wc));
}


static ngx_int_t
ngx_http_wsgw_variables_close_reason(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    return ngx_http_wsgw_value_literal(v,
                       wc ? ngx_http_wsgw_meter_reasons[wc->ended] : NULL);
}


static ngx_int_t
ngx_http_wsgw_variables_authorizer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                text;
    ngx_http_wsgw_subject_t  s;

    s = ngx_http_wsgw_subject(r);

    if (s.wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    text = (s.ctx && s.ctx->context.len)
           ? s.ctx->context
           : ngx_http_wsgw_client_text(s.wc, ngx_http_wsgw_text_context);

    return ngx_http_wsgw_value_members(r, v, data,
                                          sizeof("wsgw_authorizer_") - 1,
                                          s.ctx ? &s.ctx->usage_key : NULL,
                                          &text);
}


static ngx_int_t
ngx_http_wsgw_variables_stage_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    text;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    text = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_variables);

    return ngx_http_wsgw_value_members(r, v, data,
                                          sizeof("wsgw_stage_variable_") - 1,
                                          NULL, &text);
}


static ngx_int_t
ngx_http_wsgw_variables_event_type(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_text(v, ngx_http_wsgw_event_type(event));
}


static ngx_int_t
ngx_http_wsgw_variables_route_key(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_text(v, &event->route->key_header);
}


static ngx_int_t
ngx_http_wsgw_variables_request_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_id(r, v, event->id);
}


static ngx_int_t
ngx_http_wsgw_variables_attempt(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_number(r, v, event->attempt);
}


static ngx_int_t
ngx_http_wsgw_variables_message_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  id[WSGW_ID_LEN];
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject_event(r, NGX_HTTP_WSGW_MESSAGE);

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    ngx_http_wsgw_event_message_id(event, id);

    return ngx_http_wsgw_value_id(r, v, id);
}


static ngx_int_t
ngx_http_wsgw_variables_message_type(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject_event(r, NGX_HTTP_WSGW_MESSAGE);

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_literal(v,
                          event->opcode == WSGW_OP_BINARY ? "binary" : "text");
}


static ngx_int_t
ngx_http_wsgw_variables_message_size(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject_event(r, NGX_HTTP_WSGW_MESSAGE);

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_number(r, v, event->body.len);
}


static ngx_int_t
ngx_http_wsgw_variables_body(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject_event(r, NGX_HTTP_WSGW_MESSAGE);

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return event->opcode == WSGW_OP_BINARY
           ? ngx_http_wsgw_value_base64(r, v, &event->body)
           : ngx_http_wsgw_value_line(r, v, &event->body);
}


static ngx_int_t
ngx_http_wsgw_variables_disconnect_code(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject_event(r, NGX_HTTP_WSGW_DISCONNECT);

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_number(r, v, event->code);
}


static ngx_int_t
ngx_http_wsgw_variables_disconnect_reason(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject_event(r, NGX_HTTP_WSGW_DISCONNECT);

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_line(r, v, &event->reason);
}


static ngx_int_t
ngx_http_wsgw_variables_integration_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t  status;

    status = ngx_http_wsgw_logged_status(r);

    if (status == 0) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_number(r, v, status);
}


static ngx_int_t
ngx_http_wsgw_variables_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    return ngx_http_wsgw_value_literal(v, ngx_http_wsgw_logged_error(r));
}


static ngx_int_t
ngx_http_wsgw_variables_push_result(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    return ngx_http_wsgw_value_literal(v, ngx_http_wsgw_logged_result(r));
}


static ngx_int_t
ngx_http_wsgw_variables_push_via(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_ctx_t  *ctx;

    ctx = ngx_http_wsgw_subject(r).ctx;

    return ngx_http_wsgw_value_literal(v, ctx ? ctx->push_via : NULL);
}


static ngx_int_t
ngx_http_wsgw_variables_version(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    return ngx_http_wsgw_value_literal(v, NGX_HTTP_WSGW_VERSION);
}
