
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * JSON in two passes: events and descriptions.  The escaping itself is that
 * of wsgw_json.
 */


#include "ngx_http_wsgw_json.h"
#include "wsgw_json.h"
#include "wsgw_utf8.h"


static void ngx_http_wsgw_json_escape(ngx_http_wsgw_json_t *w, u_char *p,
    size_t len);
static void ngx_http_wsgw_json_repair(ngx_http_wsgw_json_t *w, u_char *p,
    size_t len);
static size_t ngx_http_wsgw_json_char_len(u_char *p, size_t len);


void
ngx_http_wsgw_json_put(ngx_http_wsgw_json_t *w, u_char *p, size_t len)
{
    if (w->pos) {
        w->pos = ngx_cpymem(w->pos, p, len);
    }

    w->len += len;
}


void
ngx_http_wsgw_json_string(ngx_http_wsgw_json_t *w, u_char *p, size_t len)
{
    if (wsgw_utf8_is_valid(p, len)) {
        ngx_http_wsgw_json_utf8(w, p, len);
        return;
    }

    ngx_http_wsgw_json_literal(w, "\"");
    ngx_http_wsgw_json_repair(w, p, len);
    ngx_http_wsgw_json_literal(w, "\"");
}


void
ngx_http_wsgw_json_utf8(ngx_http_wsgw_json_t *w, u_char *p, size_t len)
{
    ngx_http_wsgw_json_literal(w, "\"");
    ngx_http_wsgw_json_escape(w, p, len);
    ngx_http_wsgw_json_literal(w, "\"");
}


void
ngx_http_wsgw_json_base64(ngx_http_wsgw_json_t *w, u_char *p, size_t len)
{
    ngx_str_t  src, dst;

    ngx_http_wsgw_json_literal(w, "\"");

    src.data = p;
    src.len = len;

    dst.data = w->pos;
    dst.len = ngx_base64_encoded_length(len);

    if (w->pos) {
        ngx_encode_base64(&dst, &src);
        w->pos += dst.len;
    }

    w->len += dst.len;

    ngx_http_wsgw_json_literal(w, "\"");
}


void
ngx_http_wsgw_json_number(ngx_http_wsgw_json_t *w, uint64_t value)
{
    u_char  *last, buf[NGX_INT64_LEN];

    last = ngx_sprintf(buf, "%uL", value);

    ngx_http_wsgw_json_put(w, buf, last - buf);
}


ngx_int_t
ngx_http_wsgw_json_allocate(ngx_http_wsgw_json_t *w, ngx_pool_t *pool,
    ngx_str_t *text)
{
    w->pos = ngx_pnalloc(pool, w->len);
    if (w->pos == NULL) {
        return NGX_ERROR;
    }

    text->data = w->pos;
    text->len = w->len;

    w->len = 0;

    return NGX_OK;
}


static void
ngx_http_wsgw_json_escape(ngx_http_wsgw_json_t *w, u_char *p, size_t len)
{
    size_t  n;

    n = wsgw_json_escape(w->pos, p, len);

    if (w->pos) {
        w->pos += n;
    }

    w->len += n;
}


static void
ngx_http_wsgw_json_repair(ngx_http_wsgw_json_t *w, u_char *p, size_t len)
{
    size_t   n;
    u_char  *last;

    last = p + len;

    while (p < last) {

        n = ngx_http_wsgw_json_char_len(p, last - p);

        if (n == 0) {
            ngx_http_wsgw_json_literal(w, "\xEF\xBF\xBD");
            p++;
            continue;
        }

        ngx_http_wsgw_json_escape(w, p, n);
        p += n;
    }
}


/* the length of the character at p, 0 if none is there */

static size_t
ngx_http_wsgw_json_char_len(u_char *p, size_t len)
{
    size_t  n;

    for (n = 1; n <= ngx_min(len, 4); n++) {
        if (wsgw_utf8_is_valid(p, n)) {
            return n;
        }
    }

    return 0;
}
