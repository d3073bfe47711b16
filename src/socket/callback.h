
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The URL under which a connection's gateway is called back.
 */


#ifndef _NGX_HTTP_WSGW_CALLBACK_H_INCLUDED_
#define _NGX_HTTP_WSGW_CALLBACK_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the same, of a connection that is not known to have the stage's own URL */
ngx_int_t ngx_http_wsgw_callback_find(ngx_pool_t *pool,
    ngx_http_wsgw_connection_t *wc, ngx_str_t *url);


/*
 * Finds $wsgw_callback_url of the connection, without /@connections/ID.  A
 * callback= with variables has been evaluated at the handshake: it is one of
 * the texts.
 */

static ngx_inline ngx_int_t
ngx_http_wsgw_callback_url(ngx_pool_t *pool, ngx_http_wsgw_connection_t *wc,
    ngx_str_t *url)
{
    if (wc->kept_url) {
        *url = wc->wlcf->callback_url;
        return NGX_OK;
    }

    return ngx_http_wsgw_callback_find(pool, wc, url);
}


#endif /* _NGX_HTTP_WSGW_CALLBACK_H_INCLUDED_ */
