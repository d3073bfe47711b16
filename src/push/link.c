
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection between two instances carries one push: an envelope of
 * wsgw_wire there, a RESULT back, and its end.  Any worker of the instance
 * that is asked takes it, as it reaches all the others by letter.  Nobody asks
 * further: who does not know the connection says 410.
 */


#include "push/link.h"
#include "base/watch.h"
#include "zone/file.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_LINK_TIMEOUT  5000        /* ms */
#define NGX_HTTP_WSGW_LINK_LOST     100         /* ms */
#define NGX_HTTP_WSGW_LINK_HEAD     96          /* envelope but the message */
#define NGX_HTTP_WSGW_LINK_ANSWER   1024
#define NGX_HTTP_WSGW_LINKS_MAX     256         /* served at a time */


typedef struct ngx_http_wsgw_link_s  ngx_http_wsgw_link_t;

struct ngx_http_wsgw_link_s {
    ngx_connection_t              *connection;
    ngx_http_wsgw_push_t          *push;        /* who asks, or our own */
    ngx_http_wsgw_push_t           own;
    u_char                        *buf;         /* what goes or comes */
    size_t                         size;
    size_t                         len;
    size_t                         sent;
    unsigned                       served:1;    /* the other end asked */
    unsigned                       sending:1;
    unsigned                       waiting:1;   /* for our own push */
    unsigned                       lost:1;      /* before the answer */
};


static ngx_http_wsgw_link_t *ngx_http_wsgw_link_create(ngx_socket_t s,
    size_t size);
static void ngx_http_wsgw_link_free(ngx_http_wsgw_link_t *link);
static ngx_int_t ngx_http_wsgw_link_write(ngx_http_wsgw_link_t *link,
    ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_link_unsure(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_link_accept(ngx_event_t *rev);
static void ngx_http_wsgw_link_serve(ngx_http_wsgw_process_t *process,
    ngx_socket_t s);
static void ngx_http_wsgw_link_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_wsgw_link_turn(ngx_http_wsgw_link_t *link);
static ngx_int_t ngx_http_wsgw_link_send(ngx_http_wsgw_link_t *link);
static ngx_int_t ngx_http_wsgw_link_receive(ngx_http_wsgw_link_t *link,
    wsgw_wire_reader_t *r);
static ngx_int_t ngx_http_wsgw_link_grow(ngx_http_wsgw_link_t *link,
    size_t size);
static ngx_int_t ngx_http_wsgw_link_asked(ngx_http_wsgw_link_t *link,
    wsgw_wire_reader_t *r);
static void ngx_http_wsgw_link_done(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_link_end(ngx_http_wsgw_link_t *link);


static ngx_uint_t  ngx_http_wsgw_links;         /* served now */


ngx_int_t
ngx_http_wsgw_link_open(ngx_http_wsgw_zone_t *zone, ngx_log_t *log)
{
    int                       fd;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;
    fd = zone->descriptors->listen;

    if (fd == -1 || process->listen) {
        return NGX_OK;
    }

    process->listen = ngx_http_wsgw_watch(fd, ngx_http_wsgw_link_accept,
                                        process, log);

    return process->listen ? NGX_OK : NGX_ERROR;
}


void *
ngx_http_wsgw_link_ask(ngx_http_wsgw_push_t *push)
{
    ngx_socket_t           s;
    ngx_http_wsgw_link_t  *link;

    push->status = NGX_HTTP_SERVICE_UNAVAILABLE;

    s = ngx_http_wsgw_file_connect(push->zone, push->id.instance);

    if (s == -1) {
        ngx_http_wsgw_link_unsure(push);
        return NULL;
    }

    link = ngx_http_wsgw_link_create(s, NGX_HTTP_WSGW_LINK_HEAD
                                        + push->body.len);
    if (link == NULL) {
        return NULL;
    }

    link->push = push;

    if (ngx_http_wsgw_link_write(link, push) != NGX_OK) {
        ngx_http_wsgw_link_free(link);
        return NULL;
    }

    /* the answer may be here already: its handler runs when we are done */

    link->connection->write->ready = 1;
    ngx_post_event(link->connection->write, &ngx_posted_events);

    return link;
}


void
ngx_http_wsgw_link_cancel(void *link)
{
    ngx_http_wsgw_link_free(link);
}


/* the socket is the link's, or closed */

static ngx_http_wsgw_link_t *
ngx_http_wsgw_link_create(ngx_socket_t s, size_t size)
{
    ngx_connection_t      *c;
    ngx_http_wsgw_link_t  *link;

    c = ngx_get_connection(s, ngx_cycle->log);

    if (c == NULL) {
        (void) ngx_close_socket(s);
        return NULL;
    }

    c->log = ngx_cycle->log;
    c->log_error = NGX_ERROR_INFO;
    c->recv = ngx_recv;
    c->send = ngx_send;

    c->read->log = c->log;
    c->read->handler = ngx_http_wsgw_link_handler;
    c->write->log = c->log;
    c->write->handler = ngx_http_wsgw_link_handler;

    link = ngx_calloc(sizeof(ngx_http_wsgw_link_t), c->log);

    if (link == NULL) {
        ngx_close_connection(c);
        return NULL;
    }

    c->data = link;
    link->connection = c;

    if (ngx_http_wsgw_link_grow(link, size) != NGX_OK
        || ngx_handle_read_event(c->read, 0) != NGX_OK
        || ngx_handle_write_event(c->write, 0) != NGX_OK)
    {
        ngx_http_wsgw_link_free(link);
        return NULL;
    }

    ngx_add_timer(c->read, NGX_HTTP_WSGW_LINK_TIMEOUT);

    return link;
}


static void
ngx_http_wsgw_link_free(ngx_http_wsgw_link_t *link)
{
    if (link->served) {
        ngx_http_wsgw_links--;
    }

    ngx_close_connection(link->connection);

    if (link->buf) {
        ngx_free(link->buf);
    }

    ngx_free(link);
}


static ngx_int_t
ngx_http_wsgw_link_write(ngx_http_wsgw_link_t *link,
    ngx_http_wsgw_push_t *push)
{
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, link->buf, link->size, push->verb, 0);
    wsgw_wire_put_targets(&w, &push->id, 1);
    wsgw_wire_put_u64(&w, WSGW_TAG_API, (uint64_t) push->stage << 32);

    if (push->body.len) {
        wsgw_wire_put_bytes(&w, WSGW_TAG_FRAME, push->body.data,
                            push->body.len);
    }

    link->len = wsgw_wire_finish(&w);
    link->sending = 1;

    return link->len ? NGX_OK : NGX_ERROR;
}


/* an instance that exits may leave a question unanswered: what is gone by now
   is a fact all the same */

static void
ngx_http_wsgw_link_unsure(ngx_http_wsgw_push_t *push)
{
    if (!ngx_http_wsgw_file_lives(push->zone, push->id.instance)) {
        push->status = NGX_HTTP_WSGW_GONE;
    }
}


/* all workers are told, the fastest has it */

static void
ngx_http_wsgw_link_accept(ngx_event_t *rev)
{
    ngx_socket_t       s;
    ngx_connection_t  *c;

    c = rev->data;

    for ( ;; ) {
        s = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (s == -1) {
            return;
        }

        if (ngx_http_wsgw_links == NGX_HTTP_WSGW_LINKS_MAX) {
            (void) ngx_close_socket(s);
            continue;
        }

        ngx_http_wsgw_link_serve(c->data, s);
    }
}


static void
ngx_http_wsgw_link_serve(ngx_http_wsgw_process_t *process, ngx_socket_t s)
{
    ngx_http_wsgw_link_t  *link;

    link = ngx_http_wsgw_link_create(s, NGX_HTTP_WSGW_LINK_ANSWER);
    if (link == NULL) {
        return;
    }

    ngx_http_wsgw_links++;

    link->served = 1;
    link->push = &link->own;
    link->own.zone = process->zone;
    link->own.done = ngx_http_wsgw_link_done;
    link->own.data = link;
}


static void
ngx_http_wsgw_link_handler(ngx_event_t *ev)
{
    ngx_int_t              rc;
    ngx_connection_t      *c;
    ngx_http_wsgw_link_t  *link;

    c = ev->data;
    link = c->data;

    if (link->waiting || (link->lost && !ev->timedout)) {
        return;
    }

    rc = ev->timedout ? NGX_DONE : ngx_http_wsgw_link_turn(link);

    if (rc == NGX_ERROR && !link->served) {

        /* who dies closes its socket, and a moment later gives up its lock */

        link->lost = 1;
        ngx_add_timer(c->read, NGX_HTTP_WSGW_LINK_LOST);
        return;
    }

    if (rc != NGX_AGAIN) {
        ngx_http_wsgw_link_end(link);
    }
}


/* NGX_DONE: all is said */

static ngx_int_t
ngx_http_wsgw_link_turn(ngx_http_wsgw_link_t *link)
{
    ngx_int_t           rc;
    wsgw_wire_reader_t  r;

    if (link->sending) {
        rc = ngx_http_wsgw_link_send(link);

        if (rc != NGX_OK) {
            return rc;
        }

        if (link->served) {
            return NGX_DONE;
        }

        link->sending = 0;
        link->len = 0;
    }

    rc = ngx_http_wsgw_link_receive(link, &r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (link->served) {
        return ngx_http_wsgw_link_asked(link, &r);
    }

    ngx_http_wsgw_push_result(link->push, &r);

    return NGX_DONE;
}


static ngx_int_t
ngx_http_wsgw_link_send(ngx_http_wsgw_link_t *link)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = link->connection;

    while (link->sent < link->len) {
        n = c->send(c, link->buf + link->sent, link->len - link->sent);

        if (n == NGX_AGAIN) {
            return ngx_handle_write_event(c->write, 0) == NGX_OK ? NGX_AGAIN
                                                                 : NGX_ERROR;
        }

        if (n <= 0) {
            return NGX_ERROR;
        }

        link->sent += n;
    }

    return NGX_OK;
}


/* an envelope says how long it is; a message fits the zone as a letter does */

static ngx_int_t
ngx_http_wsgw_link_receive(ngx_http_wsgw_link_t *link, wsgw_wire_reader_t *r)
{
    int                rc;
    ssize_t            n;
    ngx_connection_t  *c;

    c = link->connection;

    for ( ;; ) {
        rc = wsgw_wire_open(r, link->buf, link->len);

        if (rc == WSGW_DONE) {
            return NGX_OK;
        }

        if (rc != WSGW_AGAIN
            || r->size > link->push->zone->size / 4
            || (r->size > link->size
                && ngx_http_wsgw_link_grow(link, r->size) != NGX_OK)
            || link->len == link->size)
        {
            return NGX_ERROR;
        }

        n = c->recv(c, link->buf + link->len, link->size - link->len);

        if (n == NGX_AGAIN) {
            return ngx_handle_read_event(c->read, 0) == NGX_OK ? NGX_AGAIN
                                                               : NGX_ERROR;
        }

        if (n <= 0) {
            return NGX_ERROR;
        }

        link->len += n;
    }
}


static ngx_int_t
ngx_http_wsgw_link_grow(ngx_http_wsgw_link_t *link, size_t size)
{
    u_char  *p;

    p = ngx_alloc(size, ngx_cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (link->buf) {
        ngx_memcpy(p, link->buf, link->len);
        ngx_free(link->buf);
    }

    link->buf = p;
    link->size = size;

    return NGX_OK;
}


/* the message stays in the buffer until the push is done */

static ngx_int_t
ngx_http_wsgw_link_asked(ngx_http_wsgw_link_t *link, wsgw_wire_reader_t *r)
{
    uint64_t               api;
    ngx_uint_t             targets;
    wsgw_wire_field_t      f;
    ngx_http_wsgw_push_t  *push;

    push = &link->own;
    push->verb = r->verb;
    targets = 0;
    api = 0;

    if (r->verb > NGX_HTTP_WSGW_PUSH_CLOSE) {
        return NGX_ERROR;
    }

    while (wsgw_wire_next(r, &f)) {

        switch (f.tag) {

        case WSGW_TAG_TARGETS:
            targets = (wsgw_wire_target(&f, 0, &push->id) == 0);
            break;

        case WSGW_TAG_API:
            (void) wsgw_wire_u64(&f, &api);
            break;

        case WSGW_TAG_FRAME:
            push->body.data = (u_char *) f.data;
            push->body.len = f.len;
            break;
        }
    }

    if (!targets || push->id.instance != push->zone->instance) {
        return NGX_ERROR;
    }

    push->stage = ngx_http_wsgw_slot_api_stage(api);

    link->waiting = 1;
    ngx_del_timer(link->connection->read);

    ngx_http_wsgw_push(push);

    return NGX_AGAIN;
}


static void
ngx_http_wsgw_link_done(ngx_http_wsgw_push_t *push)
{
    ngx_str_t              answer;
    ngx_http_wsgw_link_t  *link;

    link = push->data;

    /* over the question: it is done with, and so is its message */

    answer.data = link->buf;
    answer.len = link->size;
    ngx_http_wsgw_push_write(push, &answer);

    link->len = answer.len;
    link->waiting = 0;
    link->sending = 1;

    ngx_add_timer(link->connection->read, NGX_HTTP_WSGW_LINK_TIMEOUT);
    ngx_post_event(link->connection->write, &ngx_posted_events);
}


/* push->status is 503 until the other end has said what it is */

static void
ngx_http_wsgw_link_end(ngx_http_wsgw_link_t *link)
{
    ngx_http_wsgw_push_t  *push;

    push = link->push;

    if (!link->served) {
        if (push->status == NGX_HTTP_SERVICE_UNAVAILABLE) {
            ngx_http_wsgw_link_unsure(push);
        }

        push->link = NULL;
        push->later = 1;
        push->done(push);
    }

    /* what push->done() was told lies in the buffer */

    ngx_http_wsgw_link_free(link);
}
