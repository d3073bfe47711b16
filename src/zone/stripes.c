
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Stripes of elements.  The owner word is the only thing shared here: it is 0,
 * or names the owner that alone may use what the stripe holds.  A process that
 * dies takes its free lists along; the word stays and says whose stripe it was.
 */


#include "zone/stripes.h"
#include "base/failpoint.h"


static ngx_int_t ngx_http_wsgw_stripes_claim(ngx_http_wsgw_stripes_t *stripes);
static void ngx_http_wsgw_stripes_fill(ngx_http_wsgw_stripes_t *stripes,
    ngx_http_wsgw_stripe_t *stripe);
static void ngx_http_wsgw_stripes_release(ngx_http_wsgw_stripes_t *stripes,
    ngx_http_wsgw_stripe_t *stripe);


ngx_int_t
ngx_http_wsgw_stripes_init(ngx_http_wsgw_stripes_t *stripes, u_char *base,
    ngx_http_wsgw_table_t *table, uint64_t me, uint32_t hint,
    ngx_http_wsgw_used_pt used)
{
    stripes->base = base;
    stripes->owners = (uint64_t *) (base + table->owners);
    stripes->me = me;
    stripes->nstripes = table->stripes;
    stripes->shift = table->shift;
    stripes->hint = hint % table->stripes;
    stripes->nmine = 0;
    stripes->nfree = 0;
    stripes->exhausted = 0;
    stripes->used = used;

    ngx_queue_init(&stripes->open);

    stripes->mine = calloc(stripes->nstripes, sizeof(ngx_http_wsgw_stripe_t *));

    return stripes->mine ? NGX_OK : NGX_ERROR;
}


void
ngx_http_wsgw_stripes_close(ngx_http_wsgw_stripes_t *stripes)
{
    uint32_t                 i;
    ngx_http_wsgw_stripe_t  *stripe;

    if (stripes->mine == NULL) {
        return;
    }

    for (i = 0; i < stripes->nstripes; i++) {
        stripe = stripes->mine[i];

        if (stripe == NULL) {
            continue;
        }

        if (stripe->nfree == ngx_http_wsgw_stripes_size(stripes)) {
            ngx_http_wsgw_stripes_release(stripes, stripe);
            continue;
        }

        ngx_free(stripe);
    }

    free(stripes->mine);
    stripes->mine = NULL;
}


uint32_t
ngx_http_wsgw_stripes_get(ngx_http_wsgw_stripes_t *stripes)
{
    ngx_queue_t             *q;
    ngx_http_wsgw_stripe_t  *stripe;

    while (ngx_queue_empty(&stripes->open)) {

        /* A stripe that was claimed may turn out to have no free element. */

        if (ngx_http_wsgw_stripes_claim(stripes) != NGX_OK) {
            stripes->exhausted = 1;
            return NGX_HTTP_WSGW_NONE;
        }
    }

    q = ngx_queue_head(&stripes->open);
    stripe = ngx_queue_data(q, ngx_http_wsgw_stripe_t, queue);

    stripes->nfree--;

    if (--stripe->nfree == 0) {
        ngx_queue_remove(q);
    }

    return (stripe->number << stripes->shift) + stripe->free[stripe->nfree];
}


void
ngx_http_wsgw_stripes_put(ngx_http_wsgw_stripes_t *stripes, uint32_t element)
{
    uint32_t                 size;
    ngx_http_wsgw_stripe_t  *stripe;

    size = ngx_http_wsgw_stripes_size(stripes);
    stripe = stripes->mine[element >> stripes->shift];

    if (stripe == NULL || stripe->nfree == size) {
        return;
    }

    if (stripe->nfree == 0) {
        ngx_queue_insert_head(&stripes->open, &stripe->queue);
    }

    stripe->free[stripe->nfree++] = (u_char) (element & (size - 1));
    stripes->nfree++;

    /*
     * Another stripe's worth of elements is kept, or a stripe would come and
     * go with each element that is used.
     */

    if (stripe->nfree == size && stripes->nfree >= 2 * size) {
        ngx_queue_remove(&stripe->queue);
        ngx_http_wsgw_stripes_release(stripes, stripe);
    }
}


void
ngx_http_wsgw_stripes_rescan(ngx_http_wsgw_stripes_t *stripes)
{
    uint32_t                 i;
    ngx_http_wsgw_stripe_t  *stripe;

    stripes->exhausted = 0;

    for (i = 0; i < stripes->nstripes; i++) {
        stripe = stripes->mine[i];

        if (stripe == NULL) {
            continue;
        }

        if (stripe->nfree) {
            ngx_queue_remove(&stripe->queue);
            stripes->nfree -= stripe->nfree;
        }

        ngx_http_wsgw_stripes_fill(stripes, stripe);
    }
}


static ngx_int_t
ngx_http_wsgw_stripes_claim(ngx_http_wsgw_stripes_t *stripes)
{
    uint32_t  i, n;

    for (i = 0; i < stripes->nstripes; i++) {
        n = (stripes->hint + i) % stripes->nstripes;

        if (__atomic_load_n(&stripes->owners[n], __ATOMIC_RELAXED) == 0) {
            goto found;
        }
    }

    return NGX_DECLINED;

found:

    stripes->hint = (n + 1) % stripes->nstripes;

    /* If another process is faster the caller tries the next one. */

    return ngx_http_wsgw_stripes_take(stripes, n, 0) == NGX_ERROR ? NGX_ERROR
                                                                  : NGX_OK;
}


/*
 * One CAS makes a stripe ours.  Dying before it leaves the stripe as it was,
 * dying after it leaves a stripe of another dead owner.
 */

ngx_int_t
ngx_http_wsgw_stripes_take(ngx_http_wsgw_stripes_t *stripes, uint32_t number,
    uint64_t owner)
{
    ngx_http_wsgw_stripe_t  *stripe;

    stripe = ngx_alloc(sizeof(ngx_http_wsgw_stripe_t), ngx_cycle->log);
    if (stripe == NULL) {
        return NGX_ERROR;
    }

    if (!__atomic_compare_exchange_n(&stripes->owners[number], &owner,
                                     stripes->me, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
    {
        ngx_free(stripe);
        return NGX_DECLINED;
    }

    ngx_http_wsgw_failpoint("stripe_claimed");

    stripe->number = number;
    stripes->mine[number] = stripe;
    stripes->nmine++;

    ngx_http_wsgw_stripes_fill(stripes, stripe);

    ngx_log_debug5(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw stripe:%uD of %s owner:%016xL -> %016xL free:%uD",
                   number, stripes->name, owner, stripes->me, stripe->nfree);

    return NGX_OK;
}


static void
ngx_http_wsgw_stripes_fill(ngx_http_wsgw_stripes_t *stripes,
    ngx_http_wsgw_stripe_t *stripe)
{
    uint32_t  i, first;

    stripe->nfree = 0;
    first = stripe->number << stripes->shift;

    /* The list is taken from its end, so the lowest element is used first. */

    for (i = ngx_http_wsgw_stripes_size(stripes); i-- > 0; /* void */) {

        if (stripes->used == NULL || !stripes->used(stripes->base, first + i)) {
            stripe->free[stripe->nfree++] = (u_char) i;
        }
    }

    if (stripe->nfree) {
        stripes->nfree += stripe->nfree;
        ngx_queue_insert_head(&stripes->open, &stripe->queue);
    }
}


/*
 * The store gives the stripe to all; what it holds was freed before.  Dying
 * before it leaves a stripe of a dead owner with nothing in it.
 */

static void
ngx_http_wsgw_stripes_release(ngx_http_wsgw_stripes_t *stripes,
    ngx_http_wsgw_stripe_t *stripe)
{
    uint32_t  number;

    number = stripe->number;

    stripes->mine[number] = NULL;
    stripes->nmine--;
    stripes->nfree -= stripe->nfree;
    ngx_free(stripe);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw stripe:%uD of %s owner:%016xL -> 0",
                   number, stripes->name, stripes->me);

    ngx_http_wsgw_failpoint("stripe_released");

    __atomic_store_n(&stripes->owners[number], 0, __ATOMIC_RELEASE);
}
