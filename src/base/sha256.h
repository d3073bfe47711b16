
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * SHA-256 and HMAC with it (RFC 2104), of libcrypto, which nginx is linked
 * with if it was built with TLS.
 */


#ifndef _NGX_HTTP_WSGW_SHA256_H_INCLUDED_
#define _NGX_HTTP_WSGW_SHA256_H_INCLUDED_


#include "ngx_http_wsgw.h"

#if (NGX_OPENSSL)
#include <openssl/sha.h>
#endif


#define NGX_HTTP_WSGW_SHA256_DIGEST  32     /* bytes */


/* HMAC's key, with its own two blocks hashed already; as secret as the key */

typedef struct {
#if (NGX_OPENSSL)
    SHA256_CTX                     inner;
    SHA256_CTX                     outer;
#else
    u_char                         unused;
#endif
} ngx_http_wsgw_sha256_key_t;


/* 0 in an nginx without TLS, where nothing else of this file may be called */
ngx_uint_t ngx_http_wsgw_sha256_is_there(void);

void ngx_http_wsgw_sha256(u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST],
    const u_char *p, size_t len);

/* prepares a key of any length */
void ngx_http_wsgw_sha256_key(ngx_http_wsgw_sha256_key_t *key, const u_char *p,
    size_t len);

void ngx_http_wsgw_sha256_hmac(u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST],
    const ngx_http_wsgw_sha256_key_t *key, const u_char *p, size_t len);

/* 1 if they are equal; how long it takes does not tell where they differ */
ngx_uint_t ngx_http_wsgw_sha256_equal(
    const u_char a[NGX_HTTP_WSGW_SHA256_DIGEST],
    const u_char b[NGX_HTTP_WSGW_SHA256_DIGEST]);


#endif /* _NGX_HTTP_WSGW_SHA256_H_INCLUDED_ */
