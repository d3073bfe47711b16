
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The client's upgrade request: is it one (RFC 6455, 4.2.1), may it be, and
 * what of it the connection keeps.
 */


#ifndef _NGX_HTTP_WSGW_REQUEST_H_INCLUDED_
#define _NGX_HTTP_WSGW_REQUEST_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/extension.h"


/* context, stage variables, callback and path that a connection keeps */
#define NGX_HTTP_WSGW_CONTEXT_MAX  8192


/* the header fields of a handshake; values point into the request */

typedef struct {
    ngx_str_t                      key;         /* Sec-WebSocket-Key */
    ngx_str_t                      version;
    ngx_str_t                      origin;
    ngx_str_t                      upgrade_value;   /* the last, likewise */
    ngx_str_t                      connection_value;
    ngx_uint_t                     keys;        /* how often they were sent */
    ngx_uint_t                     versions;
    ngx_uint_t                     origins;
    ngx_uint_t                     upgrade;     /* 1: to websocket */
    ngx_uint_t                     connection;  /* 1: "upgrade" is named */
    ngx_uint_t                     malformed;   /* 1: extensions */
    wsgw_extension_t               extension;   /* if it may be compressed */
} ngx_http_wsgw_request_t;


/* NGX_OK, or the status to refuse it with, of which the log says why */
ngx_int_t ngx_http_wsgw_request_check(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req);

/* NGX_OK and the texts of its connection, which point into the request, or
   the status to refuse it with; there is no context yet */
ngx_int_t ngx_http_wsgw_request_texts(ngx_http_request_t *r,
    ngx_str_t texts[ngx_http_wsgw_text_last]);

/* NGX_OK and those texts with all that depends on who the client is, for a
   request that is authorised, or the status to refuse it with */
ngx_int_t ngx_http_wsgw_request_authorized(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx, ngx_str_t texts[ngx_http_wsgw_text_last]);

/* NGX_OK and those texts with the API key of a stage that needs one, or the
   status to refuse it with */
ngx_int_t ngx_http_wsgw_request_api_key(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc, ngx_str_t texts[ngx_http_wsgw_text_last]);

/* 1 if $connect may choose this subprotocol, which is not empty */
ngx_uint_t ngx_http_wsgw_request_subprotocol(ngx_http_request_t *r,
    ngx_str_t *chosen);


#endif /* _NGX_HTTP_WSGW_REQUEST_H_INCLUDED_ */
