/*
 * Long texts by 32 bytes, for which not every processor has vectors: who has
 * much to look at asks whether this one has, and does the rest, and all of what
 * is short, by other means.
 */

#ifndef WSGW_WIDE_H
#define WSGW_WIDE_H


#include <stddef.h>
#include <stdint.h>


#if (__x86_64__ && !WSGW_NO_VECTOR)

#define WSGW_WIDE        1

#define WSGW_WIDE_STEP   64     /* bytes at a time */
#define WSGW_WIDE_LEAST  192    /* fewer are not worth the question */


/* 1: this processor has them */

static inline int
wsgw_wide_is_there(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}


/* for n bytes */
#define wsgw_wide_is_for(n)                                                   \
    ((n) >= WSGW_WIDE_LEAST && wsgw_wide_is_there())


/*
 * Each of these returns how many of the n bytes are known to be as they should,
 * or have been dealt with: up to the first one that is not, or to the end but
 * for less than a step.
 */

/* ASCII */
size_t wsgw_wide_ascii(const uint8_t *p, size_t n);

/* what a JSON string holds as it is */
size_t wsgw_wide_plain(const uint8_t *p, size_t n);

/* the same, copied to dst, where as much may be written as there is */
size_t wsgw_wide_copy_plain(uint8_t *dst, const uint8_t *src, size_t n);

/* unmasked by a key of eight bytes */
size_t wsgw_wide_unmask(uint8_t *p, size_t n, uint64_t key);

#else

static inline int
wsgw_wide_is_there(void)
{
    return 0;
}

#endif


#endif /* WSGW_WIDE_H */
