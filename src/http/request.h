
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The client's upgrade request: is it one (RFC 6455, 4.2.1), and may it be.
 */


#ifndef _NGX_HTTP_WSGW_REQUEST_H_INCLUDED_
#define _NGX_HTTP_WSGW_REQUEST_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/extension.h"


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

/* 1 if the path is the stage's; "path" is what stands below it, or empty */
ngx_uint_t ngx_http_wsgw_request_path(ngx_http_request_t *r, ngx_str_t *path);

/* "_" is no "-" here, other than to ngx_http_wsgw_field_is() */
ngx_uint_t ngx_http_wsgw_request_is(ngx_table_elt_t *h, const char *name);

/* 1 if $connect may choose this subprotocol, which is not empty */
ngx_uint_t ngx_http_wsgw_request_subprotocol(ngx_http_request_t *r,
    ngx_str_t *chosen);


#endif /* _NGX_HTTP_WSGW_REQUEST_H_INCLUDED_ */
