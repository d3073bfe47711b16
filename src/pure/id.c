/*
 * Connection ids and the ids of their events: 88 bits, written as the 15
 * digits and one '=' that base64url (RFC 4648, 5) makes of 11 bytes.
 */

#include <string.h>

#include "pure/id.h"


#define WSGW_ID_MASK(bits)  (((uint64_t) 1 << (bits)) - 1)

#define wsgw_id_rotate(x, bits)  ((x) << (bits) | (x) >> (64 - (bits)))

/* The rounds are macros, so that the words stay in registers: every event has
   an id. */

#define wsgw_id_round(v0, v1, v2, v3)                                         \
    v0 += v1;                                                                 \
    v2 += v3;                                                                 \
    v1 = wsgw_id_rotate(v1, 13) ^ v0;                                         \
    v3 = wsgw_id_rotate(v3, 16) ^ v2;                                         \
    v0 = wsgw_id_rotate(v0, 32);                                              \
                                                                              \
    v2 += v1;                                                                 \
    v0 += v3;                                                                 \
    v1 = wsgw_id_rotate(v1, 17) ^ v2;                                         \
    v3 = wsgw_id_rotate(v3, 21) ^ v0;                                         \
    v2 = wsgw_id_rotate(v2, 32)


/* a value in each byte of a word; 1 in each byte of x that has n or more */

#define wsgw_id_each(value)  ((uint64_t) (value) * 0x0101010101010101)
#define wsgw_id_from(x, n)                                                    \
    (((x) + wsgw_id_each(0x80 - (n))) >> 7 & wsgw_id_each(1))


/* by each character its value as a digit and 1 more; 0: it is none */

static const uint8_t  wsgw_id_values[256] = {
    ['-'] = 63,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
            14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['_'] = 64,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
            40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52
};


static int wsgw_id_read(const uint8_t *p, size_t n, uint64_t *value);
static void wsgw_id_write(uint8_t dst[WSGW_ID_LEN], uint32_t high,
    uint64_t low);
static void wsgw_id_digits(uint8_t dst[8], uint64_t bits);
static inline uint64_t wsgw_id_hash(const wsgw_id_key_t *key, uint64_t a,
    uint64_t b) __attribute__((always_inline));


/* From the top there are 24 bits of the number, 22 of the slot, 42 of the
   secret; so the number is what the hash of an event's id leaves alone. */

void
wsgw_id_encode(uint8_t dst[WSGW_ID_LEN], const wsgw_id_t *id)
{
    uint64_t  slot, secret;

    slot = id->slot & WSGW_ID_MASK(WSGW_ID_SLOT_BITS);
    secret = id->secret & WSGW_ID_MASK(WSGW_ID_SECRET_BITS);

    wsgw_id_write(dst, id->number & WSGW_ID_MASK(WSGW_ID_NUMBER_BITS),
                  slot << WSGW_ID_SECRET_BITS | secret);
}


int
wsgw_id_decode(wsgw_id_t *id, const uint8_t *p, size_t n)
{
    uint64_t  number, low, end;

    if (n != WSGW_ID_LEN || p[WSGW_ID_LEN - 1] != '='
        || wsgw_id_read(p, 4, &number) != 0
        || wsgw_id_read(p + 4, 10, &low) != 0
        || wsgw_id_read(p + 14, 1, &end) != 0)
    {
        return -1;
    }

    /* The last digit has four bits.  The other two are 0, so that an id has one
       form only. */

    if (end & 0x03) {
        return -1;
    }

    low = low << 4 | end >> 2;

    id->number = (uint32_t) number;
    id->slot = (uint32_t) (low >> WSGW_ID_SECRET_BITS);
    id->secret = low & WSGW_ID_MASK(WSGW_ID_SECRET_BITS);

    return 0;
}


/* Reads n digits; -1: they are not. */

static int
wsgw_id_read(const uint8_t *p, size_t n, uint64_t *value)
{
    size_t    i;
    uint64_t  digit;

    *value = 0;

    for (i = 0; i < n; i++) {
        digit = wsgw_id_values[p[i]];

        if (digit == 0) {
            return -1;
        }

        *value = (*value << 6) + digit - 1;
    }

    return 0;
}


/*
 * The low 64 bits are a hash under a key that only the gateway has, of the
 * connection and the number: whoever knows the connection's id, and other ids
 * of its events, can compute none in advance.  The high 24 are the number,
 * inverted to differ from the connection's id.
 */

void
wsgw_id_request(uint8_t dst[WSGW_ID_LEN], const wsgw_id_t *id, uint64_t number,
    const wsgw_id_key_t *key)
{
    uint64_t  low;

    low = wsgw_id_hash(key,
                       id->secret ^ (uint64_t) id->slot << WSGW_ID_SECRET_BITS,
                       number);

    wsgw_id_write(dst, ~id->number & WSGW_ID_MASK(WSGW_ID_NUMBER_BITS), low);
}


/* Word by word; the length comes last, so that it matters where a text ends. */

uint64_t
wsgw_id_digest(const wsgw_id_key_t *key, uint64_t hash, const uint8_t *p,
    size_t n)
{
    size_t    left, part;
    uint64_t  word;

    for (left = n; left; left -= part, p += part) {
        part = left < sizeof(word) ? left : sizeof(word);

        word = 0;
        memcpy(&word, p, part);

        hash = wsgw_id_hash(key, hash, word);
    }

    return wsgw_id_hash(key, hash, n);
}


/* high has 24 bits */

static void
wsgw_id_write(uint8_t dst[WSGW_ID_LEN], uint32_t high, uint64_t low)
{
    wsgw_id_digits(dst, (uint64_t) high << 24 | low >> 40);
    wsgw_id_digits(dst + 8, low << 8 & 0xffffffffffff);

    dst[15] = '=';
}


/*
 * Writes 48 bits as eight digits of base64url.  Every message has an id, so all
 * eight are made at a time, a digit in each byte of a word: its six bits, and
 * then what lies between them and the character.
 */

static void
wsgw_id_digits(uint8_t dst[8], uint64_t bits)
{
    uint64_t  x;

    x = (bits & 0xffffff000000) << 8 | (bits & 0x000000ffffff);
    x = (x & 0x00fff00000fff000) << 4 | (x & 0x00000fff00000fff);
    x = (x & 0x0fc00fc00fc00fc0) << 2 | (x & 0x003f003f003f003f);

    x += wsgw_id_each('A') + wsgw_id_from(x, 26) * ('a' - 'Z' - 1)
         - wsgw_id_from(x, 52) * ('z' - '0' + 1)
         - wsgw_id_from(x, 62) * ('9' - '-' + 1)
         + wsgw_id_from(x, 63) * ('_' - '-' - 1);

#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
    x = __builtin_bswap64(x);
#endif

    memcpy(dst, &x, sizeof(x));
}


/*
 * This is SipHash-1-3 (Aumasson and Bernstein, 2012) without the block that
 * holds the length: there are always two words.
 */

static inline uint64_t
wsgw_id_hash(const wsgw_id_key_t *key, uint64_t a, uint64_t b)
{
    uint64_t  v0, v1, v2, v3;

    v0 = key->word[0] ^ 0x736f6d6570736575;
    v1 = key->word[1] ^ 0x646f72616e646f6d;
    v2 = key->word[0] ^ 0x6c7967656e657261;
    v3 = key->word[1] ^ 0x7465646279746573;

    v3 ^= a;
    wsgw_id_round(v0, v1, v2, v3);
    v0 ^= a;

    v3 ^= b;
    wsgw_id_round(v0, v1, v2, v3);
    v0 ^= b;

    v2 ^= 0xff;
    wsgw_id_round(v0, v1, v2, v3);
    wsgw_id_round(v0, v1, v2, v3);
    wsgw_id_round(v0, v1, v2, v3);

    return v0 ^ v1 ^ v2 ^ v3;
}
