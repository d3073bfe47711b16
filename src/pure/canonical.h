
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A request's path, query and headers in the one form that AWS's clients sign,
 * however they are written.
 */

#ifndef WSGW_CANONICAL_H
#define WSGW_CANONICAL_H


#include <stddef.h>
#include <stdint.h>


typedef struct {
    const uint8_t          *data;
    size_t                  len;
} wsgw_canonical_text_t;


/* what a byte may stand in, as a bit of each */

typedef enum {
    WSGW_CANONICAL_PLAIN = 1,       /* a path, not escaped: RFC 3986, 2.3 */
    WSGW_CANONICAL_WORD = 2,        /* part of a credential */
    WSGW_CANONICAL_NAME = 4         /* the name of a header that is signed */
} wsgw_canonical_kind_t;


/* an argument of a query, encoded */

typedef struct {
    wsgw_canonical_text_t   name;
    wsgw_canonical_text_t   value;
} wsgw_canonical_pair_t;


/* These write to dst and return what follows there. */

/*
 * The path as SDKs sign it: empty segments removed, dot segments kept, and
 * each segment encoded once more than it is.  At most 3n + 1 bytes.
 */
uint8_t *wsgw_canonical_path(uint8_t *dst, const uint8_t *p, size_t n);

/*
 * The query without arguments of the name "except", or NULL: sorted by encoded
 * name, then value.  At most 4n bytes; so many are needed as scratch, and as
 * many pairs as wsgw_canonical_pairs() says.
 */
uint8_t *wsgw_canonical_query(uint8_t *dst, const uint8_t *p, size_t n,
    const char *except, wsgw_canonical_pair_t *pairs, uint8_t *scratch);

/* a header's value: no blanks around it, one for several inside; at most n */
uint8_t *wsgw_canonical_value(uint8_t *dst, const uint8_t *p, size_t n);


/* how many arguments a query has at most */
size_t wsgw_canonical_pairs(const uint8_t *p, size_t n);

/* the next argument, as it stands there; it may be empty */
wsgw_canonical_text_t wsgw_canonical_argument(const uint8_t **pos,
    const uint8_t *last);

/* the next byte of an argument, its escape undone */
uint8_t wsgw_canonical_decode(const uint8_t **pos, const uint8_t *last);

/* with how many bytes of a kind it begins */
size_t wsgw_canonical_span(const uint8_t *p, size_t n,
    wsgw_canonical_kind_t kind);

/* as memcmp(), by bytes and then by length */
int wsgw_canonical_compare(const wsgw_canonical_text_t *a,
    const wsgw_canonical_text_t *b);


#endif /* WSGW_CANONICAL_H */
