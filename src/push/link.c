
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A link has one of two lives, both within five seconds for each direction:
 *
 *     who asks:     sending the question, receiving the result, over
 *     who is asked: receiving the question, held, sending the result, over
 *
 * What is asked is carried by push/question.c, who is asked is in
 * push/listen.c.
 */


#include "push/link.h"
#include "push/question.h"
#include "zone/file.h"
#include "zone/number.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_LINK_TIMEOUT  5000        /* ms */
#define NGX_HTTP_WSGW_LINK_LOST     100         /* ms */


static void ngx_http_wsgw_link_ask(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_link_cancel(ngx_http_wsgw_push_t *push);
static ngx_int_t ngx_http_wsgw_link_answered(ngx_http_wsgw_link_t *link,
    ngx_str_t *result);
static void ngx_http_wsgw_link_ended(ngx_http_wsgw_link_t *link);
static wsgw_outcome_t ngx_http_wsgw_link_unanswered(
    ngx_http_wsgw_push_t *push);

static void ngx_http_wsgw_link_free(ngx_http_wsgw_link_t *link);
static void ngx_http_wsgw_link_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_wsgw_link_turn(ngx_http_wsgw_link_t *link);
static ngx_int_t ngx_http_wsgw_link_flush(ngx_http_wsgw_link_t *link);
static ngx_int_t ngx_http_wsgw_link_receive(ngx_http_wsgw_link_t *link,
    ngx_str_t *envelope);
static ngx_int_t ngx_http_wsgw_link_grow(ngx_http_wsgw_link_t *link,
    size_t size);


ngx_http_wsgw_transport_t  ngx_http_wsgw_link = {
    ngx_http_wsgw_link_ask,
    ngx_http_wsgw_link_cancel
};


/* the transport: a link for each push, the question in its buffer */

static void
ngx_http_wsgw_link_ask(ngx_http_wsgw_push_t *push)
{
    size_t                 len;
    ngx_socket_t           s;
    ngx_http_wsgw_link_t  *link;

    s = ngx_http_wsgw_file_connect(push->zone,
                                   ngx_http_wsgw_number_of(&push->id));

    if (s == -1) {
        push->outcome = ngx_http_wsgw_link_unanswered(push);
        return;
    }

    push->outcome = WSGW_OUTCOME_UNKNOWN;

    link = ngx_http_wsgw_link_create(push->zone, s,
                                     NGX_HTTP_WSGW_QUESTION_HEAD
                                     + push->body.len);
    if (link == NULL) {
        return;
    }

    len = ngx_http_wsgw_question_write(push, NULL, link->buf);

    if (len == 0) {
        push->outcome = WSGW_OUTCOME_TOO_LARGE;
        ngx_http_wsgw_link_free(link);
        return;
    }

    if (push->body.len) {
        ngx_memcpy(link->buf + len, push->body.data, push->body.len);
    }

    link->on_message = ngx_http_wsgw_link_answered;
    link->on_end = ngx_http_wsgw_link_ended;
    link->data = push;

    /* who dies closes its socket, and a moment later gives up its lock */

    link->grace = NGX_HTTP_WSGW_LINK_LOST;

    push->pending = link;

    ngx_http_wsgw_link_send(link, len + push->body.len);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, push->log, 0,
                   "wsgw push link to:%06xD len:%uz",
                   ngx_http_wsgw_number_of(&push->id), len + push->body.len);
}


static void
ngx_http_wsgw_link_cancel(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_link_free(push->pending);
}


static ngx_int_t
ngx_http_wsgw_link_answered(ngx_http_wsgw_link_t *link, ngx_str_t *result)
{
    if (ngx_http_wsgw_question_read_result(link->data, result) != NGX_OK) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, link->connection->log, 0,
                       "wsgw push link brought no result len:%uz",
                       result->len);
    }

    return NGX_DONE;
}


/* texts of the result are in the link's buffer, so the link is freed last */

static void
ngx_http_wsgw_link_ended(ngx_http_wsgw_link_t *link)
{
    wsgw_outcome_t         outcome;
    ngx_http_wsgw_push_t  *push;

    push = link->data;
    outcome = push->outcome;

    if (outcome == WSGW_OUTCOME_UNKNOWN) {
        outcome = ngx_http_wsgw_link_unanswered(push);
    }

    ngx_http_wsgw_push_complete(push, outcome, 1);
}


/*
 * No answer.  If the instance has ended meanwhile, its connection certainly
 * has; else nobody can know what became of the push.
 */

static wsgw_outcome_t
ngx_http_wsgw_link_unanswered(ngx_http_wsgw_push_t *push)
{
    return ngx_http_wsgw_file_lives(push->zone,
                                    ngx_http_wsgw_number_of(&push->id))
           ? WSGW_OUTCOME_UNKNOWN : WSGW_OUTCOME_GONE;
}


/* the mechanism; a message fits the zone as a letter does */

ngx_http_wsgw_link_t *
ngx_http_wsgw_link_create(ngx_http_wsgw_zone_t *zone, ngx_socket_t s,
    size_t size)
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
    link->max = zone->size / 4;

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
    ngx_close_connection(link->connection);

    if (link->buf) {
        ngx_free(link->buf);
    }

    ngx_free(link);
}


/* posted: the answer may be there already, and must not end the link before
   its caller is done */

void
ngx_http_wsgw_link_send(ngx_http_wsgw_link_t *link, size_t len)
{
    ngx_connection_t  *c;

    c = link->connection;

    link->state = ngx_http_wsgw_link_sending;
    link->len = len;
    link->sent = 0;

    ngx_add_timer(c->read, NGX_HTTP_WSGW_LINK_TIMEOUT);
    ngx_post_event(c->write, &ngx_posted_events);
}


void
ngx_http_wsgw_link_reply(ngx_http_wsgw_link_t *link, ngx_str_t *head,
    ngx_str_t *body)
{
    size_t  len;

    len = head->len + body->len;

    link->len = 0;

    if (len > link->size && ngx_http_wsgw_link_grow(link, len) != NGX_OK) {
        len = 0;
    }

    if (len) {
        ngx_memcpy(link->buf, head->data, head->len);
    }

    if (len && body->len) {
        ngx_memcpy(link->buf + head->len, body->data, body->len);
    }

    ngx_http_wsgw_link_send(link, len);
}


static void
ngx_http_wsgw_link_handler(ngx_event_t *ev)
{
    ngx_int_t              rc;
    ngx_connection_t      *c;
    ngx_http_wsgw_link_t  *link;

    c = ev->data;
    link = c->data;

    if (!ev->timedout) {

        if (link->state == ngx_http_wsgw_link_held) {
            return;
        }

        rc = ngx_http_wsgw_link_turn(link);

        if (rc == NGX_AGAIN) {
            return;
        }

        if (rc == NGX_ERROR && link->grace) {
            link->state = ngx_http_wsgw_link_held;
            ngx_add_timer(c->read, link->grace);
            return;
        }
    }

    link->on_end(link);
    ngx_http_wsgw_link_free(link);
}


/* NGX_DONE: all is said */

static ngx_int_t
ngx_http_wsgw_link_turn(ngx_http_wsgw_link_t *link)
{
    ngx_int_t  rc;
    ngx_str_t  envelope;

    if (link->state == ngx_http_wsgw_link_sending) {
        rc = ngx_http_wsgw_link_flush(link);

        if (rc != NGX_OK) {
            return rc;
        }

        if (link->received) {
            return NGX_DONE;
        }

        link->state = ngx_http_wsgw_link_receiving;
        link->len = 0;
    }

    rc = ngx_http_wsgw_link_receive(link, &envelope);

    if (rc != NGX_OK) {
        return rc;
    }

    link->state = ngx_http_wsgw_link_held;
    link->received = 1;
    ngx_del_timer(link->connection->read);

    return link->on_message(link, &envelope);
}


static ngx_int_t
ngx_http_wsgw_link_flush(ngx_http_wsgw_link_t *link)
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


/* an envelope says how long it is */

static ngx_int_t
ngx_http_wsgw_link_receive(ngx_http_wsgw_link_t *link, ngx_str_t *envelope)
{
    int                  rc;
    ssize_t              n;
    ngx_connection_t    *c;
    wsgw_wire_reader_t   r;

    c = link->connection;

    for ( ;; ) {
        rc = wsgw_wire_open(&r, link->buf, link->len);

        if (rc == WSGW_DONE) {
            envelope->data = link->buf;
            envelope->len = r.size;
            return NGX_OK;
        }

        if (rc != WSGW_AGAIN
            || r.size > link->max
            || (r.size > link->size
                && ngx_http_wsgw_link_grow(link, r.size) != NGX_OK)
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
