
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_trace: which trace an event belongs to.  An id has the digits of an
 * X-Ray root, so that X-Amzn-Trace-Id and traceparent name one trace; its first
 * eight are a time.
 */


#include "event/trace.h"
#include "base/random.h"
#include "base/text.h"
#include "event/field.h"


static ngx_int_t ngx_http_wsgw_trace_new(u_char kept[WSGW_TRACEPARENT_KEPT]);
static ngx_int_t ngx_http_wsgw_trace_write(ngx_pool_t *pool, u_char *kept,
    ngx_str_t *parent);


ngx_int_t
ngx_http_wsgw_trace_of_handshake(ngx_http_request_t *r, ngx_str_t *kept)
{
    ngx_str_t         value;
    ngx_uint_t        i, found;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    kept->len = WSGW_TRACEPARENT_KEPT;
    kept->data = ngx_pnalloc(r->pool, WSGW_TRACEPARENT_KEPT);

    if (kept->data == NULL) {
        return NGX_ERROR;
    }

    found = 0;
    part = ngx_http_wsgw_field_first(r);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {

        if (!ngx_http_wsgw_field_is(h, "traceparent")) {
            continue;
        }

        value = ngx_http_wsgw_field_trim(h->value);

        /* two of them are none */

        if (found++
            || wsgw_traceparent_read(value.data, value.len, kept->data)
               != WSGW_DONE)
        {
            return ngx_http_wsgw_trace_new(kept->data);
        }
    }

    return found ? NGX_OK : ngx_http_wsgw_trace_new(kept->data);
}


static ngx_int_t
ngx_http_wsgw_trace_new(u_char kept[WSGW_TRACEPARENT_KEPT])
{
    u_char      *p;
    uint64_t     random[2];
    ngx_uint_t   i;

    p = ngx_http_wsgw_text_hex(kept, (uint32_t) ngx_time());

    for (i = 0; i < 2; i++) {
        if (ngx_http_wsgw_random(&random[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    p = ngx_http_wsgw_text_hex(p, (uint32_t) random[0]);
    p = ngx_http_wsgw_text_hex(p, (uint32_t) (random[0] >> 32));
    p = ngx_http_wsgw_text_hex(p, (uint32_t) random[1]);

    *p++ = '0';
    *p = '1';

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_trace_parent(ngx_pool_t *pool, ngx_http_wsgw_connection_t *wc,
    ngx_str_t *parent)
{
    return ngx_http_wsgw_trace_write(pool,
               ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_trace).data,
               parent);
}


void
ngx_http_wsgw_trace_root(ngx_http_wsgw_connection_t *wc, u_char *p)
{
    u_char  *id;

    id = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_trace).data;

    p = ngx_cpymem(p, "Root=1-", sizeof("Root=1-") - 1);
    p = ngx_cpymem(p, id, 8);
    *p++ = '-';
    ngx_memcpy(p, id + 8, WSGW_TRACEPARENT_ID - 8);
}


static ngx_int_t
ngx_http_wsgw_trace_write(ngx_pool_t *pool, u_char *kept, ngx_str_t *parent)
{
    u_char    *p;
    uint64_t   span;

    p = ngx_pnalloc(pool, WSGW_TRACEPARENT_LEN);

    if (p == NULL || ngx_http_wsgw_random(&span) != NGX_OK) {
        return NGX_ERROR;
    }

    /* 0 is none */

    span |= 1;

    parent->len = WSGW_TRACEPARENT_LEN;
    parent->data = p;

    p = ngx_cpymem(p, "00-", 3);
    p = ngx_cpymem(p, kept, WSGW_TRACEPARENT_ID);
    *p++ = '-';
    p = ngx_http_wsgw_text_hex(p, (uint32_t) (span >> 32));
    p = ngx_http_wsgw_text_hex(p, (uint32_t) span);
    *p++ = '-';
    ngx_memcpy(p, kept + WSGW_TRACEPARENT_ID, 2);

    return NGX_OK;
}


/* A connection's trace is in a header of the event already, with a span.  Of
   others X-Amzn-Trace-Id tells, unless it is the client's and no trace. */

ngx_int_t
ngx_http_wsgw_trace_of_event(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_str_t *parent)
{
    u_char            kept[WSGW_TRACEPARENT_KEPT];
    ngx_uint_t        i, is_kept;
    ngx_table_elt_t  *h;

    ngx_str_null(parent);

    if (event->wc->wlcf->trace == NGX_HTTP_WSGW_TRACE_OFF) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_trace_new(kept) != NGX_OK) {
        return NGX_ERROR;
    }

    is_kept = ngx_http_wsgw_trace_is_kept(event);

    for (i = 0; i < inv->nheaders; i++) {
        h = &inv->headers[i];

        if (is_kept && ngx_http_wsgw_field_is(h, "traceparent")) {
            *parent = h->value;
        }

        if (ngx_http_wsgw_field_is(h, "x-amzn-trace-id")) {
            (void) wsgw_traceparent_root(h->value.data, h->value.len, kept);
        }
    }

    return parent->len ? NGX_OK
                       : ngx_http_wsgw_trace_write(inv->pool, kept, parent);
}
