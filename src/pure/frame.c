/*
 * The frame of RFC 6455, 5.2: its header has two bytes, then a length of 0, 2
 * or 8, then a mask of 0 or 4.  protocol.c reads with it what comes in, and
 * socket/output.c writes with it what goes out.
 */

#include <string.h>

#include "pure/frame.h"
#include "pure/vector.h"
#include "pure/wide.h"


#define WSGW_FRAME_LENGTH     0x7f
#define WSGW_FRAME_LENGTH_16  126
#define WSGW_FRAME_LENGTH_64  127


enum {
    wsgw_frame_st_first = 0,
    wsgw_frame_st_second,
    wsgw_frame_st_extended_16,
    wsgw_frame_st_extended_64,
    wsgw_frame_st_mask
};


static void wsgw_frame_second(wsgw_frame_t *f, uint8_t ch);
static int wsgw_frame_length(wsgw_frame_t *f, uint64_t shortest);
static void wsgw_frame_expect_mask(wsgw_frame_t *f);
static uint64_t wsgw_frame_key(const uint8_t mask[4], uint64_t offset);
static inline void wsgw_frame_unmask_short(uint8_t *p, size_t n, uint64_t key)
    __attribute__((always_inline));

#if (WSGW_WIDE)
static void wsgw_frame_unmask_long(uint8_t *p, size_t n, uint64_t key)
    __attribute__((noinline));
#endif

#if (WSGW_VECTOR)
static void wsgw_frame_unmask_vectors(uint8_t *p, size_t n, uint64_t key);
#endif


int
wsgw_frame_parse(wsgw_frame_t *f, uint8_t **pos, uint8_t *last)
{
    uint8_t  ch;

    while (*pos < last) {
        ch = *(*pos)++;

        switch (f->state) {

        case wsgw_frame_st_first:
            f->fin = ch >> 7;
            f->rsv = ch >> 4 & 0x07;
            f->opcode = ch & 0x0f;
            f->state = wsgw_frame_st_second;
            continue;

        case wsgw_frame_st_second:
            wsgw_frame_second(f, ch);
            break;

        case wsgw_frame_st_extended_16:
        case wsgw_frame_st_extended_64:
            f->length = f->length << 8 | ch;

            if (--f->left) {
                continue;
            }

            if (wsgw_frame_length(f, f->state == wsgw_frame_st_extended_16
                                     ? WSGW_FRAME_LENGTH_16 : 0x10000)
                != WSGW_DONE)
            {
                return WSGW_ERROR;
            }

            break;

        case wsgw_frame_st_mask:

            /* Most often the whole mask has come: it is taken at once. */

            if (f->left == 4 && last - *pos >= 3) {
                memcpy(f->mask, *pos - 1, 4);
                *pos += 3;
                f->state = wsgw_frame_st_first;
                break;
            }

            f->mask[4 - f->left] = ch;

            if (--f->left == 0) {
                f->state = wsgw_frame_st_first;
            }

            break;
        }

        if (f->state == wsgw_frame_st_first) {
            return WSGW_DONE;
        }
    }

    return WSGW_AGAIN;
}


static void
wsgw_frame_second(wsgw_frame_t *f, uint8_t ch)
{
    f->masked = ch >> 7;
    f->length = ch & WSGW_FRAME_LENGTH;

    if (f->length == WSGW_FRAME_LENGTH_16) {
        f->length = 0;
        f->left = 2;
        f->state = wsgw_frame_st_extended_16;
        return;
    }

    if (f->length == WSGW_FRAME_LENGTH_64) {
        f->length = 0;
        f->left = 8;
        f->state = wsgw_frame_st_extended_64;
        return;
    }

    wsgw_frame_expect_mask(f);
}


/* RFC 6455, 5.2: the top bit is 0, and the shortest form must be used. */

static int
wsgw_frame_length(wsgw_frame_t *f, uint64_t shortest)
{
    if (f->length >> 63 || f->length < shortest) {
        return WSGW_ERROR;
    }

    wsgw_frame_expect_mask(f);

    return WSGW_DONE;
}


static void
wsgw_frame_expect_mask(wsgw_frame_t *f)
{
    if (f->masked) {
        f->left = 4;
        f->state = wsgw_frame_st_mask;
        return;
    }

    f->state = wsgw_frame_st_first;
}


void
wsgw_frame_unmask(uint8_t *p, size_t n, const uint8_t mask[4], uint64_t offset)
{
    uint64_t  key;

    key = wsgw_frame_key(mask, offset);

#if (WSGW_WIDE)
    if (wsgw_wide_is_for(n)) {
        wsgw_frame_unmask_long(p, n, key);
        return;
    }
#endif

    wsgw_frame_unmask_short(p, n, key);
}


#if (WSGW_WIDE)

static void
wsgw_frame_unmask_long(uint8_t *p, size_t n, uint64_t key)
{
    size_t  done;

    done = wsgw_wide_unmask(p, n, key);

    wsgw_frame_unmask_short(p + done, n - done, key);
}

#endif


static inline void
wsgw_frame_unmask_short(uint8_t *p, size_t n, uint64_t key)
{
    size_t    i;
    uint64_t  word;

#if (WSGW_VECTOR)
    if (n >= sizeof(wsgw_vector_t)) {
        wsgw_frame_unmask_vectors(p, n, key);
        return;
    }
#endif

    while (n >= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        word ^= key;
        memcpy(p, &word, sizeof(word));

        p += sizeof(word);
        n -= sizeof(word);
    }

    for (i = 0; i < n; i++) {
        p[i] ^= ((uint8_t *) &key)[i];
    }
}


/* The mask twice, turned so that its first byte in memory, on any machine, is
   for the payload's byte at that offset. */

static uint64_t
wsgw_frame_key(const uint8_t mask[4], uint64_t offset)
{
    uint8_t   twice[8];
    uint32_t  word;

    memcpy(&word, mask, sizeof(word));
    memcpy(twice, &word, sizeof(word));
    memcpy(twice + sizeof(word), &word, sizeof(word));
    memcpy(&word, twice + (offset & 3), sizeof(word));

    return (uint64_t) word << 32 | word;
}


#if (WSGW_VECTOR)

/* The last sixteen bytes are unmasked before the others are stored, of which
   some may be among them. */

static void
wsgw_frame_unmask_vectors(uint8_t *p, size_t n, uint64_t key)
{
    uint8_t        *last;
    uint64_t        end;
    unsigned        turn;
    wsgw_vector_t   v, keys;

    turn = (unsigned) (n & 3) * 8;
    end = turn ? key >> turn | key << (64 - turn) : key;
    last = p + n - sizeof(v);

    v = _mm_xor_si128(wsgw_vector_load(last),
                      _mm_set1_epi64x((long long) end));
    keys = _mm_set1_epi64x((long long) key);

    while (p < last) {
        wsgw_vector_store(p, _mm_xor_si128(wsgw_vector_load(p), keys));
        p += sizeof(v);
    }

    wsgw_vector_store(last, v);
}

#endif


size_t
wsgw_frame_header(uint8_t *dst, uint8_t first, uint64_t length)
{
    size_t  i, n;

    dst[0] = first;

    if (length < WSGW_FRAME_LENGTH_16) {
        dst[1] = (uint8_t) length;
        return 2;
    }

    if (length < 0x10000) {
        dst[1] = WSGW_FRAME_LENGTH_16;
        n = 2;

    } else {
        dst[1] = WSGW_FRAME_LENGTH_64;
        n = 8;
    }

    for (i = n; i > 0; i--) {
        dst[1 + i] = (uint8_t) length;
        length >>= 8;
    }

    return 2 + n;
}
