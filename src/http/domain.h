
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The name by which backends call back.
 */


#ifndef _NGX_HTTP_WSGW_DOMAIN_H_INCLUDED_
#define _NGX_HTTP_WSGW_DOMAIN_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* a host with or without a port, as it stands in Host, Origin and domain= */

typedef struct {
    ngx_str_t                      name;        /* less a dot at its end */
    ngx_uint_t                     port;        /* 0: none */
} ngx_http_wsgw_authority_t;


/*
 * Reads all of the text; NGX_DECLINED if a URL in which it stands could lead
 * to another host than the one that it begins with.
 */
ngx_int_t ngx_http_wsgw_domain_parse(ngx_str_t *text,
    ngx_http_wsgw_authority_t *a);

/* 1 if it is of http or https, with an authority that can be parsed */
ngx_uint_t ngx_http_wsgw_domain_is_url(ngx_str_t *url);

/* what the client asked for, as it sent it; may be empty */
ngx_str_t ngx_http_wsgw_domain_asked(ngx_http_request_t *r);

/*
 * The host that events tell of, and the domain: domain=; else the host if it
 * is one of the server's names, or if the server has none; else the first of
 * them that is a plain host name, with the port of the connection unless that
 * is the scheme's or leads from a proxy to us; else the address that the client
 * has connected to.  NGX_DECLINED: there is nothing of these; NGX_ERROR: no
 * memory.
 */
ngx_int_t ngx_http_wsgw_domain(ngx_http_request_t *r, ngx_str_t *scheme,
    ngx_str_t *host, ngx_str_t *domain);

/*
 * "http" or "https": what scheme= says, if that is one of them; else that of
 * the connection.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_domain_scheme(ngx_http_request_t *r,
    ngx_str_t *scheme);

/* 1 if the text is "http" or "https", in any letter case */
ngx_uint_t ngx_http_wsgw_domain_is_scheme(ngx_str_t *text);

/* 1 if the connection to the client is TLS */
ngx_uint_t ngx_http_wsgw_domain_secure(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_DOMAIN_H_INCLUDED_ */
