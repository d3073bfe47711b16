
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Access keys: who may sign, and what a signature is made with.
 */


#ifndef _NGX_HTTP_WSGW_KEYS_H_INCLUDED_
#define _NGX_HTTP_WSGW_KEYS_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "base/sha256.h"
#include "pure/sigv4.h"


#define NGX_HTTP_WSGW_KEYS_SECRET_MAX  256      /* bytes */


/* one line of the file; all of it is in pages that no core has */

typedef struct {
    ngx_str_t                      id;          /* must be the first member */
    ngx_str_t                      secret;

    /* what was derived of it last, and for when and where; a process's own */

    u_char                         day[WSGW_SIGV4_DAY];
    u_char                         region[WSGW_SIGV4_REGION_MAX];
    size_t                         region_len;      /* 0: nothing yet */
    ngx_http_wsgw_sha256_key_t     signing;
} ngx_http_wsgw_key_t;


/* wsgw_sigv4 */

struct ngx_http_wsgw_keys_s {
    ngx_http_wsgw_key_t           *keys;        /* by their ids */
    ngx_uint_t                     n;
    ngx_http_wsgw_key_t           *nobody;      /* in place of an unknown one */
    time_t                         skew;        /* seconds */
};


/*
 * Pages that are no part of a core, and are wiped when the pool is destroyed.
 * NULL: no memory, logged.
 */
void *ngx_http_wsgw_keys_pages(ngx_pool_t *pool, ngx_log_t *log, size_t size);

/* puts them in order; returns one of two with the same id, or NULL */
ngx_http_wsgw_key_t *ngx_http_wsgw_keys_sort(ngx_http_wsgw_keys_t *keys);

/* the key of that id, or keys->nobody */
ngx_http_wsgw_key_t *ngx_http_wsgw_keys_find(ngx_http_wsgw_keys_t *keys,
    const wsgw_canonical_text_t *id);

/* signs a text, as the day and the region of the signature have it */
void ngx_http_wsgw_keys_sign(ngx_http_wsgw_key_t *key, const wsgw_sigv4_t *s,
    const u_char *text, size_t len,
    u_char signature[NGX_HTTP_WSGW_SHA256_DIGEST]);


#endif /* _NGX_HTTP_WSGW_KEYS_H_INCLUDED_ */
