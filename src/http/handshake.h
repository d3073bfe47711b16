
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * From an upgrade request to an open connection, or a refusal.
 */


#ifndef _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_
#define _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "event/event.h"
#include "http/request.h"


/* lives in the client's request */

typedef struct {
    ngx_http_wsgw_ctx_t            ctx;         /* must be the first member */

    ngx_http_request_t            *request;
    ngx_http_wsgw_invoke_t        *connect;     /* $connect pending, or NULL */
    ngx_http_wsgw_request_t        client;
    ngx_event_t                    decided;     /* posted: answer the client */
    ngx_uint_t                     looks;       /* for the end of a mirror */
    ngx_uint_t                     holds;       /* 1: a reference of ctx.wc,
                                                   to which nothing happened */

    ngx_uint_t                     status;      /* 101, or of the refusal */
    ngx_str_t                      body;        /* of the refusal */
    ngx_str_t                      content_type;
    ngx_str_t                      subprotocol;
} ngx_http_wsgw_handshake_t;


/* the content handler of wsgw_api */
ngx_int_t ngx_http_wsgw_handshake_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_ */
