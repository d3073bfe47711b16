
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The addresses that wsgw_redis names.
 */


#include "conf/address.h"
#include "conf/arg.h"


#define NGX_HTTP_WSGW_ADDRESS_PORT     6379
#define NGX_HTTP_WSGW_ADDRESSES        64
#define NGX_HTTP_WSGW_ADDRESS_TIMEOUT  5000     /* ms, of a resolver */


static ngx_int_t ngx_http_wsgw_address_user(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_str_t *rest, ngx_str_t *user);
static ngx_int_t ngx_http_wsgw_address_keep(ngx_conf_t *cf,
    ngx_http_wsgw_server_t *server, ngx_str_t *text, ngx_url_t *u);


/* redis[s]://[user@]host[:port][/db] */

ngx_int_t
ngx_http_wsgw_address(ngx_conf_t *cf, ngx_http_wsgw_cluster_t *cluster,
    ngx_str_t *arg)
{
    u_char                  *slash;
    ngx_url_t                u;
    ngx_str_t                rest;
    ngx_http_wsgw_server_t  *server;

    if (cluster->servers.nelts == NGX_HTTP_WSGW_ADDRESSES) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "more than %d addresses, write those of the "
                           "servers that hold data",
                           NGX_HTTP_WSGW_ADDRESSES);
        return NGX_ERROR;
    }

    server = ngx_array_push(&cluster->servers);
    if (server == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(server, sizeof(ngx_http_wsgw_server_t));

    /* The user comes first: nothing is shown that has a password. */

    rest.data = ngx_strnstr(arg->data, "://", arg->len) + 3;
    rest.len = arg->data + arg->len - rest.data;

    if (ngx_http_wsgw_address_user(cf, arg, &rest, &server->user) != NGX_OK) {
        return NGX_ERROR;
    }

    server->tls = ngx_strncmp(arg->data, "rediss://", 9) == 0;

    if (!server->tls && ngx_strncmp(arg->data, "redis://", 8) != 0) {
        goto invalid;
    }

    slash = ngx_strlchr(rest.data, rest.data + rest.len, '/');

    if (slash) {
        server->db.data = slash + 1;
        server->db.len = rest.data + rest.len - server->db.data;
        rest.len = slash - rest.data;

        /* SELECT takes no zeros in front; 0 itself need not be selected */

        while (server->db.len && server->db.data[0] == '0') {
            server->db.data++;
            server->db.len--;
        }

        if (server->db.len > 4
            || (server->db.len
                && ngx_atoi(server->db.data, server->db.len) == NGX_ERROR))
        {
            goto invalid;
        }
    }

    if (rest.len == 0 || ngx_strlchr(rest.data, rest.data + rest.len, '$')) {
        goto invalid;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = rest;
    u.default_port = NGX_HTTP_WSGW_ADDRESS_PORT;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.host.len == 0
        || u.family == AF_UNIX)
    {
        goto invalid;
    }

    return ngx_http_wsgw_address_keep(cf, server, &rest, &u);

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid address \"%V\", write it as "
                       "\"redis://HOST:6379\", \"rediss://HOST\" for TLS, or "
                       "\"redis://USER@HOST:PORT/DB\"", arg);

    return NGX_ERROR;
}


/* A password in nginx.conf would be one in every copy of it. */

static ngx_int_t
ngx_http_wsgw_address_user(ngx_conf_t *cf, ngx_str_t *arg, ngx_str_t *rest,
    ngx_str_t *user)
{
    u_char  *at;

    /* the last one: a host has none, a name or a password may */

    for (at = rest->data + rest->len;
         at > rest->data && *(at - 1) != '@';
         at--)
    {
        /* void */
    }

    if (at == rest->data) {
        return NGX_OK;
    }

    user->data = rest->data;
    user->len = at - 1 - rest->data;

    rest->len -= at - rest->data;
    rest->data = at;

    if (ngx_strlchr(user->data, user->data + user->len, ':')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the address ending with \"@%V\" has a password, "
                           "write it into a file, and \"password_file=FILE\"",
                           rest);
        return NGX_ERROR;
    }

    if (user->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the address \"%V\" has no user before its \"@\"",
                           arg);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The texts are copies that end with a zero, the host without the brackets of
   IPv6. */

static ngx_int_t
ngx_http_wsgw_address_keep(ngx_conf_t *cf, ngx_http_wsgw_server_t *server,
    ngx_str_t *text, ngx_url_t *u)
{
    u_char  *p;

    server->port = u->port;
    server->addrs = u->addrs;
    server->naddrs = u->naddrs;

    p = ngx_pnalloc(cf->pool, u->host.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    server->host.data = p;

    if (u->host.data[0] == '[' && u->host.len > 2) {
        u->host.data++;
        u->host.len -= 2;
    }

    server->host.len = u->host.len;
    *ngx_cpymem(p, u->host.data, u->host.len) = '\0';

    server->text.data = ngx_pnalloc(cf->pool, text->len + sizeof(":65535") - 1);
    if (server->text.data == NULL) {
        return NGX_ERROR;
    }

    server->text.len = ngx_sprintf(server->text.data,
                                   u->no_port ? "%V:%d" : "%V",
                                   text, NGX_HTTP_WSGW_ADDRESS_PORT)
                       - server->text.data;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_address_lookup(ngx_conf_t *cf, ngx_http_wsgw_cluster_t *cluster)
{
    ngx_url_t                  u;
    ngx_uint_t                 i;
    ngx_http_wsgw_server_t    *server;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->resolver && clcf->resolver->connections.nelts) {
        cluster->resolver = clcf->resolver;
        cluster->resolver_timeout = clcf->resolver_timeout;

        if (cluster->resolver_timeout == NGX_CONF_UNSET_MSEC) {
            cluster->resolver_timeout = NGX_HTTP_WSGW_ADDRESS_TIMEOUT;
        }

        return NGX_OK;
    }

    server = cluster->servers.elts;

    for (i = 0; i < cluster->servers.nelts; i++) {

        if (server[i].naddrs) {
            continue;
        }

        ngx_memzero(&u, sizeof(ngx_url_t));

        u.url = server[i].text;

        if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%s in wsgw_redis address \"%V\" in %s:%ui",
                          u.err ? u.err : "no memory", &server[i].text,
                          cluster->file, cluster->line);
            return NGX_ERROR;
        }

        server[i].addrs = u.addrs;
        server[i].naddrs = u.naddrs;

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%V\" of wsgw_redis is looked up once, when nginx "
                      "starts; write a \"resolver\" in http, then it is "
                      "looked up at each connect in %s:%ui",
                      &server[i].host, cluster->file, cluster->line);
    }

    return NGX_OK;
}
