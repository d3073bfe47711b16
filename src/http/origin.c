
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_origin: which pages may open a connection (RFC 6455, 10.2).
 */


#include "http/origin.h"
#include "base/text.h"
#include "http/domain.h"
#include "http/refuse.h"


#define NGX_HTTP_WSGW_HTTPS_PORT  443


/* of pages, and of clients that take the URL of the WebSocket for one */

typedef struct {
    ngx_str_t                      prefix;
    ngx_uint_t                     port;
    ngx_uint_t                     secure;
} ngx_http_wsgw_origin_scheme_t;


static ngx_uint_t ngx_http_wsgw_origin_is_listed(ngx_array_t *origins,
    ngx_str_t *origin);
static ngx_uint_t ngx_http_wsgw_origin_is_same(ngx_http_request_t *r,
    ngx_str_t *origin, ngx_str_t *host);
static ngx_uint_t ngx_http_wsgw_origin_parse(ngx_str_t *origin,
    ngx_http_wsgw_authority_t *a, ngx_uint_t *secure);


static ngx_http_wsgw_origin_scheme_t  ngx_http_wsgw_origin_schemes[] = {
    { ngx_string("http://"), 80, 0 },
    { ngx_string("https://"), NGX_HTTP_WSGW_HTTPS_PORT, 1 },
    { ngx_string("ws://"), 80, 0 },
    { ngx_string("wss://"), NGX_HTTP_WSGW_HTTPS_PORT, 1 },
    { ngx_null_string, 0, 0 }
};


ngx_int_t
ngx_http_wsgw_origin_check(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req)
{
    ngx_str_t                  origin, host;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->origin_mode == NGX_HTTP_WSGW_ORIGIN_ANY) {
        return NGX_OK;
    }

    if (req->origins > 1) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_origin,
                    NGX_HTTP_FORBIDDEN, "Origin was sent %ui times; see "
                    "wsgw_origin", req->origins);
    }

    origin = ngx_http_wsgw_refuse_cut(req->origin);

    if (wlcf->origin_mode == NGX_HTTP_WSGW_ORIGIN_SAME) {

        host = ngx_http_wsgw_domain_asked(r);

        if (req->origins == 0
            || ngx_http_wsgw_origin_is_same(r, &req->origin, &host)
            || ngx_http_wsgw_origin_is_same(r, &req->origin, &wlcf->domain))
        {
            return NGX_OK;
        }

        host = ngx_http_wsgw_refuse_cut(host);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_origin,
                    NGX_HTTP_FORBIDDEN, "origin \"%V\" is not allowed, Host "
                    "is \"%V\"%s; see wsgw_origin", &origin, &host,
                    ngx_http_wsgw_domain_secure(r) ? " over TLS" : "");
    }

    if (req->origins == 0) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_origin,
                    NGX_HTTP_FORBIDDEN, "a request without Origin is not "
                    "allowed where origins are listed; see wsgw_origin");
    }

    if (ngx_http_wsgw_origin_is_listed(wlcf->origins, &req->origin)) {
        return NGX_OK;
    }

    return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_origin,
                NGX_HTTP_FORBIDDEN, "origin \"%V\" is not allowed, it is not "
                "listed; see wsgw_origin", &origin);
}


static ngx_uint_t
ngx_http_wsgw_origin_is_listed(ngx_array_t *origins, ngx_str_t *origin)
{
    ngx_str_t   *listed;
    ngx_uint_t   i;

    listed = origins->elts;

    for (i = 0; i < origins->nelts; i++) {
        if (ngx_http_wsgw_text_is_same(&listed[i], origin)) {
            return 1;
        }
    }

    return 0;
}


/*
 * Of the same host and port; a port of 80 or 443 that the host has says
 * nothing, as a proxy may have added it.  The scheme is known where the
 * connection is TLS or the host has port 443: otherwise there may be TLS
 * before us.
 */

static ngx_uint_t
ngx_http_wsgw_origin_is_same(ngx_http_request_t *r, ngx_str_t *origin,
    ngx_str_t *host)
{
    ngx_uint_t                 secure;
    ngx_http_wsgw_authority_t  page, own;

    if (!ngx_http_wsgw_origin_parse(origin, &page, &secure)
        || ngx_http_wsgw_domain_parse(host, &own) != NGX_OK)
    {
        return 0;
    }

    if (!secure && (own.port == NGX_HTTP_WSGW_HTTPS_PORT
                    || ngx_http_wsgw_domain_secure(r)))
    {
        return 0;
    }

    if (own.port == 80 || own.port == NGX_HTTP_WSGW_HTTPS_PORT) {
        own.port = 0;
    }

    return page.port == own.port
           && page.name.len == own.name.len
           && ngx_strncasecmp(page.name.data, own.name.data, own.name.len)
              == 0;
}


/* the port is 0 if it is the scheme's */

static ngx_uint_t
ngx_http_wsgw_origin_parse(ngx_str_t *origin, ngx_http_wsgw_authority_t *a,
    ngx_uint_t *secure)
{
    ngx_str_t                       text;
    ngx_http_wsgw_origin_scheme_t  *s;

    for (s = ngx_http_wsgw_origin_schemes; s->prefix.len; s++) {

        if (origin->len < s->prefix.len
            || ngx_strncasecmp(origin->data, s->prefix.data, s->prefix.len)
               != 0)
        {
            continue;
        }

        text.data = origin->data + s->prefix.len;
        text.len = origin->len - s->prefix.len;

        if (ngx_http_wsgw_domain_parse(&text, a) != NGX_OK) {
            return 0;
        }

        if (a->port == s->port) {
            a->port = 0;
        }

        *secure = s->secure;

        return 1;
    }

    return 0;
}
