
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A node that ends takes its line with it.
 */


#ifndef _NGX_HTTP_WSGW_BYE_H_INCLUDED_
#define _NGX_HTTP_WSGW_BYE_H_INCLUDED_


#include "cluster/pair.h"


/* the node ends with this process: its connections are over, and others may
   know that at once */
void ngx_http_wsgw_bye(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_pair_t *pair);


#endif /* _NGX_HTTP_WSGW_BYE_H_INCLUDED_ */
