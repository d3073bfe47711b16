
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * AWS's event JSON.  Every message passes here: it is written straight from
 * its parts.
 */


#include "event/event_json.h"
#include "base/writer.h"
#include "event/field.h"
#include "event/identity.h"
#include "event/maps.h"
#include "socket/client.h"


/* bytes to begin with, beside a message's */
#define NGX_HTTP_WSGW_EVENT_JSON  1024


static void ngx_http_wsgw_event_json_proxy(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_str_t *maps);
static void ngx_http_wsgw_event_json_handshake(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_str_t *maps);
static void ngx_http_wsgw_event_json_method(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_stub(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_context(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_disconnect(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_time(ngx_http_wsgw_writer_t *w,
    uint64_t time);
static void ngx_http_wsgw_event_json_text(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_text_e which);
static void ngx_http_wsgw_event_json_object(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_text_e which);


ngx_int_t
ngx_http_wsgw_event_json(ngx_pool_t *pool, ngx_http_wsgw_event_t *event,
    ngx_str_t *body)
{
    size_t                   room;
    ngx_str_t               *maps;
    ngx_http_wsgw_writer_t   w;

    maps = NULL;

    if (event->handshake) {
        maps = ngx_http_wsgw_maps(event);
        if (maps == NULL) {
            return NGX_ERROR;
        }
    }

    /* of a text an eighth may have to be escaped */

    room = event->opcode == WSGW_OP_BINARY
           ? ngx_base64_encoded_length(event->body.len)
           : event->body.len + event->body.len / 8;

    ngx_http_wsgw_writer_init(&w, pool, NGX_HTTP_WSGW_EVENT_JSON + room);
    ngx_http_wsgw_event_json_proxy(&w, event, maps);

    return ngx_http_wsgw_writer_text(&w, body);
}


/* The maps are a handshake's: NULL in all other events. */

static void
ngx_http_wsgw_event_json_proxy(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_str_t *maps)
{
    ngx_uint_t  authorize, binary;

    authorize = (event->type == NGX_HTTP_WSGW_AUTHORIZE);
    binary = 0;

    ngx_http_wsgw_json_literal(w, "{");

    if (authorize) {
        ngx_http_wsgw_event_json_method(w, event);
    }

    if (maps) {
        ngx_http_wsgw_event_json_handshake(w, event, maps);
    }

    if (event->type == NGX_HTTP_WSGW_DISCONNECT) {
        ngx_http_wsgw_event_json_stub(w, event);
    }

    if (authorize
        || ngx_http_wsgw_client_text(event->wc,
                                     ngx_http_wsgw_text_variables).len)
    {
        ngx_http_wsgw_json_literal(w, "\"stageVariables\":");
        ngx_http_wsgw_event_json_object(w, event, ngx_http_wsgw_text_variables);
        ngx_http_wsgw_json_literal(w, ",");
    }

    ngx_http_wsgw_json_literal(w, "\"requestContext\":");
    ngx_http_wsgw_event_json_context(w, event);

    if (event->type == NGX_HTTP_WSGW_MESSAGE) {
        ngx_http_wsgw_json_literal(w, ",\"body\":");

        binary = (event->opcode == WSGW_OP_BINARY);

        if (binary) {
            ngx_http_wsgw_writer_base64(w, event->body.data, event->body.len);

        } else {
            ngx_http_wsgw_writer_utf8(w, event->body.data, event->body.len);
        }
    }

    if (authorize) {
        ngx_http_wsgw_json_literal(w, "}");

    } else if (binary) {
        ngx_http_wsgw_json_literal(w, ",\"isBase64Encoded\":true}");

    } else {
        ngx_http_wsgw_json_literal(w, ",\"isBase64Encoded\":false}");
    }
}


/* An authorizer is shown more headers, and maps that are empty.  There are
   always headers: a Host is one. */

static void
ngx_http_wsgw_event_json_handshake(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_str_t *maps)
{
    ngx_uint_t  authorize, length;

    authorize = (event->type == NGX_HTTP_WSGW_AUTHORIZE);

    /* a client's own is 0 as well, or the handshake has been refused */

    length = (authorize && !ngx_http_wsgw_field(event, "content-length"));

    ngx_http_wsgw_json_literal(w, "\"headers\":{");

    if (authorize) {
        ngx_http_wsgw_json_literal(w, "\"Connection\":\"upgrade\","
                                      "\"Upgrade\":\"websocket\",");
    }

    if (length) {
        ngx_http_wsgw_json_literal(w, "\"content-length\":\"0\",");
    }

    ngx_http_wsgw_json_put(w, maps[0].data, maps[0].len);
    ngx_http_wsgw_json_literal(w, "},\"multiValueHeaders\":{");

    if (authorize) {
        ngx_http_wsgw_json_literal(w, "\"Connection\":[\"upgrade\"],"
                                      "\"Upgrade\":[\"websocket\"],");
    }

    if (length) {
        ngx_http_wsgw_json_literal(w, "\"content-length\":[\"0\"],");
    }

    ngx_http_wsgw_json_put(w, maps[1].data, maps[1].len);
    ngx_http_wsgw_json_literal(w, "},");

    if (!authorize && maps[2].len == 0) {
        return;
    }

    ngx_http_wsgw_json_literal(w, "\"queryStringParameters\":{");
    ngx_http_wsgw_json_put(w, maps[2].data, maps[2].len);
    ngx_http_wsgw_json_literal(w, "},\"multiValueQueryStringParameters\":{");
    ngx_http_wsgw_json_put(w, maps[3].data, maps[3].len);
    ngx_http_wsgw_json_literal(w, "},");
}


static void
ngx_http_wsgw_event_json_method(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event)
{
    ngx_str_t  *arn;

    arn = &event->wc->wlcf->authorizer->arn;

    ngx_http_wsgw_json_literal(w, "\"type\":\"" NGX_HTTP_WSGW_AUTHORIZE_NAME
                                  "\",\"methodArn\":");
    ngx_http_wsgw_writer_plain(w, arn->data, arn->len);
    ngx_http_wsgw_json_literal(w, ",");
}


/* what AWS sends in place of the handshake's headers */

static void
ngx_http_wsgw_event_json_stub(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event)
{
    ngx_http_wsgw_json_literal(w, "\"headers\":{\"Host\":");
    ngx_http_wsgw_event_json_text(w, event, ngx_http_wsgw_text_host);
    ngx_http_wsgw_json_literal(w, ",\"x-api-key\":\"\","
                                  "\"X-Forwarded-For\":\"\","
                                  "\"x-restapi\":\"\"},"
                                  "\"multiValueHeaders\":{\"Host\":[");
    ngx_http_wsgw_event_json_text(w, event, ngx_http_wsgw_text_host);
    ngx_http_wsgw_json_literal(w, "],\"x-api-key\":[\"\"],"
                                  "\"X-Forwarded-For\":[\"\"],"
                                  "\"x-restapi\":[\"\"]},");
}


static void
ngx_http_wsgw_event_json_context(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event)
{
    u_char                      id[WSGW_ID_LEN];
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_connection_t  *wc;

    wc = event->wc;
    wlcf = wc->wlcf;

    ngx_http_wsgw_json_literal(w, "{\"routeKey\":");
    ngx_http_wsgw_writer_string(w, event->route->key.data,
                                event->route->key.len);

    switch (event->type) {

    case NGX_HTTP_WSGW_CONNECT:
    case NGX_HTTP_WSGW_AUTHORIZE:
        ngx_http_wsgw_json_literal(w, ",\"eventType\":\""
                                      NGX_HTTP_WSGW_CONNECT_NAME "\"");
        break;

    case NGX_HTTP_WSGW_MESSAGE:
        ngx_http_wsgw_event_message_id(event, id);
        ngx_http_wsgw_json_literal(w, ",\"messageId\":");
        ngx_http_wsgw_writer_plain(w, id, WSGW_ID_LEN);
        ngx_http_wsgw_json_literal(w, ",\"eventType\":\""
                                      NGX_HTTP_WSGW_MESSAGE_NAME "\"");
        break;

    default: /* NGX_HTTP_WSGW_DISCONNECT */
        ngx_http_wsgw_event_json_disconnect(w, event);
        break;
    }

    ngx_http_wsgw_json_literal(w, ",\"extendedRequestId\":");
    ngx_http_wsgw_writer_plain(w, event->id, WSGW_ID_LEN);

    ngx_http_wsgw_event_json_time(w, event->time);

    ngx_http_wsgw_json_literal(w, ",\"messageDirection\":\"IN\",\"stage\":");
    ngx_http_wsgw_writer_plain(w, wlcf->stage.data, wlcf->stage.len);
    ngx_http_wsgw_json_literal(w, ",\"connectedAt\":");
    ngx_http_wsgw_writer_number(w, wc->connected_at);
    ngx_http_wsgw_json_literal(w, ",\"requestTimeEpoch\":");
    ngx_http_wsgw_writer_number(w, event->time);

    ngx_http_wsgw_identity(w, event->wc);

    ngx_http_wsgw_json_literal(w, ",\"requestId\":");
    ngx_http_wsgw_writer_plain(w, event->id, WSGW_ID_LEN);
    ngx_http_wsgw_json_literal(w, ",\"domainName\":");
    ngx_http_wsgw_event_json_text(w, event, ngx_http_wsgw_text_domain);

    ngx_http_wsgw_json_literal(w, ",\"connectionId\":");
    ngx_http_wsgw_writer_plain(w, event->wc->id, WSGW_ID_LEN);
    ngx_http_wsgw_json_literal(w, ",\"apiId\":");
    ngx_http_wsgw_writer_plain(w, wlcf->api_id.data, wlcf->api_id.len);

    if (ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_path).len) {
        ngx_http_wsgw_json_literal(w, ",\"path\":");
        ngx_http_wsgw_event_json_text(w, event, ngx_http_wsgw_text_path);
    }

    if (ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_context).len) {
        ngx_http_wsgw_json_literal(w, ",\"authorizer\":");
        ngx_http_wsgw_event_json_object(w, event, ngx_http_wsgw_text_context);
    }

    ngx_http_wsgw_json_literal(w, "}");
}


static void
ngx_http_wsgw_event_json_disconnect(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event)
{
    ngx_http_wsgw_json_literal(w, ",\"disconnectStatusCode\":");
    ngx_http_wsgw_writer_number(w, event->code);
    ngx_http_wsgw_json_literal(w, ",\"eventType\":\""
                                  NGX_HTTP_WSGW_DISCONNECT_NAME
                                  "\",\"disconnectReason\":");
    ngx_http_wsgw_writer_string(w, event->reason.data, event->reason.len);
}


/* ngx_time.c has the English months for headers only.  The text is kept, since
   the next event is often of the same second. */

static void
ngx_http_wsgw_event_json_time(ngx_http_wsgw_writer_t *w, uint64_t time)
{
    ngx_tm_t  tm;

    static time_t      second;
    static u_char      text[sizeof("28/Sep/1970:12:00:00 +0000")];
    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (second != (time_t) (time / 1000)) {
        second = (time_t) (time / 1000);

        ngx_gmtime(second, &tm);
        ngx_snprintf(text, sizeof(text), "%02d/%*s/%4d:%02d:%02d:%02d +0000",
                     tm.ngx_tm_mday, (size_t) 3,
                     &months[3 * (tm.ngx_tm_mon - 1)], tm.ngx_tm_year,
                     tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);
    }

    ngx_http_wsgw_json_literal(w, ",\"requestTime\":");
    ngx_http_wsgw_writer_plain(w, text, sizeof(text) - 1);
}


static void
ngx_http_wsgw_event_json_text(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_text_e which)
{
    ngx_str_t  text;

    text = ngx_http_wsgw_client_text(event->wc, which);

    ngx_http_wsgw_writer_string(w, text.data, text.len);
}


static void
ngx_http_wsgw_event_json_object(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_text_e which)
{
    ngx_str_t  members;

    members = ngx_http_wsgw_client_text(event->wc, which);

    ngx_http_wsgw_json_literal(w, "{");
    ngx_http_wsgw_json_put(w, members.data, members.len);
    ngx_http_wsgw_json_literal(w, "}");
}
