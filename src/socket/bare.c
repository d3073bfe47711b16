
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An idle connection does without nginx's pool for it, which is larger than all
 * that is left in it once HTTP has ended: the log, and the addresses, of which
 * wc has copies for its events anyway.
 */


#include "socket/bare.h"
#include "socket/client.h"


static u_char *ngx_http_wsgw_bare_log_error(ngx_log_t *log, u_char *buf,
    size_t len);


ngx_int_t
ngx_http_wsgw_bare(ngx_http_wsgw_connection_t *wc)
{
    ngx_log_t         *log;
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = wc->connection;
    pool = c->pool;

    /* TLS has its state there, and a module what it wants to hear of at the
       end. */

    if (pool->cleanup) {
        return NGX_DECLINED;
    }

#if (NGX_SSL)
    if (c->ssl) {
        return NGX_DECLINED;
    }
#endif

    log = ngx_http_wsgw_client_own_log(wc);

    *log = *c->log;
    log->handler = ngx_http_wsgw_bare_log_error;
    log->data = wc;

    c->log = log;
    c->read->log = log;
    c->write->log = log;

    ngx_http_wsgw_client_addresses(wc, c);

    c->proxy_protocol = NULL;
    c->buffer = NULL;
    c->pool = NULL;

    pool->log = ngx_cycle->log;
    ngx_destroy_pool(pool);

    return NGX_OK;
}


/* What nginx's own handler says where there is no request. */

static u_char *
ngx_http_wsgw_bare_log_error(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char                      *p;
    ngx_str_t                    addr;
    ngx_http_wsgw_connection_t  *wc;

    wc = log->data;
    p = buf;

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
    }

    addr = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_addr);

    return ngx_snprintf(p, len, ", client: %V, server: %V", &addr,
                        &wc->listening->addr_text);
}


void
ngx_http_wsgw_bare_close(ngx_connection_t *c)
{
    if (c->pool) {
        ngx_http_close_connection(c);
        return;
    }

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, -1);
#endif

    c->destroyed = 1;

    ngx_close_connection(c);
}
