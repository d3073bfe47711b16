
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Memory that is buffered for clients, and counted for wsgw_worker_memory.
 */


#include "base/memory.h"
#include "base/block.h"


void *
ngx_http_wsgw_memory_alloc(size_t size)
{
    void  *p;

    p = ngx_http_wsgw_block_alloc(size);

    if (p) {
        ngx_http_wsgw_memory_count(size);
    }

    return p;
}


void *
ngx_http_wsgw_memory_realloc(void *p, size_t old, size_t size)
{
    p = ngx_http_wsgw_block_realloc(p, old, size);
    if (p == NULL) {
        return NULL;
    }

    ngx_http_wsgw_memory_uncount(old);
    ngx_http_wsgw_memory_count(size);

    return p;
}


void
ngx_http_wsgw_memory_free(void *p, size_t size)
{
    ngx_http_wsgw_memory_uncount(size);
    ngx_http_wsgw_block_free(p, size);
}
