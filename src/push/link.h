
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Instances on one host: each with a zone of that name and directory has a
 * socket there, through which the others push to its connections.
 */


#ifndef _NGX_HTTP_WSGW_LINK_H_INCLUDED_
#define _NGX_HTTP_WSGW_LINK_H_INCLUDED_


#include "push/push.h"
#include "zone/slot.h"


/* a worker answers for its instance, until it detaches from the zone */
ngx_int_t ngx_http_wsgw_link_open(ngx_http_wsgw_zone_t *zone, ngx_log_t *log);

/*
 * Hands a push to the instance in its id.  NULL: push->status says why not,
 * and done is not called; else it is, with what that instance said or 503
 * after five seconds, but never before this returns.
 */
void *ngx_http_wsgw_link_ask(ngx_http_wsgw_push_t *push);
void ngx_http_wsgw_link_cancel(void *link);


#endif /* _NGX_HTTP_WSGW_LINK_H_INCLUDED_ */
