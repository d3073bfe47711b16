/*
 * UTF-8 validation.  The state between two bytes is what the next one must
 * be: how many continuation bytes are left, and the bounds of the first of
 * them, which is where overlong forms, surrogates and too large characters
 * show (RFC 3629, 4).
 */

#include <string.h>

#include "pure/utf8.h"


#define WSGW_UTF8_EXPECT(left, low, high)                                     \
    ((uint32_t) (left) << 16 | (uint32_t) (low) << 8 | (uint32_t) (high))

#define WSGW_UTF8_HIGH_BITS  0x8080808080808080


static const uint8_t *wsgw_utf8_skip_ascii(const uint8_t *p,
    const uint8_t *last);
static uint32_t wsgw_utf8_lead(uint8_t ch);
static size_t wsgw_utf8_char(const uint8_t *p, size_t n);


int
wsgw_utf8_validate(uint32_t *state, const uint8_t *p, size_t n)
{
    uint8_t         ch;
    uint32_t        expect, left;
    const uint8_t  *last;

    last = p + n;
    expect = *state;

    while (p < last) {

        if (expect == 0) {
            p = wsgw_utf8_skip_ascii(p, last);

            if (p == last) {
                break;
            }

            expect = wsgw_utf8_lead(*p++);

            if (expect == 0) {
                return -1;
            }

            continue;
        }

        ch = *p++;

        if (ch < (expect >> 8 & 0xff) || ch > (expect & 0xff)) {
            return -1;
        }

        left = (expect >> 16) - 1;
        expect = left ? WSGW_UTF8_EXPECT(left, 0x80, 0xbf) : 0;
    }

    *state = expect;

    return 0;
}


int
wsgw_utf8_is_valid(const uint8_t *p, size_t n)
{
    uint32_t  state;

    state = 0;

    return wsgw_utf8_validate(&state, p, n) == 0 && state == 0;
}


size_t
wsgw_utf8_cut(const uint8_t *p, size_t n, size_t max)
{
    size_t    i;
    uint32_t  state;

    if (n <= max) {
        return n;
    }

    /* A character that begins in the last three bytes may be cut. */

    for (i = 1; i <= 3 && i <= max; i++) {
        state = 0;

        if (wsgw_utf8_validate(&state, p + max - i, i) == 0 && state) {
            return max - i;
        }
    }

    return max;
}


size_t
wsgw_utf8_repair(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t          len, size;
    const uint8_t  *p, *last;

    last = src + n;
    size = 0;

    while (src < last) {
        len = wsgw_utf8_char(src, (size_t) (last - src));
        p = src;
        src += len ? len : 1;

        if (len == 0) {
            p = (const uint8_t *) "\xEF\xBF\xBD";
            len = 3;
        }

        if (dst) {
            memcpy(dst + size, p, len);
        }

        size += len;
    }

    return size;
}


/* Returns the length of the character at p, 0 if none is there. */

static size_t
wsgw_utf8_char(const uint8_t *p, size_t n)
{
    size_t  len;

    for (len = 1; len <= 4 && len <= n; len++) {
        if (wsgw_utf8_is_valid(p, len)) {
            return len;
        }
    }

    return 0;
}


static const uint8_t *
wsgw_utf8_skip_ascii(const uint8_t *p, const uint8_t *last)
{
    uint64_t        word;
    const uint8_t  *start;

    start = p;

    while ((size_t) (last - p) >= sizeof(word)) {
        memcpy(&word, p, sizeof(word));

        if (word & WSGW_UTF8_HIGH_BITS) {
            break;
        }

        p += sizeof(word);
    }

    /* Fewer than eight are left: the last eight are looked at, some of them
       once more. */

    if ((size_t) (last - start) >= sizeof(word)
        && (size_t) (last - p) < sizeof(word))
    {
        memcpy(&word, last - sizeof(word), sizeof(word));

        if ((word & WSGW_UTF8_HIGH_BITS) == 0) {
            return last;
        }
    }

    while (p < last && *p < 0x80) {
        p++;
    }

    return p;
}


/* Returns what must follow a byte that begins a character of two or more bytes;
   0 if it begins none. */

static uint32_t
wsgw_utf8_lead(uint8_t ch)
{
    if (ch < 0xc2 || ch > 0xf4) {
        return 0;
    }

    if (ch < 0xe0) {
        return WSGW_UTF8_EXPECT(1, 0x80, 0xbf);
    }

    switch (ch) {

    case 0xe0:      /* below U+0800 is overlong */
        return WSGW_UTF8_EXPECT(2, 0xa0, 0xbf);

    case 0xed:      /* U+D800 to U+DFFF are surrogates */
        return WSGW_UTF8_EXPECT(2, 0x80, 0x9f);

    case 0xf0:      /* below U+10000 is overlong */
        return WSGW_UTF8_EXPECT(3, 0x90, 0xbf);

    case 0xf4:      /* U+10FFFF is the last */
        return WSGW_UTF8_EXPECT(3, 0x80, 0x8f);

    default:
        return WSGW_UTF8_EXPECT(ch < 0xf0 ? 2 : 3, 0x80, 0xbf);
    }
}
