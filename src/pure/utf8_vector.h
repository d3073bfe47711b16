/*
 * UTF-8 validation by vectors of 32 bytes, which not every processor has.
 */

#ifndef WSGW_UTF8_VECTOR_H
#define WSGW_UTF8_VECTOR_H


#include <stddef.h>
#include <stdint.h>


#if (__x86_64__ && !WSGW_NO_VECTOR)

/*
 * Where wsgw_wide_is_there(): validates most of a text that begins with a
 * character.  Returns where one begins from which on the caller must look, less
 * than 36 bytes before the end; NULL: what comes before it is no UTF-8.
 */
const uint8_t *wsgw_utf8_vector(const uint8_t *p, size_t n);

#else

static inline const uint8_t *
wsgw_utf8_vector(const uint8_t *p, size_t n)
{
    (void) n;

    return p;
}

#endif


#endif /* WSGW_UTF8_VECTOR_H */
