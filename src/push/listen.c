
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Links that other instances open: each brings a question, gets a RESULT, and
 * is closed.  One that brings anything else is closed at once.
 */


#include "push/listen.h"
#include "base/watch.h"
#include "push/link.h"
#include "push/question.h"
#include "push/serve.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_LISTEN_MAX  256           /* served at a time */


static void ngx_http_wsgw_listen_accept(ngx_event_t *rev);
static void ngx_http_wsgw_listen_open(ngx_http_wsgw_zone_t *zone,
    ngx_socket_t s);
static ngx_int_t ngx_http_wsgw_listen_asked(ngx_http_wsgw_link_t *link,
    ngx_str_t *question);
static void ngx_http_wsgw_listen_answer(ngx_http_wsgw_serve_t *serve);
static void ngx_http_wsgw_listen_ended(ngx_http_wsgw_link_t *link);


static ngx_uint_t  ngx_http_wsgw_listen_links;  /* served now */


ngx_int_t
ngx_http_wsgw_listen(ngx_http_wsgw_zone_t *zone, ngx_log_t *log)
{
    int                       fd;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;
    fd = zone->descriptors->listen;

    if (fd == -1 || process->listen) {
        return NGX_OK;
    }

    process->listen = ngx_http_wsgw_watch(fd, ngx_http_wsgw_listen_accept,
                                          process, log);

    return process->listen ? NGX_OK : NGX_ERROR;
}


/* all workers are woken, the fastest has it */

static void
ngx_http_wsgw_listen_accept(ngx_event_t *rev)
{
    ngx_socket_t              s;
    ngx_connection_t         *c;
    ngx_http_wsgw_process_t  *process;

    c = rev->data;
    process = c->data;

    for ( ;; ) {
        s = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (s == -1) {
            return;
        }

        if (ngx_http_wsgw_listen_links == NGX_HTTP_WSGW_LISTEN_MAX) {
            (void) ngx_close_socket(s);
            continue;
        }

        ngx_http_wsgw_listen_open(process->zone, s);
    }
}


static void
ngx_http_wsgw_listen_open(ngx_http_wsgw_zone_t *zone, ngx_socket_t s)
{
    ngx_http_wsgw_link_t   *link;
    ngx_http_wsgw_serve_t  *serve;

    serve = ngx_alloc(sizeof(ngx_http_wsgw_serve_t), ngx_cycle->log);

    if (serve == NULL) {
        (void) ngx_close_socket(s);
        return;
    }

    link = ngx_http_wsgw_link_create(zone, s, NGX_HTTP_WSGW_QUESTION_RESULT);

    if (link == NULL) {
        ngx_free(serve);
        return;
    }

    link->on_message = ngx_http_wsgw_listen_asked;
    link->on_end = ngx_http_wsgw_listen_ended;
    link->data = serve;

    serve->zone = zone;
    serve->asker = NULL;
    serve->done = ngx_http_wsgw_listen_answer;
    serve->data = link;

    ngx_http_wsgw_listen_links++;
}


static ngx_int_t
ngx_http_wsgw_listen_asked(ngx_http_wsgw_link_t *link, ngx_str_t *question)
{
    ngx_http_wsgw_serve_t  *serve;

    serve = link->data;

    return ngx_http_wsgw_serve(serve, question) == NGX_OK ? NGX_AGAIN
                                                          : NGX_ERROR;
}


static void
ngx_http_wsgw_listen_answer(ngx_http_wsgw_serve_t *serve)
{
    ngx_http_wsgw_link_reply(serve->data, &serve->result, &serve->more);
}


static void
ngx_http_wsgw_listen_ended(ngx_http_wsgw_link_t *link)
{
    ngx_http_wsgw_listen_links--;
    ngx_free(link->data);
}
