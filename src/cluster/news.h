
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an operator is told of a node.
 */


#ifndef _NGX_HTTP_WSGW_NEWS_H_INCLUDED_
#define _NGX_HTTP_WSGW_NEWS_H_INCLUDED_


#include "zone/zone.h"


/* the flags of pure/node_watch.h, each of which is a line of the log */
void ngx_http_wsgw_news(ngx_http_wsgw_zone_t *zone, unsigned flags);


#endif /* _NGX_HTTP_WSGW_NEWS_H_INCLUDED_ */
