
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Headers for integrations.  Values are copied into the pool or live as long
 * as the connection: the client's request may be gone while the event runs.
 */


#include "event/headers.h"
#include "base/text.h"
#include "event/field.h"
#include "event/trace.h"
#include "socket/callback.h"
#include "socket/client.h"


/* Headers in the making.  The array has room for all that there can be, and
   whoever makes them asks only once, at the end, whether memory was short. */

typedef struct {
    ngx_pool_t                    *pool;
    ngx_http_wsgw_event_t         *event;
    ngx_table_elt_t               *elts;
    ngx_table_elt_t               *next;
    ngx_table_elt_t               *user_agent;  /* the gateway's; or NULL */
    ngx_table_elt_t               *forwarded_for;
    ngx_uint_t                     failed;
} ngx_http_wsgw_headers_t;


static ngx_int_t ngx_http_wsgw_headers_init(ngx_http_wsgw_headers_t *hs,
    ngx_pool_t *pool, ngx_http_wsgw_event_t *event);
static void ngx_http_wsgw_headers_lambda(ngx_http_wsgw_headers_t *hs);
static void ngx_http_wsgw_headers_http(ngx_http_wsgw_headers_t *hs);
static void ngx_http_wsgw_headers_extended(ngx_http_wsgw_headers_t *hs);
static void ngx_http_wsgw_headers_from_client(ngx_http_wsgw_headers_t *hs,
    ngx_uint_t lambda);
static void ngx_http_wsgw_headers_forwarded(ngx_http_wsgw_headers_t *hs);
static void ngx_http_wsgw_headers_hops(ngx_http_wsgw_headers_t *hs,
    ngx_str_t *list);
static ngx_str_t ngx_http_wsgw_headers_hop(ngx_table_elt_t *h);
static void ngx_http_wsgw_headers_trace(ngx_http_wsgw_headers_t *hs);
static void ngx_http_wsgw_headers_traceparent(ngx_http_wsgw_headers_t *hs);

static void ngx_http_wsgw_headers_copy(ngx_http_wsgw_headers_t *hs,
    ngx_table_elt_t *from, ngx_uint_t json);
static void ngx_http_wsgw_headers_number(ngx_http_wsgw_headers_t *hs,
    ngx_uint_t which, ngx_uint_t value);
static void ngx_http_wsgw_headers_safe(ngx_http_wsgw_headers_t *hs,
    ngx_uint_t which, ngx_str_t value);
static ngx_table_elt_t *ngx_http_wsgw_headers_add(
    ngx_http_wsgw_headers_t *hs, ngx_uint_t which, ngx_str_t value);
static u_char *ngx_http_wsgw_headers_alloc(ngx_http_wsgw_headers_t *hs,
    size_t size);


/* at most, beside the client's */
#define NGX_HTTP_WSGW_HEADERS  17

#define ngx_http_wsgw_text(text)  ((ngx_str_t) ngx_string(text))


/* the gateway's own headers, without their values */

enum {
    ngx_http_wsgw_header_host = 0,
    ngx_http_wsgw_header_content_type,
    ngx_http_wsgw_header_user_agent,
    ngx_http_wsgw_header_forwarded_for,
    ngx_http_wsgw_header_forwarded_port,
    ngx_http_wsgw_header_forwarded_proto,
    ngx_http_wsgw_header_trace_id,
    ngx_http_wsgw_header_traceparent,
    ngx_http_wsgw_header_api_id,
    ngx_http_wsgw_header_invocation_type,
    ngx_http_wsgw_header_connection_id,
    ngx_http_wsgw_header_event_type,
    ngx_http_wsgw_header_route_key,
    ngx_http_wsgw_header_attempt,
    ngx_http_wsgw_header_callback_url,
    ngx_http_wsgw_header_request_id,
    ngx_http_wsgw_header_disconnect_code,
    ngx_http_wsgw_header_disconnect_reason,
    ngx_http_wsgw_header_last
};


#define ngx_http_wsgw_own_header(id, name, lowcase)                           \
    [ngx_http_wsgw_header_##id] =                                             \
        { .key = ngx_string(name), .lowcase_key = (u_char *) lowcase }

static ngx_table_elt_t  ngx_http_wsgw_own[ngx_http_wsgw_header_last] = {
    ngx_http_wsgw_own_header(host, "Host", "host"),
    ngx_http_wsgw_own_header(content_type, "Content-Type", "content-type"),
    ngx_http_wsgw_own_header(user_agent, "User-Agent", "user-agent"),
    ngx_http_wsgw_own_header(forwarded_for, "X-Forwarded-For",
                             "x-forwarded-for"),
    ngx_http_wsgw_own_header(forwarded_port, "X-Forwarded-Port",
                             "x-forwarded-port"),
    ngx_http_wsgw_own_header(forwarded_proto, "X-Forwarded-Proto",
                             "x-forwarded-proto"),
    ngx_http_wsgw_own_header(trace_id, "X-Amzn-Trace-Id", "x-amzn-trace-id"),
    ngx_http_wsgw_own_header(traceparent, "traceparent", "traceparent"),
    ngx_http_wsgw_own_header(api_id, "X-Amzn-Apigateway-Api-Id",
                             "x-amzn-apigateway-api-id"),
    ngx_http_wsgw_own_header(invocation_type, "X-Amz-Invocation-Type",
                             "x-amz-invocation-type"),
    ngx_http_wsgw_own_header(connection_id, "X-Connection-Id",
                             "x-connection-id"),
    ngx_http_wsgw_own_header(event_type, "X-Event-Type", "x-event-type"),
    ngx_http_wsgw_own_header(route_key, "X-Route-Key", "x-route-key"),
    ngx_http_wsgw_own_header(attempt, "X-Attempt", "x-attempt"),
    ngx_http_wsgw_own_header(callback_url, "X-Callback-Url", "x-callback-url"),
    ngx_http_wsgw_own_header(request_id, "X-Request-Id", "x-request-id"),
    ngx_http_wsgw_own_header(disconnect_code, "X-Disconnect-Code",
                             "x-disconnect-code"),
    ngx_http_wsgw_own_header(disconnect_reason, "X-Disconnect-Reason",
                             "x-disconnect-reason")
};


void
ngx_http_wsgw_headers_hash(void)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    for (i = 0; i < ngx_http_wsgw_header_last; i++) {
        h = &ngx_http_wsgw_own[i];
        h->hash = ngx_hash_key(h->lowcase_key, h->key.len);
    }
}


ngx_int_t
ngx_http_wsgw_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event)
{
    ngx_str_t                type;
    ngx_uint_t               lambda;
    ngx_http_wsgw_headers_t  hs;

    if (ngx_http_wsgw_headers_init(&hs, inv->pool, event) != NGX_OK) {
        return NGX_ERROR;
    }

    lambda = (event->route->type == NGX_HTTP_WSGW_AWS_PROXY);

    if (lambda) {
        ngx_http_wsgw_headers_lambda(&hs);

    } else {
        ngx_http_wsgw_headers_http(&hs);
    }

    inv->client_headers = event->handshake ? hs.next - hs.elts : 0;

    inv->host = ngx_http_wsgw_headers_add(&hs, ngx_http_wsgw_header_host,
                    ngx_http_wsgw_client_text(event->wc,
                                              ngx_http_wsgw_text_host));
    if (lambda || event->type == NGX_HTTP_WSGW_MESSAGE) {
        type = (!lambda && event->opcode == WSGW_OP_BINARY)
               ? ngx_http_wsgw_text("application/octet-stream")
               : ngx_http_wsgw_text("application/json");

        inv->content_type = ngx_http_wsgw_headers_add(&hs,
                                   ngx_http_wsgw_header_content_type, type);
    }

    if (ngx_http_wsgw_trace_is_kept(event)) {
        ngx_http_wsgw_headers_traceparent(&hs);
    }

    inv->user_agent = hs.user_agent;
    inv->forwarded_for = hs.forwarded_for;
    inv->headers = hs.elts;
    inv->nheaders = hs.next - hs.elts;

    return hs.failed ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_wsgw_headers_client(ngx_pool_t *pool, ngx_http_wsgw_event_t *event,
    ngx_uint_t lambda, ngx_table_elt_t **headers, ngx_uint_t *n)
{
    ngx_http_wsgw_headers_t  hs;

    if (ngx_http_wsgw_headers_init(&hs, pool, event) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_headers_from_client(&hs, lambda);

    *headers = hs.elts;
    *n = hs.next - hs.elts;

    return hs.failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_headers_init(ngx_http_wsgw_headers_t *hs, ngx_pool_t *pool,
    ngx_http_wsgw_event_t *event)
{
    ngx_uint_t        n;
    ngx_list_part_t  *part;

    n = NGX_HTTP_WSGW_HEADERS;

    part = ngx_http_wsgw_field_first(event->handshake);

    for ( /* void */ ; part; part = part->next) {
        n += part->nelts;
    }

    hs->pool = pool;
    hs->event = event;
    hs->elts = ngx_palloc(pool, n * sizeof(ngx_table_elt_t));
    hs->next = hs->elts;
    hs->user_agent = NULL;
    hs->forwarded_for = NULL;
    hs->failed = 0;

    return hs->elts ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_wsgw_headers_lambda(ngx_http_wsgw_headers_t *hs)
{
    ngx_table_elt_t  *trace;

    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_invocation_type,
                              hs->event->route->async
                              ? ngx_http_wsgw_text("Event")
                              : ngx_http_wsgw_text("RequestResponse"));

    trace = ngx_http_wsgw_field(hs->event, "x-amzn-trace-id");

    if (trace) {
        ngx_http_wsgw_headers_copy(hs, trace, 0);

    } else {
        ngx_http_wsgw_headers_trace(hs);
    }
}


static void
ngx_http_wsgw_headers_http(ngx_http_wsgw_headers_t *hs)
{
    if (hs->event->type == NGX_HTTP_WSGW_CONNECT) {
        ngx_http_wsgw_headers_from_client(hs, 0);

    } else {
        hs->user_agent = ngx_http_wsgw_headers_add(hs,
                                              ngx_http_wsgw_header_user_agent,
                                              hs->event->wc->wlcf->agent);
        ngx_http_wsgw_headers_forwarded(hs);
        ngx_http_wsgw_headers_trace(hs);
    }

    ngx_http_wsgw_headers_add(hs,
                              ngx_http_wsgw_header_api_id,
                              hs->event->wc->wlcf->api_id);

    if (hs->event->wc->wlcf->profile == NGX_HTTP_WSGW_EXTENDED) {
        ngx_http_wsgw_headers_extended(hs);
    }
}


static void
ngx_http_wsgw_headers_extended(ngx_http_wsgw_headers_t *hs)
{
    ngx_str_t               id, url;
    ngx_http_wsgw_event_t  *event;

    event = hs->event;

    if (ngx_http_wsgw_callback_url(hs->pool, event->wc, &url) != NGX_OK)
    {
        hs->failed = 1;
        return;
    }

    id.len = WSGW_ID_LEN;
    id.data = event->wc->id;

    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_connection_id, id);
    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_event_type,
                              *ngx_http_wsgw_event_type(event));
    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_route_key,
                              event->route->key_header);

    if (event->attempt == 1) {
        ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_attempt,
                                  ngx_http_wsgw_text("1"));

    } else {
        ngx_http_wsgw_headers_number(hs, ngx_http_wsgw_header_attempt,
                                     event->attempt);
    }

    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_callback_url, url);

    id.data = event->id;
    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_request_id, id);

    if (event->type == NGX_HTTP_WSGW_DISCONNECT) {
        ngx_http_wsgw_headers_number(hs,
                                     ngx_http_wsgw_header_disconnect_code,
                                     event->code);
        ngx_http_wsgw_headers_safe(hs,
                                   ngx_http_wsgw_header_disconnect_reason,
                                   event->reason);
    }
}


/*
 * The JSON of an event reports Host and the like; an HTTP request has these
 * headers itself.  X-Forwarded-For tells the address: the client may claim no
 * other.
 */

static void
ngx_http_wsgw_headers_from_client(ngx_http_wsgw_headers_t *hs,
    ngx_uint_t lambda)
{
    ngx_uint_t        i, left_out;
    ngx_table_elt_t  *h, host;
    ngx_list_part_t  *part;

    left_out = NGX_HTTP_WSGW_FIELD_HOP;

    if (!lambda) {
        left_out |= NGX_HTTP_WSGW_FIELD_REQUEST;

        if (hs->event->wc->wlcf->profile == NGX_HTTP_WSGW_EXTENDED) {
            left_out |= NGX_HTTP_WSGW_FIELD_OWN | NGX_HTTP_WSGW_FIELD_CLIENT;
        }
    }

    part = ngx_http_wsgw_field_first(hs->event->handshake);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {

        if (ngx_http_wsgw_field_is_of(h, left_out)
            || (!lambda && ngx_http_wsgw_trace_is_kept(hs->event)
                && ngx_http_wsgw_field_is(h, "traceparent")))
        {
            continue;
        }

        /* An event has the host that nginx uses, which may be that of a URL. */

        if (ngx_http_wsgw_field_is(h, "host")) {
            host = *h;
            host.value = ngx_http_wsgw_client_text(hs->event->wc,
                                                     ngx_http_wsgw_text_host);
            h = &host;
        }

        ngx_http_wsgw_headers_copy(hs, h, lambda);
    }

    ngx_http_wsgw_headers_forwarded(hs);

    if (ngx_http_wsgw_field(hs->event, "x-amzn-trace-id") == NULL) {
        ngx_http_wsgw_headers_trace(hs);
    }
}


static void
ngx_http_wsgw_headers_forwarded(ngx_http_wsgw_headers_t *hs)
{
    ngx_str_t                    list;
    ngx_http_wsgw_connection_t  *wc;

    wc = hs->event->wc;
    list = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_addr);

    if (hs->event->handshake) {
        ngx_http_wsgw_headers_hops(hs, &list);
    }

    hs->forwarded_for = ngx_http_wsgw_headers_add(hs,
                                           ngx_http_wsgw_header_forwarded_for,
                                           list);
    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_forwarded_port,
                              ngx_http_wsgw_client_port(wc));
    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_forwarded_proto,
                              ngx_http_wsgw_client_text(wc,
                                                 ngx_http_wsgw_text_scheme));
}


/* The client's address is appended to the list that the client sent. */

static void
ngx_http_wsgw_headers_hops(ngx_http_wsgw_headers_t *hs, ngx_str_t *list)
{
    u_char           *p;
    ngx_str_t         addr, hop;
    ngx_uint_t        i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    addr = *list;
    part = ngx_http_wsgw_field_first(hs->event->handshake);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {
        hop = ngx_http_wsgw_headers_hop(h);

        if (hop.len) {
            list->len += hop.len + sizeof(", ") - 1;
        }
    }

    if (list->len == addr.len) {
        return;
    }

    p = ngx_http_wsgw_headers_alloc(hs, list->len);
    if (p == NULL) {
        return;
    }

    list->data = p;
    part = ngx_http_wsgw_field_first(hs->event->handshake);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {
        hop = ngx_http_wsgw_headers_hop(h);

        if (hop.len) {
            p = ngx_sprintf(p, "%V, ", &hop);
        }
    }

    ngx_memcpy(p, addr.data, addr.len);

    ngx_http_wsgw_text_header(list->data, list->data, list->len);
}


/* what of the list is in this header: nothing, too, if there is no value */

static ngx_str_t
ngx_http_wsgw_headers_hop(ngx_table_elt_t *h)
{
    ngx_str_t  none = ngx_null_string;

    return ngx_http_wsgw_field_is(h, "x-forwarded-for")
           ? ngx_http_wsgw_field_trim(h->value) : none;
}


/* The second of the event, for a $disconnect of the attempt, and 72 bits of its
   id; or the connection's. */

static void
ngx_http_wsgw_headers_trace(ngx_http_wsgw_headers_t *hs)
{
    u_char      *p, *id;
    uint32_t     last;
    uint64_t     first;
    ngx_str_t    trace;
    ngx_msec_t   time;

    static ngx_msec_t  second;
    static u_char      root[] = "Root=1-00000000-";

    trace.len = NGX_HTTP_WSGW_TRACE_LEN;
    trace.data = hs->event->trace;

    if (ngx_http_wsgw_trace_is_kept(hs->event)) {
        ngx_http_wsgw_trace_root(hs->event->wc, trace.data);
        ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_trace_id, trace);
        return;
    }

    time = hs->event->time / 1000;

    /* The next event is often of the same second. */

    if (time != second) {
        second = time;
        ngx_http_wsgw_text_hex(&root[7], (uint32_t) time);
    }

    p = ngx_cpymem(trace.data, root, sizeof(root) - 1);

    id = hs->event->id + WSGW_ID_LEN - 13;

    ngx_memcpy(&first, id, sizeof(uint64_t));
    ngx_memcpy(&last, id + sizeof(uint64_t), sizeof(uint32_t));

    p = ngx_http_wsgw_text_hex_bytes(p, first);
    ngx_http_wsgw_text_hex(p, ntohl(last));

    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_trace_id, trace);
}


/* for backends, and for modules that look for it in a request */

static void
ngx_http_wsgw_headers_traceparent(ngx_http_wsgw_headers_t *hs)
{
    ngx_str_t  parent;

    if (ngx_http_wsgw_trace_parent(hs->pool, hs->event->wc, &parent)
        != NGX_OK)
    {
        hs->failed = 1;
        return;
    }

    ngx_http_wsgw_headers_add(hs, ngx_http_wsgw_header_traceparent, parent);
}


static void
ngx_http_wsgw_headers_copy(ngx_http_wsgw_headers_t *hs, ngx_table_elt_t *from,
    ngx_uint_t json)
{
    u_char           *p;
    ngx_str_t         value;
    ngx_table_elt_t  *h;

    /* nginx looks for words in a User-Agent, up to a NUL */

    p = ngx_http_wsgw_headers_alloc(hs, 2 * from->key.len + from->value.len
                                        + 1);
    if (p == NULL) {
        return;
    }

    h = hs->next++;

    h->key.len = from->key.len;
    h->key.data = p;
    p = ngx_cpymem(p, from->key.data, from->key.len);

    h->hash = from->hash;
    h->lowcase_key = p;
    p = ngx_cpymem(p, from->lowcase_key, from->key.len);

    value = ngx_http_wsgw_field_trim(from->value);

    h->value.len = value.len;
    h->value.data = p;

    /* JSON has escapes, a header has none */

    if (json) {
        ngx_memcpy(p, value.data, value.len);

    } else {
        ngx_http_wsgw_text_header(p, value.data, value.len);
    }

    p[value.len] = '\0';

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
}


static void
ngx_http_wsgw_headers_number(ngx_http_wsgw_headers_t *hs,
    ngx_uint_t which, ngx_uint_t value)
{
    ngx_str_t  text;

    text.data = ngx_http_wsgw_headers_alloc(hs, NGX_INT_T_LEN);
    if (text.data == NULL) {
        return;
    }

    text.len = ngx_sprintf(text.data, "%ui", value) - text.data;

    ngx_http_wsgw_headers_add(hs, which, text);
}


/* control characters would end the header or begin another one */

static void
ngx_http_wsgw_headers_safe(ngx_http_wsgw_headers_t *hs,
    ngx_uint_t which, ngx_str_t value)
{
    if (ngx_http_wsgw_text_as_line(hs->pool, &value) != NGX_OK) {
        hs->failed = 1;
        return;
    }

    ngx_http_wsgw_headers_add(hs, which, value);
}


static ngx_table_elt_t *
ngx_http_wsgw_headers_add(ngx_http_wsgw_headers_t *hs,
    ngx_uint_t which, ngx_str_t value)
{
    ngx_table_elt_t  *h;

    h = hs->next++;

    *h = ngx_http_wsgw_own[which];
    h->value = value;

    return h;
}


static u_char *
ngx_http_wsgw_headers_alloc(ngx_http_wsgw_headers_t *hs, size_t size)
{
    u_char  *p;

    if (hs->failed) {
        return NULL;
    }

    p = ngx_pnalloc(hs->pool, size);

    if (p == NULL) {
        hs->failed = 1;
    }

    return p;
}
