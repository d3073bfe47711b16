
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * SHA-256 and HMAC with it.  These are libcrypto's plain functions: what its
 * newer ones do around them is more than hashing a short text.
 */


#include "base/sha256.h"


#define NGX_HTTP_WSGW_SHA256_BLOCK  64      /* bytes */


#if (NGX_OPENSSL)


static void ngx_http_wsgw_sha256_pad(SHA256_CTX *ctx,
    const u_char block[NGX_HTTP_WSGW_SHA256_BLOCK], u_char pad);


ngx_uint_t
ngx_http_wsgw_sha256_is_there(void)
{
    return 1;
}


void
ngx_http_wsgw_sha256(u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST],
    const u_char *p, size_t len)
{
    SHA256_CTX  ctx;

    SHA256_Init(&ctx);
    SHA256_Update(&ctx, p, len);
    SHA256_Final(digest, &ctx);
}


void
ngx_http_wsgw_sha256_key(ngx_http_wsgw_sha256_key_t *key, const u_char *p,
    size_t len)
{
    u_char  block[NGX_HTTP_WSGW_SHA256_BLOCK];

    ngx_memzero(block, sizeof(block));

    if (len > sizeof(block)) {
        ngx_http_wsgw_sha256(block, p, len);

    } else {
        ngx_memcpy(block, p, len);
    }

    ngx_http_wsgw_sha256_pad(&key->inner, block, 0x36);
    ngx_http_wsgw_sha256_pad(&key->outer, block, 0x5c);

    ngx_explicit_memzero(block, sizeof(block));
}


static void
ngx_http_wsgw_sha256_pad(SHA256_CTX *ctx,
    const u_char block[NGX_HTTP_WSGW_SHA256_BLOCK], u_char pad)
{
    u_char      padded[NGX_HTTP_WSGW_SHA256_BLOCK];
    ngx_uint_t  i;

    for (i = 0; i < sizeof(padded); i++) {
        padded[i] = block[i] ^ pad;
    }

    SHA256_Init(ctx);
    SHA256_Update(ctx, padded, sizeof(padded));

    ngx_explicit_memzero(padded, sizeof(padded));
}


void
ngx_http_wsgw_sha256_hmac(u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST],
    const ngx_http_wsgw_sha256_key_t *key, const u_char *p, size_t len)
{
    SHA256_CTX  ctx;

    ctx = key->inner;
    SHA256_Update(&ctx, p, len);
    SHA256_Final(digest, &ctx);

    ctx = key->outer;
    SHA256_Update(&ctx, digest, NGX_HTTP_WSGW_SHA256_DIGEST);
    SHA256_Final(digest, &ctx);

    ngx_explicit_memzero(&ctx, sizeof(ctx));
}


#else


ngx_uint_t
ngx_http_wsgw_sha256_is_there(void)
{
    return 0;
}


void
ngx_http_wsgw_sha256(u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST],
    const u_char *p, size_t len)
{
    ngx_memzero(digest, NGX_HTTP_WSGW_SHA256_DIGEST);
}


void
ngx_http_wsgw_sha256_key(ngx_http_wsgw_sha256_key_t *key, const u_char *p,
    size_t len)
{
    key->unused = 0;
}


void
ngx_http_wsgw_sha256_hmac(u_char digest[NGX_HTTP_WSGW_SHA256_DIGEST],
    const ngx_http_wsgw_sha256_key_t *key, const u_char *p, size_t len)
{
    ngx_memzero(digest, NGX_HTTP_WSGW_SHA256_DIGEST);
}


#endif


ngx_uint_t
ngx_http_wsgw_sha256_equal(const u_char a[NGX_HTTP_WSGW_SHA256_DIGEST],
    const u_char b[NGX_HTTP_WSGW_SHA256_DIGEST])
{
    uint64_t           x, y;
    ngx_uint_t         i;
    volatile uint64_t  differs;

    differs = 0;

    for (i = 0; i < NGX_HTTP_WSGW_SHA256_DIGEST; i += sizeof(uint64_t)) {
        ngx_memcpy(&x, a + i, sizeof(uint64_t));
        ngx_memcpy(&y, b + i, sizeof(uint64_t));

        differs |= x ^ y;
    }

    return differs == 0;
}
