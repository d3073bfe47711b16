
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


#endif /* _NGX_HTTP_WSGW_MEMORY_H_INCLUDED_ */
