
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The worker's own: the buffer that all connections read into, the socket
 * that all event requests pretend to have, the counts that bound them, and
 * the pools that one leaves to the next.
 */


#include "base/worker.h"
#include "base/spare.h"


#define NGX_HTTP_WSGW_TURNS  60000          /* ms, more than any work takes */

/* more than all events take that end in one turn of the loop */
#define NGX_HTTP_WSGW_HEAP   (1024 * 1024)


ngx_http_wsgw_worker_t  ngx_http_wsgw_worker;


static ngx_int_t ngx_http_wsgw_worker_dummy(ngx_socket_t s[2],
    ngx_log_t *log);
static void ngx_http_wsgw_worker_close(ngx_socket_t s[2], ngx_log_t *log);
static void ngx_http_wsgw_worker_heap(ngx_log_t *log);


ngx_int_t
ngx_http_wsgw_worker_init(ngx_log_t *log)
{
    ngx_http_wsgw_worker_t  *worker;

    worker = &ngx_http_wsgw_worker;

    if (worker->recv_buffer) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_worker_dummy(worker->dummy, log) != NGX_OK) {
        return NGX_ERROR;
    }

    worker->recv_buffer = ngx_alloc(NGX_HTTP_WSGW_READ_SIZE, log);

    if (worker->recv_buffer == NULL) {
        ngx_http_wsgw_worker_close(worker->dummy, log);
        return NGX_ERROR;
    }

    ngx_http_wsgw_worker_heap(log);

    ngx_queue_init(&worker->holding);
    ngx_queue_init(&worker->slow);
    ngx_queue_init(&worker->leaving);
    ngx_queue_init(&worker->lingering);
    ngx_queue_init(&worker->waiting);
    ngx_queue_init(&worker->owed);

    return NGX_OK;
}


void
ngx_http_wsgw_worker_exit(ngx_log_t *log)
{
    ngx_http_wsgw_worker_t  *worker;

    worker = &ngx_http_wsgw_worker;

    if (worker->recv_buffer == NULL) {
        return;
    }

    ngx_http_wsgw_worker_close(worker->dummy, log);
    ngx_http_wsgw_spare_drop(&worker->event_pools, log);
    ngx_http_wsgw_spare_drop(&worker->connection_pools, log);

    ngx_free(worker->recv_buffer);
    worker->recv_buffer = NULL;
}


/*
 * nginx looks at an event request's socket, as upstream checks for a broken
 * client with MSG_PEEK.  So it is a real one, open and never readable.
 */

static ngx_int_t
ngx_http_wsgw_worker_dummy(ngx_socket_t s[2], ngx_log_t *log)
{
    ngx_uint_t  i;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_socket_errno,
                      "socketpair() failed");
        return NGX_ERROR;
    }

    for (i = 0; i < 2; i++) {
        if (ngx_nonblocking(s[i]) == -1
            || fcntl(s[i], F_SETFD, FD_CLOEXEC) == -1)
        {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_socket_errno,
                          "fcntl() of a socket pair failed");
            ngx_http_wsgw_worker_close(s, log);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_worker_close(ngx_socket_t s[2], ngx_log_t *log)
{
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        if (ngx_close_socket(s[i]) == -1) {
            ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                          ngx_close_socket_n " of a socket pair failed");
        }
    }
}


/*
 * glibc gives the top of the heap back to the system as soon as 128 KB of it
 * are free, and a turn of the loop that ends many events frees more: the next
 * turn asks for it again.  From the largest block that was freed and had a
 * mapping of its own glibc learns how much to keep: twice that.
 */

static void
ngx_http_wsgw_worker_heap(ngx_log_t *log)
{
    ngx_free(ngx_alloc(NGX_HTTP_WSGW_HEAP, log));
}


void
ngx_http_wsgw_worker_turn(ngx_event_t *ev)
{
    if (!ev->timer_set) {
        ngx_add_timer(ev, NGX_HTTP_WSGW_TURNS);
    }

    ngx_post_event(ev, &ngx_posted_next_events);
}


void
ngx_http_wsgw_worker_rest(ngx_event_t *ev)
{
    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }
}


ngx_uint_t
ngx_http_wsgw_worker_level(time_t *logged)
{
    if (*logged == ngx_time()) {
        return NGX_LOG_INFO;
    }

    *logged = ngx_time();

    return NGX_LOG_ERR;
}
