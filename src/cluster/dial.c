
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection to a Redis.  Who has it may close it in any of the handlers that
 * are called from here; "times" says whether that has happened.
 */


#include "cluster/dial.h"

#include <poll.h>


#define NGX_HTTP_WSGW_DIAL_POOL    512
#define NGX_HTTP_WSGW_DIAL_BUFFER  16384        /* kept while nothing waits */
#define NGX_HTTP_WSGW_DIAL_READ    16384        /* in a turn: some hundred
                                                   messages, each of which
                                                   writes to a socket */


static void ngx_http_wsgw_dial_read(ngx_event_t *rev);
static void ngx_http_wsgw_dial_write(ngx_event_t *wev);
static void ngx_http_wsgw_dial_connected(ngx_http_wsgw_dial_t *dial);
static void ngx_http_wsgw_dial_is_open(ngx_http_wsgw_dial_t *dial);
static ngx_int_t ngx_http_wsgw_dial_replies(ngx_http_wsgw_dial_t *dial);
static ngx_int_t ngx_http_wsgw_dial_send(ngx_http_wsgw_dial_t *dial);
static void ngx_http_wsgw_dial_fail(ngx_http_wsgw_dial_t *dial,
    const char *what, ngx_err_t err);

#if (NGX_SSL)
static ngx_int_t ngx_http_wsgw_dial_secure(ngx_http_wsgw_dial_t *dial);
static void ngx_http_wsgw_dial_secured(ngx_connection_t *c);
static const char *ngx_http_wsgw_dial_verify(ngx_http_wsgw_dial_t *dial);
#endif


ngx_int_t
ngx_http_wsgw_dial(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_cluster_t *cluster, ngx_http_wsgw_server_t *server,
    ngx_addr_t *addr, const char **why)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *peer;

    dial->server = server;
    dial->ssl = cluster->ssl;
    dial->secured = 0;
    dial->open = 0;
    dial->pos = dial->buf;
    dial->last = dial->buf;

    peer = &dial->peer;

    ngx_memzero(peer, sizeof(ngx_peer_connection_t));

    peer->sockaddr = addr->sockaddr;
    peer->socklen = addr->socklen;
    peer->name = &addr->name;
    peer->get = ngx_event_get_peer;
    peer->log = ngx_cycle->log;
    peer->log_error = NGX_ERROR_INFO;

    rc = ngx_event_connect_peer(peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {

        if (peer->connection) {
            ngx_close_connection(peer->connection);
            peer->connection = NULL;
        }

        *why = "cannot connect";
        return NGX_ERROR;
    }

    c = peer->connection;

    dial->connection = c;
    dial->redis = ngx_http_wsgw_redis_create(NGX_HTTP_WSGW_DIAL_MAX,
                                             ngx_cycle->log);

    c->data = dial;
    c->log = ngx_cycle->log;
    c->pool = ngx_create_pool(NGX_HTTP_WSGW_DIAL_POOL, c->log);
    c->read->handler = ngx_http_wsgw_dial_read;
    c->read->log = c->log;
    c->write->handler = ngx_http_wsgw_dial_write;
    c->write->log = c->log;

    if (c->pool == NULL || dial->redis == NULL) {
        ngx_http_wsgw_dial_close(dial);
        *why = "there is no memory";
        return NGX_ERROR;
    }

    if (addr->sockaddr->sa_family != AF_UNIX && ngx_tcp_nodelay(c) != NGX_OK) {
        ngx_http_wsgw_dial_close(dial);
        *why = "cannot connect";
        return NGX_ERROR;
    }

    /* This is how nginx tells that the worker is to exit. */

    c->idle = 1;

    if (rc == NGX_OK) {
        ngx_post_event(c->write, &ngx_posted_events);
    }

    return NGX_OK;
}


void
ngx_http_wsgw_dial_close(ngx_http_wsgw_dial_t *dial)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = dial->connection;

    if (c == NULL) {
        return;
    }

    dial->connection = NULL;
    dial->times++;

#if (NGX_SSL)

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }

#endif

    pool = c->pool;
    ngx_close_connection(c);

    if (pool) {
        ngx_destroy_pool(pool);
    }

    if (dial->redis) {
        ngx_http_wsgw_redis_free(dial->redis);
        dial->redis = NULL;
    }

    if (dial->buf) {
        ngx_free(dial->buf);
        dial->buf = NULL;
    }
}


u_char *
ngx_http_wsgw_dial_room(ngx_http_wsgw_dial_t *dial, size_t n)
{
    u_char  *buf;
    size_t   waiting, size;

    if (dial->connection == NULL) {
        return NULL;
    }

    if (dial->buf && (size_t) (dial->end - dial->last) >= n) {
        goto done;
    }

    waiting = dial->buf ? dial->last - dial->pos : 0;

    if (n > NGX_HTTP_WSGW_DIAL_MAX || waiting > NGX_HTTP_WSGW_DIAL_MAX - n) {
        return NULL;
    }

    size = NGX_HTTP_WSGW_DIAL_BUFFER;

    while (size < waiting + n) {
        size *= 2;
    }

    buf = ngx_alloc(size, ngx_cycle->log);
    if (buf == NULL) {
        return NULL;
    }

    if (dial->buf) {
        ngx_memcpy(buf, dial->pos, waiting);
        ngx_free(dial->buf);
    }

    dial->buf = buf;
    dial->pos = buf;
    dial->last = buf + waiting;
    dial->end = buf + size;

done:

    /* If the socket takes nothing, its event comes when it does. */

    if (dial->open && dial->connection->write->ready) {
        ngx_post_event(dial->connection->write, &ngx_posted_events);
    }

    return dial->last;
}


ngx_int_t
ngx_http_wsgw_dial_command(ngx_http_wsgw_dial_t *dial, ngx_uint_t n,
    ngx_str_t *words)
{
    u_char  *p;

    p = ngx_http_wsgw_dial_room(dial, ngx_http_wsgw_redis_size(n, words));
    if (p == NULL) {
        return NGX_DECLINED;
    }

    dial->last = ngx_http_wsgw_redis_write(p, n, words);

    return NGX_OK;
}


void
ngx_http_wsgw_dial_flush(ngx_http_wsgw_dial_t *dial, ngx_msec_t ms)
{
    struct pollfd  pfd;

    if (dial->connection == NULL || !dial->open) {
        return;
    }

    dial->connection->write->ready = 1;

    while (ngx_http_wsgw_dial_send(dial) == NGX_AGAIN) {

        pfd.fd = dial->connection->fd;
        pfd.events = POLLOUT;

        if (poll(&pfd, 1, (int) ms) != 1) {
            return;
        }

        dial->connection->write->ready = 1;
    }
}


static void
ngx_http_wsgw_dial_read(ngx_event_t *rev)
{
    u_char                *p;
    ssize_t                n;
    ngx_connection_t      *c;
    ngx_http_wsgw_dial_t  *dial;

    c = rev->data;
    dial = c->data;

    /* nginx calls so, once each: the first time the worker is to exit, then
       worker_shutdown_timeout is over */

    if (c->close) {
        c->close = 0;
        dial->leave(dial, c->error);
        return;
    }

    if (!dial->open) {

        /* what went wrong is asked of the socket, when it can be written to */

        return;
    }

    if (!dial->fresh(dial)) {
        return;
    }

    p = ngx_http_wsgw_worker.recv_buffer;
    n = c->recv(c, p, NGX_HTTP_WSGW_DIAL_READ);

    if (n == NGX_AGAIN) {
        goto again;
    }

    if (n == 0) {
        ngx_http_wsgw_dial_fail(dial, "was closed by Redis", 0);
        return;
    }

    if (n == NGX_ERROR) {
        ngx_http_wsgw_dial_fail(dial, "was lost", ngx_socket_errno);
        return;
    }

    if (ngx_http_wsgw_redis_feed(dial->redis, p, n) != NGX_OK) {
        ngx_http_wsgw_dial_fail(dial,
                                ngx_http_wsgw_redis_error(dial->redis), 0);
        return;
    }

    if (ngx_http_wsgw_dial_replies(dial) != NGX_OK) {
        return;
    }

    /* Whatever else is ready has its turn in between. */

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_next_events);
        return;
    }

again:

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_wsgw_dial_fail(dial, "was lost", 0);
    }
}


/* NGX_DONE: it is closed */

static ngx_int_t
ngx_http_wsgw_dial_replies(ngx_http_wsgw_dial_t *dial)
{
    ngx_int_t               rc;
    ngx_uint_t              times;
    ngx_http_wsgw_reply_t  *reply;

    times = dial->times;

    for ( ;; ) {
        rc = ngx_http_wsgw_redis_next(dial->redis, &reply);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            ngx_http_wsgw_dial_fail(dial,
                                    ngx_http_wsgw_redis_error(dial->redis),
                                    0);
            return NGX_DONE;
        }

        dial->replied(dial, reply);

        if (dial->times != times) {
            return NGX_DONE;
        }
    }
}


static void
ngx_http_wsgw_dial_write(ngx_event_t *wev)
{
    ngx_connection_t      *c;
    ngx_http_wsgw_dial_t  *dial;

    c = wev->data;
    dial = c->data;

    if (!dial->open) {
        ngx_http_wsgw_dial_connected(dial);
        return;
    }

    if (ngx_http_wsgw_dial_send(dial) == NGX_ERROR) {
        ngx_http_wsgw_dial_fail(dial, "was lost", ngx_socket_errno);
        return;
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_http_wsgw_dial_fail(dial, "was lost", 0);
    }
}


static void
ngx_http_wsgw_dial_connected(ngx_http_wsgw_dial_t *dial)
{
    int                err;
    socklen_t          len;
    ngx_connection_t  *c;

    c = dial->connection;
    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_http_wsgw_dial_fail(dial, "cannot connect", err);
        return;
    }

#if (NGX_SSL)

    if (dial->server->tls) {

        if (!dial->secured && ngx_http_wsgw_dial_secure(dial) != NGX_OK) {
            ngx_http_wsgw_dial_fail(dial, "cannot begin TLS", 0);
        }

        return;
    }

#endif

    ngx_http_wsgw_dial_is_open(dial);
}


static void
ngx_http_wsgw_dial_is_open(ngx_http_wsgw_dial_t *dial)
{
    ngx_connection_t  *c;

    c = dial->connection;

    dial->open = 1;
    c->read->handler = ngx_http_wsgw_dial_read;
    c->write->handler = ngx_http_wsgw_dial_write;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_wsgw_dial_fail(dial, "was lost", 0);
        return;
    }

    /* What came with the end of the handshake is not told of again. */

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }

    dial->opened(dial);
}


static ngx_int_t
ngx_http_wsgw_dial_send(ngx_http_wsgw_dial_t *dial)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = dial->connection;

    while (dial->buf && dial->pos < dial->last) {
        n = c->send(c, dial->pos, dial->last - dial->pos);

        if (n == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        if (n <= 0) {
            return NGX_ERROR;
        }

        dial->pos += n;
    }

    dial->pos = dial->buf;
    dial->last = dial->buf;

    if (dial->buf && dial->end - dial->buf > NGX_HTTP_WSGW_DIAL_BUFFER) {
        ngx_free(dial->buf);
        dial->buf = NULL;
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_dial_fail(ngx_http_wsgw_dial_t *dial, const char *what,
    ngx_err_t err)
{
    u_char  text[NGX_MAX_ERROR_STR], why[256], *p;

    p = ngx_cpystrn(why, (u_char *) what, sizeof(why));

    if (err) {
        p = ngx_strerror(err, text, sizeof(text) - 1);
        *p = '\0';
        p = ngx_snprintf(why, sizeof(why) - 1, "%s: %s", what, text);
        *p = '\0';
    }

    dial->failed(dial, (char *) why);
}


#if (NGX_SSL)

/* We talk TLS with nginx's own means; hiredis 0.14 has none. */

static ngx_int_t
ngx_http_wsgw_dial_secure(ngx_http_wsgw_dial_t *dial)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = dial->connection;
    dial->secured = 1;

    if (ngx_ssl_create_connection(dial->ssl, c, NGX_SSL_BUFFER|NGX_SSL_CLIENT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* What was not written may move in memory, or grow, until it is. */

    SSL_set_mode(c->ssl->connection, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                     |SSL_MODE_ENABLE_PARTIAL_WRITE);

    if (ngx_inet_addr(dial->server->host.data, dial->server->host.len)
        == INADDR_NONE
        && ngx_strchr(dial->server->host.data, ':') == NULL
        && SSL_set_tlsext_host_name(c->ssl->connection,
                                    (char *) dial->server->host.data)
           == 0)
    {
        return NGX_ERROR;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_http_wsgw_dial_secured;
        return NGX_OK;
    }

    ngx_http_wsgw_dial_secured(c);

    return NGX_OK;
}


static void
ngx_http_wsgw_dial_secured(ngx_connection_t *c)
{
    const char            *why;
    ngx_http_wsgw_dial_t  *dial;

    dial = c->data;

    why = c->ssl->handshaked ? ngx_http_wsgw_dial_verify(dial)
                             : "TLS failed, see the lines before this one";
    if (why) {
        ngx_http_wsgw_dial_fail(dial, why, 0);
        return;
    }

    ngx_http_wsgw_dial_is_open(dial);
}


/* NULL: the certificate is one that we trust, of that host */

static const char *
ngx_http_wsgw_dial_verify(ngx_http_wsgw_dial_t *dial)
{
    int                found;
    X509              *cert;
    long               rc;
    ngx_connection_t  *c;

    c = dial->connection;

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        return X509_verify_cert_error_string(rc);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL) {
        return "there is no certificate";
    }

    found = X509_check_ip_asc(cert, (char *) dial->server->host.data, 0) == 1;
    X509_free(cert);

    if (found || ngx_ssl_check_host(c, &dial->server->host) == NGX_OK) {
        return NULL;
    }

    return "the certificate is of another host";
}

#endif
