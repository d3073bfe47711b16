
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a connection keeps of its handshake: texts for its events.
 */


#ifndef _NGX_HTTP_WSGW_TEXTS_H_INCLUDED_
#define _NGX_HTTP_WSGW_TEXTS_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* bytes that the texts have together which are not cut */
#define NGX_HTTP_WSGW_CONTEXT_MAX  8192


/* NGX_OK and the texts of its connection, which point into the request, or
   the status to refuse it with; there is no context yet */
ngx_int_t ngx_http_wsgw_texts(ngx_http_request_t *r,
    ngx_str_t texts[ngx_http_wsgw_text_last]);

/* NGX_OK and those texts with all that depends on who the client is, for a
   request that is authorised, or the status to refuse it with */
ngx_int_t ngx_http_wsgw_texts_authorized(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx, ngx_str_t texts[ngx_http_wsgw_text_last]);

/* NGX_OK and those texts with the API key of a stage that needs one, or the
   status to refuse it with */
ngx_int_t ngx_http_wsgw_texts_api_key(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc, ngx_str_t texts[ngx_http_wsgw_text_last]);


#endif /* _NGX_HTTP_WSGW_TEXTS_H_INCLUDED_ */
