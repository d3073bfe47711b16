
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who is served without "public": a client on this host that reaches us by
 * itself.  The address of the socket decides, as realip may have replaced the
 * connection's by one that the caller has chosen; and nobody else may be named
 * as the one who asks, since a proxy on this host has a local socket, too.
 */


#include "http/local.h"
#include "base/worker.h"
#include "event/field.h"


static ngx_str_t ngx_http_wsgw_local_socket(ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_local_loopback(ngx_str_t *addr);
static ngx_uint_t ngx_http_wsgw_local_begins(ngx_str_t *addr,
    const char *prefix);
static ngx_uint_t ngx_http_wsgw_local_forwarded(ngx_http_request_t *r,
    ngx_str_t *name);


#if (NGX_HTTP_REALIP)
/* $realip_remote_addr */
static ngx_int_t  ngx_http_wsgw_local_addr;
#endif


ngx_int_t
ngx_http_wsgw_local_variables(ngx_conf_t *cf)
{
#if (NGX_HTTP_REALIP)

    static ngx_str_t  name = ngx_string("realip_remote_addr");

    ngx_http_wsgw_local_addr = ngx_http_get_variable_index(cf, &name);

    if (ngx_http_wsgw_local_addr == NGX_ERROR) {
        return NGX_ERROR;
    }

#endif

    return NGX_OK;
}


ngx_uint_t
ngx_http_wsgw_local(ngx_http_request_t *r, const char *directive)
{
    ngx_str_t          who;
    ngx_uint_t         local, level;
    const char        *what;
    ngx_connection_t  *c;

    static time_t      told;

    c = r->connection;
    what = "address";

    who = ngx_http_wsgw_local_socket(r);
    local = ngx_http_wsgw_local_loopback(&who);

    if (local && c->addr_text.data != who.data) {
        who = c->addr_text;
        local = ngx_http_wsgw_local_loopback(&who);
    }

    if (local && c->proxy_protocol && c->proxy_protocol->src_addr.len) {
        who = c->proxy_protocol->src_addr;
        local = ngx_http_wsgw_local_loopback(&who);
    }

    if (local) {
        what = "header";

        if (!ngx_http_wsgw_local_forwarded(r, &who)) {
            return 1;
        }
    }

    level = ngx_http_wsgw_worker_level(&told);

    ngx_log_error(level, c->log, 0,
                  "%s serves loopback and unix sockets only, and nobody for "
                  "whom a proxy asks, not %s \"%V\"; to serve others write "
                  "\"public\" and restrict them by \"allow\" and \"deny\"",
                  directive, what, &who);

    return 0;
}


static ngx_str_t
ngx_http_wsgw_local_socket(ngx_http_request_t *r)
{
#if (NGX_HTTP_REALIP)

    ngx_str_t                   addr;
    ngx_http_variable_value_t  *vv;

    ngx_str_null(&addr);

    vv = ngx_http_get_indexed_variable(r, ngx_http_wsgw_local_addr);

    if (vv && !vv->not_found) {
        addr.data = vv->data;
        addr.len = vv->len;
    }

    return addr;

#else

    return r->connection->addr_text;

#endif
}


static ngx_uint_t
ngx_http_wsgw_local_loopback(ngx_str_t *addr)
{
    return ngx_http_wsgw_local_begins(addr, "127.")
           || ngx_http_wsgw_local_begins(addr, "::ffff:127.")
           || ngx_http_wsgw_local_begins(addr, "unix:")
           || (addr->len == 3 && ngx_http_wsgw_local_begins(addr, "::1"));
}


static ngx_uint_t
ngx_http_wsgw_local_begins(ngx_str_t *addr, const char *prefix)
{
    size_t  len;

    len = ngx_strlen(prefix);

    return addr->len >= len && ngx_memcmp(addr->data, prefix, len) == 0;
}


/* What the header says is the caller's to choose: that it is there counts. */

static ngx_uint_t
ngx_http_wsgw_local_forwarded(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    part = ngx_http_wsgw_field_first(r);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {
        if (ngx_http_wsgw_field_is_of(h, NGX_HTTP_WSGW_FIELD_CLIENT)) {
            *name = h->key;
            return 1;
        }
    }

    return 0;
}
