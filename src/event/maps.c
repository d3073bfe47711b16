
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Headers and query of a handshake, as events have them.
 */


#include "event/maps.h"
#include "base/text.h"
#include "base/writer.h"
#include "event/headers.h"


/* bytes to begin with */
#define NGX_HTTP_WSGW_MAPS_SIZE  1024


/* a header or a query parameter of the handshake */

typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      key;         /* by which names are equal */
    ngx_str_t                      value;
    ngx_uint_t                     order;
} ngx_http_wsgw_maps_pair_t;


static ngx_array_t *ngx_http_wsgw_maps_headers(ngx_pool_t *pool,
    ngx_http_wsgw_event_t *event);
static ngx_array_t *ngx_http_wsgw_maps_query(ngx_pool_t *pool,
    ngx_str_t *args);
static ngx_array_t *ngx_http_wsgw_maps_sort(ngx_array_t *pairs);
static int ngx_libc_cdecl ngx_http_wsgw_maps_compare(const void *one,
    const void *two);
static void ngx_http_wsgw_maps_pairs(ngx_http_wsgw_writer_t *w,
    ngx_array_t *pairs);
static void ngx_http_wsgw_maps_lists(ngx_http_wsgw_writer_t *w,
    ngx_array_t *pairs);
static ngx_uint_t ngx_http_wsgw_maps_last(ngx_array_t *pairs,
    ngx_uint_t i);


ngx_str_t *
ngx_http_wsgw_maps(ngx_http_wsgw_event_t *event)
{
    ngx_str_t                text, *maps;
    ngx_uint_t               i;
    ngx_pool_t              *pool;
    ngx_array_t             *headers, *query;
    ngx_http_wsgw_ctx_t     *ctx;
    ngx_http_wsgw_writer_t   w;

    pool = event->handshake->pool;
    ctx = ngx_http_get_module_ctx(event->handshake, ngx_http_wsgw_module);

    if (ctx->maps) {
        return ctx->maps;
    }

    maps = ngx_palloc(pool, NGX_HTTP_WSGW_MAPS * sizeof(ngx_str_t));
    headers = ngx_http_wsgw_maps_headers(pool, event);
    query = ngx_http_wsgw_maps_query(pool, &event->handshake->args);

    if (maps == NULL || headers == NULL || query == NULL) {
        return NULL;
    }

    ngx_http_wsgw_writer_init(&w, pool, NGX_HTTP_WSGW_MAPS_SIZE);

    ngx_http_wsgw_maps_pairs(&w, headers);
    maps[0].len = w.pos - w.start;
    ngx_http_wsgw_maps_lists(&w, headers);
    maps[1].len = w.pos - w.start;
    ngx_http_wsgw_maps_pairs(&w, query);
    maps[2].len = w.pos - w.start;
    ngx_http_wsgw_maps_lists(&w, query);
    maps[3].len = w.pos - w.start;

    if (ngx_http_wsgw_writer_text(&w, &text) != NGX_OK) {
        return NULL;
    }

    for (i = NGX_HTTP_WSGW_MAPS - 1; i > 0; i--) {
        maps[i].data = text.data + maps[i - 1].len;
        maps[i].len -= maps[i - 1].len;
    }

    maps[0].data = text.data;

    ctx->maps = maps;

    return maps;
}


static ngx_array_t *
ngx_http_wsgw_maps_headers(ngx_pool_t *pool, ngx_http_wsgw_event_t *event)
{
    ngx_uint_t             i, n;
    ngx_array_t           *pairs;
    ngx_table_elt_t       *h;
    ngx_http_wsgw_maps_pair_t  *pair;

    if (ngx_http_wsgw_headers_client(pool, event, 1, &h, &n) != NGX_OK) {
        return NULL;
    }

    pairs = ngx_array_create(pool, n, sizeof(ngx_http_wsgw_maps_pair_t));
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

    return ngx_http_wsgw_maps_sort(pairs);
}


static ngx_array_t *
ngx_http_wsgw_maps_query(ngx_pool_t *pool, ngx_str_t *args)
{
    ngx_int_t              rc;
    ngx_str_t              query, name, value;
    ngx_array_t           *pairs;
    ngx_http_wsgw_maps_pair_t  *pair;

    pairs = ngx_array_create(pool, 4, sizeof(ngx_http_wsgw_maps_pair_t));
    if (pairs == NULL) {
        return NULL;
    }

    query = *args;

    for ( ;; ) {
        rc = ngx_http_wsgw_text_argument(pool, &query, &name, &value);

        if (rc == NGX_DONE) {
            return ngx_http_wsgw_maps_sort(pairs);
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
ngx_http_wsgw_maps_sort(ngx_array_t *pairs)
{
    ngx_uint_t             i;
    ngx_http_wsgw_maps_pair_t  *pair;

    pair = pairs->elts;

    for (i = 0; i < pairs->nelts; i++) {
        pair[i].order = i;
    }

    ngx_qsort(pair, pairs->nelts, sizeof(ngx_http_wsgw_maps_pair_t),
              ngx_http_wsgw_maps_compare);

    return pairs;
}


static int ngx_libc_cdecl
ngx_http_wsgw_maps_compare(const void *one, const void *two)
{
    ngx_int_t                    rc;
    const ngx_http_wsgw_maps_pair_t  *first, *second;

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
ngx_http_wsgw_maps_pairs(ngx_http_wsgw_writer_t *w, ngx_array_t *pairs)
{
    ngx_uint_t             i;
    ngx_http_wsgw_maps_pair_t  *pair;

    pair = pairs->elts;

    for (i = 0; i < pairs->nelts; i++) {

        if (!ngx_http_wsgw_maps_last(pairs, i)) {
            continue;
        }

        ngx_http_wsgw_writer_string(w, pair[i].name.data, pair[i].name.len);
        ngx_http_wsgw_json_literal(w, ":");
        ngx_http_wsgw_writer_string(w, pair[i].value.data, pair[i].value.len);

        if (i + 1 < pairs->nelts) {
            ngx_http_wsgw_json_literal(w, ",");
        }
    }
}


/* Of equal names all values are written, and the name that came last. */

static void
ngx_http_wsgw_maps_lists(ngx_http_wsgw_writer_t *w, ngx_array_t *pairs)
{
    ngx_uint_t             i, n;
    ngx_http_wsgw_maps_pair_t  *pair;

    pair = pairs->elts;

    for (i = 0, n = 0; n < pairs->nelts; n++) {

        if (!ngx_http_wsgw_maps_last(pairs, n)) {
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
}


/* 1 if pair i is the last of its name */

static ngx_uint_t
ngx_http_wsgw_maps_last(ngx_array_t *pairs, ngx_uint_t i)
{
    ngx_http_wsgw_maps_pair_t  *pair;

    if (i + 1 == pairs->nelts) {
        return 1;
    }

    pair = pairs->elts;

    return ngx_memn2cmp(pair[i].key.data, pair[i + 1].key.data,
                        pair[i].key.len, pair[i + 1].key.len)
           != 0;
}
