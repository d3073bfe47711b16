
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Instances on one host: each with a zone of that name and directory has a
 * socket there, through which the others push to its connections.
 */


#ifndef _NGX_HTTP_WSGW_LISTEN_H_INCLUDED_
#define _NGX_HTTP_WSGW_LISTEN_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* a worker answers for its instance, until it detaches from the zone; nothing
   to do in a zone without a file */
ngx_int_t ngx_http_wsgw_listen(ngx_http_wsgw_zone_t *zone, ngx_log_t *log);


#endif /* _NGX_HTTP_WSGW_LISTEN_H_INCLUDED_ */
