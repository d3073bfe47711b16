
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * JSON written straight into its text, which grows.  No tree.
 */


#ifndef _NGX_HTTP_WSGW_WRITER_H_INCLUDED_
#define _NGX_HTTP_WSGW_WRITER_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef struct {
    ngx_pool_t                    *pool;
    u_char                        *start;       /* NULL: there was no memory */
    u_char                        *pos;
    u_char                        *end;
} ngx_http_wsgw_writer_t;


/* begins a text, with room for "size" bytes at first */
void ngx_http_wsgw_writer_init(ngx_http_wsgw_writer_t *w, ngx_pool_t *pool,
    size_t size);

/* sets text to what was written; NGX_ERROR: there was no memory for it */
ngx_int_t ngx_http_wsgw_writer_text(ngx_http_wsgw_writer_t *w, ngx_str_t *text);

/* makes room for "len" bytes more; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_writer_grow(ngx_http_wsgw_writer_t *w, size_t len);

#define ngx_http_wsgw_json_room(w, len)                                       \
    ((size_t) ((w)->end - (w)->pos) >= (len)                                  \
     || ngx_http_wsgw_writer_grow(w, len) == NGX_OK)

static ngx_inline void
ngx_http_wsgw_json_put(ngx_http_wsgw_writer_t *w, u_char *p, size_t len)
{
    if (ngx_http_wsgw_json_room(w, len)) {
        w->pos = ngx_cpymem(w->pos, p, len);
    }
}

#define ngx_http_wsgw_json_literal(w, text)                                   \
    ngx_http_wsgw_json_put(w, (u_char *) text, sizeof(text) - 1)

/* writes a quoted string; bytes that are not UTF-8 become U+FFFD */
void ngx_http_wsgw_writer_string(ngx_http_wsgw_writer_t *w, u_char *p,
    size_t len);

/* a copy, in w's pool, in which bytes that are not UTF-8 are U+FFFD; without
   memory it is empty, and nothing is written any more */
ngx_str_t ngx_http_wsgw_writer_repaired(ngx_http_wsgw_writer_t *w, u_char *p,
    size_t len);

/* writes a quoted string of bytes that are known to be UTF-8 */
void ngx_http_wsgw_writer_utf8(ngx_http_wsgw_writer_t *w, u_char *p,
    size_t len);

/* writes a quoted string of bytes of which none is to be escaped */
void ngx_http_wsgw_writer_plain(ngx_http_wsgw_writer_t *w, u_char *p,
    size_t len);

/* writes "name":"value", with a comma before it unless it is the first, n = 0;
   nothing of the name is to be escaped */
void ngx_http_wsgw_writer_member(ngx_http_wsgw_writer_t *w, ngx_uint_t n,
    ngx_str_t *name, ngx_str_t *value);

/* writes a quoted string that is base64 of the bytes */
void ngx_http_wsgw_writer_base64(ngx_http_wsgw_writer_t *w, u_char *p,
    size_t len);

void ngx_http_wsgw_writer_number(ngx_http_wsgw_writer_t *w, uint64_t value);


#endif /* _NGX_HTTP_WSGW_WRITER_H_INCLUDED_ */
