
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which workers of this node hear what is published to them: the beater looks,
 * and tells the other nodes.
 */


#ifndef _NGX_HTTP_WSGW_LISTENER_H_INCLUDED_
#define _NGX_HTTP_WSGW_LISTENER_H_INCLUDED_


#include "zone/zone.h"
#include "pure/node_line.h"


/* of a worker slot: when its mailbox was seen to be drained */

typedef struct {
    uint32_t                       drains;
    ngx_msec_t                     at;
} ngx_http_wsgw_listener_t;


/* one for each worker slot */
void ngx_http_wsgw_listener_begin(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_listener_t *listeners);

/* sets line->workers; 1: they are others than before */
ngx_uint_t ngx_http_wsgw_listener_look(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_listener_t *listeners, wsgw_node_line_t *line);


#endif /* _NGX_HTTP_WSGW_LISTENER_H_INCLUDED_ */
