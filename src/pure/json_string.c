/*
 * The inside of JSON strings.  The scanner asks what may stand in one, and
 * whoever writes or reads a string calls the rest.
 */

#include <string.h>

#include "pure/json_string.h"
#include "pure/vector.h"
#include "pure/wide.h"


#define WSGW_JSON_ONES          0x0101010101010101
#define WSGW_JSON_HIGH_BITS     0x8080808080808080

#define wsgw_json_is_digit(ch)  ((ch) >= '0' && (ch) <= '9')

#define wsgw_json_is_plain(ch)  ((ch) >= 0x20 && (ch) != '"' && (ch) != '\\')


static inline const uint8_t *wsgw_json_string_skip(const uint8_t *p,
    const uint8_t *last) __attribute__((always_inline));

#if (WSGW_WIDE)
static const uint8_t *wsgw_json_string_skip_long(const uint8_t *p,
    const uint8_t *last) __attribute__((noinline));
#endif

#if (WSGW_VECTOR)
static uint32_t wsgw_json_string_marks(wsgw_vector_t v);
#endif

static uint64_t wsgw_json_string_word(const uint8_t *p);
static size_t wsgw_json_string_copy_plain(uint8_t *dst, const uint8_t **src,
    const uint8_t *last);
static uint32_t wsgw_json_string_code_point(const uint8_t **src,
    const uint8_t *last);
static size_t wsgw_json_string_utf8(uint8_t dst[4], uint32_t ch);
static uint8_t wsgw_json_string_short_escape(uint8_t ch);


const uint8_t *
wsgw_json_string_skip_plain(const uint8_t *p, const uint8_t *last)
{
#if (WSGW_WIDE)
    if (wsgw_wide_is_for(last - p)) {
        return wsgw_json_string_skip_long(p, last);
    }
#endif

    return wsgw_json_string_skip(p, last);
}


#if (WSGW_WIDE)

/* The text is long, but most strings are short all the same. */

static const uint8_t *
wsgw_json_string_skip_long(const uint8_t *p, const uint8_t *last)
{
    const uint8_t  *begin;

    begin = p + WSGW_WIDE_STEP;
    p = wsgw_json_string_skip(p, begin);

    if (p < begin) {
        return p;
    }

    p += wsgw_wide_plain(p, (size_t) (last - p));

    return wsgw_json_string_skip(p, last);
}

#endif


/*
 * Eight bytes at a time: subtracting sets the high bit of each byte that was
 * too small, an equal byte being 0 and so too small after the xor.  A borrow
 * reaches higher bytes only, so the lowest bit found is right.
 */

static inline const uint8_t *
wsgw_json_string_skip(const uint8_t *p, const uint8_t *last)
{
    uint64_t  word, found;

#if (WSGW_VECTOR)
    uint32_t  marks;

    if (last - p >= (ptrdiff_t) sizeof(wsgw_vector_t)) {

        do {
            marks = wsgw_json_string_marks(wsgw_vector_load(p));

            if (marks) {
                return p + __builtin_ctz(marks);
            }

            p += sizeof(wsgw_vector_t);
        } while (last - p >= (ptrdiff_t) sizeof(wsgw_vector_t));

        /* the last sixteen, of which the first are known to be plain */

        p = last - sizeof(wsgw_vector_t);
        marks = wsgw_json_string_marks(wsgw_vector_load(p));

        return marks ? p + __builtin_ctz(marks) : last;
    }
#endif

    while (last - p >= 8) {
        word = wsgw_json_string_word(p);

        found = (word - WSGW_JSON_ONES * 0x20)
                | ((word ^ WSGW_JSON_ONES * '"') - WSGW_JSON_ONES)
                | ((word ^ WSGW_JSON_ONES * '\\') - WSGW_JSON_ONES);

        found &= ~word & WSGW_JSON_HIGH_BITS;

        if (found) {
            return p + (__builtin_ctzll(found) >> 3);
        }

        p += 8;
    }

    while (p < last && wsgw_json_is_plain(*p)) {
        p++;
    }

    return p;
}


#if (WSGW_VECTOR)

/* A bit for each byte that is not plain.  Of those that have one bit turned
   around only a quotation mark becomes a blank; what is less was a control
   character. */

static uint32_t
wsgw_json_string_marks(wsgw_vector_t v)
{
    wsgw_vector_t  turned;

    turned = _mm_xor_si128(v, wsgw_vector_each('"' ^ ' '));

    return wsgw_vector_high_bits(
               _mm_or_si128(
                   _mm_cmpeq_epi8(turned,
                                  _mm_min_epu8(turned, wsgw_vector_each(' '))),
                   _mm_cmpeq_epi8(v, wsgw_vector_each('\\'))));
}

#endif


/* The word is little-endian on any machine; compilers make one load of it. */

static uint64_t
wsgw_json_string_word(const uint8_t *p)
{
    return (uint64_t) p[0]
           | (uint64_t) p[1] << 8
           | (uint64_t) p[2] << 16
           | (uint64_t) p[3] << 24
           | (uint64_t) p[4] << 32
           | (uint64_t) p[5] << 40
           | (uint64_t) p[6] << 48
           | (uint64_t) p[7] << 56;
}


int32_t
wsgw_json_string_hex4(const uint8_t *p)
{
    int      i;
    uint8_t  ch;
    int32_t  value;

    value = 0;

    for (i = 0; i < 4; i++) {
        ch = p[i];

        if (wsgw_json_is_digit(ch)) {
            value = value << 4 | (ch - '0');
            continue;
        }

        ch |= 0x20;

        if (ch < 'a' || ch > 'f') {
            return -1;
        }

        value = value << 4 | (ch - 'a' + 10);
    }

    return value;
}


size_t
wsgw_json_string_char(uint8_t dst[4], const uint8_t **src, const uint8_t *last)
{
    uint8_t  ch;

    ch = *(*src)++;

    if (ch == '\\') {
        ch = *(*src)++;

        switch (ch) {

        case 'u':
            return wsgw_json_string_utf8(dst,
                                         wsgw_json_string_code_point(src,
                                                                     last));

        case 'b':
            ch = '\b';
            break;

        case 'f':
            ch = '\f';
            break;

        case 'n':
            ch = '\n';
            break;

        case 'r':
            ch = '\r';
            break;

        case 't':
            ch = '\t';
            break;
        }
    }

    dst[0] = ch;

    return 1;
}


size_t
wsgw_json_string_unescape(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t          len;
    uint8_t        *p;
    const uint8_t  *last, *escape;

    p = dst;
    last = src + n;

    while (src < last) {
        escape = memchr(src, '\\', (size_t) (last - src));
        len = (size_t) ((escape ? escape : last) - src);

        memmove(p, src, len);
        p += len;
        src += len;

        /* No escape is shorter than its character, so p never passes src. */

        if (escape) {
            p += wsgw_json_string_char(p, &src, last);
        }
    }

    return (size_t) (p - dst);
}


size_t
wsgw_json_string_escape(uint8_t *dst, size_t size, const uint8_t **src,
    const uint8_t *last)
{
    uint8_t         ch, *p, *end;
    const uint8_t  *stop;

    static const uint8_t  hex[] = "0123456789abcdef";

    p = dst;
    end = dst + size;

    for ( ;; ) {
        stop = (last - *src < end - p) ? last : *src + (end - p);
        p += wsgw_json_string_copy_plain(p, src, stop);

        if (*src == last || end - p < WSGW_JSON_LONGEST) {
            return (size_t) (p - dst);
        }

        ch = *(*src)++;
        *p++ = '\\';
        *p = wsgw_json_string_short_escape(ch);

        if (*p++ == 'u') {
            *p++ = '0';
            *p++ = '0';
            *p++ = hex[ch >> 4];
            *p++ = hex[ch & 0x0f];
        }
    }
}


/*
 * Copies what is plain at *src, which becomes what follows it; returns its
 * size.  All of a vector is copied before it is known how much of it is plain:
 * dst has room for as much as there is in src.
 */

static size_t
wsgw_json_string_copy_plain(uint8_t *dst, const uint8_t **src,
    const uint8_t *last)
{
    size_t          n;
    const uint8_t  *p, *start;

    p = *src;
    start = p;

#if (WSGW_WIDE)
    if (wsgw_wide_is_for(last - p)) {
        n = wsgw_wide_copy_plain(dst, p, (size_t) (last - p));
        p += n;
        dst += n;
    }
#endif

#if (WSGW_VECTOR)
    uint32_t       marks;
    wsgw_vector_t  v;

    while (last - p >= (ptrdiff_t) sizeof(v)) {
        v = wsgw_vector_load(p);
        wsgw_vector_store(dst, v);
        marks = wsgw_json_string_marks(v);

        if (marks) {
            p += __builtin_ctz(marks);
            *src = p;

            return (size_t) (p - start);
        }

        p += sizeof(v);
        dst += sizeof(v);
    }
#endif

    *src = wsgw_json_string_skip(p, last);
    n = (size_t) (*src - p);

    memcpy(dst, p, n);

    return (size_t) (*src - start);
}


/* Returns the letter after the backslash; 'u' if there is no short form. */

static uint8_t
wsgw_json_string_short_escape(uint8_t ch)
{
    switch (ch) {

    case '\b':
        return 'b';

    case '\f':
        return 'f';

    case '\n':
        return 'n';

    case '\r':
        return 'r';

    case '\t':
        return 't';

    case '"':
    case '\\':
        return ch;

    default:
        return 'u';
    }
}


/* RFC 8259, 7 and 8.2: a pair of surrogates is one character, a lone one is
   none.  *src is what follows the 'u'. */

static uint32_t
wsgw_json_string_code_point(const uint8_t **src, const uint8_t *last)
{
    uint32_t        high, low;
    const uint8_t  *p;

    p = *src;
    high = (uint32_t) wsgw_json_string_hex4(p);
    p += 4;
    *src = p;

    if (high < 0xd800 || high > 0xdfff) {
        return high;
    }

    if (high > 0xdbff || last - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return 0xfffd;
    }

    low = (uint32_t) wsgw_json_string_hex4(p + 2);

    if (low < 0xdc00 || low > 0xdfff) {
        return 0xfffd;
    }

    *src = p + 6;

    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}


static size_t
wsgw_json_string_utf8(uint8_t dst[4], uint32_t ch)
{
    if (ch < 0x80) {
        dst[0] = (uint8_t) ch;
        return 1;
    }

    if (ch < 0x800) {
        dst[0] = (uint8_t) (0xc0 | ch >> 6);
        dst[1] = (uint8_t) (0x80 | (ch & 0x3f));
        return 2;
    }

    if (ch < 0x10000) {
        dst[0] = (uint8_t) (0xe0 | ch >> 12);
        dst[1] = (uint8_t) (0x80 | (ch >> 6 & 0x3f));
        dst[2] = (uint8_t) (0x80 | (ch & 0x3f));
        return 3;
    }

    dst[0] = (uint8_t) (0xf0 | ch >> 18);
    dst[1] = (uint8_t) (0x80 | (ch >> 12 & 0x3f));
    dst[2] = (uint8_t) (0x80 | (ch >> 6 & 0x3f));
    dst[3] = (uint8_t) (0x80 | (ch & 0x3f));

    return 4;
}
