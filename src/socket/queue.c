
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The frames that wait for a client.  Nobody else writes the queue's counters
 * and links; the worker's lists of clients that have one are kept here, too,
 * but for those whom shed.c sends away.
 */


#include "socket/queue.h"
#include "base/memory.h"
#include "zone/meter.h"


static ngx_event_t  ngx_http_wsgw_queue_event;


static ngx_http_wsgw_frame_t *ngx_http_wsgw_queue_append(
    ngx_http_wsgw_connection_t *wc, size_t size);
static void ngx_http_wsgw_queue_change(ngx_http_wsgw_connection_t *wc,
    size_t change);
static void ngx_http_wsgw_queue_free(ngx_http_wsgw_frame_t *f);


ngx_http_wsgw_frame_t *
ngx_http_wsgw_queue_add(ngx_http_wsgw_connection_t *wc, size_t size)
{
    ngx_http_wsgw_frame_t  *f;

    f = ngx_http_wsgw_queue_append(wc, size);

    if (f) {
        f->pos = f->data;
        f->last = f->data + size;

        ngx_http_wsgw_queue_change(wc, size);
        ngx_http_wsgw_queue_watch(wc);
    }

    return f;
}


ngx_int_t
ngx_http_wsgw_queue_add_shared(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_shared_t *shared, size_t n)
{
    ngx_http_wsgw_frame_t  *f;

    f = ngx_http_wsgw_queue_append(wc, sizeof(void *));
    if (f == NULL) {
        return NGX_ERROR;
    }

    shared->refs++;

    f->shared = 1;
    f->pos = shared->data + n;
    f->last = shared->data + shared->len;
    ngx_memcpy(f->data, &shared, sizeof(void *));

    if (n) {
        f->begun = 1;
    }

    ngx_http_wsgw_queue_change(wc, shared->len - n);
    ngx_http_wsgw_queue_watch(wc);

    return NGX_OK;
}


void
ngx_http_wsgw_queue_unshare(ngx_http_wsgw_shared_t *shared)
{
    if (--shared->refs == 0) {
        ngx_http_wsgw_memory_free(shared,
                                  offsetof(ngx_http_wsgw_shared_t, data)
                                  + shared->len);
    }
}


static ngx_http_wsgw_frame_t *
ngx_http_wsgw_queue_append(ngx_http_wsgw_connection_t *wc, size_t size)
{
    ngx_http_wsgw_rare_t   *rare;
    ngx_http_wsgw_frame_t  *f;

    rare = ngx_http_wsgw_client_rare(wc);
    if (rare == NULL) {
        return NULL;
    }

    f = ngx_http_wsgw_memory_alloc(offsetof(ngx_http_wsgw_frame_t, data)
                                   + size);
    if (f == NULL) {
        return NULL;
    }

    f->next = NULL;
    f->size = size;
    f->begun = 0;
    f->shared = 0;

    if (rare->frames) {
        rare->last_frame->next = f;

    } else {
        rare->frames = f;
        ngx_queue_insert_tail(&ngx_http_wsgw_worker.slow, &rare->slow);
        ngx_http_wsgw_meter_count(wc->wlcf->meter, queues,
                                  ngx_http_wsgw_queues_slow);
    }

    rare->last_frame = f;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                   "wsgw queue add size:%uz queued:%uz", size, rare->queued);

    return f;
}


void
ngx_http_wsgw_queue_set_len(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_frame_t *f, size_t len)
{
    ngx_http_wsgw_queue_change(wc, len - (f->last - f->pos));
    f->last = f->pos + len;
}


void
ngx_http_wsgw_queue_set_pong(ngx_http_wsgw_connection_t *wc)
{
    wc->rare->pong = wc->rare->last_frame;
}


void
ngx_http_wsgw_queue_begin(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;
    rare->frames->begun = 1;

    if (rare->pong == rare->frames) {
        rare->pong = NULL;
    }
}


void
ngx_http_wsgw_queue_sent(ngx_http_wsgw_connection_t *wc, size_t n)
{
    ngx_queue_t            *queue;
    ngx_http_wsgw_rare_t   *rare;
    ngx_http_wsgw_frame_t  *f;

    rare = wc->rare;
    ngx_http_wsgw_queue_change(wc, -n);

    while (rare->frames) {
        f = rare->frames;

        if (n && f == rare->pong) {
            rare->pong = NULL;
        }

        if (n < (size_t) (f->last - f->pos)) {
            f->pos += n;

            if (n) {
                f->begun = 1;
            }

            /* The client has taken something: the head of the list is who has
               taken nothing for longest. */

            queue = wc->close_sent ? &ngx_http_wsgw_worker.leaving
                                   : &ngx_http_wsgw_worker.slow;

            ngx_queue_remove(&rare->slow);
            ngx_queue_insert_tail(queue, &rare->slow);
            return;
        }

        n -= f->last - f->pos;
        rare->frames = f->next;

        if (rare->frames == NULL) {
            ngx_queue_remove(&rare->slow);
            ngx_http_wsgw_meter_add(wc->wlcf->meter,
                                    ngx_http_wsgw_row_queues,
                                    ngx_http_wsgw_queues_slow, -1);
        }

        ngx_http_wsgw_queue_free(f);
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, ngx_http_wsgw_client_log(wc), 0,
                   "wsgw queue drained");
}


void
ngx_http_wsgw_queue_trim(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_rare_t   *rare;
    ngx_http_wsgw_frame_t  *f, *next, *begun;

    rare = wc->rare;
    f = rare->frames;
    begun = NULL;

    if (f->begun) {
        begun = f;
        f = f->next;
        begun->next = NULL;
    }

    for ( /* void */ ; f; f = next) {
        next = f->next;
        ngx_http_wsgw_queue_change(wc, f->pos - f->last);
        ngx_http_wsgw_queue_free(f);
    }

    if (begun == NULL) {
        ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_queues,
                                ngx_http_wsgw_queues_slow, -1);
    }

    rare->frames = begun;
    rare->last_frame = begun;
    rare->pong = NULL;
}


void
ngx_http_wsgw_queue_discard(ngx_http_wsgw_connection_t *wc)
{
    if (!ngx_http_wsgw_queue_is_empty(wc)) {
        wc->rare->pong = NULL;
        ngx_http_wsgw_queue_sent(wc, wc->rare->queued);
    }
}


/* what waits becomes more, or modulo 2^64 less */

static void
ngx_http_wsgw_queue_change(ngx_http_wsgw_connection_t *wc, size_t change)
{
    wc->rare->queued += change;

    ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_queues,
                            ngx_http_wsgw_queues_bytes, change);
}


static void
ngx_http_wsgw_queue_free(ngx_http_wsgw_frame_t *f)
{
    ngx_http_wsgw_shared_t  *shared;

    if (f->shared) {
        ngx_memcpy(&shared, f->data, sizeof(void *));
        ngx_http_wsgw_queue_unshare(shared);
    }

    ngx_http_wsgw_memory_free(f, offsetof(ngx_http_wsgw_frame_t, data)
                                 + f->size);
}


/* Calls for shed.c from the event loop, as the caller may be inside what a
   client that goes would free. */

void
ngx_http_wsgw_queue_watch(ngx_http_wsgw_connection_t *wc)
{
    ngx_event_t  *ev;

    if (wc->state > ngx_http_wsgw_open || !ngx_http_wsgw_memory_is_over()) {
        return;
    }

    ev = &ngx_http_wsgw_queue_event;
    ev->handler = ngx_http_wsgw_worker.shed;
    ev->log = ngx_cycle->log;

    ngx_post_event(ev, &ngx_posted_events);
}
