
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The name by which backends call back.
 */


#include "ngx_http_wsgw_domain.h"


static ngx_uint_t ngx_http_wsgw_domain_matches(ngx_http_request_t *r,
    ngx_http_server_name_t *sn);
static ngx_uint_t ngx_http_wsgw_domain_is_plain(ngx_str_t *name);


/* where callbacks go: a forged Host must not steer them */

ngx_int_t
ngx_http_wsgw_domain(ngx_http_request_t *r, ngx_str_t *domain)
{
    in_port_t                  port;
    ngx_uint_t                 i, secure;
    ngx_http_server_name_t    *sn;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->domain.len) {
        *domain = wlcf->domain;
        return NGX_OK;
    }

    *domain = r->headers_in.host->value;

    sn = wlcf->server_names.elts;

    for (i = 0; i < wlcf->server_names.nelts; i++) {
        if (ngx_http_wsgw_domain_matches(r, &sn[i])) {
            return NGX_OK;
        }
    }

    for (i = 0; i < wlcf->server_names.nelts; i++) {
        if (ngx_http_wsgw_domain_is_plain(&sn[i].name)) {
            break;
        }
    }

    if (i == wlcf->server_names.nelts) {
        return NGX_OK;
    }

    if (ngx_connection_local_sockaddr(r->connection, NULL, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    port = ngx_inet_get_port(r->connection->local_sockaddr);

    secure = 0;

#if (NGX_HTTP_SSL)
    secure = (r->connection->ssl != NULL);
#endif

    if (port == 0 || port == (secure ? 443 : 80)) {
        *domain = sn[i].name;
        return NGX_OK;
    }

    domain->data = ngx_pnalloc(r->pool, sn[i].name.len + 1 + NGX_INT_T_LEN);
    if (domain->data == NULL) {
        return NGX_ERROR;
    }

    domain->len = ngx_sprintf(domain->data, "%V:%ui", &sn[i].name,
                              (ngx_uint_t) port)
                  - domain->data;

    return NGX_OK;
}


/* as nginx chose the server: exact, "*.example.org", ".example.org",
   "www.example.*", regular expression */

static ngx_uint_t
ngx_http_wsgw_domain_matches(ngx_http_request_t *r,
    ngx_http_server_name_t *sn)
{
    ngx_str_t  host, name;

    host = r->headers_in.server;
    name = sn->name;

    if (host.len == 0) {
        return 0;
    }

#if (NGX_PCRE)
    if (sn->regex) {
        return ngx_regex_exec(sn->regex->regex, &host, NULL, 0) >= 0;
    }
#endif

    if (name.len > 2 && name.data[name.len - 1] == '*') {
        return host.len >= name.len
               && ngx_memcmp(host.data, name.data, name.len - 1) == 0;
    }

    if (name.len > 1 && (name.data[0] == '*' || name.data[0] == '.')) {

        /* ".example.org" is "example.org" too */

        if (name.data[0] == '.' && host.len == name.len - 1) {
            return ngx_memcmp(host.data, name.data + 1, host.len) == 0;
        }

        if (name.data[0] == '*') {
            name.data++;
            name.len--;
        }

        return host.len > name.len
               && ngx_memcmp(host.data + host.len - name.len, name.data,
                             name.len)
                  == 0;
    }

    return host.len == name.len
           && ngx_memcmp(host.data, name.data, name.len) == 0;
}


/* a host name, and not "_", "" or a pattern */

static ngx_uint_t
ngx_http_wsgw_domain_is_plain(ngx_str_t *name)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9')
            && ch != '-' && (ch != '.' || i == 0))
        {
            return 0;
        }
    }

    return name->len != 0;
}
