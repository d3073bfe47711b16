
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Stripes of elements.  The owner word is the only thing shared here: 0, or
 * the owner that alone may use what the stripe holds.  A process that dies
 * takes its free lists along; the word stays and says whose stripe it was.
 */


#include "zone/stripes.h"
#include "base/failpoint.h"


static ngx_int_t ngx_http_wsgw_stripes_claim(ngx_http_wsgw_stripes_t *pool);
static ngx_int_t ngx_http_wsgw_stripes_take(ngx_http_wsgw_stripes_t *pool,
    uint32_t n, uint64_t owner);
static void ngx_http_wsgw_stripes_fill(ngx_http_wsgw_stripes_t *pool,
    ngx_http_wsgw_stripe_t *stripe);
static void ngx_http_wsgw_stripes_release(ngx_http_wsgw_stripes_t *pool,
    ngx_http_wsgw_stripe_t *stripe);


ngx_int_t
ngx_http_wsgw_stripes_init(ngx_http_wsgw_stripes_t *pool, u_char *base,
    ngx_http_wsgw_table_t *table, uint64_t me, uint32_t hint,
    ngx_http_wsgw_used_pt used)
{
    pool->base = base;
    pool->owners = (uint64_t *) (base + table->owners);
    pool->me = me;
    pool->stripes = table->stripes;
    pool->shift = table->shift;
    pool->hint = hint % table->stripes;
    pool->free = 0;
    pool->exhausted = 0;
    pool->used = used;

    ngx_queue_init(&pool->open);

    pool->mine = calloc(pool->stripes, sizeof(ngx_http_wsgw_stripe_t *));

    return pool->mine ? NGX_OK : NGX_ERROR;
}


void
ngx_http_wsgw_stripes_close(ngx_http_wsgw_stripes_t *pool)
{
    uint32_t                 i;
    ngx_http_wsgw_stripe_t  *stripe;

    if (pool->mine == NULL) {
        return;
    }

    for (i = 0; i < pool->stripes; i++) {
        stripe = pool->mine[i];

        if (stripe == NULL) {
            continue;
        }

        if (stripe->nfree == (uint32_t) 1 << pool->shift) {
            ngx_http_wsgw_stripes_release(pool, stripe);
            continue;
        }

        ngx_free(stripe);
    }

    free(pool->mine);
    pool->mine = NULL;
}


uint32_t
ngx_http_wsgw_stripes_get(ngx_http_wsgw_stripes_t *pool)
{
    ngx_queue_t             *q;
    ngx_http_wsgw_stripe_t  *stripe;

    while (ngx_queue_empty(&pool->open)) {

        /* a claimed stripe may turn out to have none */

        if (ngx_http_wsgw_stripes_claim(pool) != NGX_OK) {
            pool->exhausted = 1;
            return NGX_HTTP_WSGW_NONE;
        }
    }

    q = ngx_queue_head(&pool->open);
    stripe = ngx_queue_data(q, ngx_http_wsgw_stripe_t, queue);

    pool->free--;

    if (--stripe->nfree == 0) {
        ngx_queue_remove(q);
    }

    return (stripe->number << pool->shift) + stripe->free[stripe->nfree];
}


void
ngx_http_wsgw_stripes_put(ngx_http_wsgw_stripes_t *pool, uint32_t element)
{
    uint32_t                 size;
    ngx_http_wsgw_stripe_t  *stripe;

    size = (uint32_t) 1 << pool->shift;
    stripe = pool->mine[element >> pool->shift];

    if (stripe == NULL || stripe->nfree == size) {
        return;
    }

    if (stripe->nfree == 0) {
        ngx_queue_insert_head(&pool->open, &stripe->queue);
    }

    stripe->free[stripe->nfree++] = (u_char) (element & (size - 1));
    pool->free++;

    /* as much again is kept, or a stripe would come and go with each use */

    if (stripe->nfree == size && pool->free >= 2 * size) {
        ngx_queue_remove(&stripe->queue);
        ngx_http_wsgw_stripes_release(pool, stripe);
    }
}


void
ngx_http_wsgw_stripes_rescan(ngx_http_wsgw_stripes_t *pool)
{
    uint32_t                 i;
    ngx_http_wsgw_stripe_t  *stripe;

    pool->exhausted = 0;

    for (i = 0; i < pool->stripes; i++) {
        stripe = pool->mine[i];

        if (stripe == NULL) {
            continue;
        }

        if (stripe->nfree) {
            ngx_queue_remove(&stripe->queue);
            pool->free -= stripe->nfree;
        }

        ngx_http_wsgw_stripes_fill(pool, stripe);
    }
}


static ngx_int_t
ngx_http_wsgw_stripes_claim(ngx_http_wsgw_stripes_t *pool)
{
    uint32_t  i, n;

    for (i = 0; i < pool->stripes; i++) {
        n = (pool->hint + i) % pool->stripes;

        if (__atomic_load_n(&pool->owners[n], __ATOMIC_RELAXED) == 0) {
            goto found;
        }
    }

    return NGX_DECLINED;

found:

    pool->hint = (n + 1) % pool->stripes;

    /* if another process is faster the caller tries the next one */

    return ngx_http_wsgw_stripes_take(pool, n, 0) == NGX_ERROR ? NGX_ERROR
                                                              : NGX_OK;
}


ngx_int_t
ngx_http_wsgw_stripes_adopt(ngx_http_wsgw_stripes_t *pool, uint32_t stripe,
    uint64_t owner)
{
    return ngx_http_wsgw_stripes_take(pool, stripe, owner);
}


/*
 * One CAS makes a stripe ours.  Dying before it leaves the stripe as it was,
 * dying after it leaves a stripe of another dead owner.
 */

static ngx_int_t
ngx_http_wsgw_stripes_take(ngx_http_wsgw_stripes_t *pool, uint32_t n,
    uint64_t owner)
{
    ngx_http_wsgw_stripe_t  *stripe;

    stripe = ngx_alloc(sizeof(ngx_http_wsgw_stripe_t), ngx_cycle->log);
    if (stripe == NULL) {
        return NGX_ERROR;
    }

    if (!__atomic_compare_exchange_n(&pool->owners[n], &owner, pool->me, 0,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    {
        ngx_free(stripe);
        return NGX_DECLINED;
    }

    ngx_http_wsgw_failpoint("stripe_claimed");

    stripe->number = n;
    pool->mine[n] = stripe;

    ngx_http_wsgw_stripes_fill(pool, stripe);

    return NGX_OK;
}


static void
ngx_http_wsgw_stripes_fill(ngx_http_wsgw_stripes_t *pool,
    ngx_http_wsgw_stripe_t *stripe)
{
    uint32_t  i, first;

    stripe->nfree = 0;
    first = stripe->number << pool->shift;

    /* backwards: the lowest is used first */

    for (i = (uint32_t) 1 << pool->shift; i-- > 0; /* void */) {

        if (pool->used == NULL || !pool->used(pool->base, first + i)) {
            stripe->free[stripe->nfree++] = (u_char) i;
        }
    }

    if (stripe->nfree) {
        pool->free += stripe->nfree;
        ngx_queue_insert_head(&pool->open, &stripe->queue);
    }
}


/*
 * The store gives the stripe to all; what it holds was freed before.  Dying
 * before it leaves a stripe of a dead owner with nothing in it.
 */

static void
ngx_http_wsgw_stripes_release(ngx_http_wsgw_stripes_t *pool,
    ngx_http_wsgw_stripe_t *stripe)
{
    uint32_t  n;

    n = stripe->number;

    pool->mine[n] = NULL;
    pool->free -= stripe->nfree;
    ngx_free(stripe);

    ngx_http_wsgw_failpoint("stripe_released");

    __atomic_store_n(&pool->owners[n], 0, __ATOMIC_RELEASE);
}
