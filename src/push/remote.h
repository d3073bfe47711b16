
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A push to another node, through Redis.
 */


#ifndef _NGX_HTTP_WSGW_REMOTE_H_INCLUDED_
#define _NGX_HTTP_WSGW_REMOTE_H_INCLUDED_


#include "push/question.h"


extern ngx_http_wsgw_transport_t  ngx_http_wsgw_remote;


/* for a process that has a pair; does nothing the second time */
ngx_int_t ngx_http_wsgw_remote_start(ngx_http_wsgw_zone_t *zone);

/* the answer of a node to that question; which may have been given up */
void ngx_http_wsgw_remote_result(ngx_http_wsgw_remote_t *remote,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *result);

/* exit_process: what is still out is not answered any more */
void ngx_http_wsgw_remote_stop(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_REMOTE_H_INCLUDED_ */
