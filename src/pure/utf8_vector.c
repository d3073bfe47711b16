/*
 * What is wrong between two bytes that follow each other is known from three
 * of their half bytes: a table for each says which errors it allows, and what
 * all three allow is one (Keiser and Lemire, "Validating UTF-8 in less than one
 * instruction per byte", 2021).  A third and a fourth byte are right exactly
 * where the two or three bytes before them ask for one.
 */

#include "pure/utf8_vector.h"


#if (__x86_64__ && !WSGW_NO_VECTOR)

#include <immintrin.h>


#define wsgw_utf8_vector_avx2  __attribute__((target("avx2")))

#define WSGW_UTF8_VECTOR_SIZE  sizeof(__m256i)


/* the errors, a bit each; the last one is none if a third or fourth byte has to
   come */

enum {
    wsgw_utf8_vector_short = 1 << 0,    /* begins, and does not go on */
    wsgw_utf8_vector_long = 1 << 1,     /* ASCII, and goes on */
    wsgw_utf8_vector_over_3 = 1 << 2,   /* overlong, of 3 bytes */
    wsgw_utf8_vector_large = 1 << 3,    /* over U+10FFFF, 90 to BF */
    wsgw_utf8_vector_pair = 1 << 4,     /* a surrogate */
    wsgw_utf8_vector_over_2 = 1 << 5,
    wsgw_utf8_vector_edge = 1 << 6,     /* over U+10FFFF or overlong, of 4
                                           bytes: 80 to 8F */
    wsgw_utf8_vector_third = 1 << 7     /* goes on twice */
};

#define SHORT   wsgw_utf8_vector_short
#define LONG    wsgw_utf8_vector_long
#define OVER_3  wsgw_utf8_vector_over_3
#define LARGE   wsgw_utf8_vector_large
#define PAIR    wsgw_utf8_vector_pair
#define OVER_2  wsgw_utf8_vector_over_2
#define EDGE    wsgw_utf8_vector_edge
#define THIRD   wsgw_utf8_vector_third

/* what the lower half of a byte says nothing about */
#define ANY     (SHORT | LONG | THIRD)
#define NEXT    (LONG | THIRD | OVER_2)


/* by the upper and the lower half of a byte, and the upper half of the next */

static const uint8_t  wsgw_utf8_vector_upper[16] = {
    LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG,
    THIRD, THIRD, THIRD, THIRD,
    SHORT | OVER_2, SHORT, SHORT | OVER_3 | PAIR, SHORT | LARGE | EDGE
};

static const uint8_t  wsgw_utf8_vector_lower[16] = {
    ANY | OVER_2 | OVER_3 | EDGE, ANY | OVER_2, ANY, ANY,
    ANY | LARGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE,
    ANY | LARGE | EDGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE,
    ANY | LARGE | EDGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE | PAIR,
    ANY | LARGE | EDGE, ANY | LARGE | EDGE
};

static const uint8_t  wsgw_utf8_vector_next[16] = {
    SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
    NEXT | OVER_3 | EDGE, NEXT | OVER_3 | LARGE, NEXT | PAIR | LARGE,
    NEXT | PAIR | LARGE,
    SHORT, SHORT, SHORT, SHORT
};


static inline wsgw_utf8_vector_avx2 __m256i
    wsgw_utf8_vector_table(const uint8_t table[16]);
static inline wsgw_utf8_vector_avx2 __m256i
    wsgw_utf8_vector_look_up(__m256i table, __m256i v);
static inline wsgw_utf8_vector_avx2 __m256i
    wsgw_utf8_vector_errors(__m256i v, __m256i before,
    const __m256i tables[3]);
static const uint8_t *wsgw_utf8_vector_rest(const uint8_t *p);


wsgw_utf8_vector_avx2 const uint8_t *
wsgw_utf8_vector(const uint8_t *p, size_t n)
{
    __m256i         v, before, errors, tables[3];
    const uint8_t  *start, *last;

    tables[0] = wsgw_utf8_vector_table(wsgw_utf8_vector_upper);
    tables[1] = wsgw_utf8_vector_table(wsgw_utf8_vector_lower);
    tables[2] = wsgw_utf8_vector_table(wsgw_utf8_vector_next);

    before = _mm256_setzero_si256();
    errors = before;

    start = p;
    last = p + n / WSGW_UTF8_VECTOR_SIZE * WSGW_UTF8_VECTOR_SIZE;

    while (p < last) {
        v = _mm256_loadu_si256((const __m256i *) (const void *) p);

        errors = _mm256_or_si256(errors,
                                 wsgw_utf8_vector_errors(v, before, tables));
        before = v;
        p += WSGW_UTF8_VECTOR_SIZE;
    }

    if (!_mm256_testz_si256(errors, errors)) {
        return NULL;
    }

    return p == start ? p : wsgw_utf8_vector_rest(p);
}


static inline wsgw_utf8_vector_avx2 __m256i
wsgw_utf8_vector_table(const uint8_t table[16])
{
    return _mm256_broadcastsi128_si256(
               _mm_loadu_si128((const __m128i *) (const void *) table));
}


/* for each byte what the table has for its lower half */

static inline wsgw_utf8_vector_avx2 __m256i
wsgw_utf8_vector_look_up(__m256i table, __m256i v)
{
    return _mm256_shuffle_epi8(table,
                               _mm256_and_si256(v, _mm256_set1_epi8(0x0f)));
}


static inline wsgw_utf8_vector_avx2 __m256i
wsgw_utf8_vector_errors(__m256i v, __m256i before, const __m256i tables[3])
{
    __m256i  middle, one, two, three, errors, wanted;

    /* the bytes that are one, two and three places before each of v */

    middle = _mm256_permute2x128_si256(before, v, 0x21);
    one = _mm256_alignr_epi8(v, middle, 15);
    two = _mm256_alignr_epi8(v, middle, 14);
    three = _mm256_alignr_epi8(v, middle, 13);

    errors = _mm256_and_si256(
                 wsgw_utf8_vector_look_up(tables[0],
                                          _mm256_srli_epi16(one, 4)),
                 wsgw_utf8_vector_look_up(tables[1], one));
    errors = _mm256_and_si256(errors,
                 wsgw_utf8_vector_look_up(tables[2],
                                          _mm256_srli_epi16(v, 4)));

    /* from E0 and F0 on the high bit remains */

    wanted = _mm256_or_si256(
                 _mm256_subs_epu8(two, _mm256_set1_epi8(0xe0 - 0x80)),
                 _mm256_subs_epu8(three, _mm256_set1_epi8(0xf0 - 0x80)));
    wanted = _mm256_and_si256(wanted, _mm256_set1_epi8((char) 0x80));

    return _mm256_xor_si256(errors, wanted);
}


/* Returns where the last character before p begins if p may be inside of it. */

static const uint8_t *
wsgw_utf8_vector_rest(const uint8_t *p)
{
    int  i;

    for (i = 1; i <= 3; i++) {
        if (p[-i] >= 0xc0) {
            return p - i;
        }
    }

    return p;
}

#endif
