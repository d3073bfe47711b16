
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Access keys.  To derive a signing key takes longer than to sign, so the last
 * one of each access key is kept.  For an id that nobody has a key is used
 * that is nobody's: how long a refusal takes does not tell whose ids exist.
 */


#include "http/keys.h"

#include <sys/mman.h>


typedef struct {
    void                          *start;
    size_t                         size;
} ngx_http_wsgw_keys_pages_t;


static void ngx_http_wsgw_keys_cleanup(void *data);
static int ngx_libc_cdecl ngx_http_wsgw_keys_compare(const void *one,
    const void *two);
static void ngx_http_wsgw_keys_derive(ngx_http_wsgw_key_t *key,
    const wsgw_sigv4_t *s);
static void ngx_http_wsgw_keys_step(
    u_char secret[NGX_HTTP_WSGW_SHA256_DIGEST], const u_char *text, size_t len);


void *
ngx_http_wsgw_keys_pages(ngx_pool_t *pool, ngx_log_t *log, size_t size)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_wsgw_keys_pages_t  *pages;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_wsgw_keys_pages_t));
    if (cln == NULL) {
        return NULL;
    }

    pages = cln->data;
    pages->size = size;
    pages->start = mmap(NULL, size, PROT_READ|PROT_WRITE,
                        MAP_PRIVATE|MAP_ANON, -1, 0);

    if (pages->start == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "mmap(%uz) failed", size);
        return NULL;
    }

    cln->handler = ngx_http_wsgw_keys_cleanup;

#ifdef MADV_DONTDUMP
    (void) madvise(pages->start, size, MADV_DONTDUMP);
#endif

    return pages->start;
}


static void
ngx_http_wsgw_keys_cleanup(void *data)
{
    ngx_http_wsgw_keys_pages_t  *pages = data;

    ngx_explicit_memzero(pages->start, pages->size);
    (void) munmap(pages->start, pages->size);
}


ngx_http_wsgw_key_t *
ngx_http_wsgw_keys_sort(ngx_http_wsgw_keys_t *keys)
{
    ngx_uint_t  i;

    /* nginx's own sort is for few, and this one leaves no copy of a secret:
       what it moves are lengths and pointers */

    qsort(keys->keys, keys->n, sizeof(ngx_http_wsgw_key_t),
          ngx_http_wsgw_keys_compare);

    for (i = 1; i < keys->n; i++) {
        if (ngx_http_wsgw_keys_compare(&keys->keys[i - 1], &keys->keys[i])
            == 0)
        {
            return &keys->keys[i];
        }
    }

    return NULL;
}


/* by the ids, with which keys begin */

static int ngx_libc_cdecl
ngx_http_wsgw_keys_compare(const void *one, const void *two)
{
    const ngx_str_t  *a, *b;

    a = one;
    b = two;

    if (a->len != b->len) {
        return a->len < b->len ? -1 : 1;
    }

    return ngx_memcmp(a->data, b->data, a->len);
}


ngx_http_wsgw_key_t *
ngx_http_wsgw_keys_find(ngx_http_wsgw_keys_t *keys,
    const wsgw_canonical_text_t *id)
{
    ngx_str_t             wanted;
    ngx_http_wsgw_key_t  *key;

    wanted.data = (u_char *) id->data;
    wanted.len = id->len;

    key = bsearch(&wanted, keys->keys, keys->n, sizeof(ngx_http_wsgw_key_t),
                  ngx_http_wsgw_keys_compare);

    return key ? key : keys->nobody;
}


void
ngx_http_wsgw_keys_sign(ngx_http_wsgw_key_t *key, const wsgw_sigv4_t *s,
    const u_char *text, size_t len,
    u_char signature[NGX_HTTP_WSGW_SHA256_DIGEST])
{
    if (key->region_len != s->region.len
        || ngx_memcmp(key->region, s->region.data, s->region.len) != 0
        || ngx_memcmp(key->day, s->day.data, WSGW_SIGV4_DAY) != 0)
    {
        ngx_http_wsgw_keys_derive(key, s);
    }

    ngx_http_wsgw_sha256_hmac(signature, &key->signing, text, len);
}


static void
ngx_http_wsgw_keys_derive(ngx_http_wsgw_key_t *key, const wsgw_sigv4_t *s)
{
    u_char                      *p;
    u_char                       secret[NGX_HTTP_WSGW_SHA256_DIGEST];
    u_char                       first[4 + NGX_HTTP_WSGW_KEYS_SECRET_MAX];
    ngx_http_wsgw_sha256_key_t   hmac;

    p = ngx_cpymem(first, "AWS4", 4);
    p = ngx_cpymem(p, key->secret.data, key->secret.len);

    ngx_http_wsgw_sha256_key(&hmac, first, p - first);
    ngx_http_wsgw_sha256_hmac(secret, &hmac, s->day.data, s->day.len);

    ngx_explicit_memzero(&hmac, sizeof(hmac));
    ngx_explicit_memzero(first, sizeof(first));

    ngx_http_wsgw_keys_step(secret, s->region.data, s->region.len);
    ngx_http_wsgw_keys_step(secret, (u_char *) WSGW_SIGV4_SERVICE,
                            sizeof(WSGW_SIGV4_SERVICE) - 1);
    ngx_http_wsgw_keys_step(secret, (u_char *) WSGW_SIGV4_END,
                            sizeof(WSGW_SIGV4_END) - 1);

    ngx_http_wsgw_sha256_key(&key->signing, secret, sizeof(secret));
    ngx_explicit_memzero(secret, sizeof(secret));

    ngx_memcpy(key->day, s->day.data, WSGW_SIGV4_DAY);
    ngx_memcpy(key->region, s->region.data, s->region.len);
    key->region_len = s->region.len;
}


/* the next key is what the one before makes of a text */

static void
ngx_http_wsgw_keys_step(u_char secret[NGX_HTTP_WSGW_SHA256_DIGEST],
    const u_char *text, size_t len)
{
    ngx_http_wsgw_sha256_key_t  hmac;

    ngx_http_wsgw_sha256_key(&hmac, secret, NGX_HTTP_WSGW_SHA256_DIGEST);
    ngx_http_wsgw_sha256_hmac(secret, &hmac, text, len);

    ngx_explicit_memzero(&hmac, sizeof(hmac));
}
