/*
 * Connection ids and the ids of their events: 88 bits, written as the 15
 * digits and one '=' that base64url (RFC 4648, 5) makes of 11 bytes.
 */

#include "wsgw_id.h"


#define WSGW_ID_MASK(bits)  (((uint64_t) 1 << (bits)) - 1)


static void wsgw_id_write(uint8_t dst[WSGW_ID_LEN], uint32_t high,
    uint64_t low);
static void wsgw_id_digits(uint8_t dst[4], uint32_t bits);
static int wsgw_id_digit(uint8_t ch);
static uint64_t wsgw_id_mix(uint64_t x);


/* from the top: instance 12, slot 22, secret 54 */

void
wsgw_id_encode(uint8_t dst[WSGW_ID_LEN], const wsgw_id_t *id)
{
    uint64_t  place, secret;

    place = (id->instance & WSGW_ID_MASK(WSGW_ID_INSTANCE_BITS))
            << WSGW_ID_SLOT_BITS
            | (id->slot & WSGW_ID_MASK(WSGW_ID_SLOT_BITS));

    secret = id->secret & WSGW_ID_MASK(WSGW_ID_SECRET_BITS);

    wsgw_id_write(dst, (uint32_t) (place >> 10),
                  place << WSGW_ID_SECRET_BITS | secret);
}


int
wsgw_id_decode(wsgw_id_t *id, const uint8_t *p, size_t n)
{
    int       digit;
    size_t    i;
    uint32_t  high;
    uint64_t  low;

    if (n != WSGW_ID_LEN || p[WSGW_ID_LEN - 1] != '=') {
        return -1;
    }

    high = 0;
    low = 0;
    digit = 0;

    for (i = 0; i < WSGW_ID_LEN - 1; i++) {
        digit = wsgw_id_digit(p[i]);

        if (digit < 0) {
            return -1;
        }

        if (i < 4) {
            high = high << 6 | (uint32_t) digit;

        } else if (i < 14) {
            low = low << 6 | (uint32_t) digit;
        }
    }

    /* the last digit has four bits, the other two are 0 in the one form that
       an id has */

    if (digit & 0x03) {
        return -1;
    }

    low = low << 4 | (uint32_t) digit >> 2;

    id->instance = high >> 12;
    id->slot = (high & 0xfff) << 10 | (uint32_t) (low >> WSGW_ID_SECRET_BITS);
    id->secret = low & WSGW_ID_MASK(WSGW_ID_SECRET_BITS);

    return 0;
}


/*
 * The low 64 bits are a permutation of the number that differs between
 * connections, so numbers never meet; the high 24 are the instance, inverted
 * to differ from the connection's id, and half of the slot.  It hides
 * nothing: whoever sees it sees the connection's id beside it.
 */

void
wsgw_id_request(uint8_t dst[WSGW_ID_LEN], const wsgw_id_t *id, uint64_t number)
{
    uint32_t  high;
    uint64_t  low;

    low = wsgw_id_mix(number + wsgw_id_mix(id->secret
                                           + wsgw_id_mix(id->slot)));

    high = (~id->instance & 0xfff) << 12
           | ((id->slot ^ (uint32_t) (low >> 20)) & 0xfff);

    wsgw_id_write(dst, high, low);
}


/* high has 24 bits */

static void
wsgw_id_write(uint8_t dst[WSGW_ID_LEN], uint32_t high, uint64_t low)
{
    wsgw_id_digits(dst, high);
    wsgw_id_digits(dst + 4, (uint32_t) (low >> 40));
    wsgw_id_digits(dst + 8, (uint32_t) (low >> 16));
    wsgw_id_digits(dst + 12, (uint32_t) (low << 8));

    dst[15] = '=';
}


/* of the low 24 bits; every message has an id, so there is no loop */

static void
wsgw_id_digits(uint8_t dst[4], uint32_t bits)
{
    static const uint8_t  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_";

    dst[0] = digits[bits >> 18 & 0x3f];
    dst[1] = digits[bits >> 12 & 0x3f];
    dst[2] = digits[bits >> 6 & 0x3f];
    dst[3] = digits[bits & 0x3f];
}


static int
wsgw_id_digit(uint8_t ch)
{
    if (ch >= 'A' && ch <= 'Z') {
        return ch - 'A';
    }

    if (ch >= 'a' && ch <= 'z') {
        return ch - 'a' + 26;
    }

    if (ch >= '0' && ch <= '9') {
        return ch - '0' + 52;
    }

    if (ch == '-') {
        return 62;
    }

    return ch == '_' ? 63 : -1;
}


/* a permutation: xor with a shifted self and an odd factor can be undone */

static uint64_t
wsgw_id_mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0x9e3779b97f4a7c15;
    x = (x ^ x >> 29) * 0xd1342543de82ef95;

    return x ^ x >> 32;
}
