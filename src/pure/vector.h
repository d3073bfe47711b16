/*
 * Sixteen bytes at a time, where every machine of the kind has vectors: what
 * is written with these has a form beside it that needs none.
 */

#ifndef WSGW_VECTOR_H
#define WSGW_VECTOR_H


#if (__SSE2__ && !WSGW_NO_VECTOR)

#include <emmintrin.h>

#define WSGW_VECTOR  1


typedef __m128i  wsgw_vector_t;


#define wsgw_vector_load(p)                                                   \
    _mm_loadu_si128((const wsgw_vector_t *) (const void *) (p))

#define wsgw_vector_store(p, v)                                               \
    _mm_storeu_si128((wsgw_vector_t *) (void *) (p), v)

#define wsgw_vector_each(ch)  _mm_set1_epi8((char) (ch))

/* the high bits of the bytes, that of the first one lowest */
#define wsgw_vector_high_bits(v)  ((uint32_t) _mm_movemask_epi8(v))

#endif


#endif /* WSGW_VECTOR_H */
