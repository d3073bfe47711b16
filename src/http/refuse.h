
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Handshakes that come to nothing.
 */


#ifndef _NGX_HTTP_WSGW_REFUSE_H_INCLUDED_
#define _NGX_HTTP_WSGW_REFUSE_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_UPGRADE_REQUIRED  426
#define NGX_HTTP_WSGW_HEADERS_TOO_LARGE 431


/* why a handshake is refused; each has its own line a second in the log, and
   words for $wsgw_error in refuse.c */

typedef enum {
    ngx_http_wsgw_refuse_path = 0,
    ngx_http_wsgw_refuse_url,
    ngx_http_wsgw_refuse_method,
    ngx_http_wsgw_refuse_http,
    ngx_http_wsgw_refuse_upgrade,
    ngx_http_wsgw_refuse_connection,
    ngx_http_wsgw_refuse_body,
    ngx_http_wsgw_refuse_key,
    ngx_http_wsgw_refuse_version,
    ngx_http_wsgw_refuse_extensions,
    ngx_http_wsgw_refuse_origin,
    ngx_http_wsgw_refuse_host,
    ngx_http_wsgw_refuse_callback,
    ngx_http_wsgw_refuse_context,
    ngx_http_wsgw_refuse_texts,
    ngx_http_wsgw_refuse_signature,
    ngx_http_wsgw_refuse_api_key,
    ngx_http_wsgw_refuse_limit,
    ngx_http_wsgw_refuse_memory,
    ngx_http_wsgw_refuse_zone,

    /* what others decide, or a client lacks, is nobody's mistake */

    ngx_http_wsgw_refuse_identity,
    ngx_http_wsgw_refuse_authorizer,
    ngx_http_wsgw_refuse_connect,
    ngx_http_wsgw_refuse_last
} ngx_http_wsgw_refuse_e;


/*
 * Logs why, unless the worker has done so for this reason within a second, has
 * $wsgw_error say so, and returns the status.  What a client has said is made a
 * line, each %V of it should be cut.
 */
ngx_int_t ngx_http_wsgw_refuse_because(ngx_http_request_t *r,
    ngx_http_wsgw_refuse_e reason, ngx_int_t status, const char *fmt, ...);

/* as much of a client's text as a line has room for */
ngx_str_t ngx_http_wsgw_refuse_cut(ngx_str_t text);


/* 400, 403, 405, 426 ... with JSON and the headers that belong to the status;
   the result is for ngx_http_finalize_request() */
ngx_int_t ngx_http_wsgw_refuse(ngx_http_request_t *r, ngx_uint_t status);

/* likewise with a body that is given, in the request's pool */
ngx_int_t ngx_http_wsgw_refuse_with(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body);

/* ctx->body in place of a page that nginx makes (r->err_status), its type, and
   the headers that belong to the status */
ngx_int_t ngx_http_wsgw_refuse_page(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx, ngx_str_t *type);

/* the words for a status */
const char *ngx_http_wsgw_refuse_message(ngx_uint_t status);

#endif /* _NGX_HTTP_WSGW_REFUSE_H_INCLUDED_ */
