
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The variables.  In an integration they speak of its event, in a stage of
 * the connection that the handshake makes, in a management location of the
 * push; elsewhere there are none.  An event is a request of its own, so
 * nginx's caching keeps them stable in it and never carries them on.
 */


#include "http/variables.h"
#include "event/event.h"
#include "http/value.h"
#include "invoke/invoke_answer.h"
#include "socket/client.h"


/* data of the handlers that have several variables */

#define NGX_HTTP_WSGW_VAR_TYPE          0
#define NGX_HTTP_WSGW_VAR_ROUTE_KEY     1
#define NGX_HTTP_WSGW_VAR_REQUEST_ID    2
#define NGX_HTTP_WSGW_VAR_ATTEMPT       3
#define NGX_HTTP_WSGW_VAR_MESSAGE_ID    4
#define NGX_HTTP_WSGW_VAR_MESSAGE_TYPE  5
#define NGX_HTTP_WSGW_VAR_BODY          6
#define NGX_HTTP_WSGW_VAR_CODE          7
#define NGX_HTTP_WSGW_VAR_REASON        8
#define NGX_HTTP_WSGW_VAR_STATUS        9
#define NGX_HTTP_WSGW_VAR_ERROR         10
#define NGX_HTTP_WSGW_VAR_PUSH_RESULT   11


/* what a request can tell of; each may be NULL */

typedef struct {
    ngx_http_wsgw_connection_t    *wc;
    ngx_http_wsgw_event_t         *event;
    ngx_http_wsgw_ctx_t           *ctx;         /* of a client's request */
} ngx_http_wsgw_subject_t;


static ngx_http_wsgw_subject_t ngx_http_wsgw_subject(ngx_http_request_t *r);

static ngx_int_t ngx_http_wsgw_var_connection_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_conf(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_callback_url(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_event(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_message(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_body_member(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_authorizer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_stage_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_disconnect(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wsgw_var_outcome(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

static ngx_int_t ngx_http_wsgw_var_connection_member(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data, size_t prefix,
    ngx_http_wsgw_text_e which);


static ngx_http_variable_t  ngx_http_wsgw_variables[] = {

    { ngx_string("wsgw_connection_id"), NULL,
      ngx_http_wsgw_var_connection_id, 0, 0, 0 },

    /* the connection */

    { ngx_string("wsgw_source_ip"), NULL, ngx_http_wsgw_var_text,
      ngx_http_wsgw_text_addr, 0, 0 },

    { ngx_string("wsgw_domain_name"), NULL, ngx_http_wsgw_var_text,
      ngx_http_wsgw_text_domain, 0, 0 },

    { ngx_string("wsgw_user_agent"), NULL, ngx_http_wsgw_var_text,
      ngx_http_wsgw_text_agent, 0, 0 },

    { ngx_string("wsgw_path"), NULL, ngx_http_wsgw_var_text,
      ngx_http_wsgw_text_path, 0, 0 },

    { ngx_string("wsgw_scheme"), NULL, ngx_http_wsgw_var_text,
      ngx_http_wsgw_text_scheme, 0, 0 },

    { ngx_string("wsgw_api_id"), NULL, ngx_http_wsgw_var_conf,
      offsetof(ngx_http_wsgw_loc_conf_t, api_id), 0, 0 },

    { ngx_string("wsgw_stage"), NULL, ngx_http_wsgw_var_conf,
      offsetof(ngx_http_wsgw_loc_conf_t, stage), 0, 0 },

    { ngx_string("wsgw_callback_url"), NULL,
      ngx_http_wsgw_var_callback_url, 0, 0, 0 },

    { ngx_string("wsgw_connected_at"), NULL, ngx_http_wsgw_var_number,
      offsetof(ngx_http_wsgw_connection_t, connected_at), 0, 0 },

    { ngx_string("wsgw_messages_in"), NULL, ngx_http_wsgw_var_number,
      offsetof(ngx_http_wsgw_connection_t, messages_in), 0, 0 },

    { ngx_string("wsgw_messages_out"), NULL, ngx_http_wsgw_var_number,
      offsetof(ngx_http_wsgw_connection_t, messages_out), 0, 0 },

    { ngx_string("wsgw_bytes_in"), NULL, ngx_http_wsgw_var_number,
      offsetof(ngx_http_wsgw_connection_t, bytes_in), 0, 0 },

    { ngx_string("wsgw_bytes_out"), NULL, ngx_http_wsgw_var_number,
      offsetof(ngx_http_wsgw_connection_t, bytes_out), 0, 0 },

    { ngx_string("wsgw_authorizer_"), NULL,
      ngx_http_wsgw_var_authorizer, 0, NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("wsgw_stage_variable_"), NULL,
      ngx_http_wsgw_var_stage_variable, 0, NGX_HTTP_VAR_PREFIX, 0 },

    /* the event */

    { ngx_string("wsgw_event_type"), NULL, ngx_http_wsgw_var_event,
      NGX_HTTP_WSGW_VAR_TYPE, 0, 0 },

    { ngx_string("wsgw_route_key"), NULL, ngx_http_wsgw_var_event,
      NGX_HTTP_WSGW_VAR_ROUTE_KEY, 0, 0 },

    { ngx_string("wsgw_request_id"), NULL, ngx_http_wsgw_var_event,
      NGX_HTTP_WSGW_VAR_REQUEST_ID, 0, 0 },

    { ngx_string("wsgw_attempt"), NULL, ngx_http_wsgw_var_event,
      NGX_HTTP_WSGW_VAR_ATTEMPT, 0, 0 },

    { ngx_string("wsgw_message_id"), NULL, ngx_http_wsgw_var_message,
      NGX_HTTP_WSGW_VAR_MESSAGE_ID, 0, 0 },

    { ngx_string("wsgw_message_type"), NULL, ngx_http_wsgw_var_message,
      NGX_HTTP_WSGW_VAR_MESSAGE_TYPE, 0, 0 },

    { ngx_string("wsgw_body"), NULL, ngx_http_wsgw_var_message,
      NGX_HTTP_WSGW_VAR_BODY, 0, 0 },

    { ngx_string("wsgw_body_"), NULL,
      ngx_http_wsgw_var_body_member, 0, NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("wsgw_disconnect_code"), NULL,
      ngx_http_wsgw_var_disconnect, NGX_HTTP_WSGW_VAR_CODE, 0, 0 },

    { ngx_string("wsgw_disconnect_reason"), NULL,
      ngx_http_wsgw_var_disconnect, NGX_HTTP_WSGW_VAR_REASON, 0, 0 },

    /* how it went, so far */

    { ngx_string("wsgw_integration_status"), NULL,
      ngx_http_wsgw_var_outcome, NGX_HTTP_WSGW_VAR_STATUS,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_error"), NULL,
      ngx_http_wsgw_var_outcome, NGX_HTTP_WSGW_VAR_ERROR,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wsgw_push_result"), NULL,
      ngx_http_wsgw_var_outcome, NGX_HTTP_WSGW_VAR_PUSH_RESULT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

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


static ngx_http_wsgw_subject_t
ngx_http_wsgw_subject(ngx_http_request_t *r)
{
    ngx_http_wsgw_invoke_t   *inv;
    ngx_http_wsgw_subject_t   s;

    s.wc = NULL;
    s.event = NULL;
    s.ctx = NULL;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv) {
        s.wc = inv->wc;
        s.event = inv->data;
        return s;
    }

    s.ctx = ngx_http_get_module_ctx(r->main, ngx_http_wsgw_module);

    if (s.ctx) {
        s.wc = s.ctx->wc;
    }

    return s;
}


static ngx_int_t
ngx_http_wsgw_var_connection_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                   id[WSGW_ID_LEN];
    ngx_http_wsgw_subject_t  s;

    s = ngx_http_wsgw_subject(r);

    if (s.wc) {
        ngx_http_wsgw_client_id(s.wc, id);
        return ngx_http_wsgw_value_id(r, v, id);
    }

    if (s.ctx && s.ctx->connection_id.len) {
        return ngx_http_wsgw_value_line(r, v, &s.ctx->connection_id);
    }

    return ngx_http_wsgw_value_none(v);
}


static ngx_int_t
ngx_http_wsgw_var_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    text;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    text = ngx_http_wsgw_client_text(wc, data);

    return ngx_http_wsgw_value_line(r, v, &text);
}


static ngx_int_t
ngx_http_wsgw_var_conf(ngx_http_request_t *r,
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
ngx_http_wsgw_var_callback_url(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    url;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    if (ngx_http_wsgw_client_callback_url(r->pool, wc, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_value_line(r, v, &url);
}


static ngx_int_t
ngx_http_wsgw_var_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_number(r, v,
                                           *(uint64_t *) ((char *) wc + data));
}


static ngx_int_t
ngx_http_wsgw_var_authorizer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    return ngx_http_wsgw_var_connection_member(r, v, data,
                                               sizeof("wsgw_authorizer_") - 1,
                                               ngx_http_wsgw_text_context);
}


static ngx_int_t
ngx_http_wsgw_var_stage_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    return ngx_http_wsgw_var_connection_member(r, v, data,
                                           sizeof("wsgw_stage_variable_") - 1,
                                           ngx_http_wsgw_text_variables);
}


static ngx_int_t
ngx_http_wsgw_var_event(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    switch (data) {

    case NGX_HTTP_WSGW_VAR_TYPE:
        return ngx_http_wsgw_value_text(v, ngx_http_wsgw_event_type(event));

    case NGX_HTTP_WSGW_VAR_ROUTE_KEY:
        return ngx_http_wsgw_value_text(v, &event->route->key_header);

    case NGX_HTTP_WSGW_VAR_REQUEST_ID:
        return ngx_http_wsgw_value_id(r, v, event->id);

    default: /* NGX_HTTP_WSGW_VAR_ATTEMPT */
        return ngx_http_wsgw_value_number(r, v, event->attempt);
    }
}


static ngx_int_t
ngx_http_wsgw_var_message(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  id[WSGW_ID_LEN];
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL || event->type != NGX_HTTP_WSGW_MESSAGE) {
        return ngx_http_wsgw_value_none(v);
    }

    switch (data) {

    case NGX_HTTP_WSGW_VAR_MESSAGE_ID:
        ngx_http_wsgw_event_message_id(event, id);
        return ngx_http_wsgw_value_id(r, v, id);

    case NGX_HTTP_WSGW_VAR_MESSAGE_TYPE:
        return ngx_http_wsgw_value_literal(v,
                          event->opcode == WSGW_OP_BINARY ? "binary" : "text");

    default: /* NGX_HTTP_WSGW_VAR_BODY */
        return event->opcode == WSGW_OP_BINARY
               ? ngx_http_wsgw_value_base64(r, v, &event->body)
               : ngx_http_wsgw_value_line(r, v, &event->body);
    }
}


static ngx_int_t
ngx_http_wsgw_var_body_member(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL || event->type != NGX_HTTP_WSGW_MESSAGE
        || event->opcode != WSGW_OP_TEXT)
    {
        return ngx_http_wsgw_value_none(v);
    }

    return ngx_http_wsgw_value_member(r, v, data, sizeof("wsgw_body_") - 1,
                                    &event->body);
}


static ngx_int_t
ngx_http_wsgw_var_disconnect(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_wsgw_event_t  *event;

    event = ngx_http_wsgw_subject(r).event;

    if (event == NULL || event->type != NGX_HTTP_WSGW_DISCONNECT) {
        return ngx_http_wsgw_value_none(v);
    }

    if (data == NGX_HTTP_WSGW_VAR_REASON) {
        return ngx_http_wsgw_value_line(r, v, &event->reason);
    }

    return ngx_http_wsgw_value_number(r, v, event->code);
}


static ngx_int_t
ngx_http_wsgw_var_outcome(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t                status;
    const char               *text;
    ngx_http_wsgw_subject_t   s;

    s = ngx_http_wsgw_subject(r);

    switch (data) {

    case NGX_HTTP_WSGW_VAR_STATUS:

        /* an integration's log is written before its answer is judged */

        status = s.event ? r->main->headers_out.status
                         : s.ctx ? s.ctx->status : 0;

        if (status == 0) {
            return ngx_http_wsgw_value_none(v);
        }

        return ngx_http_wsgw_value_number(r, v, status);

    case NGX_HTTP_WSGW_VAR_ERROR:
        text = s.event ? s.event->error : s.ctx ? s.ctx->error : NULL;
        break;

    default: /* NGX_HTTP_WSGW_VAR_PUSH_RESULT */
        text = s.ctx ? s.ctx->push_result : NULL;
        break;
    }

    return ngx_http_wsgw_value_literal(v, text);
}


/* of a text of the connection that is members without the braces */

static ngx_int_t
ngx_http_wsgw_var_connection_member(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data, size_t prefix,
    ngx_http_wsgw_text_e which)
{
    ngx_str_t                    text, json;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_subject(r).wc;

    if (wc == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    text = ngx_http_wsgw_client_text(wc, which);

    json.len = text.len + 2;
    json.data = ngx_pnalloc(r->pool, json.len);
    if (json.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(json.data, "{%V}", &text);

    return ngx_http_wsgw_value_member(r, v, data, prefix, &json);
}
