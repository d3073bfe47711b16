
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How other nodes beat, as all lines of the zone's nodes in Redis say.
 */


#ifndef _NGX_HTTP_WSGW_POLL_H_INCLUDED_
#define _NGX_HTTP_WSGW_POLL_H_INCLUDED_


#include "cluster/pair.h"
#include "pure/node_watch.h"


/* of an answer to HGETALL; returns what wsgw_node_watch_polled() does */
unsigned ngx_http_wsgw_poll(ngx_http_wsgw_pair_t *pair,
    wsgw_node_watch_t *watch, ngx_http_wsgw_reply_t *reply);


#endif /* _NGX_HTTP_WSGW_POLL_H_INCLUDED_ */
