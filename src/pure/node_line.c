
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The line of a node, read and written.  What is read comes from Redis, where
 * anybody may have written it: each word has its form and its limit.
 */


#include <string.h>

#include "pure/node_line.h"


#define WSGW_NODE_LINE_HEX  "0123456789abcdef"


typedef struct {
    const uint8_t  *p;
    size_t          len;
} wsgw_node_line_word_t;


static int wsgw_node_line_next(wsgw_node_line_word_t *word, const uint8_t **pos,
    const uint8_t *end);
static int wsgw_node_line_hex(uint64_t *value, const uint8_t *p, size_t n);
static int wsgw_node_line_decimal(uint64_t *value,
    const wsgw_node_line_word_t *word);
static int wsgw_node_line_bitmap(uint64_t *bits,
    const wsgw_node_line_word_t *word);
static uint8_t *wsgw_node_line_put_hex(uint8_t *dst, uint64_t value,
    unsigned digits);
static uint8_t *wsgw_node_line_put_decimal(uint8_t *dst, uint64_t value);
static uint8_t *wsgw_node_line_put_bitmap(uint8_t *dst, const uint64_t *bits);
static uint8_t *wsgw_node_line_put_word(uint8_t *dst, const uint8_t *p,
    size_t n);


int
wsgw_node_line_read(wsgw_node_line_t *line, const uint8_t *p, size_t n)
{
    uint64_t                version;
    const uint8_t          *end;
    wsgw_node_line_word_t   word;

    end = p + n;

    if (!wsgw_node_line_next(&word, &p, end)
        || wsgw_node_line_decimal(&version, &word) != 0)
    {
        return WSGW_ERROR;
    }

    if (version != 1) {
        return WSGW_NODE_LINE_OTHER;
    }

    if (!wsgw_node_line_next(&word, &p, end)
        || word.len != 16
        || wsgw_node_line_hex(&line->token, word.p, word.len) != 0)
    {
        return WSGW_ERROR;
    }

    if (!wsgw_node_line_next(&word, &p, end)
        || wsgw_node_line_decimal(&line->beat, &word) != 0)
    {
        return WSGW_ERROR;
    }

    if (!wsgw_node_line_next(&word, &p, end)
        || wsgw_node_line_bitmap(line->workers, &word) != 0)
    {
        return WSGW_ERROR;
    }

    if (!wsgw_node_line_next(&word, &p, end)
        || word.len > WSGW_NODE_LINE_NAME)
    {
        return WSGW_ERROR;
    }

    line->name = word.p;
    line->name_len = word.len;

    if (!wsgw_node_line_next(&word, &p, end)
        || word.len > WSGW_NODE_LINE_NAME)
    {
        return WSGW_ERROR;
    }

    line->version = word.p;
    line->version_len = word.len;

    return WSGW_DONE;
}


/*
 * Takes the next word, 0: there is none.  Words are printable, so that a log
 * may have them, and stand apart by one space.
 */

static int
wsgw_node_line_next(wsgw_node_line_word_t *word, const uint8_t **pos,
    const uint8_t *end)
{
    const uint8_t  *p;

    for (p = *pos; p < end && *p != ' '; p++) {
        if (*p < 0x21 || *p > 0x7e) {
            return 0;
        }
    }

    word->p = *pos;
    word->len = (size_t) (p - *pos);

    *pos = p < end ? p + 1 : p;

    return word->len != 0;
}


/* at most 16 digits */

static int
wsgw_node_line_hex(uint64_t *value, const uint8_t *p, size_t n)
{
    uint8_t  ch;

    for (*value = 0; n != 0; n--) {
        ch = *p++;

        if (ch >= '0' && ch <= '9') {
            ch = (uint8_t) (ch - '0');

        } else if (ch >= 'a' && ch <= 'f') {
            ch = (uint8_t) (ch - 'a' + 10);

        } else {
            return -1;
        }

        *value = *value << 4 | ch;
    }

    return 0;
}


static int
wsgw_node_line_decimal(uint64_t *value, const wsgw_node_line_word_t *word)
{
    size_t    i;
    uint64_t  digit;

    *value = 0;

    for (i = 0; i < word->len; i++) {

        if (word->p[i] < '0' || word->p[i] > '9') {
            return -1;
        }

        digit = (uint64_t) (word->p[i] - '0');

        if (*value > (UINT64_MAX - digit) / 10) {
            return -1;
        }

        *value = *value * 10 + digit;
    }

    return 0;
}


/* the lowest worker slots are in the last digits */

static int
wsgw_node_line_bitmap(uint64_t *bits, const wsgw_node_line_word_t *word)
{
    size_t  i, n, len;

    if (word->len > WSGW_NODE_LINE_WORKERS / 4) {
        return -1;
    }

    len = word->len;

    for (i = 0; i < WSGW_NODE_LINE_WORDS; i++) {
        n = len < 16 ? len : 16;
        len -= n;

        if (wsgw_node_line_hex(&bits[i], word->p + len, n) != 0) {
            return -1;
        }
    }

    return 0;
}


size_t
wsgw_node_line_write(uint8_t *dst, const wsgw_node_line_t *line)
{
    uint8_t  *p;

    p = dst;

    *p++ = '1';
    *p++ = ' ';
    p = wsgw_node_line_put_hex(p, line->token, 16);
    *p++ = ' ';
    p = wsgw_node_line_put_decimal(p, line->beat);
    *p++ = ' ';
    p = wsgw_node_line_put_bitmap(p, line->workers);
    *p++ = ' ';
    p = wsgw_node_line_put_word(p, line->name, line->name_len);
    *p++ = ' ';
    p = wsgw_node_line_put_word(p, line->version, line->version_len);

    return (size_t) (p - dst);
}


static uint8_t *
wsgw_node_line_put_hex(uint8_t *dst, uint64_t value, unsigned digits)
{
    unsigned  i;

    for (i = digits; i != 0; i--) {
        *dst++ = (uint8_t) WSGW_NODE_LINE_HEX[value >> (i - 1) * 4 & 15];
    }

    return dst;
}


static uint8_t *
wsgw_node_line_put_decimal(uint8_t *dst, uint64_t value)
{
    size_t   n;
    uint8_t  digits[20];

    n = 0;

    do {
        digits[n++] = (uint8_t) ('0' + value % 10);
        value /= 10;
    } while (value != 0);

    while (n != 0) {
        *dst++ = digits[--n];
    }

    return dst;
}


static uint8_t *
wsgw_node_line_put_bitmap(uint8_t *dst, const uint64_t *bits)
{
    size_t    i;
    unsigned  digits;

    for (i = WSGW_NODE_LINE_WORDS - 1; i != 0 && bits[i] == 0; i--) {
        /* void */
    }

    for (digits = 1; digits < 16 && bits[i] >> digits * 4 != 0; digits++) {
        /* void */
    }

    dst = wsgw_node_line_put_hex(dst, bits[i], digits);

    while (i != 0) {
        dst = wsgw_node_line_put_hex(dst, bits[--i], 16);
    }

    return dst;
}


static uint8_t *
wsgw_node_line_put_word(uint8_t *dst, const uint8_t *p, size_t n)
{
    size_t  i;

    if (n == 0) {
        *dst++ = '?';
        return dst;
    }

    if (n > WSGW_NODE_LINE_NAME) {
        n = WSGW_NODE_LINE_NAME;
    }

    for (i = 0; i < n; i++) {
        *dst++ = p[i] < 0x21 || p[i] > 0x7e ? '?' : p[i];
    }

    return dst;
}


/* The slot's hash says the how-manieth of those that listen it is. */

int
wsgw_node_line_worker(const wsgw_node_line_t *line, uint32_t slot)
{
    size_t    i;
    uint32_t  n, hash;
    uint64_t  bits;

    n = 0;

    for (i = 0; i < WSGW_NODE_LINE_WORDS; i++) {
        n += (uint32_t) __builtin_popcountll(line->workers[i]);
    }

    if (n == 0) {
        return -1;
    }

    hash = slot * 0x9e3779b1u;
    n = (uint32_t) ((uint64_t) hash * n >> 32);

    for (i = 0; /* void */; i++) {
        hash = (uint32_t) __builtin_popcountll(line->workers[i]);

        if (n < hash) {
            break;
        }

        n -= hash;
    }

    for (bits = line->workers[i]; n != 0; n--) {
        bits &= bits - 1;
    }

    return (int) (i * 64) + __builtin_ctzll(bits);
}


int
wsgw_node_line_listens(const wsgw_node_line_t *line, uint32_t worker)
{
    return worker < WSGW_NODE_LINE_WORKERS
           && line->workers[worker / 64] >> worker % 64 & 1;
}
