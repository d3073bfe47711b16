
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who reads too slowly goes first when a worker has too much buffered.
 */


#include "socket/shed.h"
#include "base/memory.h"
#include "socket/client.h"
#include "socket/close.h"


static void ngx_http_wsgw_shed_send_away(ngx_http_wsgw_rare_t *rare);
static void ngx_http_wsgw_shed_trim(ngx_http_wsgw_rare_t *rare);


void
ngx_http_wsgw_shed(ngx_event_t *ev)
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

        ngx_http_wsgw_close_socket(rare->wc, rare->wc->code, "");
    }

    /* what begun frames hold until then counts as free */

    excess = ngx_http_wsgw_worker.memory
             - ngx_min(ngx_http_wsgw_worker.memory, limit);

    while (excess && !ngx_queue_empty(&ngx_http_wsgw_worker.slow)) {

        rare = ngx_queue_data(ngx_queue_head(&ngx_http_wsgw_worker.slow),
                              ngx_http_wsgw_rare_t, slow);

        excess -= ngx_min(excess, rare->queued);
        ngx_http_wsgw_shed_send_away(rare);
    }
}


static void
ngx_http_wsgw_shed_send_away(ngx_http_wsgw_rare_t *rare)
{
    static ngx_str_t  reason = ngx_string("Client reads too slowly");

    ngx_queue_remove(&rare->slow);
    ngx_queue_init(&rare->slow);

    if (!rare->wc->close_sent) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "wsgw_worker_memory is used up, closing a client that "
                      "%uz bytes wait for", rare->queued);

        ngx_http_wsgw_shed_trim(rare);
        ngx_http_wsgw_close(rare->wc, NGX_HTTP_WSGW_CLOSE_TRY_LATER,
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
ngx_http_wsgw_shed_trim(ngx_http_wsgw_rare_t *rare)
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
        ngx_http_wsgw_memory_free(f,
                                  offsetof(ngx_http_wsgw_frame_t,
                                           data) + f->size);
    }

    rare->frames = begun;
    rare->last_frame = begun;
}
