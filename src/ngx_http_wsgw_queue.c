
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What waits for slow clients, and who of them has to go when it is too much.
 */


#include "ngx_http_wsgw_queue.h"
#include "ngx_http_wsgw_connection.h"


static void ngx_http_wsgw_queue_watch(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_queue_shed(ngx_event_t *ev);
static void ngx_http_wsgw_queue_send_away(ngx_http_wsgw_rare_t *rare);
static void ngx_http_wsgw_queue_trim(ngx_http_wsgw_rare_t *rare);


static ngx_event_t  ngx_http_wsgw_queue_event;


/* a new last frame of the queue, len bytes to be filled in */

ngx_http_wsgw_frame_t *
ngx_http_wsgw_queue_add(ngx_http_wsgw_connection_t *wc, size_t len)
{
    ngx_http_wsgw_rare_t   *rare;
    ngx_http_wsgw_frame_t  *f;

    rare = ngx_http_wsgw_connection_rare(wc);
    if (rare == NULL) {
        return NULL;
    }

    f = ngx_http_wsgw_alloc(offsetof(ngx_http_wsgw_frame_t, data) + len);
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

        ngx_http_wsgw_free(f, offsetof(ngx_http_wsgw_frame_t, data) + f->size);
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
    ev->handler = ngx_http_wsgw_queue_shed;
    ev->data = wmcf;
    ev->log = ngx_cycle->log;

    ngx_post_event(ev, &ngx_posted_events);
}


static void
ngx_http_wsgw_queue_shed(ngx_event_t *ev)
{
    size_t                      limit, excess;
    ngx_queue_t                *leaving;
    ngx_http_wsgw_rare_t       *rare;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ev->data;
    limit = wmcf->worker_memory;
    leaving = &ngx_http_wsgw_worker.leaving;

    /* these were told the last time, and have not taken the rest yet */

    while (ngx_http_wsgw_worker.memory > limit && !ngx_queue_empty(leaving)) {

        rare = ngx_queue_data(ngx_queue_head(leaving), ngx_http_wsgw_rare_t,
                              slow);

        ngx_http_wsgw_connection_finalize(rare->wc, rare->wc->code, "");
    }

    /* what begun frames hold until then counts as free */

    excess = ngx_http_wsgw_worker.memory
             - ngx_min(ngx_http_wsgw_worker.memory, limit);

    while (excess && !ngx_queue_empty(&ngx_http_wsgw_worker.slow)) {

        rare = ngx_queue_data(ngx_queue_head(&ngx_http_wsgw_worker.slow),
                              ngx_http_wsgw_rare_t, slow);

        excess -= ngx_min(excess, rare->queued);
        ngx_http_wsgw_queue_send_away(rare);
    }
}


static void
ngx_http_wsgw_queue_send_away(ngx_http_wsgw_rare_t *rare)
{
    static ngx_str_t  reason = ngx_string("Client reads too slowly");

    ngx_queue_remove(&rare->slow);
    ngx_queue_init(&rare->slow);

    if (!rare->wc->close_sent) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "wsgw_worker_memory is used up, closing a client that "
                      "%uz bytes wait for", rare->queued);

        ngx_http_wsgw_queue_trim(rare);
        ngx_http_wsgw_connection_close(rare->wc, NGX_HTTP_WSGW_CLOSE_TRY_LATER,
                                       &reason);
    }

    /* ending one that only its Close waits for would free no memory */

    if (rare->frames && rare->frames != rare->last_frame) {
        ngx_queue_remove(&rare->slow);
        ngx_queue_insert_tail(&ngx_http_wsgw_worker.leaving, &rare->slow);
    }
}


/* frees all but a frame that the client has a part of */

static void
ngx_http_wsgw_queue_trim(ngx_http_wsgw_rare_t *rare)
{
    ngx_http_wsgw_frame_t  *f, *begun;

    f = rare->frames;
    begun = NULL;

    if (f->begun) {
        begun = f;
        f = f->next;
        begun->next = NULL;
    }

    rare->frames = f;
    rare->pong = NULL;

    while (rare->frames) {
        f = rare->frames;
        rare->frames = f->next;
        rare->queued -= f->len - f->sent;
        ngx_http_wsgw_free(f, offsetof(ngx_http_wsgw_frame_t, data) + f->size);
    }

    rare->frames = begun;
    rare->last_frame = begun;
}
