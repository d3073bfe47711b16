
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Memory that is buffered for clients, and counted for wsgw_worker_memory.
 */


#ifndef _NGX_HTTP_WSGW_MEMORY_H_INCLUDED_
#define _NGX_HTTP_WSGW_MEMORY_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* Memory is freed with the size that it was taken with. */
void *ngx_http_wsgw_memory_alloc(size_t size);
void *ngx_http_wsgw_memory_realloc(void *p, size_t old, size_t size);
void ngx_http_wsgw_memory_free(void *p, size_t size);


/* Memory that is taken and freed elsewhere is counted while it is kept for a
   client. */

static ngx_inline void
ngx_http_wsgw_memory_count(size_t size)
{
    ngx_http_wsgw_worker.memory += size;
}


static ngx_inline void
ngx_http_wsgw_memory_uncount(size_t size)
{
    ngx_http_wsgw_worker.memory -= size;
}


/* Returns 1 over wsgw_worker_memory: no client comes in, and a message that
   would have to wait is not taken. */

static ngx_inline ngx_uint_t
ngx_http_wsgw_memory_is_full(void)
{
    return ngx_http_wsgw_worker.memory > ngx_http_wsgw_worker.memory_limit;
}


/* Returns 1 an eighth further: some clients have to go. */

static ngx_inline ngx_uint_t
ngx_http_wsgw_memory_is_over(void)
{
    return ngx_http_wsgw_worker.memory
           > ngx_http_wsgw_worker.memory_limit
             + ngx_http_wsgw_worker.memory_limit / 8;
}


#endif /* _NGX_HTTP_WSGW_MEMORY_H_INCLUDED_ */
