
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What waits for slow clients, and who of them has to go when it is too much.
 */


#include "socket/queue.h"
#include "base/memory.h"


static ngx_event_t  ngx_http_wsgw_queue_event;


static void ngx_http_wsgw_queue_watch(ngx_http_wsgw_connection_t *wc);


/* a new last frame of the queue, len bytes to be filled in */

ngx_http_wsgw_frame_t *
ngx_http_wsgw_queue_add(ngx_http_wsgw_connection_t *wc, size_t len)
{
    ngx_http_wsgw_rare_t   *rare;
    ngx_http_wsgw_frame_t  *f;

    rare = ngx_http_wsgw_client_rare(wc);
    if (rare == NULL) {
        return NULL;
    }

    f = ngx_http_wsgw_memory_alloc(offsetof(ngx_http_wsgw_frame_t, data) + len);
    if (f == NULL) {
        return NULL;
    }

    f->next = NULL;
    f->size = len;
    f->len = len;
    f->sent = 0;
    f->begun = 0;

    if (rare->frames) {
        rare->last_frame->next = f;

    } else {
        rare->frames = f;
        ngx_queue_insert_tail(&ngx_http_wsgw_worker.slow, &rare->slow);
    }

    rare->last_frame = f;
    rare->queued += len;

    ngx_http_wsgw_queue_watch(wc);

    return f;
}


/* frees what has left from the queue's front */

void
ngx_http_wsgw_queue_sent(ngx_http_wsgw_rare_t *rare, size_t n)
{
    ngx_queue_t            *queue;
    ngx_http_wsgw_frame_t  *f;

    rare->queued -= n;

    while (rare->frames) {
        f = rare->frames;

        if (n && f == rare->pong) {
            rare->pong = NULL;
        }

        if (n < f->len - f->sent) {
            f->sent += n;

            /* at the head is who has taken nothing for longest */

            queue = rare->wc->close_sent ? &ngx_http_wsgw_worker.leaving
                                         : &ngx_http_wsgw_worker.slow;

            ngx_queue_remove(&rare->slow);
            ngx_queue_insert_tail(queue, &rare->slow);
            return;
        }

        n -= f->len - f->sent;
        rare->frames = f->next;

        if (rare->frames == NULL) {
            ngx_queue_remove(&rare->slow);
        }

        ngx_http_wsgw_memory_free(f,
                                  offsetof(ngx_http_wsgw_frame_t,
                                           data) + f->size);
    }
}


/* over wsgw_worker_memory no client comes in; an eighth more, and the slowest
   readers have to go */

static void
ngx_http_wsgw_queue_watch(ngx_http_wsgw_connection_t *wc)
{
    ngx_event_t                *ev;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(wc->wlcf->server->ctx,
                                         ngx_http_wsgw_module);

    if (wc->state > ngx_http_wsgw_open
        || ngx_http_wsgw_worker.memory
           <= wmcf->worker_memory + wmcf->worker_memory / 8)
    {
        return;
    }

    ev = &ngx_http_wsgw_queue_event;
    ev->handler = ngx_http_wsgw_worker.shed;
    ev->data = wmcf;
    ev->log = ngx_cycle->log;

    ngx_post_event(ev, &ngx_posted_events);
}
