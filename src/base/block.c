
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Large blocks of memory, kept for a moment in lists by size.  Between a power
 * of two and the next there are four sizes.  What is kept is not what
 * wsgw_worker_memory counts, but no more than an eighth of it.
 */


#include "base/block.h"

#if (__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif


/* Blocks of up to 2^13 bytes are the C library's alone, and those of over
   2^22. */
#define NGX_HTTP_WSGW_BLOCK_LEAST  13
#define NGX_HTTP_WSGW_BLOCK_MOST   22

#define NGX_HTTP_WSGW_BLOCK_SIZES                                             \
    (4 * (NGX_HTTP_WSGW_BLOCK_MOST - NGX_HTTP_WSGW_BLOCK_LEAST))


typedef struct ngx_http_wsgw_block_free_s  ngx_http_wsgw_block_free_t;

struct ngx_http_wsgw_block_free_s {
    ngx_http_wsgw_block_free_t    *next;
    size_t                         room;
};


/* the free blocks of a size */

typedef struct {
    ngx_http_wsgw_block_free_t    *free;
    ngx_uint_t                     n;
    ngx_uint_t                     least;       /* n was since the last trim */
} ngx_http_wsgw_block_list_t;


static ngx_http_wsgw_block_list_t *ngx_http_wsgw_block_list(size_t size);
static void *ngx_http_wsgw_block_take(ngx_http_wsgw_block_list_t *list);
static void ngx_http_wsgw_block_cleanup(void *data);


static ngx_http_wsgw_block_list_t
    ngx_http_wsgw_block_lists[NGX_HTTP_WSGW_BLOCK_SIZES];

/* bytes of all free blocks */
static size_t  ngx_http_wsgw_block_kept;


/* To AddressSanitizer a free block is free, and one in use has no more bytes
   than were asked for. */

static ngx_inline void
ngx_http_wsgw_block_mark(void *p, size_t size, size_t room)
{
#if (__SANITIZE_ADDRESS__)
    ASAN_POISON_MEMORY_REGION(p, room);
    ASAN_UNPOISON_MEMORY_REGION(p, size);
#endif
}


static ngx_inline ngx_uint_t
ngx_http_wsgw_block_log2(size_t size)
{
    return 8 * sizeof(unsigned long) - 1 - __builtin_clzl(size);
}


/* Returns NULL for a size that is the C library's. */

static ngx_http_wsgw_block_list_t *
ngx_http_wsgw_block_list(size_t size)
{
    ngx_uint_t  n;

    if (size <= (size_t) 1 << NGX_HTTP_WSGW_BLOCK_LEAST
        || size > (size_t) 1 << NGX_HTTP_WSGW_BLOCK_MOST)
    {
        return NULL;
    }

    size--;
    n = ngx_http_wsgw_block_log2(size);

    return &ngx_http_wsgw_block_lists[4 * (n - NGX_HTTP_WSGW_BLOCK_LEAST)
                                      + (size >> (n - 2)) % 4];
}


size_t
ngx_http_wsgw_block_room(size_t size)
{
    size_t  step;

    if (ngx_http_wsgw_block_list(size) == NULL) {
        return size;
    }

    step = (size_t) 1 << (ngx_http_wsgw_block_log2(size - 1) - 2);

    return ngx_align(size, step);
}


void *
ngx_http_wsgw_block_alloc(size_t size)
{
    void                        *p;
    size_t                       room;
    ngx_http_wsgw_block_list_t  *list;

    list = ngx_http_wsgw_block_list(size);

    if (list == NULL) {
        return ngx_alloc(size, ngx_cycle->log);
    }

    room = ngx_http_wsgw_block_room(size);

    p = list->n ? ngx_http_wsgw_block_take(list)
                : ngx_alloc(room, ngx_cycle->log);

    if (p) {
        ngx_http_wsgw_block_mark(p, size, room);
    }

    return p;
}


/* What grows to a size of which no block is free is the C library's to move: it
   may be able to let it grow where it is. */

void *
ngx_http_wsgw_block_realloc(void *p, size_t old, size_t size)
{
    void                        *q;
    size_t                       room;
    ngx_http_wsgw_block_list_t  *list;

    list = ngx_http_wsgw_block_list(size);

    if (list && list->n) {
        q = ngx_http_wsgw_block_alloc(size);

        if (p) {
            ngx_memcpy(q, p, ngx_min(old, size));
            ngx_http_wsgw_block_free(p, old);
        }

        return q;
    }

    room = ngx_http_wsgw_block_room(size);
    q = realloc(p, room);

    if (q == NULL) {
        ngx_log_error(NGX_LOG_EMERG, ngx_cycle->log, ngx_errno,
                      "realloc(%uz) failed", room);
        return NULL;
    }

    ngx_http_wsgw_block_mark(q, size, room);

    return q;
}


void
ngx_http_wsgw_block_free(void *p, size_t size)
{
    size_t                       room;
    ngx_http_wsgw_block_free_t  *b;
    ngx_http_wsgw_block_list_t  *list;

    list = ngx_http_wsgw_block_list(size);
    room = ngx_http_wsgw_block_room(size);

    if (list == NULL
        || ngx_http_wsgw_block_kept + room
           > ngx_http_wsgw_worker.memory_limit / 8)
    {
        ngx_free(p);
        return;
    }

    b = p;
    b->next = list->free;
    b->room = room;
    list->free = b;
    list->n++;
    ngx_http_wsgw_block_kept += room;

    ngx_http_wsgw_block_mark(p, sizeof(ngx_http_wsgw_block_free_t), room);
}


static void *
ngx_http_wsgw_block_take(ngx_http_wsgw_block_list_t *list)
{
    ngx_http_wsgw_block_free_t  *b;

    b = list->free;
    list->free = b->next;
    list->n--;
    list->least = ngx_min(list->least, list->n);
    ngx_http_wsgw_block_kept -= b->room;

    return b;
}


ngx_int_t
ngx_http_wsgw_block_give(ngx_pool_t *pool, ngx_http_wsgw_block_t *block)
{
    ngx_pool_large_t    *large;
    ngx_pool_cleanup_t  *cln;

    if (ngx_http_wsgw_block_list(block->size)) {
        cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_wsgw_block_t));
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_http_wsgw_block_cleanup;
        ngx_memcpy(cln->data, block, sizeof(ngx_http_wsgw_block_t));

        return NGX_OK;
    }

    large = ngx_palloc(pool, sizeof(ngx_pool_large_t));
    if (large == NULL) {
        return NGX_ERROR;
    }

    large->alloc = block->data;
    large->next = pool->large;
    pool->large = large;

    return NGX_OK;
}


static void
ngx_http_wsgw_block_cleanup(void *data)
{
    ngx_http_wsgw_block_t  *block = data;

    ngx_http_wsgw_block_free(block->data, block->size);
}


void *
ngx_http_wsgw_block_palloc(ngx_pool_t *pool, size_t size)
{
    ngx_http_wsgw_block_t  block;

    if (ngx_http_wsgw_block_list(size) == NULL) {
        return ngx_pnalloc(pool, size);
    }

    block.data = ngx_http_wsgw_block_alloc(size);
    block.size = size;

    if (block.data && ngx_http_wsgw_block_give(pool, &block) != NGX_OK) {
        ngx_http_wsgw_block_cleanup(&block);
        return NULL;
    }

    return block.data;
}


void
ngx_http_wsgw_block_pclear(ngx_pool_t *pool)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = pool->cleanup; cln; cln = cln->next) {
        if (cln->handler) {
            cln->handler(cln->data);
        }
    }

    pool->cleanup = NULL;
}


void
ngx_http_wsgw_block_pfree(ngx_pool_t *pool, void *p)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_wsgw_block_t  *block;

    for (cln = pool->cleanup; cln; cln = cln->next) {
        block = cln->data;

        if (cln->handler == ngx_http_wsgw_block_cleanup && block->data == p) {
            ngx_http_wsgw_block_cleanup(block);
            cln->handler = NULL;
            return;
        }
    }

    (void) ngx_pfree(pool, p);
}


/* The fewest blocks that were free since the last time are those that nobody
   needed. */

void
ngx_http_wsgw_block_trim(void)
{
    ngx_uint_t                   i, n;
    ngx_http_wsgw_block_list_t  *list;

    for (i = 0; i < NGX_HTTP_WSGW_BLOCK_SIZES; i++) {
        list = &ngx_http_wsgw_block_lists[i];

        if (list->least) {
            ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                           "wsgw blocks given back:%ui of %uz bytes, kept:%uz",
                           list->least, list->free->room,
                           ngx_http_wsgw_block_kept);
        }

        for (n = list->least; n; n--) {
            ngx_free(ngx_http_wsgw_block_take(list));
        }

        list->least = list->n;
    }
}


void
ngx_http_wsgw_block_exit(void)
{
    ngx_http_wsgw_block_trim();
    ngx_http_wsgw_block_trim();
}
