
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * JSON written in two passes by the same calls: the first counts, the second
 * writes into memory of exactly that size.  No tree.
 */


#ifndef _NGX_HTTP_WSGW_JSON_H_INCLUDED_
#define _NGX_HTTP_WSGW_JSON_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef struct {
    u_char                        *pos;         /* NULL: only counts */
    size_t                         len;         /* so far */
} ngx_http_wsgw_json_t;


#define ngx_http_wsgw_json_literal(w, text)                                   \
    ngx_http_wsgw_json_put(w, (u_char *) text, sizeof(text) - 1)

void ngx_http_wsgw_json_put(ngx_http_wsgw_json_t *w, u_char *p, size_t len);

/* a quoted string; bytes that are not UTF-8 become U+FFFD */
void ngx_http_wsgw_json_string(ngx_http_wsgw_json_t *w, u_char *p, size_t len);

/* likewise, of bytes known to be UTF-8 */
void ngx_http_wsgw_json_utf8(ngx_http_wsgw_json_t *w, u_char *p, size_t len);

/* a quoted string, in base64 */
void ngx_http_wsgw_json_base64(ngx_http_wsgw_json_t *w, u_char *p, size_t len);

void ngx_http_wsgw_json_number(ngx_http_wsgw_json_t *w, uint64_t value);

/* between the passes; text is where the second will write.  NGX_ERROR: no
   memory */
ngx_int_t ngx_http_wsgw_json_allocate(ngx_http_wsgw_json_t *w,
    ngx_pool_t *pool, ngx_str_t *text);


#endif /* _NGX_HTTP_WSGW_JSON_H_INCLUDED_ */
