
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Large blocks of memory, kept for a moment: the next large message needs one
 * of the same size.  The C library would give each back to the system, and the
 * next one would come page by page, a fault each.
 */


#ifndef _NGX_HTTP_WSGW_BLOCK_H_INCLUDED_
#define _NGX_HTTP_WSGW_BLOCK_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* memory of ngx_http_wsgw_block_alloc(); NULL: none */

typedef struct {
    void                          *data;
    size_t                         size;        /* it was asked for */
} ngx_http_wsgw_block_t;


/* Returns how many bytes a block of that size has: as many, or a fifth more at
   most. */
size_t ngx_http_wsgw_block_room(size_t size);

/* A block is freed with the size that it was asked for with. */
void *ngx_http_wsgw_block_alloc(size_t size);
void *ngx_http_wsgw_block_realloc(void *p, size_t old, size_t size);
void ngx_http_wsgw_block_free(void *p, size_t size);

/* The pool owns a block from then on, as if it had allocated it. */
ngx_int_t ngx_http_wsgw_block_give(ngx_pool_t *pool,
    ngx_http_wsgw_block_t *block);

/* Do what ngx_pnalloc() and ngx_pfree() do. */
void *ngx_http_wsgw_block_palloc(ngx_pool_t *pool, size_t size);
void ngx_http_wsgw_block_pfree(ngx_pool_t *pool, void *p);

/* Frees all blocks of a pool, as ngx_reset_pool() does not. */
void ngx_http_wsgw_block_pclear(ngx_pool_t *pool);

/* Is called once a second, or more often: frees what nobody has needed since
   the last time. */
void ngx_http_wsgw_block_trim(void);

void ngx_http_wsgw_block_exit(void);


#endif /* _NGX_HTTP_WSGW_BLOCK_H_INCLUDED_ */
