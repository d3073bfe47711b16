
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Questions that are not about one connection, in a process that may have some
 * of those that they are about.
 */


#ifndef _NGX_HTTP_WSGW_CROWD_H_INCLUDED_
#define _NGX_HTTP_WSGW_CROWD_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/outcome.h"


/*
 * Answers a question in a RESULT; answer->len is its room, then its size.
 * UNKNOWN: it is no such question; nothing was done.
 */
wsgw_outcome_t ngx_http_wsgw_crowd(ngx_http_wsgw_zone_t *zone,
    ngx_str_t *question, ngx_str_t *answer);


#endif /* _NGX_HTTP_WSGW_CROWD_H_INCLUDED_ */
