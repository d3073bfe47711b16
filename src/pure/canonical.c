
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A request's path, query and headers in the one form that AWS's clients sign.
 */


#include "pure/canonical.h"

#include <string.h>


static uint8_t *wsgw_canonical_recode(uint8_t *dst, wsgw_canonical_text_t raw,
    wsgw_canonical_text_t *text);
static int wsgw_canonical_digit(uint8_t ch);
static uint8_t *wsgw_canonical_encode(uint8_t *dst, uint8_t ch);
static void wsgw_canonical_sort(wsgw_canonical_pair_t *pairs, size_t n);
static void wsgw_canonical_sift(wsgw_canonical_pair_t *pairs, size_t root,
    size_t n);
static int wsgw_canonical_before(const wsgw_canonical_pair_t *a,
    const wsgw_canonical_pair_t *b);


/*
 * The kinds of each byte.  A word of a credential can stand in a log and in an
 * event as it is; the slash is between words.  In a name there are no capitals,
 * nor what ends it.
 */

static const uint8_t  wsgw_canonical_kinds[256] = {
    [' '] = 0, 6, 4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 4,  /* ! .. / */
    ['0'] = 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 2, 2, 6, 6, 6, 6,  /* :;<=>? */
    ['@'] = 6, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
            3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 4, 6, 6, 7,  /* [\]^_ */
    ['`'] = 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
            7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 7, 0   /* {|}~ */
};


size_t
wsgw_canonical_span(const uint8_t *p, size_t n, wsgw_canonical_kind_t kind)
{
    size_t  i;

    for (i = 0; i < n && wsgw_canonical_kinds[p[i]] & kind; i++) {
        /* void */
    }

    return i;
}


uint8_t *
wsgw_canonical_path(uint8_t *dst, const uint8_t *p, size_t n)
{
    size_t          len;
    const uint8_t  *last;

    last = p + n;

    *dst++ = '/';

    while (p < last) {

        len = wsgw_canonical_span(p, (size_t) (last - p),
                                  WSGW_CANONICAL_PLAIN);
        if (len) {
            memcpy(dst, p, len);
            dst += len;
            p += len;
            continue;
        }

        /* dst[-1] is always there */

        if (*p != '/') {
            dst = wsgw_canonical_encode(dst, *p);

        } else if (dst[-1] != '/') {
            *dst++ = '/';
        }

        p++;
    }

    return dst;
}


uint8_t *
wsgw_canonical_query(uint8_t *dst, const uint8_t *p, size_t n,
    const char *except, wsgw_canonical_pair_t *pairs, uint8_t *scratch)
{
    size_t                  i, count;
    const uint8_t          *last, *eq;
    wsgw_canonical_text_t   name, value;
    wsgw_canonical_pair_t  *pair;

    last = p + n;
    count = 0;

    while (p < last) {
        name = wsgw_canonical_argument(&p, last);

        if (name.len == 0) {
            continue;
        }

        value.data = name.data + name.len;
        value.len = 0;

        eq = memchr(name.data, '=', name.len);

        if (eq) {
            value.len = (size_t) (value.data - eq) - 1;
            value.data = eq + 1;
            name.len = (size_t) (eq - name.data);
        }

        if (except && name.len == strlen(except)
            && memcmp(name.data, except, name.len) == 0)
        {
            continue;
        }

        pair = &pairs[count++];
        scratch = wsgw_canonical_recode(scratch, name, &pair->name);
        scratch = wsgw_canonical_recode(scratch, value, &pair->value);
    }

    wsgw_canonical_sort(pairs, count);

    for (i = 0; i < count; i++) {
        pair = &pairs[i];

        if (i) {
            *dst++ = '&';
        }

        memcpy(dst, pair->name.data, pair->name.len);
        dst += pair->name.len;
        *dst++ = '=';
        memcpy(dst, pair->value.data, pair->value.len);
        dst += pair->value.len;
    }

    return dst;
}


size_t
wsgw_canonical_pairs(const uint8_t *p, size_t n)
{
    size_t  i, count;

    count = 1;

    for (i = 0; i < n; i++) {
        count += (p[i] == '&');
    }

    return count;
}


wsgw_canonical_text_t
wsgw_canonical_argument(const uint8_t **pos, const uint8_t *last)
{
    const uint8_t          *end;
    wsgw_canonical_text_t   text;

    end = memchr(*pos, '&', (size_t) (last - *pos));
    if (end == NULL) {
        end = last;
    }

    text.data = *pos;
    text.len = (size_t) (end - *pos);

    *pos = end + (end < last);

    return text;
}


/* However a client has escaped it: there is one form that is signed. */

static uint8_t *
wsgw_canonical_recode(uint8_t *dst, wsgw_canonical_text_t raw,
    wsgw_canonical_text_t *text)
{
    const uint8_t  *p;

    text->data = dst;

    for (p = raw.data; p < raw.data + raw.len; /* void */) {
        dst = wsgw_canonical_encode(dst, wsgw_canonical_decode(&p,
                                                       raw.data + raw.len));
    }

    text->len = (size_t) (dst - text->data);

    return dst;
}


/* as a query's escapes are undone elsewhere: "+" is a blank, and a "%" that
   begins no escape stands for itself */

uint8_t
wsgw_canonical_decode(const uint8_t **pos, const uint8_t *last)
{
    int             high, low;
    const uint8_t  *p;

    p = (*pos)++;

    if (*p == '+') {
        return ' ';
    }

    if (*p != '%' || last - p < 3) {
        return *p;
    }

    high = wsgw_canonical_digit(p[1]);
    low = wsgw_canonical_digit(p[2]);

    if (high < 0 || low < 0) {
        return *p;
    }

    *pos = p + 3;

    return (uint8_t) (high << 4 | low);
}


/* a digit's value, or -1 */

static int
wsgw_canonical_digit(uint8_t ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }

    ch |= 0x20;

    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}


static uint8_t *
wsgw_canonical_encode(uint8_t *dst, uint8_t ch)
{
    static const uint8_t  digits[] = "0123456789ABCDEF";

    if (wsgw_canonical_kinds[ch] & WSGW_CANONICAL_PLAIN) {
        *dst++ = ch;
        return dst;
    }

    *dst++ = '%';
    *dst++ = digits[ch >> 4];
    *dst++ = digits[ch & 15];

    return dst;
}


/* A heap: a query of many arguments takes no more than its share of time. */

static void
wsgw_canonical_sort(wsgw_canonical_pair_t *pairs, size_t n)
{
    size_t                 i;
    wsgw_canonical_pair_t  pair;

    for (i = n / 2; i > 0; i--) {
        wsgw_canonical_sift(pairs, i - 1, n);
    }

    for (i = n; i > 1; i--) {
        pair = pairs[0];
        pairs[0] = pairs[i - 1];
        pairs[i - 1] = pair;

        wsgw_canonical_sift(pairs, 0, i - 1);
    }
}


static void
wsgw_canonical_sift(wsgw_canonical_pair_t *pairs, size_t root, size_t n)
{
    size_t                 child;
    wsgw_canonical_pair_t  pair;

    for ( /* void */ ; (child = 2 * root + 1) < n; root = child) {

        child += child + 1 < n
                 && wsgw_canonical_before(&pairs[child], &pairs[child + 1]);

        if (!wsgw_canonical_before(&pairs[root], &pairs[child])) {
            return;
        }

        pair = pairs[root];
        pairs[root] = pairs[child];
        pairs[child] = pair;
    }
}


static int
wsgw_canonical_before(const wsgw_canonical_pair_t *a,
    const wsgw_canonical_pair_t *b)
{
    int  rc;

    rc = wsgw_canonical_compare(&a->name, &b->name);

    return (rc ? rc : wsgw_canonical_compare(&a->value, &b->value)) < 0;
}


uint8_t *
wsgw_canonical_value(uint8_t *dst, const uint8_t *p, size_t n)
{
    uint8_t        *start;
    const uint8_t  *last;

    start = dst;
    last = p + n;

    for ( /* void */ ; p < last; p++) {

        if (*p != ' ' && *p != '\t') {
            *dst++ = *p;

        } else if (dst > start && dst[-1] != ' ') {
            *dst++ = ' ';
        }
    }

    return dst > start && dst[-1] == ' ' ? dst - 1 : dst;
}


int
wsgw_canonical_compare(const wsgw_canonical_text_t *a,
    const wsgw_canonical_text_t *b)
{
    int     rc;
    size_t  n;

    n = a->len < b->len ? a->len : b->len;
    rc = n ? memcmp(a->data, b->data, n) : 0;

    return rc ? rc : (a->len > b->len) - (a->len < b->len);
}
