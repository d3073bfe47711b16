
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The 101, and the end of HTTP on its connection.
 */


#include "http/upgrade.h"
#include "base/sha1.h"
#include "http/header.h"
#include "http/tried.h"
#include "socket/bare.h"
#include "socket/connection.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_UPGRADE_KEY   24      /* bytes: it has been checked */
#define NGX_HTTP_WSGW_UPGRADE_GUID  "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


static ngx_int_t ngx_http_wsgw_upgrade_send(ngx_http_wsgw_handshake_t *hs);
static ngx_int_t ngx_http_wsgw_upgrade_flush(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_upgrade_output(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_wsgw_upgrade_wait(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_upgrade_accept(ngx_http_request_t *r,
    ngx_str_t *key, ngx_str_t *value);
static void ngx_http_wsgw_upgrade_write(ngx_http_request_t *r);
static void ngx_http_wsgw_upgrade_flushed(ngx_event_t *ev);
static void ngx_http_wsgw_upgrade_open(ngx_http_wsgw_handshake_t *hs);
static void ngx_http_wsgw_upgrade_free_buffers(ngx_connection_t *c,
    ngx_http_connection_t *hc);


void
ngx_http_wsgw_upgrade(ngx_http_wsgw_handshake_t *hs)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = hs->request;
    c = r->connection;

    /* Who has the 101 is connected, should this worker die right after it. */

    ngx_http_wsgw_slot_open(hs->ctx.wc->zone, hs->ctx.wc->slot);
    ngx_http_wsgw_tried_accepted(hs);

    rc = ngx_http_wsgw_upgrade_send(hs);

    if (rc == NGX_OK) {
        ngx_http_wsgw_upgrade_open(hs);
        return;
    }

    if (rc == NGX_AGAIN) {
        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, c->log, 0,
                       "wsgw handshake 101 waits for the client");

        r->write_event_handler = ngx_http_wsgw_upgrade_write;
        rc = ngx_http_wsgw_upgrade_wait(r);
    }

    if (rc != NGX_OK) {
        ngx_http_wsgw_upgrade_end(r, rc);
        ngx_http_run_posted_requests(c);
    }
}


void
ngx_http_wsgw_upgrade_end(ngx_http_request_t *r, ngx_int_t rc)
{
    r->post_action = 1;
    r->uri_changes = 0;

    ngx_http_finalize_request(r, rc);
}


/* NGX_AGAIN: some of it has not left yet */

static ngx_int_t
ngx_http_wsgw_upgrade_send(ngx_http_wsgw_handshake_t *hs)
{
    ngx_int_t            rc;
    u_char               buf[WSGW_EXTENSION_RESPONSE_MAX];
    ngx_str_t            accept, extensions;
    ngx_http_request_t  *r;

    static ngx_str_t     websocket = ngx_string("websocket");

    r = hs->request;

    /* an error_page that led to the stage does not decide its answer */

    r->err_status = 0;
    r->limit_rate = 0;
    r->limit_rate_set = 1;
    r->headers_out.status = NGX_HTTP_SWITCHING_PROTOCOLS;
    r->headers_out.content_length_n = -1;

    if (ngx_http_wsgw_upgrade_accept(r, &hs->client.key, &accept) != NGX_OK
        || ngx_http_wsgw_header_add(r, "Upgrade", &websocket) != NGX_OK
        || ngx_http_wsgw_header_add(r, "Sec-WebSocket-Accept", &accept)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (hs->subprotocol.len
        && ngx_http_wsgw_header_add(r, "Sec-WebSocket-Protocol",
                                &hs->subprotocol)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (hs->client.extension.accepted) {
        extensions.data = buf;
        extensions.len = wsgw_extension_response(buf, &hs->client.extension);

        if (ngx_http_wsgw_header_add(r, "Sec-WebSocket-Extensions",
                                 &extensions)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* the header filter copies all of it */

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return NGX_ERROR;
    }

    /* image_filter and its like wait for a body, which a 101 does not have */

    if (!r->header_sent) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a filter holds the 101 back, switch \"image_filter\", "
                      "\"xslt_stylesheet\" and the like off in the location "
                      "of \"wsgw_api\"");
        return NGX_ERROR;
    }

    return ngx_http_wsgw_upgrade_flush(r);
}


/*
 * Goes past the body filters: a 101 has no body, and some of them, as those of
 * ssi and sub_filter, keep a flush to themselves.
 */

static ngx_int_t
ngx_http_wsgw_upgrade_flush(ngx_http_request_t *r)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->flush = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_wsgw_upgrade_output(r, &out);
}


static ngx_int_t
ngx_http_wsgw_upgrade_output(ngx_http_request_t *r, ngx_chain_t *in)
{
    if (ngx_http_write_filter(r, in) == NGX_ERROR || r->connection->error) {
        return NGX_ERROR;
    }

    return r->connection->buffered || r->out ? NGX_AGAIN : NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_upgrade_wait(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_http_core_loc_conf_t  *clcf;

    wev = r->connection->write;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->timer_set) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    return ngx_handle_write_event(wev, 0);
}


/* RFC 6455, 4.2.2, 5.4 */

static ngx_int_t
ngx_http_wsgw_upgrade_accept(ngx_http_request_t *r, ngx_str_t *key,
    ngx_str_t *value)
{
    u_char     *p, hash[NGX_HTTP_WSGW_SHA1_DIGEST];
    u_char      text[NGX_HTTP_WSGW_UPGRADE_KEY
                     + sizeof(NGX_HTTP_WSGW_UPGRADE_GUID)];
    ngx_str_t   digest;

    p = ngx_cpymem(text, key->data,
                   ngx_min(key->len, NGX_HTTP_WSGW_UPGRADE_KEY));
    p = ngx_cpymem(p, NGX_HTTP_WSGW_UPGRADE_GUID,
                   sizeof(NGX_HTTP_WSGW_UPGRADE_GUID) - 1);

    ngx_http_wsgw_sha1(hash, text, p - text);

    digest.data = hash;
    digest.len = sizeof(hash);

    value->len = ngx_base64_encoded_length(sizeof(hash));
    value->data = ngx_pnalloc(r->pool, value->len);

    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64(value, &digest);

    return NGX_OK;
}


static void
ngx_http_wsgw_upgrade_write(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_connection_t           *c;
    ngx_http_wsgw_handshake_t  *hs;

    c = r->connection;

    if (c->write->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client does not read the 101, see \"send_timeout\"");
        c->timedout = 1;
        ngx_http_wsgw_upgrade_end(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    rc = ngx_http_wsgw_upgrade_output(r, NULL);

    if (rc == NGX_AGAIN) {
        rc = ngx_http_wsgw_upgrade_wait(r);

        if (rc == NGX_OK) {
            return;
        }
    }

    if (rc != NGX_OK) {
        ngx_http_wsgw_upgrade_end(r, rc);
        return;
    }

    /* not from here: the caller looks at the request once more */

    hs = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    r->write_event_handler = ngx_http_request_empty_handler;
    hs->decided.handler = ngx_http_wsgw_upgrade_flushed;
    ngx_post_event(&hs->decided, &ngx_posted_events);
}


static void
ngx_http_wsgw_upgrade_flushed(ngx_event_t *ev)
{
    ngx_http_wsgw_upgrade_open(ev->data);
}


/*
 * The request is freed, as at any request's end: other modules' cleanups run,
 * the access log is written.  Only limit_conn, which counts by a cleanup of
 * its own, makes us keep it, and with it the buffers that its header is in.
 */

static void
ngx_http_wsgw_upgrade_open(ngx_http_wsgw_handshake_t *hs)
{
    ngx_str_t                    in;
    ngx_connection_t            *c;
    ngx_http_request_t          *r;
    ngx_http_connection_t       *hc;
    ngx_http_wsgw_connection_t  *wc;

    r = hs->request;
    c = r->connection;
    wc = hs->ctx.wc;
    hc = r->http_connection;

    /* frames may have come after the request */

    in.data = r->header_in->pos;
    in.len = r->header_in->last - in.data;

    (void) ngx_tcp_nodelay(c);

    /* ctx.wc stays: the access log may ask for the connection's id */

    hs->step = ngx_http_wsgw_step_open;

    if (hs->client.extension.accepted) {
        wc->deflate_bits = hs->client.extension.server_max_window_bits
                           ? hs->client.extension.server_max_window_bits : 15;
    }

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "wsgw handshake open slot:%uD pipelined:%uz",
                   wc->slot, in.len);

    ngx_http_wsgw_connection_open(wc, c, &in);

    if (r->limit_conn_status && ngx_http_wsgw_client_rare(wc)) {
        wc->rare->request = r;

    } else {
        ngx_http_free_request(r, 0);
        c->destroyed = 0;

        if (ngx_http_wsgw_bare(wc) != NGX_OK) {
            ngx_http_wsgw_upgrade_free_buffers(c, hc);
        }
    }

    c->log->action = "serving a WebSocket";

    ngx_http_wsgw_client_release(wc);
}


/* Does what nginx does at the start of a keepalive. */

static void
ngx_http_wsgw_upgrade_free_buffers(ngx_connection_t *c,
    ngx_http_connection_t *hc)
{
    ngx_chain_t  *cl, *next;

    if (ngx_pfree(c->pool, c->buffer->start) == NGX_OK) {
        c->buffer->pos = NULL;
    }

    for (cl = hc->free; cl; cl = next) {
        next = cl->next;
        ngx_pfree(c->pool, cl->buf->start);
        ngx_free_chain(c->pool, cl);
    }

    for (cl = hc->busy; cl; cl = next) {
        next = cl->next;
        ngx_pfree(c->pool, cl->buf->start);
        ngx_free_chain(c->pool, cl);
    }

    hc->free = NULL;
    hc->busy = NULL;
    hc->nbusy = 0;

#if (NGX_HTTP_SSL)
    if (c->ssl) {
        ngx_ssl_free_buffer(c);
    }
#endif
}
