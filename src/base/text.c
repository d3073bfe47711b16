
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Text, mostly of a client: made fit for a line, a query taken apart.
 */


#include "base/text.h"
#include "pure/utf8.h"


/* Time, level, process and connection.  nginx cuts a line that is too long with
   these, and would do so within a character. */
#define NGX_HTTP_WSGW_LOG_PREFIX  80


static size_t ngx_http_wsgw_text_good(u_char *p, size_t len, size_t *bad);
static size_t ngx_http_wsgw_text_ascii(u_char *p, size_t len);
static ngx_uint_t ngx_http_wsgw_text_ends_line(u_char *p, size_t len);
static ngx_int_t ngx_http_wsgw_text_unescape(ngx_pool_t *pool, u_char *p,
    u_char *last, ngx_str_t *text);


void
ngx_http_wsgw_text_header(u_char *dst, u_char *src, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        dst[i] = ngx_http_wsgw_is_control(src[i]) ? ' ' : src[i];
    }
}


void
ngx_http_wsgw_text_line(u_char *dst, u_char *src, size_t len)
{
    size_t  n, bad;

    if (dst != src) {
        ngx_memcpy(dst, src, len);
    }

    while ((n = ngx_http_wsgw_text_good(dst, len, &bad)) < len) {
        dst += n;
        len -= n + bad;

        ngx_memset(dst, bad == 1 && *dst >= 0x80 ? '?' : ' ', bad);
        dst += bad;
    }
}


/*
 * How many of the bytes may be in a line as they are, and how many that follow
 * them may not: a control character, what ends a line by Unicode's rules, or a
 * byte that is not part of a character.
 */

static size_t
ngx_http_wsgw_text_good(u_char *p, size_t len, size_t *bad)
{
    size_t  i, n;

    for (i = 0; i < len; i += n) {
        i += ngx_http_wsgw_text_ascii(p + i, len - i);

        if (i == len) {
            break;
        }

        n = wsgw_utf8_char(p + i, len - i);

        if (n == 0 || ngx_http_wsgw_text_ends_line(p + i, n)) {
            *bad = ngx_max(n, 1);
            return i;
        }
    }

    return len;
}


/*
 * How many bytes are printable ASCII.  Eight are looked at at a time, and the
 * last few one by one.
 */

static size_t
ngx_http_wsgw_text_ascii(u_char *p, size_t len)
{
    size_t    i;
    uint64_t  word, del;

    for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
        ngx_memcpy(&word, p + i, sizeof(word));

        /* the high bit of a byte is set by what borrows: less than a blank, or
           0 once it is compared with DEL; bytes from 0x80 on have it */

        del = word ^ ngx_http_wsgw_each_byte(0x7fULL);

        if (((word - ngx_http_wsgw_each_byte(0x20ULL))
             | (del - ngx_http_wsgw_each_byte(1ULL))
             | word)
            & ngx_http_wsgw_each_byte(0x80ULL))
        {
            break;
        }
    }

    while (i < len && p[i] < 0x80 && !ngx_http_wsgw_is_control(p[i])) {
        i++;
    }

    return i;
}


/* a control character, U+0080 to U+009F among them, U+2028 or U+2029 */

static ngx_uint_t
ngx_http_wsgw_text_ends_line(u_char *p, size_t len)
{
    switch (len) {

    case 1:
        return ngx_http_wsgw_is_control(p[0]);

    case 2:
        return p[0] == 0xc2 && p[1] < 0xa0;

    case 3:
        return p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);

    default:
        return 0;
    }
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
    u_char  *p, line[NGX_MAX_ERROR_STR - NGX_HTTP_WSGW_LOG_PREFIX];

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
    size_t   bad;

    if (ngx_http_wsgw_text_good(text->data, text->len, &bad) == text->len) {
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


ngx_int_t
ngx_http_wsgw_text_json(ngx_pool_t *pool, wsgw_json_value_t *v,
    ngx_str_t *text)
{
    text->data = (u_char *) v->data;
    text->len = v->len;

    if (!v->escaped) {
        return NGX_OK;
    }

    text->data = ngx_pnalloc(pool, v->len);
    if (text->data == NULL) {
        text->len = 0;
        return NGX_ERROR;
    }

    text->len = wsgw_json_string_unescape(text->data, v->data, v->len);

    return NGX_OK;
}
