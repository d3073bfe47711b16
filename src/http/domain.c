
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The name by which backends call back.  Whatever a client says of it is read
 * here once: a forged Host must not steer callbacks.
 */


#include "http/domain.h"
#include "base/text.h"


static ngx_uint_t ngx_http_wsgw_domain_is_host(ngx_str_t *name);
static ngx_uint_t ngx_http_wsgw_domain_port(u_char *p, u_char *last);
static ngx_int_t ngx_http_wsgw_domain_own(ngx_http_request_t *r,
    ngx_str_t *scheme, ngx_str_t *domain);
static ngx_uint_t ngx_http_wsgw_domain_trusts(ngx_http_request_t *r,
    ngx_str_t *scheme, ngx_http_wsgw_authority_t *asked);
static ngx_uint_t ngx_http_wsgw_domain_matches(ngx_str_t *host,
    ngx_http_server_name_t *sn);
static ngx_uint_t ngx_http_wsgw_domain_is_plain(ngx_http_server_name_t *sn);
static ngx_uint_t ngx_http_wsgw_domain_is_pattern(ngx_http_server_name_t *sn);
static ngx_uint_t ngx_http_wsgw_domain_is_secure(ngx_str_t *scheme);
static ngx_uint_t ngx_http_wsgw_domain_scheme_port(ngx_str_t *scheme);
static ngx_int_t ngx_http_wsgw_domain_write(ngx_http_request_t *r,
    ngx_str_t *name, ngx_uint_t port, ngx_str_t *text);


ngx_int_t
ngx_http_wsgw_domain_parse(ngx_str_t *text, ngx_http_wsgw_authority_t *a)
{
    u_char  *p, *last;

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, text->len && text->data[0] == '['
                                      ? ']' : ':');
    if (p == NULL) {
        p = last;

    } else if (*p == ']') {
        p++;
    }

    a->name.data = text->data;
    a->name.len = p - text->data;

    if (a->name.len > 1 && p[-1] == '.') {
        a->name.len--;
    }

    if (!ngx_http_wsgw_domain_is_host(&a->name)) {
        return NGX_DECLINED;
    }

    a->port = 0;

    if (p == last) {
        return NGX_OK;
    }

    if (*p++ != ':') {
        return NGX_DECLINED;
    }

    a->port = ngx_http_wsgw_domain_port(p, last);

    return a->port ? NGX_OK : NGX_DECLINED;
}


/*
 * Labels, an IPv4 address or an IPv6 address in brackets.  What has another
 * meaning in a URL, or is decoded there, is none.
 */

static ngx_uint_t
ngx_http_wsgw_domain_is_host(ngx_str_t *name)
{
    u_char      ch;
    size_t      i, last;
    ngx_uint_t  literal;

    last = name->len;
    literal = (last > 2 && name->data[0] == '[' && name->data[last - 1] == ']');

    i = 0;

    if (literal) {
        i++;
        last--;
    }

    for ( /* void */ ; i < last; i++) {
        ch = name->data[i] | 0x20;

        if ((ch >= 'a' && ch <= (literal ? 'f' : 'z'))
            || (name->data[i] >= '0' && name->data[i] <= '9')
            || name->data[i] == '.'
            || (literal ? name->data[i] == ':'
                        : (name->data[i] == '-' || name->data[i] == '_')))
        {
            continue;
        }

        return 0;
    }

    return name->len != 0;
}


/* of 1 to 65535, in decimal digits of which the first is no zero; or 0 */

static ngx_uint_t
ngx_http_wsgw_domain_port(u_char *p, u_char *last)
{
    ngx_int_t  port;

    if (p == last || last - p > 5 || *p == '0') {
        return 0;
    }

    port = ngx_atoi(p, last - p);

    return (port > 0 && port <= 65535) ? (ngx_uint_t) port : 0;
}


ngx_uint_t
ngx_http_wsgw_domain_is_url(ngx_str_t *url)
{
    u_char                     *p, *last;
    ngx_str_t                   text;
    ngx_http_wsgw_authority_t   a;

    last = url->data + url->len;

    if (url->len > 7 && ngx_memcmp(url->data, "http://", 7) == 0) {
        text.data = url->data + 7;

    } else if (url->len > 8 && ngx_memcmp(url->data, "https://", 8) == 0) {
        text.data = url->data + 8;

    } else {
        return 0;
    }

    p = ngx_strlchr(text.data, last, '/');
    if (p == NULL) {
        p = last;
    }

    text.len = p - text.data;

    if (ngx_http_wsgw_domain_parse(&text, &a) != NGX_OK) {
        return 0;
    }

    /* The path is as it is written (RFC 3986, 3.3), and more can follow. */

    for ( /* void */ ; p < last; p++) {
        if (*p <= 0x20 || *p >= 0x7f || ngx_strchr("\"<>\\^`{|}?#", *p)) {
            return 0;
        }

        if (*p == '%' && (last - p < 3 || ngx_hextoi(p + 1, 2) == NGX_ERROR)) {
            return 0;
        }
    }

    return 1;
}


/* RFC 9112, 3.2.2: a target in absolute form counts, Host beside it does not */

ngx_str_t
ngx_http_wsgw_domain_asked(ngx_http_request_t *r)
{
    u_char     *p;
    ngx_str_t   text;

    ngx_str_null(&text);

    if (r->host_end) {

        /* nginx has read on to a slash, a question mark or a space */

        p = r->host_end;

        while (*p == ':' || (*p >= '0' && *p <= '9')) {
            p++;
        }

        text.data = r->host_start;
        text.len = p - r->host_start;

    } else if (r->headers_in.host) {
        text = r->headers_in.host->value;
    }

    return text;
}


ngx_int_t
ngx_http_wsgw_domain(ngx_http_request_t *r, ngx_str_t *scheme,
    ngx_str_t *host, ngx_str_t *domain)
{
    ngx_int_t                   rc;
    ngx_str_t                   text;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_authority_t   asked;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    text = ngx_http_wsgw_domain_asked(r);

    if (ngx_http_wsgw_domain_parse(&text, &asked) != NGX_OK) {

        /* nothing of it is used */

        rc = ngx_http_wsgw_domain_own(r, scheme, domain);
        *host = *domain;

        return rc;
    }

    /* nginx's is in lower case */

    asked.name = r->headers_in.server;

    if (ngx_http_wsgw_domain_write(r, &asked.name, asked.port, host)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (wlcf->domain.len || !ngx_http_wsgw_domain_trusts(r, scheme, &asked)) {
        return ngx_http_wsgw_domain_own(r, scheme, domain);
    }

    *domain = *host;

    if (asked.port == ngx_http_wsgw_domain_scheme_port(scheme)) {
        domain->len = asked.name.len;
    }

    return NGX_OK;
}


/* what the client has no say in */

static ngx_int_t
ngx_http_wsgw_domain_own(ngx_http_request_t *r, ngx_str_t *scheme,
    ngx_str_t *domain)
{
    ngx_uint_t                 i, port;
    ngx_connection_t          *c;
    ngx_http_server_name_t    *sn;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->domain.len) {
        *domain = wlcf->domain;
        return NGX_OK;
    }

    c = r->connection;

    if (ngx_connection_local_sockaddr(c, NULL, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    port = ngx_inet_get_port(c->local_sockaddr);

    /* behind a proxy that ends TLS the port is one between it and us */

    if (port == ngx_http_wsgw_domain_scheme_port(scheme)
        || ngx_http_wsgw_domain_is_secure(scheme)
           != ngx_http_wsgw_domain_secure(r))
    {
        port = 0;
    }

    sn = wlcf->server_names.elts;

    for (i = 0; i < wlcf->server_names.nelts; i++) {
        if (ngx_http_wsgw_domain_is_plain(&sn[i])) {
            return ngx_http_wsgw_domain_write(r, &sn[i].name, port, domain);
        }
    }

    if (c->local_sockaddr->sa_family == AF_UNIX) {
        return NGX_DECLINED;
    }

    domain->data = ngx_pnalloc(r->pool, NGX_SOCKADDR_STRLEN);
    if (domain->data == NULL) {
        return NGX_ERROR;
    }

    domain->len = ngx_sock_ntop(c->local_sockaddr, c->local_socklen,
                                domain->data, NGX_SOCKADDR_STRLEN, port);

    return NGX_OK;
}


/* a port is one that leads back to this server, or to a proxy before it */

static ngx_uint_t
ngx_http_wsgw_domain_trusts(ngx_http_request_t *r, ngx_str_t *scheme,
    ngx_http_wsgw_authority_t *asked)
{
    in_port_t                 *port;
    ngx_uint_t                 i, named, matches;
    ngx_http_server_name_t    *sn;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    named = 0;
    matches = 0;
    sn = wlcf->server_names.elts;

    for (i = 0; i < wlcf->server_names.nelts; i++) {

        if (ngx_http_wsgw_domain_is_plain(&sn[i])
            || ngx_http_wsgw_domain_is_pattern(&sn[i]))
        {
            named = 1;
            matches |= ngx_http_wsgw_domain_matches(&asked->name, &sn[i]);
        }
    }

    if (!named) {
        return 1;
    }

    if (!matches) {
        return 0;
    }

    if (asked->port == 0
        || asked->port == ngx_http_wsgw_domain_scheme_port(scheme))
    {
        return 1;
    }

    port = wlcf->server_ports.elts;

    for (i = 0; i < wlcf->server_ports.nelts; i++) {
        if (asked->port == port[i]) {
            return 1;
        }
    }

    return 0;
}


/* as nginx chose the server: exact, "*.example.org", ".example.org",
   "www.example.*", regular expression */

static ngx_uint_t
ngx_http_wsgw_domain_matches(ngx_str_t *host, ngx_http_server_name_t *sn)
{
    ngx_str_t  name;

    name = sn->name;

#if (NGX_PCRE)
    if (sn->regex) {
        return ngx_regex_exec(sn->regex->regex, host, NULL, 0) >= 0;
    }
#endif

    if (name.len > 2 && name.data[name.len - 1] == '*') {
        return host->len >= name.len
               && ngx_memcmp(host->data, name.data, name.len - 1) == 0;
    }

    if (name.len > 1 && (name.data[0] == '*' || name.data[0] == '.')) {

        /* ".example.org" is "example.org" too */

        if (name.data[0] == '.' && host->len == name.len - 1) {
            return ngx_memcmp(host->data, name.data + 1, host->len) == 0;
        }

        if (name.data[0] == '*') {
            name.data++;
            name.len--;
        }

        return host->len > name.len
               && ngx_memcmp(host->data + host->len - name.len, name.data,
                             name.len)
                  == 0;
    }

    return ngx_http_wsgw_text_is_same(host, &name);
}


/* a host name, and not "_", "--", "" or a pattern */

static ngx_uint_t
ngx_http_wsgw_domain_is_plain(ngx_http_server_name_t *sn)
{
#if (NGX_PCRE)
    if (sn->regex) {
        return 0;
    }
#endif

    return ngx_http_wsgw_domain_is_host(&sn->name)
           && ngx_strchr("-_.", sn->name.data[0]) == NULL;
}


static ngx_uint_t
ngx_http_wsgw_domain_is_pattern(ngx_http_server_name_t *sn)
{
#if (NGX_PCRE)
    if (sn->regex) {
        return 1;
    }
#endif

    return sn->name.len > 1
           && (sn->name.data[0] == '.' || sn->name.data[0] == '*'
               || sn->name.data[sn->name.len - 1] == '*');
}


ngx_int_t
ngx_http_wsgw_domain_scheme(ngx_http_request_t *r, ngx_str_t *scheme)
{
    ngx_str_t                  text;
    ngx_uint_t                 secure;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    secure = ngx_http_wsgw_domain_secure(r);

    if (wlcf->scheme) {

        if (ngx_http_complex_value(r, wlcf->scheme, &text) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_http_wsgw_domain_is_scheme(&text)) {
            secure = ngx_http_wsgw_domain_is_secure(&text);
        }
    }

    if (secure) {
        ngx_str_set(scheme, "https");

    } else {
        ngx_str_set(scheme, "http");
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_wsgw_domain_is_scheme(ngx_str_t *text)
{
    return (text->len == sizeof("http") - 1
            || text->len == sizeof("https") - 1)
           && ngx_strncasecmp(text->data, (u_char *) "https", text->len) == 0;
}


static ngx_uint_t
ngx_http_wsgw_domain_is_secure(ngx_str_t *scheme)
{
    return scheme->len == sizeof("https") - 1;
}


ngx_uint_t
ngx_http_wsgw_domain_secure(ngx_http_request_t *r)
{
#if (NGX_HTTP_SSL)
    return r->connection->ssl != NULL;
#else
    return 0;
#endif
}


static ngx_uint_t
ngx_http_wsgw_domain_scheme_port(ngx_str_t *scheme)
{
    return ngx_http_wsgw_domain_is_secure(scheme) ? 443 : 80;
}


/* port 0 is not written */

static ngx_int_t
ngx_http_wsgw_domain_write(ngx_http_request_t *r, ngx_str_t *name,
    ngx_uint_t port, ngx_str_t *text)
{
    u_char  *p;

    if (port == 0) {
        *text = *name;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, name->len + 1 + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    p = ngx_cpymem(p, name->data, name->len);
    *p++ = ':';

    text->len = ngx_sprintf(p, "%ui", port) - text->data;

    return NGX_OK;
}
