
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Memory that is buffered for clients, and counted for wsgw_worker_memory.
 */


#include "base/memory.h"


void *
ngx_http_wsgw_memory_alloc(size_t size)
{
    void  *p;

    p = ngx_alloc(size, ngx_cycle->log);

    if (p) {
        ngx_http_wsgw_memory_count(size);
    }

    return p;
}


void *
ngx_http_wsgw_memory_realloc(void *p, size_t old, size_t size)
{
    p = realloc(p, size);

    if (p == NULL) {
        ngx_log_error(NGX_LOG_EMERG, ngx_cycle->log, ngx_errno,
                      "realloc(%uz) failed", size);
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
    ngx_free(p);
}
