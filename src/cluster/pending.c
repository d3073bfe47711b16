
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Redis answers in order, so a ring of who waits is enough.
 */


#include "cluster/pending.h"


#define NGX_HTTP_WSGW_PENDING_FIRST  64


ngx_int_t
ngx_http_wsgw_pending_add(ngx_http_wsgw_pending_t *pending,
    ngx_http_wsgw_pending_pt done, void *data)
{
    uint32_t                      i, size;
    ngx_http_wsgw_pending_one_t  *ring, *one;

    if (pending->n == pending->size) {

        if (pending->n == NGX_HTTP_WSGW_PENDING_MAX) {
            return NGX_DECLINED;
        }

        size = pending->size ? pending->size * 2
                             : NGX_HTTP_WSGW_PENDING_FIRST;

        ring = ngx_alloc(size * sizeof(ngx_http_wsgw_pending_one_t),
                         ngx_cycle->log);
        if (ring == NULL) {
            return NGX_DECLINED;
        }

        for (i = 0; i < pending->n; i++) {
            ring[i] = pending->one[(pending->first + i)
                                   & (pending->size - 1)];
        }

        if (pending->one) {
            ngx_free(pending->one);
        }

        pending->one = ring;
        pending->size = size;
        pending->first = 0;
    }

    one = &pending->one[(pending->first + pending->n) & (pending->size - 1)];

    one->done = done;
    one->data = data;
    one->since = ngx_current_msec;

    pending->n++;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_pending_take(ngx_http_wsgw_pending_t *pending,
    ngx_http_wsgw_pending_one_t *one)
{
    if (pending->n == 0) {
        return NGX_DECLINED;
    }

    *one = pending->one[pending->first];

    pending->first = (pending->first + 1) & (pending->size - 1);
    pending->n--;

    return NGX_OK;
}


ngx_msec_t
ngx_http_wsgw_pending_age(ngx_http_wsgw_pending_t *pending)
{
    return pending->n ? ngx_current_msec - pending->one[pending->first].since
                      : 0;
}


void
ngx_http_wsgw_pending_free(ngx_http_wsgw_pending_t *pending)
{
    if (pending->one) {
        ngx_free(pending->one);
    }

    ngx_memzero(pending, sizeof(ngx_http_wsgw_pending_t));
}
