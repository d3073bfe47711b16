
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Text, mostly of a client: compared, made fit for a line, a query taken apart.
 */


#ifndef _NGX_HTTP_WSGW_TEXT_H_INCLUDED_
#define _NGX_HTTP_WSGW_TEXT_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/json.h"
#include "pure/vector.h"


#define ngx_http_wsgw_each_byte(value)  ((value) * 0x0101010101010101)


/* 1: they have the same bytes */

static ngx_inline ngx_uint_t
ngx_http_wsgw_text_is_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


static ngx_inline ngx_uint_t
ngx_http_wsgw_text_is(const ngx_str_t *text, const char *word)
{
    return text->len == ngx_strlen(word)
           && ngx_memcmp(text->data, word, text->len) == 0;
}


/*
 * Copies what a client has said for a header or a URL that an integration gets:
 * control characters become spaces, and other bytes are nobody's business.  dst
 * may be src.
 */
void ngx_http_wsgw_text_header(u_char *dst, u_char *src, size_t len);

/*
 * Copies what anybody has said as one line, for a log or a variable: a byte of
 * what controls a terminal or ends a line, by Unicode's rules too, becomes a
 * space, and one that is not UTF-8 a "?".  dst may be src.
 */
void ngx_http_wsgw_text_line(u_char *dst, u_char *src, size_t len);

/*
 * Makes the text one line, in memory of the pool if there is anything to
 * change.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_text_as_line(ngx_pool_t *pool, ngx_str_t *text);

/*
 * As ngx_log_error(), for what clients, callers or integrations have said: the
 * line remains one, whatever is in it.
 */
void ngx_http_wsgw_text_log(ngx_uint_t level, ngx_log_t *log,
    const char *fmt, ...);
void ngx_http_wsgw_text_vlog(ngx_uint_t level, ngx_log_t *log,
    const char *fmt, va_list args);

#if (NGX_DEBUG)

#define ngx_http_wsgw_text_debug(log, ...)                                    \
    if ((log)->log_level & NGX_LOG_DEBUG_HTTP) {                              \
        ngx_http_wsgw_text_log(NGX_LOG_DEBUG, log, __VA_ARGS__);              \
    }

#else

#define ngx_http_wsgw_text_debug(log, ...)

#endif

/*
 * Takes the first "name=value" off a query, both with their escapes undone, in
 * memory of the pool.  NGX_DONE: there is none left; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_text_argument(ngx_pool_t *pool, ngx_str_t *query,
    ngx_str_t *name, ngx_str_t *value);


/*
 * A string of JSON without its escapes, in memory of the pool if it has some.
 * NGX_ERROR: no memory, the text is empty.
 */
ngx_int_t ngx_http_wsgw_text_json(ngx_pool_t *pool, wsgw_json_value_t *v,
    ngx_str_t *text);


/* Eight digits in lower case; returns what follows them. */

static ngx_inline u_char *
ngx_http_wsgw_text_hex(u_char *dst, uint32_t value)
{
    uint64_t  x;

    /* a byte for each digit, the last one lowest */

    x = value;
    x = (x << 16 | x) & 0x0000ffff0000ffff;
    x = (x << 8 | x) & 0x00ff00ff00ff00ff;
    x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0f;

    /* six more carry a letter, but no figure, into the upper half */

    x += ngx_http_wsgw_each_byte(0x30ULL)
         + ((x + ngx_http_wsgw_each_byte(6ULL)) >> 4
            & ngx_http_wsgw_each_byte(1ULL)) * ('a' - '9' - 1);

#if (NGX_HAVE_LITTLE_ENDIAN)
    x = __builtin_bswap64(x);
#endif

    return ngx_cpymem(dst, &x, sizeof(uint64_t));
}


/* The same of eight bytes that are in a word as they are in memory. */

static ngx_inline u_char *
ngx_http_wsgw_text_hex_bytes(u_char *dst, uint64_t bytes)
{
#if (WSGW_VECTOR)
    wsgw_vector_t  v, letters;

    v = _mm_cvtsi64_si128((long long) bytes);
    v = _mm_unpacklo_epi8(_mm_srli_epi64(v, 4), v);
    v = _mm_and_si128(v, wsgw_vector_each(0x0f));

    letters = _mm_cmpgt_epi8(v, wsgw_vector_each(9));

    v = _mm_add_epi8(v, wsgw_vector_each('0'));
    v = _mm_add_epi8(v, _mm_and_si128(letters,
                                      wsgw_vector_each('a' - '9' - 1)));

    wsgw_vector_store(dst, v);

    return dst + sizeof(v);
#else
    uint32_t  half[2];

    ngx_memcpy(half, &bytes, sizeof(uint64_t));

    dst = ngx_http_wsgw_text_hex(dst, ntohl(half[0]));

    return ngx_http_wsgw_text_hex(dst, ntohl(half[1]));
#endif
}


#endif /* _NGX_HTTP_WSGW_TEXT_H_INCLUDED_ */
