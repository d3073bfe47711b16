/* what every unit test needs: cmocka, and texts as bytes */

#ifndef WSGW_UNIT_H
#define WSGW_UNIT_H


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define unit_bytes(text)     ((const uint8_t *) (text))

/* a literal with its size, which may hold zero bytes */
#define unit_literal(text)   unit_bytes(text), sizeof(text) - 1

#define unit_count(array)    (sizeof(array) / sizeof((array)[0]))


/* a copy that ends where the allocation ends, so that a read behind it is
   seen; to be freed */

static inline uint8_t *
unit_copy(const void *p, size_t n)
{
    uint8_t  *copy;

    copy = malloc(n ? n : 1);
    assert_non_null(copy);

    if (n) {
        memcpy(copy, p, n);
    }

    return copy;
}


#endif /* WSGW_UNIT_H */
