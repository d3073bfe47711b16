
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A name is resolved again each time that its turn comes, if there is a
 * resolver: behind a name that stays, servers change.
 */


#include "cluster/pick.h"


#define NGX_HTTP_WSGW_PICK_POOL  1024
#define NGX_HTTP_WSGW_PICK_HOPS  5


static void ngx_http_wsgw_pick_server(ngx_http_wsgw_pick_t *pick);
static void ngx_http_wsgw_pick_resolve(ngx_http_wsgw_pick_t *pick);
static void ngx_http_wsgw_pick_resolved(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_http_wsgw_pick_copy(ngx_http_wsgw_pick_t *pick,
    ngx_resolver_addr_t *addrs, ngx_uint_t naddrs);
static void ngx_http_wsgw_pick_use(ngx_http_wsgw_pick_t *pick);


void
ngx_http_wsgw_pick_next(ngx_http_wsgw_pick_t *pick,
    ngx_http_wsgw_cluster_t *cluster)
{
    ngx_http_wsgw_server_t  *servers;

    if (pick->cluster != cluster) {
        pick->cluster = cluster;
        pick->next = 0;
        pick->naddrs = 0;
        pick->next_addr = 0;
        pick->to_moved = 0;
    }

    if (pick->to_moved) {
        pick->to_moved = 0;
        pick->server = &pick->moved;
        ngx_http_wsgw_pick_server(pick);
        return;
    }

    if (pick->next_addr < pick->naddrs) {
        ngx_http_wsgw_pick_use(pick);
        return;
    }

    servers = cluster->servers.elts;
    pick->server = &servers[pick->next];
    pick->hops = 0;

    pick->next++;

    if (pick->next == cluster->servers.nelts) {
        pick->next = 0;
        pick->rounds++;
    }

    ngx_http_wsgw_pick_server(pick);
}


ngx_int_t
ngx_http_wsgw_pick_move(ngx_http_wsgw_pick_t *pick, ngx_str_t *moved)
{
    u_char                  *p, *colon, *last, host[256];
    size_t                   len;
    ngx_int_t                port;
    ngx_http_wsgw_server_t   from, *to;

    if (pick->hops == NGX_HTTP_WSGW_PICK_HOPS) {
        return NGX_ERROR;
    }

    last = moved->data + moved->len;

    p = ngx_strlchr(moved->data, last, ' ');
    p = p ? ngx_strlchr(p + 1, last, ' ') : NULL;

    if (p == NULL) {
        return NGX_ERROR;
    }

    p++;

    for (colon = last - 1; colon > p && *colon != ':'; colon--) {
        /* void */
    }

    if (colon < p || *colon != ':') {
        return NGX_ERROR;
    }

    port = ngx_atoi(colon + 1, last - colon - 1);
    len = colon - p;

    if (port < 1 || port > 65535 || len >= sizeof(host)) {
        return NGX_ERROR;
    }

    /* The server may be the one that an earlier one has moved us to.  Without
       a host it is the same host. */

    from = *pick->server;
    to = &pick->moved;

    if (len == 0) {
        len = ngx_min(from.host.len, sizeof(host) - 1);
        ngx_memcpy(host, from.host.data, len);

    } else {
        ngx_memcpy(host, p, len);
    }

    *to = from;

    to->host.data = pick->moved_text;
    to->host.len = len;
    p = ngx_cpymem(pick->moved_text, host, len);
    *p++ = '\0';

    to->text.data = p;
    to->text.len = ngx_snprintf(p, pick->moved_text
                                   + sizeof(pick->moved_text) - p,
                                "%V:%i", &to->host, port)
                   - p;

    to->port = (in_port_t) port;
    to->addrs = NULL;
    to->naddrs = 0;

    pick->to_moved = 1;
    pick->hops++;

    return NGX_OK;
}


/* Addresses that were not tried may be others' by the time they are. */

void
ngx_http_wsgw_pick_settle(ngx_http_wsgw_pick_t *pick)
{
    pick->rounds = 0;
    pick->hops = 0;

    ngx_http_wsgw_pick_free(pick);
}


ngx_uint_t
ngx_http_wsgw_pick_is_round(ngx_http_wsgw_pick_t *pick)
{
    return pick->next == 0 && pick->next_addr == pick->naddrs;
}


void
ngx_http_wsgw_pick_cancel(ngx_http_wsgw_pick_t *pick)
{
    if (pick->resolving) {
        ngx_resolve_name_done(pick->resolving);
        pick->resolving = NULL;
    }
}


void
ngx_http_wsgw_pick_free(ngx_http_wsgw_pick_t *pick)
{
    ngx_http_wsgw_pick_cancel(pick);

    if (pick->pool) {
        ngx_destroy_pool(pick->pool);
        pick->pool = NULL;
    }

    pick->naddrs = 0;
    pick->next_addr = 0;
}


static void
ngx_http_wsgw_pick_server(ngx_http_wsgw_pick_t *pick)
{
    ngx_addr_t               addr;
    ngx_resolver_addr_t      literal;
    ngx_http_wsgw_server_t  *server;

    ngx_http_wsgw_pick_free(pick);

    server = pick->server;

    if (server->naddrs) {
        pick->addrs = server->addrs;
        pick->naddrs = server->naddrs;
        ngx_http_wsgw_pick_use(pick);
        return;
    }

    pick->pool = ngx_create_pool(NGX_HTTP_WSGW_PICK_POOL, ngx_cycle->log);

    if (pick->pool == NULL) {
        pick->failed(pick, "there is no memory");
        return;
    }

    if (ngx_parse_addr(pick->pool, &addr, server->host.data,
                       server->host.len)
        != NGX_OK)
    {
        ngx_http_wsgw_pick_resolve(pick);
        return;
    }

    ngx_memzero(&literal, sizeof(ngx_resolver_addr_t));
    literal.sockaddr = addr.sockaddr;
    literal.socklen = addr.socklen;

    if (ngx_http_wsgw_pick_copy(pick, &literal, 1) != NGX_OK) {
        pick->failed(pick, "there is no memory");
        return;
    }

    ngx_http_wsgw_pick_use(pick);
}


static void
ngx_http_wsgw_pick_resolve(ngx_http_wsgw_pick_t *pick)
{
    ngx_resolver_ctx_t  *ctx, temp;

    if (pick->cluster->resolver == NULL) {
        pick->failed(pick, "the name cannot be resolved without a "
                               "\"resolver\"");
        return;
    }

    temp.name = pick->server->host;

    ctx = ngx_resolve_start(pick->cluster->resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        pick->failed(pick, "the name cannot be resolved");
        return;
    }

    ctx->name = pick->server->host;
    ctx->handler = ngx_http_wsgw_pick_resolved;
    ctx->data = pick;
    ctx->timeout = pick->cluster->resolver_timeout;
    ctx->cancelable = 1;

    pick->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        pick->resolving = NULL;
        pick->failed(pick, "the name cannot be resolved");
    }
}


static void
ngx_http_wsgw_pick_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                rc;
    const char              *why;
    ngx_http_wsgw_pick_t  *pick;

    pick = ctx->data;
    pick->resolving = NULL;

    why = NULL;
    rc = NGX_ERROR;

    if (ctx->state) {
        why = ngx_resolver_strerror(ctx->state);

    } else {
        rc = ngx_http_wsgw_pick_copy(pick, ctx->addrs, ctx->naddrs);
    }

    ngx_resolve_name_done(ctx);

    if (rc != NGX_OK) {
        pick->failed(pick, why ? why : "there is no memory");
        return;
    }

    ngx_http_wsgw_pick_use(pick);
}


static ngx_int_t
ngx_http_wsgw_pick_copy(ngx_http_wsgw_pick_t *pick,
    ngx_resolver_addr_t *addrs, ngx_uint_t naddrs)
{
    u_char           *p;
    ngx_uint_t        i;
    struct sockaddr  *sockaddr;

    pick->addrs = ngx_pcalloc(pick->pool, naddrs * sizeof(ngx_addr_t));
    if (pick->addrs == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < naddrs; i++) {

        sockaddr = ngx_palloc(pick->pool, addrs[i].socklen);
        p = ngx_pnalloc(pick->pool, NGX_SOCKADDR_STRLEN);

        if (sockaddr == NULL || p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(sockaddr, addrs[i].sockaddr, addrs[i].socklen);
        ngx_inet_set_port(sockaddr, pick->server->port);

        pick->addrs[i].sockaddr = sockaddr;
        pick->addrs[i].socklen = addrs[i].socklen;
        pick->addrs[i].name.data = p;
        pick->addrs[i].name.len = ngx_sock_ntop(sockaddr, addrs[i].socklen,
                                                  p, NGX_SOCKADDR_STRLEN, 1);
    }

    pick->naddrs = naddrs;

    return NGX_OK;
}


static void
ngx_http_wsgw_pick_use(ngx_http_wsgw_pick_t *pick)
{
    pick->addr = &pick->addrs[pick->next_addr++];

    pick->found(pick);
}
