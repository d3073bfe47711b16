
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The connection of an event request.  It has no socket, and nothing about it
 * reaches the event loop.
 */


#include "invoke/fake.h"
#include "base/spare.h"
#include "base/text.h"
#include "invoke/invoke_answer.h"
#include "socket/client.h"


#define NGX_HTTP_WSGW_CONNECTION_POOL  256


static ngx_pool_t *ngx_http_wsgw_fake_pool(void);
static void ngx_http_wsgw_fake_connection(ngx_http_wsgw_invoke_t *inv,
    ngx_connection_t *fc);
static ngx_http_wsgw_apart void ngx_http_wsgw_fake_told_address(
    ngx_connection_t *fc);
static void ngx_http_wsgw_fake_write_handler(ngx_event_t *wev);
static ssize_t ngx_http_wsgw_fake_recv(ngx_connection_t *fc, u_char *buf,
    size_t size);
static ssize_t ngx_http_wsgw_fake_recv_chain(ngx_connection_t *fc,
    ngx_chain_t *in, off_t limit);
static ssize_t ngx_http_wsgw_fake_send(ngx_connection_t *fc, u_char *buf,
    size_t size);


ngx_int_t
ngx_http_wsgw_fake_connect(ngx_http_wsgw_invoke_t *inv,
    ngx_pool_cleanup_pt closed)
{
    ngx_pool_t          *pool;
    ngx_connection_t    *fc;
    ngx_http_request_t  *r;

    /* one more is for the backend: ngx_get_connection() would log an alert */

    if (ngx_cycle->free_connection_n < 2) {
        ngx_log_error(NGX_LOG_ERR, &inv->log, 0,
                      "no connection for an event request, "
                      "increase \"worker_connections\"");
        return NGX_ERROR;
    }

    pool = ngx_http_wsgw_fake_pool();
    if (pool == NULL) {
        return NGX_ERROR;
    }

    fc = ngx_get_connection(ngx_http_wsgw_worker.dummy[0], &inv->log);
    if (fc == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    fc->pool = pool;
    ngx_http_wsgw_fake_connection(inv, fc);

    r = ngx_http_create_request(fc);
    if (r == NULL) {
        ngx_close_connection(fc);
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

#if (NGX_STAT_STUB)
    /* ngx_http_close_connection() will subtract it */
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    pool->cleanup->handler = closed;
    pool->cleanup->data = inv;

    fc->data = r;
    r->count++;

    inv->connection = fc;
    inv->request = r;

    return NGX_OK;
}


/* The pool's cleanup may free inv, so its log must not be inv's. */

static ngx_pool_t *
ngx_http_wsgw_fake_pool(void)
{
    ngx_pool_t          *pool;
    ngx_pool_cleanup_t  *cln;

    pool = ngx_http_wsgw_spare_take(&ngx_http_wsgw_worker.connection_pools,
                                    ngx_cycle->log);
    if (pool) {
        return pool;
    }

    pool = ngx_create_pool(NGX_HTTP_WSGW_CONNECTION_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    return pool;
}


/* It looks like the client's, but nothing of it reaches the event loop. */

static void
ngx_http_wsgw_fake_connection(ngx_http_wsgw_invoke_t *inv,
    ngx_connection_t *fc)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = inv->wc;

    inv->hc.conf_ctx = wc->wlcf->server->ctx;
    inv->log_ctx.connection = fc;

    fc->data = &inv->hc;
    fc->buffer = &inv->header_in;
    fc->type = SOCK_STREAM;
    fc->log = &inv->log;
    fc->read->log = &inv->log;
    fc->write->log = &inv->log;

    fc->recv = ngx_http_wsgw_fake_recv;
    fc->recv_chain = ngx_http_wsgw_fake_recv_chain;
    fc->send = ngx_http_wsgw_fake_send;
    fc->send_chain = ngx_http_wsgw_invoke_answer_send_chain;

    fc->shared = 1;
    fc->need_last_buf = 1;
    fc->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    fc->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    /* active: nobody adds them to epoll */

    fc->read->active = 1;
    fc->write->active = 1;
    fc->write->ready = 1;

    fc->number = wc->number;
    fc->requests = (ngx_uint_t) wc->messages_in;
    fc->start_time = wc->opened;

    ngx_http_wsgw_client_addresses(wc, fc);

    if (wc->socklen == 0) {
        ngx_http_wsgw_fake_told_address(fc);
    }
}


/* A record has the client's address as text: access rules and limits look at
   the address itself, and each attempt of a $disconnect is the same to them. */

static void
ngx_http_wsgw_fake_told_address(ngx_connection_t *fc)
{
    ngx_str_t   *text;
    ngx_addr_t   addr;

    static struct sockaddr  local = { .sa_family = AF_UNIX };

    text = &fc->addr_text;

    if (ngx_parse_addr(fc->pool, &addr, text->data, text->len) == NGX_OK) {
        fc->sockaddr = addr.sockaddr;
        fc->socklen = addr.socklen;

    } else if (ngx_http_wsgw_text_is(text, "unix:")) {
        fc->sockaddr = &local;
        fc->socklen = offsetof(struct sockaddr, sa_data);
    }
}


void
ngx_http_wsgw_fake_wait(ngx_connection_t *fc)
{
    fc->write->handler = ngx_http_wsgw_fake_write_handler;
}


/*
 * nginx takes a request that waits, for a subrequest of ssi, say, for a client
 * that does not read.  Events have a timeout of their own, so send_timeout is
 * none of their limits.
 */

static void
ngx_http_wsgw_fake_write_handler(ngx_event_t *wev)
{
    ngx_connection_t  *fc;

    fc = wev->data;

    if (wev->timedout && !wev->delayed) {
        wev->timedout = 0;
        return;
    }

    fc->read->handler(wev);
}


/*
 * The request was held while it ran.  If nginx is through with it, it ends
 * here, as in ngx_http_close_request(), but the connection's pool is for the
 * next event, unless it has grown or has a module's handler.
 */

void
ngx_http_wsgw_fake_leave(ngx_http_request_t *r)
{
    ngx_pool_t          *pool;
    ngx_connection_t    *fc;
    ngx_pool_cleanup_t  *cln;

    if (r->count > 1 || r->blocked) {
        r->count--;
        return;
    }

    fc = r->connection;
    pool = fc->pool;

    r->count--;
    ngx_http_free_request(r, 0);

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, -1);
#endif

    ngx_close_connection(fc);

    cln = pool->cleanup;

    if (cln->next || pool->large || pool->d.next
        || ngx_http_wsgw_spare_is_full(&ngx_http_wsgw_worker.connection_pools))
    {
        ngx_destroy_pool(pool);
        return;
    }

    cln->handler(cln->data);
    cln->handler = NULL;

    ngx_http_wsgw_spare_keep(&ngx_http_wsgw_worker.connection_pools, pool);
}


static ssize_t
ngx_http_wsgw_fake_recv(ngx_connection_t *fc, u_char *buf, size_t size)
{
    return NGX_AGAIN;
}


static ssize_t
ngx_http_wsgw_fake_recv_chain(ngx_connection_t *fc, ngx_chain_t *in,
    off_t limit)
{
    return NGX_AGAIN;
}


static ssize_t
ngx_http_wsgw_fake_send(ngx_connection_t *fc, u_char *buf, size_t size)
{
    return NGX_ERROR;
}
