
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Text of a client: made fit for a line, a query taken apart.
 */


#ifndef _NGX_HTTP_WSGW_TEXT_H_INCLUDED_
#define _NGX_HTTP_WSGW_TEXT_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * Copies what a client has said as one line, for a header or a log: control
 * characters become spaces.  dst may be src.
 */
void ngx_http_wsgw_text_line(u_char *dst, u_char *src, size_t len);

/* Eight digits in lower case; returns what follows them. */
u_char *ngx_http_wsgw_text_hex(u_char *dst, uint32_t value);

/*
 * Makes the text one line, in memory of the pool if there is anything to
 * change.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_text_as_line(ngx_pool_t *pool, ngx_str_t *text);

/*
 * Takes the first "name=value" off a query, both with their escapes undone, in
 * memory of the pool.  NGX_DONE: there is none left; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_text_argument(ngx_pool_t *pool, ngx_str_t *query,
    ngx_str_t *name, ngx_str_t *value);


#endif /* _NGX_HTTP_WSGW_TEXT_H_INCLUDED_ */
