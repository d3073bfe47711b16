
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Text of a client: made fit for a line, a query taken apart.
 */


#include "base/text.h"


static size_t ngx_http_wsgw_text_control(u_char *p, size_t len);
static ngx_int_t ngx_http_wsgw_text_unescape(ngx_pool_t *pool, u_char *p,
    u_char *last, ngx_str_t *text);


void
ngx_http_wsgw_text_line(u_char *dst, u_char *src, size_t len)
{
    size_t  i;

    if (dst != src) {
        ngx_memcpy(dst, src, len);
    }

    for (i = ngx_http_wsgw_text_control(dst, len); i < len; i++) {
        if (ngx_http_wsgw_is_control(dst[i])) {
            dst[i] = ' ';
        }
    }
}


/*
 * Where the first control character is, or a few bytes before it; len: there
 * is none.  Eight bytes are looked at at a time.
 */

static size_t
ngx_http_wsgw_text_control(u_char *p, size_t len)
{
    size_t    i;
    uint64_t  word, del;

    for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
        ngx_memcpy(&word, p + i, sizeof(word));

        /* the high bit of a byte is set by what borrows: less than a blank, or
           0 once it is compared with DEL; bytes from 0x80 on are none of it */

        del = word ^ ngx_http_wsgw_each_byte(0x7fULL);

        if (((word - ngx_http_wsgw_each_byte(0x20ULL)) & ~word
             & ngx_http_wsgw_each_byte(0x80ULL))
            || ((del - ngx_http_wsgw_each_byte(1ULL)) & ~del
                & ngx_http_wsgw_each_byte(0x80ULL)))
        {
            return i;
        }
    }

    for ( /* void */ ; i < len; i++) {
        if (ngx_http_wsgw_is_control(p[i])) {
            return i;
        }
    }

    return len;
}


void
ngx_http_wsgw_text_log(ngx_uint_t level, ngx_log_t *log, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_http_wsgw_text_vlog(level, log, fmt, args);
    va_end(args);
}


void
ngx_http_wsgw_text_vlog(ngx_uint_t level, ngx_log_t *log, const char *fmt,
    va_list args)
{
    u_char  *p, line[NGX_MAX_ERROR_STR];

    if (log->log_level < level) {
        return;
    }

    p = ngx_vslprintf(line, line + sizeof(line), fmt, args);

    ngx_http_wsgw_text_line(line, line, p - line);

    ngx_log_error_core(level, log, 0, "%*s", (size_t) (p - line), line);
}


ngx_int_t
ngx_http_wsgw_text_as_line(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char  *p;

    if (ngx_http_wsgw_text_control(text->data, text->len) == text->len) {
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


ngx_int_t
ngx_http_wsgw_text_argument(ngx_pool_t *pool, ngx_str_t *query,
    ngx_str_t *name, ngx_str_t *value)
{
    u_char  *p, *eq, *end, *last;

    p = query->data;
    last = p + query->len;

    while (p < last && *p == '&') {
        p++;
    }

    if (p == last) {
        return NGX_DONE;
    }

    end = ngx_strlchr(p, last, '&');
    if (end == NULL) {
        end = last;
    }

    eq = ngx_strlchr(p, end, '=');
    if (eq == NULL) {
        eq = end;
    }

    query->data = end;
    query->len = last - end;

    if (ngx_http_wsgw_text_unescape(pool, p, eq, name) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_text_unescape(pool, ngx_min(eq + 1, end), end, value);
}


/*
 * A query's escapes: %XX, and "+" for a blank.  A "%" that begins no escape
 * stands for itself; ngx_unescape_uri() would drop it and what follows.
 */

static ngx_int_t
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
