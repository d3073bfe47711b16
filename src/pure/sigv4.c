
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * AWS's Signature Version 4 without its hashes.
 *
 * Nothing here is a secret.  Each limit is checked while what it bounds is
 * read, so that a caller can have buffers of a size known before.
 */


#include "pure/sigv4.h"

#include <string.h>


/* the parts of a signature, by where they stand in the tables below */

typedef enum {
    wsgw_sigv4_credential = 0,
    wsgw_sigv4_headers,
    wsgw_sigv4_signature,
    wsgw_sigv4_in_header,               /* a header has no more than these */
    wsgw_sigv4_algorithm = wsgw_sigv4_in_header,
    wsgw_sigv4_date,
    wsgw_sigv4_expires,
    wsgw_sigv4_parts
} wsgw_sigv4_part_t;


static const char *const  wsgw_sigv4_names[wsgw_sigv4_parts] = {
    "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature",
    "X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires"
};


#define wsgw_sigv4_prefix  (sizeof("X-Amz-") - 1)   /* a header's have none */


/* a value in each byte of a word */

#define wsgw_sigv4_each(value)  ((uint64_t) (value) * 0x0101010101010101)

/* between a word of memory and one whose first byte is its highest */

#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define wsgw_sigv4_swap32(word)  __builtin_bswap32(word)
#define wsgw_sigv4_swap64(word)  __builtin_bswap64(word)
#else
#define wsgw_sigv4_swap32(word)  (word)
#define wsgw_sigv4_swap64(word)  (word)
#endif


static int wsgw_sigv4_param(wsgw_sigv4_t *s, const uint8_t *p, size_t n,
    unsigned *seen);
static int wsgw_sigv4_set(wsgw_sigv4_t *s, wsgw_sigv4_part_t part,
    wsgw_canonical_text_t value);
static int wsgw_sigv4_set_credential(wsgw_sigv4_t *s,
    wsgw_canonical_text_t value);
static int wsgw_sigv4_set_headers(wsgw_sigv4_t *s,
    wsgw_canonical_text_t value);
static int wsgw_sigv4_set_signature(wsgw_sigv4_t *s,
    wsgw_canonical_text_t value);
static int wsgw_sigv4_set_expires(wsgw_sigv4_t *s,
    wsgw_canonical_text_t value);
static int wsgw_sigv4_segment(wsgw_canonical_text_t *rest,
    wsgw_canonical_text_t *one, size_t max);
static int wsgw_sigv4_digits(const uint8_t *p, size_t n, unsigned *value);
static int wsgw_sigv4_is(const wsgw_canonical_text_t *text, const char *word);


int
wsgw_sigv4_header(wsgw_sigv4_t *s, const uint8_t *p, size_t n)
{
    size_t          len;
    unsigned        seen;
    const uint8_t  *last, *end;

    memset(s, 0, sizeof(wsgw_sigv4_t));

    len = sizeof(WSGW_SIGV4_ALGORITHM " ") - 1;

    if (n < len || memcmp(p, WSGW_SIGV4_ALGORITHM " ", len) != 0) {
        return -1;
    }

    last = p + n;
    seen = 0;

    for (p += len; p < last; p = end + 1) {

        while (p < last && *p == ' ') {
            p++;
        }

        end = memchr(p, ',', (size_t) (last - p));
        if (end == NULL) {
            end = last;
        }

        if (wsgw_sigv4_param(s, p, (size_t) (end - p), &seen) != 0) {
            return -1;
        }
    }

    return seen == (1u << wsgw_sigv4_in_header) - 1 ? 0 : -1;
}


/* NAME=VALUE of a header, blanks behind it */

static int
wsgw_sigv4_param(wsgw_sigv4_t *s, const uint8_t *p, size_t n, unsigned *seen)
{
    unsigned                part;
    const char             *name;
    wsgw_canonical_text_t   value;

    while (n && p[n - 1] == ' ') {
        n--;
    }

    for (part = 0; part < wsgw_sigv4_in_header; part++) {

        name = wsgw_sigv4_names[part] + wsgw_sigv4_prefix;
        value.len = strlen(name);

        if (n <= value.len || p[value.len] != '='
            || memcmp(p, name, value.len) != 0)
        {
            continue;
        }

        if (*seen & 1u << part) {
            return -1;
        }

        *seen |= 1u << part;

        value.data = p + value.len + 1;
        value.len = n - value.len - 1;

        return wsgw_sigv4_set(s, part, value);
    }

    return -1;
}


int
wsgw_sigv4_presigned(wsgw_sigv4_t *s, const uint8_t *p, size_t n,
    uint8_t *scratch)
{
    unsigned                part, seen;
    const uint8_t          *last, *pos;
    wsgw_canonical_text_t   raw, value;

    memset(s, 0, sizeof(wsgw_sigv4_t));

    last = p + n;
    seen = 0;

    while (p < last) {
        raw = wsgw_canonical_argument(&p, last);

        for (part = 0; part < wsgw_sigv4_parts; part++) {
            value.len = strlen(wsgw_sigv4_names[part]);

            if (raw.len > value.len && raw.data[value.len] == '='
                && memcmp(raw.data, wsgw_sigv4_names[part], value.len) == 0)
            {
                break;
            }
        }

        if (part == wsgw_sigv4_parts) {
            continue;
        }

        if (seen & 1u << part) {
            return -1;
        }

        seen |= 1u << part;

        pos = raw.data + value.len + 1;
        value.data = scratch;

        while (pos < raw.data + raw.len) {
            *scratch++ = wsgw_canonical_decode(&pos, raw.data + raw.len);
        }

        value.len = (size_t) (scratch - value.data);

        if (wsgw_sigv4_set(s, part, value) != 0) {
            return -1;
        }
    }

    if (seen == 0) {
        return 0;
    }

    /* only X-Amz-Expires may be missing */

    seen |= 1u << wsgw_sigv4_expires;

    return seen == (1u << wsgw_sigv4_parts) - 1 ? 1 : -1;
}


static int
wsgw_sigv4_set(wsgw_sigv4_t *s, wsgw_sigv4_part_t part,
    wsgw_canonical_text_t value)
{
    switch (part) {

    case wsgw_sigv4_credential:
        return wsgw_sigv4_set_credential(s, value);

    case wsgw_sigv4_headers:
        return wsgw_sigv4_set_headers(s, value);

    case wsgw_sigv4_signature:
        return wsgw_sigv4_set_signature(s, value);

    case wsgw_sigv4_algorithm:
        return wsgw_sigv4_is(&value, WSGW_SIGV4_ALGORITHM) ? 0 : -1;

    case wsgw_sigv4_date:
        s->time = value;
        return 0;

    default: /* wsgw_sigv4_expires */
        return wsgw_sigv4_set_expires(s, value);
    }
}


static int
wsgw_sigv4_set_credential(wsgw_sigv4_t *s, wsgw_canonical_text_t value)
{
    unsigned               unused;
    wsgw_canonical_text_t  service;

    if (wsgw_sigv4_segment(&value, &s->key, WSGW_SIGV4_KEY_MAX) != 0) {
        return -1;
    }

    s->scope = value;

    if (wsgw_sigv4_segment(&value, &s->day, WSGW_SIGV4_DAY) != 0
        || wsgw_sigv4_segment(&value, &s->region, WSGW_SIGV4_REGION_MAX) != 0
        || wsgw_sigv4_segment(&value, &service, WSGW_SIGV4_SERVICE_MAX) != 0
        || !wsgw_sigv4_is(&value, WSGW_SIGV4_END)
        || s->day.len != WSGW_SIGV4_DAY
        || wsgw_sigv4_digits(s->day.data, s->day.len, &unused) != 0)
    {
        return -1;
    }

    s->ours = wsgw_sigv4_is(&service, WSGW_SIGV4_SERVICE) ? 1 : 0;

    return 0;
}


/* takes what is in front of the next slash, which is not empty */

static int
wsgw_sigv4_segment(wsgw_canonical_text_t *rest, wsgw_canonical_text_t *one,
    size_t max)
{
    size_t  n;

    n = wsgw_canonical_span(rest->data, rest->len, WSGW_CANONICAL_WORD);

    if (n == 0 || n == rest->len || n > max || rest->data[n] != '/') {
        return -1;
    }

    one->data = rest->data;
    one->len = n;

    rest->data += n + 1;
    rest->len -= n + 1;

    return 0;
}


/* Ascending names cannot repeat: each header is signed once. */

static int
wsgw_sigv4_set_headers(wsgw_sigv4_t *s, wsgw_canonical_text_t value)
{
    unsigned               n;
    const uint8_t         *last;
    wsgw_canonical_text_t  name, previous;

    s->headers = value;

    last = value.data + value.len;

    previous.data = value.data;
    previous.len = 0;

    name.data = value.data;

    for (n = 0; n < WSGW_SIGV4_HEADERS_MAX; n++) {
        name.len = wsgw_canonical_span(name.data, (size_t) (last - name.data),
                                       WSGW_CANONICAL_NAME);

        /* the first name is not empty, either */

        if (wsgw_canonical_compare(&previous, &name) >= 0) {
            return -1;
        }

        if (wsgw_sigv4_is(&name, "host")) {
            s->host = 1;

        } else if (wsgw_sigv4_is(&name, "x-amz-date")) {
            s->date = 1;
        }

        previous = name;
        name.data += name.len;

        if (name.data == last) {
            return s->host ? 0 : -1;
        }

        if (*name.data++ != ';') {
            return -1;
        }
    }

    return -1;
}


int
wsgw_sigv4_next_header(wsgw_canonical_text_t *list,
    wsgw_canonical_text_t *name)
{
    const uint8_t  *end;

    if (list->len == 0) {
        return 0;
    }

    name->data = list->data;

    end = memchr(list->data, ';', list->len);

    if (end == NULL) {
        name->len = list->len;
        list->len = 0;
        return 1;
    }

    name->len = (size_t) (end - list->data);

    list->len -= name->len + 1;
    list->data = end + 1;

    return 1;
}


/* Eight digits at a time.  What is no digit in lower case is another one when
   it is written again. */

static int
wsgw_sigv4_set_signature(wsgw_sigv4_t *s, wsgw_canonical_text_t value)
{
    size_t    i;
    uint8_t   again[WSGW_SIGV4_HEX];
    uint32_t  four;
    uint64_t  x;

    if (value.len != WSGW_SIGV4_HEX) {
        return -1;
    }

    for (i = 0; i < WSGW_SIGV4_DIGEST; i += sizeof(four)) {
        memcpy(&x, value.data + 2 * i, sizeof(x));

        x = wsgw_sigv4_swap64(x);
        x = (x & wsgw_sigv4_each(15)) + (x >> 6 & wsgw_sigv4_each(1)) * 9;

        x = (x >> 4 | x) & 0x00ff00ff00ff00ff;
        x = (x >> 8 | x) & 0x0000ffff0000ffff;
        four = wsgw_sigv4_swap32((uint32_t) (x >> 16 | x));

        memcpy(s->signature + i, &four, sizeof(four));
    }

    (void) wsgw_sigv4_hex(again, s->signature);

    return memcmp(again, value.data, WSGW_SIGV4_HEX) == 0 ? 0 : -1;
}


static int
wsgw_sigv4_set_expires(wsgw_sigv4_t *s, wsgw_canonical_text_t value)
{
    unsigned  seconds;

    if (wsgw_sigv4_digits(value.data, value.len, &seconds) != 0
        || seconds == 0 || seconds > WSGW_SIGV4_EXPIRES_MAX)
    {
        return -1;
    }

    s->expires = seconds;

    return 0;
}


int
wsgw_sigv4_seconds(const uint8_t *p, size_t n, int64_t *seconds)
{
    int64_t   days;
    unsigned  year, month, day, hour, minute, second;

    if (n != WSGW_SIGV4_TIME || p[8] != 'T' || p[15] != 'Z'
        || wsgw_sigv4_digits(p, 4, &year) != 0
        || wsgw_sigv4_digits(p + 4, 2, &month) != 0
        || wsgw_sigv4_digits(p + 6, 2, &day) != 0
        || wsgw_sigv4_digits(p + 9, 2, &hour) != 0
        || wsgw_sigv4_digits(p + 11, 2, &minute) != 0
        || wsgw_sigv4_digits(p + 13, 2, &second) != 0
        || year < 1970 || month < 1 || month > 12 || day < 1 || day > 31
        || hour > 23 || minute > 59 || second > 60)
    {
        return -1;
    }

    /* the year begins with March: a leap day is its last one */

    if (month < 3) {
        year--;
        month += 12;
    }

    days = (int64_t) year * 365 + year / 4 - year / 100 + year / 400
           + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;

    *seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;

    return 0;
}


/* one to eight figures */

static int
wsgw_sigv4_digits(const uint8_t *p, size_t n, unsigned *value)
{
    size_t  i;

    if (n == 0 || n > 8) {
        return -1;
    }

    *value = 0;

    for (i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return -1;
        }

        *value = *value * 10 + (unsigned) (p[i] - '0');
    }

    return 0;
}


static int
wsgw_sigv4_is(const wsgw_canonical_text_t *text, const char *word)
{
    return text->len == strlen(word)
           && memcmp(text->data, word, text->len) == 0;
}


/* Four bytes at a time: a digit's value in each byte of a word, and then what
   lies between it and its character. */

uint8_t *
wsgw_sigv4_hex(uint8_t *dst, const uint8_t digest[WSGW_SIGV4_DIGEST])
{
    size_t    i;
    uint32_t  four;
    uint64_t  x;

    for (i = 0; i < WSGW_SIGV4_DIGEST; i += sizeof(four)) {
        memcpy(&four, digest + i, sizeof(four));

        x = wsgw_sigv4_swap32(four);
        x = (x << 16 | x) & 0x0000ffff0000ffff;
        x = (x << 8 | x) & 0x00ff00ff00ff00ff;
        x = (x << 4 | x) & wsgw_sigv4_each(15);

        /* from "a" on, with 6 more it has a fifth bit */

        x += wsgw_sigv4_each('0')
             + ((x + wsgw_sigv4_each(6)) >> 4 & wsgw_sigv4_each(1))
               * ('a' - '9' - 1);

        x = wsgw_sigv4_swap64(x);

        memcpy(dst, &x, sizeof(x));
        dst += sizeof(x);
    }

    return dst;
}


uint8_t *
wsgw_sigv4_string(uint8_t *dst, const wsgw_sigv4_t *s,
    const uint8_t digest[WSGW_SIGV4_DIGEST])
{
    static const char  algorithm[] = WSGW_SIGV4_ALGORITHM "\n";

    memcpy(dst, algorithm, sizeof(algorithm) - 1);
    dst += sizeof(algorithm) - 1;

    memcpy(dst, s->time.data, WSGW_SIGV4_TIME);
    dst += WSGW_SIGV4_TIME;
    *dst++ = '\n';

    memcpy(dst, s->scope.data, s->scope.len);
    dst += s->scope.len;
    *dst++ = '\n';

    return wsgw_sigv4_hex(dst, digest);
}
