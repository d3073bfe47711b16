
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The end of pools that were kept.
 */


#include "base/spare.h"


void
ngx_http_wsgw_spare_drop(ngx_http_wsgw_spare_t *spare, ngx_log_t *log)
{
    ngx_pool_t  *pool;

    while ((pool = ngx_http_wsgw_spare_take(spare, log)) != NULL) {
        ngx_destroy_pool(pool);
    }
}
