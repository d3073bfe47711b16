/*
 * UTF-8 validation.  An automaton (RFC 3629, 4) whose state is a number of
 * bits: the row of a byte is shifted by it, and the lowest six bits are the
 * next state.  ASCII is skipped; long texts of other characters are for
 * utf8_vector.c, where the processor can, and else read at four places at a
 * time, since each step waits for the one before it.
 */

#include <string.h>

#include "pure/utf8.h"
#include "pure/utf8_vector.h"
#include "pure/vector.h"
#include "pure/wide.h"


#define WSGW_UTF8_HIGH_BITS  0x8080808080808080

/* bytes that are read before ASCII is skipped again */
#define WSGW_UTF8_PORTION    512

/* less is not worth the way to other means */
#define WSGW_UTF8_LONG       64


/* the states: what must come */

enum {
    wsgw_utf8_st_char = 0,              /* a character begins */
    wsgw_utf8_st_one = 6,               /* so many bytes, 80 to BF, */
    wsgw_utf8_st_two = 12,
    wsgw_utf8_st_three = 18,
    wsgw_utf8_st_e0 = 24,               /* or what may follow these: below */
    wsgw_utf8_st_ed = 30,               /* U+0800 or U+10000 a form is */
    wsgw_utf8_st_f0 = 36,               /* overlong, U+D800 to U+DFFF are */
    wsgw_utf8_st_f4 = 42,               /* surrogates, U+10FFFF is the last */
    wsgw_utf8_st_error = 48             /* for ever */
};


/* a row: which state follows each of them */

#define wsgw_utf8_row(ch, one, two, three, e0, ed, f0, f4)                    \
    ((uint64_t) wsgw_utf8_st_##ch                                             \
     | (uint64_t) wsgw_utf8_st_##one << wsgw_utf8_st_one                      \
     | (uint64_t) wsgw_utf8_st_##two << wsgw_utf8_st_two                      \
     | (uint64_t) wsgw_utf8_st_##three << wsgw_utf8_st_three                  \
     | (uint64_t) wsgw_utf8_st_##e0 << wsgw_utf8_st_e0                        \
     | (uint64_t) wsgw_utf8_st_##ed << wsgw_utf8_st_ed                        \
     | (uint64_t) wsgw_utf8_st_##f0 << wsgw_utf8_st_f0                        \
     | (uint64_t) wsgw_utf8_st_##f4 << wsgw_utf8_st_f4                        \
     | (uint64_t) wsgw_utf8_st_error << wsgw_utf8_st_error)

#define wsgw_utf8_begins(state)                                               \
    wsgw_utf8_row(state, error, error, error, error, error, error, error)


static const uint64_t  wsgw_utf8_rows[256] = {
    [0x00 ... 0x7f] = wsgw_utf8_begins(char),
    [0x80 ... 0x8f] = wsgw_utf8_row(error, char, one, two, error, one, error,
                                    two),
    [0x90 ... 0x9f] = wsgw_utf8_row(error, char, one, two, error, one, two,
                                    error),
    [0xa0 ... 0xbf] = wsgw_utf8_row(error, char, one, two, one, error, two,
                                    error),
    [0xc0 ... 0xc1] = wsgw_utf8_begins(error),
    [0xc2 ... 0xdf] = wsgw_utf8_begins(one),
    [0xe0] = wsgw_utf8_begins(e0),
    [0xe1 ... 0xec] = wsgw_utf8_begins(two),
    [0xed] = wsgw_utf8_begins(ed),
    [0xee ... 0xef] = wsgw_utf8_begins(two),
    [0xf0] = wsgw_utf8_begins(f0),
    [0xf1 ... 0xf3] = wsgw_utf8_begins(three),
    [0xf4] = wsgw_utf8_begins(f4),
    [0xf5 ... 0xff] = wsgw_utf8_begins(error)
};


#define wsgw_utf8_next(state, ch)                                             \
    (wsgw_utf8_rows[ch] >> ((state) & 63))


static const uint8_t *wsgw_utf8_skip_ascii(const uint8_t *p,
    const uint8_t *last);
static inline const uint8_t *wsgw_utf8_skip(const uint8_t *p,
    const uint8_t *last) __attribute__((always_inline));

#if (WSGW_WIDE)
static const uint8_t *wsgw_utf8_skip_long(const uint8_t *p,
    const uint8_t *last) __attribute__((noinline));
#endif

static int wsgw_utf8_others(uint32_t *state, const uint8_t *p,
    const uint8_t *last) __attribute__((noinline));
static uint64_t wsgw_utf8_portion(uint64_t state, const uint8_t *p, size_t n);
static uint64_t wsgw_utf8_quarters(uint64_t state, const uint8_t *p, size_t n);
static const uint8_t *wsgw_utf8_begin(const uint8_t *p);


int
wsgw_utf8_validate(uint32_t *state, const uint8_t *p, size_t n)
{
    const uint8_t  *last;

    last = p + n;

    if (*state == wsgw_utf8_st_char) {
        p = wsgw_utf8_skip_ascii(p, last);
    }

    return p == last ? 0 : wsgw_utf8_others(state, p, last);
}


/* There is something at p, and it is no ASCII or the rest of a character. */

static int
wsgw_utf8_others(uint32_t *state, const uint8_t *p, const uint8_t *last)
{
    size_t    n;
    uint64_t  s;

    s = *state;

    do {
        n = (size_t) (last - p);

        if (s != wsgw_utf8_st_char) {
            n = 1;

        } else if (n >= WSGW_UTF8_LONG && wsgw_wide_is_there()) {
            p = wsgw_utf8_vector(p, n);

            if (p == NULL) {
                return -1;
            }

            n = (size_t) (last - p);

        } else if (n > WSGW_UTF8_PORTION) {
            n = WSGW_UTF8_PORTION;
        }

        s = n < WSGW_UTF8_LONG ? wsgw_utf8_portion(s, p, n)
                               : wsgw_utf8_quarters(s, p, n);
        p += n;

        if (s == wsgw_utf8_st_error) {
            return -1;
        }

        if (s == wsgw_utf8_st_char) {
            p = wsgw_utf8_skip_ascii(p, last);
        }

    } while (p < last);

    *state = (uint32_t) s;

    return 0;
}


static uint64_t
wsgw_utf8_portion(uint64_t state, const uint8_t *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        state = wsgw_utf8_next(state, p[i]);
    }

    return state & 63;
}


/* All but the first quarter begin where a character does: the one before it has
   to end there. */

static uint64_t
wsgw_utf8_quarters(uint64_t state, const uint8_t *p, size_t n)
{
    size_t          i, least;
    uint64_t        a, b, c, d;
    const uint8_t  *q, *r, *s, *last;

    last = p + n;
    q = wsgw_utf8_begin(p + n / 4);
    r = wsgw_utf8_begin(p + n / 4 * 2);
    s = wsgw_utf8_begin(p + n / 4 * 3);

    least = n / 4 - 3;
    a = state;
    b = c = d = wsgw_utf8_st_char;

    for (i = 0; i < least; i++) {
        a = wsgw_utf8_next(a, p[i]);
        b = wsgw_utf8_next(b, q[i]);
        c = wsgw_utf8_next(c, r[i]);
        d = wsgw_utf8_next(d, s[i]);
    }

    p += least;
    a = wsgw_utf8_portion(a, p, (size_t) (q - p));
    q += least;
    b = wsgw_utf8_portion(b, q, (size_t) (r - q));
    r += least;
    c = wsgw_utf8_portion(c, r, (size_t) (s - r));
    s += least;
    d = wsgw_utf8_portion(d, s, (size_t) (last - s));

    return (a | b | c) == wsgw_utf8_st_char ? d : wsgw_utf8_st_error;
}


/* Returns where a character begins, at p or up to three bytes before it.  If
   none does the text is no UTF-8, wherever it is cut. */

static const uint8_t *
wsgw_utf8_begin(const uint8_t *p)
{
    size_t  i;

    for (i = 0; i < 3 && (*p & 0xc0) == 0x80; i++) {
        p--;
    }

    return p;
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


size_t
wsgw_utf8_char(const uint8_t *p, size_t n)
{
    size_t  len;

    /* by its first byte, which need not be one that begins a character */

    len = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

    return len <= n && wsgw_utf8_is_valid(p, len) ? len : 0;
}


static const uint8_t *
wsgw_utf8_skip_ascii(const uint8_t *p, const uint8_t *last)
{
#if (WSGW_WIDE)
    if (wsgw_wide_is_for(last - p)) {
        return wsgw_utf8_skip_long(p, last);
    }
#endif

    return wsgw_utf8_skip(p, last);
}


#if (WSGW_WIDE)

static const uint8_t *
wsgw_utf8_skip_long(const uint8_t *p, const uint8_t *last)
{
    p += wsgw_wide_ascii(p, (size_t) (last - p));

    return wsgw_utf8_skip(p, last);
}

#endif


static inline const uint8_t *
wsgw_utf8_skip(const uint8_t *p, const uint8_t *last)
{
    uint64_t  word;

#if (WSGW_VECTOR)
    uint32_t  found;

    if ((size_t) (last - p) >= sizeof(wsgw_vector_t)) {

        do {
            found = wsgw_vector_high_bits(wsgw_vector_load(p));

            if (found) {
                return p + __builtin_ctz(found);
            }

            p += sizeof(wsgw_vector_t);
        } while ((size_t) (last - p) >= sizeof(wsgw_vector_t));

        /* the last sixteen, of which the first were looked at */

        p = last - sizeof(wsgw_vector_t);
        found = wsgw_vector_high_bits(wsgw_vector_load(p));

        return found ? p + __builtin_ctz(found) : last;
    }
#endif

    while ((size_t) (last - p) >= sizeof(word)) {
        memcpy(&word, p, sizeof(word));

        if (word & WSGW_UTF8_HIGH_BITS) {
            break;
        }

        p += sizeof(word);
    }

    while (p < last && *p < 0x80) {
        p++;
    }

    return p;
}
