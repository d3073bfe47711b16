
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * libcrypto's plain function where there is one, for it takes what the
 * processor has; else nginx's.
 */


#include "base/sha1.h"
#include "base/sha256.h"

#include <ngx_sha1.h>


void
ngx_http_wsgw_sha1(u_char digest[NGX_HTTP_WSGW_SHA1_DIGEST], const u_char *p,
    size_t len)
{
#if (NGX_OPENSSL)
    SHA_CTX  ctx;

    SHA1_Init(&ctx);
    SHA1_Update(&ctx, p, len);
    SHA1_Final(digest, &ctx);
#else
    ngx_sha1_t  ctx;

    ngx_sha1_init(&ctx);
    ngx_sha1_update(&ctx, p, len);
    ngx_sha1_final(digest, &ctx);
#endif
}
