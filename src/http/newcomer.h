
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The connection that a handshake makes, and what the zone keeps of it.
 */


#ifndef _NGX_HTTP_WSGW_NEWCOMER_H_INCLUDED_
#define _NGX_HTTP_WSGW_NEWCOMER_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* Each returns NGX_OK, or the status to refuse the handshake with. */

/* the worker and the zone can have one more */
ngx_int_t ngx_http_wsgw_newcomer_room(ngx_http_request_t *r);

/* makes the connection and takes its slot: it has an id, and owes nothing */
ngx_int_t ngx_http_wsgw_newcomer_slot(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t **wc);

/* adds to it what was not known before the client was authorised, and what the
   authorizer said, which is the connection's from then on */
ngx_int_t ngx_http_wsgw_newcomer_texts(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx);

/* adds the API key, if the stage needs one */
ngx_int_t ngx_http_wsgw_newcomer_api_key(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx);

/* counts it for each wsgw_limit_conn; it owes nothing yet */
ngx_int_t ngx_http_wsgw_newcomer_limits(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc);

/* writes its record: the last thing before $connect may leave, as it may owe a
   $disconnect from then on */
ngx_int_t ngx_http_wsgw_newcomer_record(ngx_http_wsgw_connection_t *wc);


/* it joins the groups of wsgw_group, now that it is let in */
void ngx_http_wsgw_newcomer_groups(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_NEWCOMER_H_INCLUDED_ */
