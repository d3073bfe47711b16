
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The numbers of wsgw_status, collected and written while others are served.
 */


#ifndef _NGX_HTTP_WSGW_SCRAPE_H_INCLUDED_
#define _NGX_HTTP_WSGW_SCRAPE_H_INCLUDED_


#include "http/emit.h"


/* sends the text, and returns what a content handler returns */
typedef ngx_int_t (*ngx_http_wsgw_scrape_done_pt)(ngx_http_request_t *r,
    ngx_http_wsgw_emit_format_e format, ngx_str_t *text);


/* Returns what a content handler returns; done() is called later, unless the
   client has gone meanwhile. */
ngx_int_t ngx_http_wsgw_scrape(ngx_http_request_t *r, ngx_array_t *zones,
    ngx_http_wsgw_emit_format_e format, ngx_http_wsgw_scrape_done_pt done);


#endif /* _NGX_HTTP_WSGW_SCRAPE_H_INCLUDED_ */
