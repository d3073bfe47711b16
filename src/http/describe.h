
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection as a caller of GET @connections reads it.
 */


#ifndef _NGX_HTTP_WSGW_DESCRIBE_H_INCLUDED_
#define _NGX_HTTP_WSGW_DESCRIBE_H_INCLUDED_


#include "base/writer.h"
#include "push/lister.h"
#include "push/push.h"


/* the answer to a GET that has found its connection; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_describe(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push);

/* that to one who asks for the groups alone */
ngx_int_t ngx_http_wsgw_describe_groups(ngx_http_request_t *r,
    ngx_http_wsgw_push_t *push);

/* writes the members "identity", "lastActiveAt" and, if "groups" says so, these
   of an object */
void ngx_http_wsgw_describe_known(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_known_t *known, ngx_uint_t groups);

/* writes a time, in ms since 1970, as SDKs want it: they fail on a number */
void ngx_http_wsgw_describe_time(ngx_http_wsgw_writer_t *w, uint64_t time);


#endif /* _NGX_HTTP_WSGW_DESCRIBE_H_INCLUDED_ */
