
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Pools of one size that their users leave to the next.
 */


#ifndef _NGX_HTTP_WSGW_SPARE_H_INCLUDED_
#define _NGX_HTTP_WSGW_SPARE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* of a kind: as many events as often are in flight */
#define NGX_HTTP_WSGW_SPARE_MAX  64


void ngx_http_wsgw_spare_drop(ngx_http_wsgw_spare_t *spare, ngx_log_t *log);


/* Returns one that was kept, or NULL.  Its log may be that of a cycle that is
   no more, so it gets another. */

static ngx_inline ngx_pool_t *
ngx_http_wsgw_spare_take(ngx_http_wsgw_spare_t *spare, ngx_log_t *log)
{
    ngx_pool_t  *pool;

    pool = spare->first;

    if (pool) {
        spare->first = pool->d.next;
        spare->n--;

        pool->d.next = NULL;
        pool->log = log;
    }

    return pool;
}


static ngx_inline ngx_uint_t
ngx_http_wsgw_spare_is_full(ngx_http_wsgw_spare_t *spare)
{
    return spare->n == NGX_HTTP_WSGW_SPARE_MAX;
}


/* one that has not grown */

static ngx_inline void
ngx_http_wsgw_spare_keep(ngx_http_wsgw_spare_t *spare, ngx_pool_t *pool)
{
    pool->d.next = spare->first;
    spare->first = pool;
    spare->n++;
}


#endif /* _NGX_HTTP_WSGW_SPARE_H_INCLUDED_ */
