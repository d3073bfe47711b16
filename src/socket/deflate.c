
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * permessage-deflate (RFC 7692) without context takeover either way: each
 * message begins with an empty window, so one state serves all connections.
 */


#include "socket/deflate.h"
#include "base/memory.h"

#include <zlib.h>


#define NGX_HTTP_WSGW_INFLATE_MIN    4096
#define NGX_HTTP_WSGW_DEFLATE_LEVEL  1
#define NGX_HTTP_WSGW_WINDOW_MAX     15

/* a bit of data_type: inflate() ended between two blocks */
#define NGX_HTTP_WSGW_INFLATE_BLOCK  128


static ngx_int_t ngx_http_wsgw_deflate_inflate_some(u_char *p, size_t len,
    ngx_str_t *out, size_t *size, size_t max);
static ngx_int_t ngx_http_wsgw_deflate_grow(ngx_str_t *out, size_t *size,
    size_t max);
static z_stream *ngx_http_wsgw_deflate_state(ngx_uint_t bits);
static ngx_int_t ngx_http_wsgw_deflate_room(size_t size);


/* Every message ends with these bytes, which are not sent (RFC 7692, 7.2.1). */
static u_char      ngx_http_wsgw_deflate_tail[] = { 0x00, 0x00, 0xff, 0xff };

static z_stream   *ngx_http_wsgw_inflate_state;
static z_stream   *ngx_http_wsgw_deflate_states[NGX_HTTP_WSGW_WINDOW_MAX + 1];
static ngx_str_t   ngx_http_wsgw_deflate_buffer;


ngx_int_t
ngx_http_wsgw_deflate_inflate(u_char *p, size_t len, size_t max, ngx_str_t *out,
    size_t *size)
{
    ngx_int_t   rc;
    z_stream   *zs;

    ngx_str_null(out);
    *size = 0;

    zs = ngx_http_wsgw_inflate_state;

    if (zs == NULL) {
        zs = ngx_calloc(sizeof(z_stream), ngx_cycle->log);
        if (zs == NULL) {
            return NGX_ERROR;
        }

        /* The largest window reads what was written for any. */

        if (inflateInit2(zs, -NGX_HTTP_WSGW_WINDOW_MAX) != Z_OK) {
            ngx_free(zs);
            return NGX_ERROR;
        }

        ngx_http_wsgw_inflate_state = zs;

    } else if (inflateReset(zs) != Z_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_wsgw_deflate_inflate_some(p, len, out, size, max);

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_deflate_inflate_some(
                                           ngx_http_wsgw_deflate_tail,
                                           sizeof(ngx_http_wsgw_deflate_tail),
                                           out, size, max);

        /* The tail ends a block, unless the message was cut inside of one. */

        if (rc == NGX_OK && !(zs->data_type & NGX_HTTP_WSGW_INFLATE_BLOCK)) {
            rc = NGX_ABORT;
        }
    }

    /* NGX_DONE: a final block ended it, as RFC 7692, 7.2.3.4 allows. */

    if (rc == NGX_OK || rc == NGX_DONE) {
        return NGX_OK;
    }

    if (out->data) {
        ngx_http_wsgw_memory_free(out->data, *size);
        out->data = NULL;
    }

    return rc;
}


/* zlib has one code for all that is wrong, and only its text says which. */

ngx_uint_t
ngx_http_wsgw_deflate_has_looked_back(void)
{
    z_stream  *zs;

    zs = ngx_http_wsgw_inflate_state;

    return zs && zs->msg
           && ngx_strcmp(zs->msg, "invalid distance too far back") == 0;
}


static ngx_int_t
ngx_http_wsgw_deflate_inflate_some(u_char *p, size_t len, ngx_str_t *out,
    size_t *size, size_t max)
{
    int        rc;
    ngx_int_t  grown;
    z_stream  *zs;

    zs = ngx_http_wsgw_inflate_state;
    zs->next_in = p;
    zs->avail_in = (uInt) len;

    for ( ;; ) {

        /* One byte over the limit shows that there is more. */

        if (out->len == *size) {
            grown = ngx_http_wsgw_deflate_grow(out, size, max + 1);

            if (grown != NGX_OK) {
                return grown;
            }
        }

        zs->next_out = out->data + out->len;
        zs->avail_out = (uInt) (*size - out->len);

        rc = inflate(zs, Z_SYNC_FLUSH);

        out->len = *size - zs->avail_out;

        if (out->len > max) {
            return NGX_DECLINED;
        }

        if (rc == Z_STREAM_END) {
            if (zs->avail_in == 0) {
                return NGX_DONE;
            }

            if (inflateReset(zs) != Z_OK) {
                return NGX_ERROR;
            }

            continue;
        }

        if (rc == Z_BUF_ERROR || (rc == Z_OK && zs->avail_out)) {
            return zs->avail_in ? NGX_ABORT : NGX_OK;
        }

        if (rc != Z_OK) {
            return NGX_ABORT;
        }
    }
}


static ngx_int_t
ngx_http_wsgw_deflate_grow(ngx_str_t *out, size_t *size, size_t max)
{
    u_char  *p;
    size_t   n;

    n = ngx_min(ngx_max(2 * *size, NGX_HTTP_WSGW_INFLATE_MIN), max);

    p = ngx_http_wsgw_memory_realloc(out->data, *size, n);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out->data = p;
    *size = n;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_deflate(ngx_uint_t bits, u_char *p, size_t len,
    ngx_str_t *out)
{
    z_stream  *zs;

    zs = ngx_http_wsgw_deflate_state(bits);

    if (zs == NULL || ngx_http_wsgw_deflate_room(len) != NGX_OK) {
        return NGX_DECLINED;
    }

    /* The result gets no more room than the message has: if it would not get
       shorter, it is of no use. */

    zs->next_in = p;
    zs->avail_in = (uInt) len;
    zs->next_out = ngx_http_wsgw_deflate_buffer.data;
    zs->avail_out = (uInt) len;

    if (deflate(zs, Z_SYNC_FLUSH) != Z_OK || zs->avail_in
        || zs->avail_out == 0)
    {
        return NGX_DECLINED;
    }

    out->data = ngx_http_wsgw_deflate_buffer.data;
    out->len = len - zs->avail_out - sizeof(ngx_http_wsgw_deflate_tail);

    return NGX_OK;
}


static z_stream *
ngx_http_wsgw_deflate_state(ngx_uint_t bits)
{
    z_stream  *zs;

    zs = ngx_http_wsgw_deflate_states[bits];

    if (zs) {
        return deflateReset(zs) == Z_OK ? zs : NULL;
    }

    zs = ngx_calloc(sizeof(z_stream), ngx_cycle->log);
    if (zs == NULL) {
        return NULL;
    }

    if (deflateInit2(zs, NGX_HTTP_WSGW_DEFLATE_LEVEL, Z_DEFLATED, -(int) bits,
                     8, Z_DEFAULT_STRATEGY)
        != Z_OK)
    {
        ngx_free(zs);
        return NULL;
    }

    ngx_http_wsgw_deflate_states[bits] = zs;

    return zs;
}


static ngx_int_t
ngx_http_wsgw_deflate_room(size_t size)
{
    ngx_str_t  *b;

    b = &ngx_http_wsgw_deflate_buffer;

    if (b->len >= size) {
        return NGX_OK;
    }

    if (b->data) {
        ngx_free(b->data);
        b->len = 0;
    }

    b->data = ngx_alloc(size, ngx_cycle->log);
    if (b->data == NULL) {
        return NGX_ERROR;
    }

    b->len = size;

    return NGX_OK;
}


void
ngx_http_wsgw_deflate_exit(void)
{
    ngx_uint_t  bits;

    if (ngx_http_wsgw_inflate_state) {
        (void) inflateEnd(ngx_http_wsgw_inflate_state);
        ngx_free(ngx_http_wsgw_inflate_state);
        ngx_http_wsgw_inflate_state = NULL;
    }

    for (bits = 0; bits <= NGX_HTTP_WSGW_WINDOW_MAX; bits++) {
        if (ngx_http_wsgw_deflate_states[bits]) {
            (void) deflateEnd(ngx_http_wsgw_deflate_states[bits]);
            ngx_free(ngx_http_wsgw_deflate_states[bits]);
            ngx_http_wsgw_deflate_states[bits] = NULL;
        }
    }

    if (ngx_http_wsgw_deflate_buffer.data) {
        ngx_free(ngx_http_wsgw_deflate_buffer.data);
        ngx_str_null(&ngx_http_wsgw_deflate_buffer);
    }
}
