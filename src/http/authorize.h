
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The authorizer's step of a handshake.
 */


#ifndef _NGX_HTTP_WSGW_AUTHORIZE_H_INCLUDED_
#define _NGX_HTTP_WSGW_AUTHORIZE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "invoke/invoke.h"


/* Both return NGX_OK, or the status to refuse the handshake with. */

/* before it is asked: who does not say who it is need not be asked about */
ngx_int_t ngx_http_wsgw_authorize_identify(ngx_http_request_t *r,
    ngx_http_wsgw_authorizer_t *authorizer);

/* when it has answered: keeps in ctx what it said of who may come in */
ngx_int_t ngx_http_wsgw_authorize_judge(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx, ngx_http_wsgw_invoke_t *inv);


#endif /* _NGX_HTTP_WSGW_AUTHORIZE_H_INCLUDED_ */
