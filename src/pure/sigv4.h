
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * AWS's Signature Version 4 without its hashes: what an Authorization header
 * or a presigned query says, and the texts that are hashed and signed.
 */

#ifndef WSGW_SIGV4_H
#define WSGW_SIGV4_H


#include "pure/canonical.h"


#define WSGW_SIGV4_ALGORITHM    "AWS4-HMAC-SHA256"
#define WSGW_SIGV4_SERVICE      "execute-api"
#define WSGW_SIGV4_END          "aws4_request"

#define WSGW_SIGV4_DAY          8       /* "20261122" */
#define WSGW_SIGV4_TIME         16      /* "20261122T102804Z" */
#define WSGW_SIGV4_DIGEST       32      /* of SHA-256 */
#define WSGW_SIGV4_HEX          64      /* the same as text */

#define WSGW_SIGV4_KEY_MAX      128     /* bytes of an access key's id, */
#define WSGW_SIGV4_REGION_MAX   64      /* of a region, */
#define WSGW_SIGV4_SERVICE_MAX  64      /* of a service */
#define WSGW_SIGV4_HEADERS_MAX  64      /* names in SignedHeaders */

#define WSGW_SIGV4_EXPIRES_MAX  604800  /* seconds */


/* texts point into what was parsed, of a query into the scratch */

typedef struct {
    wsgw_canonical_text_t   key;        /* Credential=KEY/ and the scope, */
    wsgw_canonical_text_t   scope;      /* which is DAY/REGION/SERVICE/END */
    wsgw_canonical_text_t   day;
    wsgw_canonical_text_t   region;
    wsgw_canonical_text_t   headers;    /* SignedHeaders */
    wsgw_canonical_text_t   time;       /* X-Amz-Date; with a header, for the
                                           caller to set */
    uint32_t                expires;    /* X-Amz-Expires; 0: not said */
    uint8_t                 signature[WSGW_SIGV4_DIGEST];
    unsigned                ours:1;     /* the scope is of our service */
    unsigned                host:1;     /* SignedHeaders has "host", */
    unsigned                date:1;     /* "x-amz-date" */
} wsgw_sigv4_t;


/*
 * Reads the value of Authorization.  Returns 0, or -1 if it is not of this
 * algorithm, lacks a part, has one twice or one that is malformed; names in
 * SignedHeaders are in lower case, ascending, and "host" is one of them.
 */
int wsgw_sigv4_header(wsgw_sigv4_t *s, const uint8_t *p, size_t n);

/*
 * Reads X-Amz-... of a presigned query; scratch has room for n bytes.  Returns
 * 1, 0 if nothing there belongs to a signature, or -1 as above.
 */
int wsgw_sigv4_presigned(wsgw_sigv4_t *s, const uint8_t *p, size_t n,
    uint8_t *scratch);

/* 1 and the first name of a list, which gets shorter by it; 0 at its end */
int wsgw_sigv4_next_header(wsgw_canonical_text_t *list,
    wsgw_canonical_text_t *name);

/* reads "20261122T102804Z" as seconds since the epoch; 0, or -1 */
int wsgw_sigv4_seconds(const uint8_t *p, size_t n, int64_t *seconds);


/* These write to dst and return what follows there. */

/* WSGW_SIGV4_HEX bytes */
uint8_t *wsgw_sigv4_hex(uint8_t *dst, const uint8_t digest[WSGW_SIGV4_DIGEST]);

/* what is signed, of the canonical request's digest; s->time is set by then */
uint8_t *wsgw_sigv4_string(uint8_t *dst, const wsgw_sigv4_t *s,
    const uint8_t digest[WSGW_SIGV4_DIGEST]);

/* bytes that this may need */
#define WSGW_SIGV4_STRING_MAX                                                 \
    (sizeof(WSGW_SIGV4_ALGORITHM "\n\n/" WSGW_SIGV4_END "//\n")               \
     + WSGW_SIGV4_TIME + WSGW_SIGV4_DAY + WSGW_SIGV4_REGION_MAX               \
     + WSGW_SIGV4_SERVICE_MAX + WSGW_SIGV4_HEX)


#endif /* WSGW_SIGV4_H */
