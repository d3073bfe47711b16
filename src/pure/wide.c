/*
 * Vectors of 32 bytes: two make a step, so that a loop's own instructions are
 * few beside those that look at the text.
 */

#include "pure/wide.h"


#if (WSGW_WIDE)

#include <immintrin.h>


#define wsgw_wide_avx2  __attribute__((target("avx2")))

#define wsgw_wide_load(p)                                                     \
    _mm256_loadu_si256((const __m256i *) (const void *) (p))

#define wsgw_wide_store(p, v)                                                 \
    _mm256_storeu_si256((__m256i *) (void *) (p), v)

#define wsgw_wide_high_bits(v)  ((uint32_t) _mm256_movemask_epi8(v))


static inline wsgw_wide_avx2 __m256i wsgw_wide_marks(__m256i v);
static inline wsgw_wide_avx2 size_t wsgw_wide_first(__m256i a, __m256i b);


wsgw_wide_avx2 size_t
wsgw_wide_ascii(const uint8_t *p, size_t n)
{
    size_t   i;
    __m256i  a, b;

    for (i = 0; n - i >= WSGW_WIDE_STEP; i += WSGW_WIDE_STEP) {
        a = wsgw_wide_load(p + i);
        b = wsgw_wide_load(p + i + sizeof(a));

        if (_mm256_movemask_epi8(_mm256_or_si256(a, b))) {
            return i + wsgw_wide_first(a, b);
        }
    }

    return i;
}


wsgw_wide_avx2 size_t
wsgw_wide_plain(const uint8_t *p, size_t n)
{
    size_t   i;
    __m256i  a, b;

    for (i = 0; n - i >= WSGW_WIDE_STEP; i += WSGW_WIDE_STEP) {
        a = wsgw_wide_marks(wsgw_wide_load(p + i));
        b = wsgw_wide_marks(wsgw_wide_load(p + i + sizeof(a)));

        if (_mm256_movemask_epi8(_mm256_or_si256(a, b))) {
            return i + wsgw_wide_first(a, b);
        }
    }

    return i;
}


wsgw_wide_avx2 size_t
wsgw_wide_copy_plain(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t   i;
    __m256i  a, b;

    for (i = 0; n - i >= WSGW_WIDE_STEP; i += WSGW_WIDE_STEP) {
        a = wsgw_wide_load(src + i);
        b = wsgw_wide_load(src + i + sizeof(a));

        wsgw_wide_store(dst + i, a);
        wsgw_wide_store(dst + i + sizeof(a), b);

        a = wsgw_wide_marks(a);
        b = wsgw_wide_marks(b);

        if (_mm256_movemask_epi8(_mm256_or_si256(a, b))) {
            return i + wsgw_wide_first(a, b);
        }
    }

    return i;
}


wsgw_wide_avx2 size_t
wsgw_wide_unmask(uint8_t *p, size_t n, uint64_t key)
{
    size_t   i;
    __m256i  a, b, keys;

    keys = _mm256_set1_epi64x((long long) key);

    for (i = 0; n - i >= WSGW_WIDE_STEP; i += WSGW_WIDE_STEP) {
        a = _mm256_xor_si256(wsgw_wide_load(p + i), keys);
        b = _mm256_xor_si256(wsgw_wide_load(p + i + sizeof(a)), keys);

        wsgw_wide_store(p + i, a);
        wsgw_wide_store(p + i + sizeof(a), b);
    }

    return i;
}


/*
 * The bytes that are not plain.  Of those that have one bit turned around only
 * a quotation mark becomes a blank; what is less was a control character.
 */

static inline wsgw_wide_avx2 __m256i
wsgw_wide_marks(__m256i v)
{
    __m256i  turned;

    turned = _mm256_xor_si256(v, _mm256_set1_epi8('"' ^ ' '));

    return _mm256_or_si256(
               _mm256_cmpeq_epi8(turned,
                                 _mm256_min_epu8(turned,
                                                 _mm256_set1_epi8(' '))),
               _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
}


/* where the first high bit is: there is one */

static inline wsgw_wide_avx2 size_t
wsgw_wide_first(__m256i a, __m256i b)
{
    uint64_t  bits;

    bits = (uint64_t) wsgw_wide_high_bits(b) << 32 | wsgw_wide_high_bits(a);

    return (size_t) __builtin_ctzll(bits);
}

#endif
