
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The URL under which a connection's gateway is called back.
 */


#include "socket/callback.h"
#include "socket/client.h"


static void ngx_http_wsgw_callback_join(ngx_str_t *url, ngx_str_t *scheme,
    ngx_str_t *domain, ngx_str_t *path);


ngx_int_t
ngx_http_wsgw_callback_find(ngx_pool_t *pool,
    ngx_http_wsgw_connection_t *wc, ngx_str_t *url)
{
    ngx_str_t  *kept, *scheme, domain, *path;

    static ngx_str_t  http = ngx_string("http://");
    static ngx_str_t  https = ngx_string("https://");

    *url = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_callback);

    if (url->len) {
        return NGX_OK;
    }

    if (wc->wlcf->callback && wc->wlcf->callback->lengths == NULL) {
        *url = wc->wlcf->callback->value;
        return NGX_OK;
    }

    scheme = wc->secure ? &https : &http;
    domain = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_domain);
    path = &wc->wlcf->path;

    /* Most clients of a stage use one name for it: its URL is kept.  It has the
       bytes of that domain, whoever sent it first, and is never another. */

    kept = &wc->wlcf->callback_url;

    if (kept->len == 0) {
        ngx_http_wsgw_callback_join(kept, scheme, &domain, path);

        wc->wlcf->callback_domain.len = domain.len;
        wc->wlcf->callback_domain.data = kept->data + scheme->len;
    }

    if (wc->wlcf->callback_domain.data - kept->data == (ssize_t) scheme->len
        && wc->wlcf->callback_domain.len == domain.len
        && ngx_memcmp(wc->wlcf->callback_domain.data, domain.data, domain.len)
           == 0)
    {
        wc->kept_url = 1;
        *url = *kept;
        return NGX_OK;
    }

    url->data = ngx_pnalloc(pool, scheme->len + domain.len + path->len);
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_callback_join(url, scheme, &domain, path);

    return NGX_OK;
}


static void
ngx_http_wsgw_callback_join(ngx_str_t *url, ngx_str_t *scheme,
    ngx_str_t *domain, ngx_str_t *path)
{
    u_char  *p;

    p = ngx_cpymem(url->data, scheme->data, scheme->len);
    p = ngx_cpymem(p, domain->data, domain->len);
    p = ngx_cpymem(p, path->data, path->len);

    url->len = p - url->data;
}
