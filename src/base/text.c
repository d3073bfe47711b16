
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Strings that are compared, and made fit for a line.
 */


#include "base/text.h"


void
ngx_http_wsgw_text_line(u_char *dst, u_char *src, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        dst[i] = ngx_http_wsgw_is_control(src[i]) ? ' ' : src[i];
    }
}


ngx_int_t
ngx_http_wsgw_text_as_line(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char  *p;
    size_t   i;

    for (i = 0; i < text->len; i++) {
        if (ngx_http_wsgw_is_control(text->data[i])) {
            break;
        }
    }

    if (i == text->len) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, text->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_text_line(p, text->data, text->len);
    text->data = p;

    return NGX_OK;
}


/*
 * A query's escapes: %XX, and "+" for a blank.  A "%" that begins no escape
 * stands for itself; ngx_unescape_uri() would drop it and what follows.
 */

ngx_int_t
ngx_http_wsgw_text_unescape(ngx_pool_t *pool, u_char *p, u_char *last,
    ngx_str_t *text)
{
    u_char     *dst;
    ngx_int_t   ch;

    dst = ngx_pnalloc(pool, last - p);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    text->data = dst;

    while (p < last) {
        ch = (*p == '%' && last - p > 2) ? ngx_hextoi(p + 1, 2) : NGX_ERROR;

        if (ch != NGX_ERROR) {
            *dst++ = (u_char) ch;
            p += 3;
            continue;
        }

        *dst++ = (*p == '+') ? ' ' : *p;
        p++;
    }

    text->len = dst - text->data;

    return NGX_OK;
}
