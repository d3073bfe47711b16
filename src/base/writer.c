
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * JSON as it is written: events and descriptions.  Strings are escaped by
 * pure/json_string.
 */


#include "base/writer.h"
#include "base/block.h"
#include "pure/utf8.h"


static void ngx_http_wsgw_writer_escape(ngx_http_wsgw_writer_t *w, u_char *p,
    size_t len);


void
ngx_http_wsgw_writer_init(ngx_http_wsgw_writer_t *w, ngx_pool_t *pool,
    size_t size)
{
    w->pool = pool;
    w->start = ngx_http_wsgw_block_palloc(pool, size);
    w->pos = w->start;
    w->end = w->start ? w->start + size : NULL;
}


ngx_int_t
ngx_http_wsgw_writer_text(ngx_http_wsgw_writer_t *w, ngx_str_t *text)
{
    text->data = w->start;
    text->len = w->pos - w->start;

    return w->start ? NGX_OK : NGX_ERROR;
}


/*
 * The room doubles, or becomes as much as is asked for.  When there was no
 * memory once, nothing is written any more.
 */

ngx_int_t
ngx_http_wsgw_writer_grow(ngx_http_wsgw_writer_t *w, size_t len)
{
    u_char  *start;
    size_t   size, used;

    start = w->start;

    if (start == NULL) {
        return NGX_ERROR;
    }

    used = w->pos - start;
    size = ngx_max(2 * (size_t) (w->end - start), used + len);

    ngx_http_wsgw_writer_init(w, w->pool, size);

    if (w->start == NULL) {
        return NGX_ERROR;
    }

    w->pos = ngx_cpymem(w->pos, start, used);
    ngx_http_wsgw_block_pfree(w->pool, start);

    return NGX_OK;
}


void
ngx_http_wsgw_writer_string(ngx_http_wsgw_writer_t *w, u_char *p, size_t len)
{
    ngx_str_t  text;

    if (wsgw_utf8_is_valid(p, len)) {
        ngx_http_wsgw_writer_utf8(w, p, len);
        return;
    }

    text = ngx_http_wsgw_writer_repaired(w, p, len);

    ngx_http_wsgw_writer_utf8(w, text.data, text.len);
}


ngx_str_t
ngx_http_wsgw_writer_repaired(ngx_http_wsgw_writer_t *w, u_char *p, size_t len)
{
    ngx_str_t  text;

    text.len = wsgw_utf8_repair(NULL, p, len);
    text.data = ngx_pnalloc(w->pool, text.len);

    if (text.data) {
        (void) wsgw_utf8_repair(text.data, p, len);
        return text;
    }

    w->start = NULL;
    w->pos = NULL;
    w->end = NULL;

    text.len = 0;

    return text;
}


void
ngx_http_wsgw_writer_utf8(ngx_http_wsgw_writer_t *w, u_char *p, size_t len)
{
    ngx_http_wsgw_json_literal(w, "\"");
    ngx_http_wsgw_writer_escape(w, p, len);
    ngx_http_wsgw_json_literal(w, "\"");
}


void
ngx_http_wsgw_writer_plain(ngx_http_wsgw_writer_t *w, u_char *p, size_t len)
{
    ngx_http_wsgw_json_literal(w, "\"");
    ngx_http_wsgw_json_put(w, p, len);
    ngx_http_wsgw_json_literal(w, "\"");
}


void
ngx_http_wsgw_writer_member(ngx_http_wsgw_writer_t *w, ngx_uint_t n,
    ngx_str_t *name, ngx_str_t *value)
{
    if (n) {
        ngx_http_wsgw_json_literal(w, ",");
    }

    ngx_http_wsgw_writer_plain(w, name->data, name->len);
    ngx_http_wsgw_json_literal(w, ":");
    ngx_http_wsgw_writer_string(w, value->data, value->len);
}


void
ngx_http_wsgw_writer_base64(ngx_http_wsgw_writer_t *w, u_char *p, size_t len)
{
    ngx_str_t  src, dst;

    ngx_http_wsgw_json_literal(w, "\"");

    src.data = p;
    src.len = len;

    if (ngx_http_wsgw_json_room(w, ngx_base64_encoded_length(len))) {
        dst.data = w->pos;
        ngx_encode_base64(&dst, &src);
        w->pos += dst.len;
    }

    ngx_http_wsgw_json_literal(w, "\"");
}


void
ngx_http_wsgw_writer_number(ngx_http_wsgw_writer_t *w, uint64_t value)
{
    u_char  *p, buf[NGX_INT64_LEN];

    p = buf + NGX_INT64_LEN;

    do {
        *--p = (u_char) ('0' + value % 10);
        value /= 10;
    } while (value);

    ngx_http_wsgw_json_put(w, p, buf + NGX_INT64_LEN - p);
}


/* Most texts are written in one go, and none is looked at twice. */

static void
ngx_http_wsgw_writer_escape(ngx_http_wsgw_writer_t *w, u_char *p, size_t len)
{
    const u_char  *src, *last;

    src = p;
    last = p + len;

    while (src < last) {

        if (!ngx_http_wsgw_json_room(w, (size_t) (last - src)
                                        + WSGW_JSON_LONGEST))
        {
            return;
        }

        w->pos += wsgw_json_string_escape(w->pos, w->end - w->pos, &src, last);
    }
}
