
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether a Redis gives up our keys when its memory is full.
 */


#ifndef _NGX_HTTP_WSGW_EVICTION_H_INCLUDED_
#define _NGX_HTTP_WSGW_EVICTION_H_INCLUDED_


#include "cluster/pair.h"


/* asks the server of a pair that is ready, and warns if it would */
void ngx_http_wsgw_eviction_ask(ngx_http_wsgw_pair_t *pair);


#endif /* _NGX_HTTP_WSGW_EVICTION_H_INCLUDED_ */
