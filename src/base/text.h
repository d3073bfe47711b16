
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Text of a client: made fit for a line, its escapes undone.
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
 * Undoes the escapes of a query's bytes from p to last, in memory of the pool.
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_text_unescape(ngx_pool_t *pool, u_char *p,
    u_char *last, ngx_str_t *text);


#endif /* _NGX_HTTP_WSGW_TEXT_H_INCLUDED_ */
