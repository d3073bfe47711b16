
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * AWS's event JSON.  Every message passes here: it is written straight from
 * its parts.
 */


#include "event/event_json.h"
#include "base/text.h"
#include "base/writer.h"
#include "event/headers.h"
#include "socket/client.h"


/* bytes to begin with, beside a message's */
#define NGX_HTTP_WSGW_EVENT_JSON  1024

#define NGX_HTTP_WSGW_ACCOUNT  "000000000000"   /* of all access keys */


/* a header or a query parameter of the handshake */

typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      key;         /* by which names are equal */
    ngx_str_t                      value;
    ngx_uint_t                     order;
} ngx_http_wsgw_pair_t;


static void ngx_http_wsgw_event_json_proxy(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_array_t *headers, ngx_array_t *query);
static void ngx_http_wsgw_event_json_method(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_stub(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_context(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_disconnect(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_identity(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_event_json_time(ngx_http_wsgw_writer_t *w,
    uint64_t time);
static void ngx_http_wsgw_event_json_text(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_text_e which);
static void ngx_http_wsgw_event_json_object(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_text_e which);
static ngx_array_t *ngx_http_wsgw_event_json_headers(ngx_pool_t *pool,
    ngx_http_wsgw_event_t *event);
static ngx_int_t ngx_http_wsgw_event_json_upgrade(ngx_array_t *pairs);
static ngx_array_t *ngx_http_wsgw_event_json_query(ngx_pool_t *pool,
    ngx_str_t *args);
static ngx_array_t *ngx_http_wsgw_event_json_sort(ngx_array_t *pairs);
static int ngx_libc_cdecl ngx_http_wsgw_event_json_compare(const void *one,
    const void *two);
static void ngx_http_wsgw_event_json_pairs(ngx_http_wsgw_writer_t *w,
    ngx_array_t *pairs);
static void ngx_http_wsgw_event_json_lists(ngx_http_wsgw_writer_t *w,
    ngx_array_t *pairs);
static ngx_uint_t ngx_http_wsgw_event_json_last(ngx_array_t *pairs,
    ngx_uint_t i);


ngx_int_t
ngx_http_wsgw_event_json(ngx_pool_t *pool, ngx_http_wsgw_event_t *event,
    ngx_str_t *body)
{
    ngx_array_t           *headers, *query;
    ngx_http_wsgw_writer_t   w;

    headers = NULL;
    query = NULL;

    if (event->handshake) {
        headers = ngx_http_wsgw_event_json_headers(pool, event);
        query = ngx_http_wsgw_event_json_query(pool, &event->handshake->args);

        if (headers == NULL || query == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_http_wsgw_writer_init(&w, pool, NGX_HTTP_WSGW_EVENT_JSON
                                        + event->body.len);
    ngx_http_wsgw_event_json_proxy(&w, event, headers, query);

    return ngx_http_wsgw_writer_text(&w, body);
}


/* Headers and query are a handshake's: they are NULL in all other events. */

static void
ngx_http_wsgw_event_json_proxy(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event, ngx_array_t *headers, ngx_array_t *query)
{
    ngx_uint_t  authorize, binary;

    authorize = (event->type == NGX_HTTP_WSGW_AUTHORIZE);
    binary = 0;

    ngx_http_wsgw_json_literal(w, "{");

    if (authorize) {
        ngx_http_wsgw_event_json_method(w, event);
    }

    if (headers) {
        ngx_http_wsgw_json_literal(w, "\"headers\":");
        ngx_http_wsgw_event_json_pairs(w, headers);
        ngx_http_wsgw_json_literal(w, ",\"multiValueHeaders\":");
        ngx_http_wsgw_event_json_lists(w, headers);
        ngx_http_wsgw_json_literal(w, ",");
    }

    if (query && (query->nelts || authorize)) {
        ngx_http_wsgw_json_literal(w, "\"queryStringParameters\":");
        ngx_http_wsgw_event_json_pairs(w, query);
        ngx_http_wsgw_json_literal(w, ",\"multiValueQueryStringParameters\":");
        ngx_http_wsgw_event_json_lists(w, query);
        ngx_http_wsgw_json_literal(w, ",");
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

    ngx_http_wsgw_event_json_identity(w, event);

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


static void
ngx_http_wsgw_event_json_identity(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_event_t *event)
{
    ngx_str_t  text;

    ngx_http_wsgw_json_literal(w, ",\"identity\":{");

    if (ngx_http_wsgw_client_text(event->wc,
                                  ngx_http_wsgw_text_agent).len)
    {
        ngx_http_wsgw_json_literal(w, "\"userAgent\":");
        ngx_http_wsgw_event_json_text(w, event, ngx_http_wsgw_text_agent);
        ngx_http_wsgw_json_literal(w, ",");
    }

    text = ngx_http_wsgw_client_text(event->wc, ngx_http_wsgw_text_access_key);

    if (text.len) {
        ngx_http_wsgw_json_literal(w, "\"accessKey\":");
        ngx_http_wsgw_writer_string(w, text.data, text.len);
        ngx_http_wsgw_json_literal(w, ",\"userArn\":\"arn:aws:iam::"
                                      NGX_HTTP_WSGW_ACCOUNT ":user/");
        ngx_http_wsgw_json_put(w, text.data, text.len);
        ngx_http_wsgw_json_literal(w, "\",");
    }

    ngx_http_wsgw_json_literal(w, "\"sourceIp\":");
    ngx_http_wsgw_event_json_text(w, event, ngx_http_wsgw_text_addr);
    ngx_http_wsgw_json_literal(w, "}");
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


static ngx_array_t *
ngx_http_wsgw_event_json_headers(ngx_pool_t *pool, ngx_http_wsgw_event_t *event)
{
    ngx_uint_t             i, n;
    ngx_array_t           *pairs;
    ngx_table_elt_t       *h;
    ngx_http_wsgw_pair_t  *pair;

    if (ngx_http_wsgw_headers_client(pool, event, 1, &h, &n) != NGX_OK) {
        return NULL;
    }

    pairs = ngx_array_create(pool, n, sizeof(ngx_http_wsgw_pair_t));
    if (pairs == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        pair = ngx_array_push(pairs);
        if (pair == NULL) {
            return NULL;
        }

        pair->name = h[i].key;
        pair->key.data = h[i].lowcase_key;
        pair->key.len = h[i].key.len;
        pair->value = h[i].value;
    }

    if (event->type == NGX_HTTP_WSGW_AUTHORIZE
        && ngx_http_wsgw_event_json_upgrade(pairs) != NGX_OK)
    {
        return NULL;
    }

    return ngx_http_wsgw_event_json_sort(pairs);
}


/* what AWS shows to an authorizer alone; a client's own content-length has the
   same value, or the request has been refused */

static ngx_int_t
ngx_http_wsgw_event_json_upgrade(ngx_array_t *pairs)
{
    ngx_uint_t             i, n;
    ngx_http_wsgw_pair_t  *pair;

    static const struct {
        ngx_str_t  name;
        ngx_str_t  key;
        ngx_str_t  value;
    } shown[] = {
        { ngx_string("Connection"), ngx_string("connection"),
          ngx_string("upgrade") },
        { ngx_string("Upgrade"), ngx_string("upgrade"),
          ngx_string("websocket") },
        { ngx_string("content-length"), ngx_string("content-length"),
          ngx_string("0") }
    };

    pair = pairs->elts;
    n = 3;

    for (i = 0; i < pairs->nelts; i++) {
        if (pair[i].key.len == shown[2].key.len
            && ngx_memcmp(pair[i].key.data, shown[2].key.data,
                          shown[2].key.len)
               == 0)
        {
            n = 2;
        }
    }

    for (i = 0; i < n; i++) {
        pair = ngx_array_push(pairs);
        if (pair == NULL) {
            return NGX_ERROR;
        }

        pair->name = shown[i].name;
        pair->key = shown[i].key;
        pair->value = shown[i].value;
    }

    return NGX_OK;
}


static ngx_array_t *
ngx_http_wsgw_event_json_query(ngx_pool_t *pool, ngx_str_t *args)
{
    ngx_int_t              rc;
    ngx_str_t              query, name, value;
    ngx_array_t           *pairs;
    ngx_http_wsgw_pair_t  *pair;

    pairs = ngx_array_create(pool, 4, sizeof(ngx_http_wsgw_pair_t));
    if (pairs == NULL) {
        return NULL;
    }

    query = *args;

    for ( ;; ) {
        rc = ngx_http_wsgw_text_argument(pool, &query, &name, &value);

        if (rc == NGX_DONE) {
            return ngx_http_wsgw_event_json_sort(pairs);
        }

        pair = (rc == NGX_OK) ? ngx_array_push(pairs) : NULL;
        if (pair == NULL) {
            return NULL;
        }

        pair->key = name;
        pair->name = name;
        pair->value = value;
    }
}


/* Puts equal names side by side, with their values in the client's order. */

static ngx_array_t *
ngx_http_wsgw_event_json_sort(ngx_array_t *pairs)
{
    ngx_uint_t             i;
    ngx_http_wsgw_pair_t  *pair;

    pair = pairs->elts;

    for (i = 0; i < pairs->nelts; i++) {
        pair[i].order = i;
    }

    ngx_qsort(pair, pairs->nelts, sizeof(ngx_http_wsgw_pair_t),
              ngx_http_wsgw_event_json_compare);

    return pairs;
}


static int ngx_libc_cdecl
ngx_http_wsgw_event_json_compare(const void *one, const void *two)
{
    ngx_int_t                    rc;
    const ngx_http_wsgw_pair_t  *first, *second;

    first = one;
    second = two;

    rc = ngx_memn2cmp(first->key.data, second->key.data, first->key.len,
                      second->key.len);
    if (rc) {
        return (int) rc;
    }

    return (first->order > second->order) ? 1 : -1;
}


/* Of equal names the last value is written. */

static void
ngx_http_wsgw_event_json_pairs(ngx_http_wsgw_writer_t *w, ngx_array_t *pairs)
{
    ngx_uint_t             i;
    ngx_http_wsgw_pair_t  *pair;

    pair = pairs->elts;

    ngx_http_wsgw_json_literal(w, "{");

    for (i = 0; i < pairs->nelts; i++) {

        if (!ngx_http_wsgw_event_json_last(pairs, i)) {
            continue;
        }

        ngx_http_wsgw_writer_string(w, pair[i].name.data, pair[i].name.len);
        ngx_http_wsgw_json_literal(w, ":");
        ngx_http_wsgw_writer_string(w, pair[i].value.data, pair[i].value.len);

        if (i + 1 < pairs->nelts) {
            ngx_http_wsgw_json_literal(w, ",");
        }
    }

    ngx_http_wsgw_json_literal(w, "}");
}


/* Of equal names all values are written, and the name that came last. */

static void
ngx_http_wsgw_event_json_lists(ngx_http_wsgw_writer_t *w, ngx_array_t *pairs)
{
    ngx_uint_t             i, n;
    ngx_http_wsgw_pair_t  *pair;

    pair = pairs->elts;

    ngx_http_wsgw_json_literal(w, "{");

    for (i = 0, n = 0; n < pairs->nelts; n++) {

        if (!ngx_http_wsgw_event_json_last(pairs, n)) {
            continue;
        }

        ngx_http_wsgw_writer_string(w, pair[n].name.data, pair[n].name.len);
        ngx_http_wsgw_json_literal(w, ":[");

        for ( /* void */ ; i <= n; i++) {
            ngx_http_wsgw_writer_string(w, pair[i].value.data,
                                        pair[i].value.len);
            if (i < n) {
                ngx_http_wsgw_json_literal(w, ",");
            }
        }

        ngx_http_wsgw_json_literal(w, "]");

        if (i < pairs->nelts) {
            ngx_http_wsgw_json_literal(w, ",");
        }
    }

    ngx_http_wsgw_json_literal(w, "}");
}


/* 1 if pair i is the last of its name */

static ngx_uint_t
ngx_http_wsgw_event_json_last(ngx_array_t *pairs, ngx_uint_t i)
{
    ngx_http_wsgw_pair_t  *pair;

    if (i + 1 == pairs->nelts) {
        return 1;
    }

    pair = pairs->elts;

    return ngx_memn2cmp(pair[i].key.data, pair[i + 1].key.data,
                        pair[i].key.len, pair[i + 1].key.len)
           != 0;
}
