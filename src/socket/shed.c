
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * When a worker has too much buffered, clients are closed: of those who send
 * and those who do not read the side that more is kept for.
 */


#include "socket/shed.h"
#include "base/memory.h"
#include "base/worker.h"
#include "socket/client.h"
#include "socket/close.h"
#include "socket/queue.h"


static void ngx_http_wsgw_shed_senders(ngx_http_wsgw_connection_t *wc);
static size_t ngx_http_wsgw_shed_kept(ngx_http_wsgw_rare_t *rare);
static void ngx_http_wsgw_shed_sender(ngx_http_wsgw_rare_t *rare);
static void ngx_http_wsgw_shed_readers(void);
static void ngx_http_wsgw_shed_send_away(ngx_http_wsgw_rare_t *rare);


void
ngx_http_wsgw_shed(ngx_event_t *ev)
{
    ngx_http_wsgw_shed_senders(NULL);

    if (ngx_http_wsgw_memory_is_over()) {
        ngx_http_wsgw_shed_readers();
    }
}


void
ngx_http_wsgw_shed_for(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_shed_senders(wc);
    ngx_http_wsgw_queue_watch(wc);
}


/*
 * A client keeps its memory for as long as it does not send the rest of its
 * message, so the eldest go first.  The youngest stays, as does wc, and those
 * who have less than half of what one has on average: their memory would not
 * help.
 */

static void
ngx_http_wsgw_shed_senders(ngx_http_wsgw_connection_t *wc)
{
    size_t                 goal, kept, waits;
    ngx_uint_t             n;
    ngx_queue_t           *q, *next, *holding, *slow;
    ngx_http_wsgw_rare_t  *rare;

    holding = &ngx_http_wsgw_worker.holding;
    slow = &ngx_http_wsgw_worker.slow;

    /* A walk frees an eighth more than it must: not each byte costs one. */

    goal = ngx_http_wsgw_worker.memory_limit
           - ngx_http_wsgw_worker.memory_limit / 8;

    kept = 0;
    waits = 0;
    n = 0;

    for (q = ngx_queue_head(holding);
         q != ngx_queue_sentinel(holding);
         q = ngx_queue_next(q))
    {
        rare = ngx_queue_data(q, ngx_http_wsgw_rare_t, holding);
        kept += ngx_http_wsgw_shed_kept(rare);
        n += (ngx_http_wsgw_shed_kept(rare) != 0);
    }

    for (q = ngx_queue_head(slow);
         q != ngx_queue_sentinel(slow);
         q = ngx_queue_next(q))
    {
        rare = ngx_queue_data(q, ngx_http_wsgw_rare_t, slow);
        waits += rare->queued;
    }

    if (kept == 0 || kept < waits) {
        return;
    }

    for (q = ngx_queue_head(holding);
         q != ngx_queue_last(holding) && ngx_http_wsgw_worker.memory > goal;
         q = next)
    {
        next = ngx_queue_next(q);
        rare = ngx_queue_data(q, ngx_http_wsgw_rare_t, holding);

        if (rare->wc != wc
            && (uint64_t) ngx_http_wsgw_shed_kept(rare) * n * 2 >= kept)
        {
            ngx_http_wsgw_shed_sender(rare);
        }
    }
}


static size_t
ngx_http_wsgw_shed_kept(ngx_http_wsgw_rare_t *rare)
{
    return (rare->message ? rare->message_size : 0) + rare->pending;
}


/* The messages of one that has gone are dropped as well. */

static void
ngx_http_wsgw_shed_sender(ngx_http_wsgw_rare_t *rare)
{
    ngx_uint_t        level;

    static time_t     told;
    static ngx_str_t  reason = ngx_string("Server is short of memory");

    level = ngx_http_wsgw_worker_level(&told);

    ngx_log_error(level, ngx_cycle->log, 0,
                  "wsgw_worker_memory is used up, closing a client that "
                  "%uz bytes are kept of", ngx_http_wsgw_shed_kept(rare));

    ngx_queue_remove(&rare->holding);
    ngx_queue_init(&rare->holding);

    ngx_http_wsgw_client_upward.forget(rare->wc);
    ngx_http_wsgw_client_forget_message(rare->wc);
    ngx_http_wsgw_close(rare->wc, ngx_http_wsgw_ended_memory,
                        NGX_HTTP_WSGW_CLOSE_TRY_LATER, &reason);
}


static void
ngx_http_wsgw_shed_readers(void)
{
    size_t                 limit, excess;
    ngx_queue_t           *leaving;
    ngx_http_wsgw_rare_t  *rare;

    limit = ngx_http_wsgw_worker.memory_limit;
    leaving = &ngx_http_wsgw_worker.leaving;

    /* These were sent a Close the last time and have not yet taken all that was
       queued before it: their sockets are closed. */

    while (ngx_http_wsgw_worker.memory > limit && !ngx_queue_empty(leaving)) {

        rare = ngx_queue_data(ngx_queue_head(leaving), ngx_http_wsgw_rare_t,
                              slow);

        ngx_http_wsgw_close_socket(rare->wc, rare->wc->ended, rare->wc->code,
                                   "");
    }

    /* The others get a Close.  A frame that is begun holds its memory until it
       is sent or the socket is closed; it counts as free all the same. */

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
    ngx_uint_t        level;

    static time_t     told;
    static ngx_str_t  reason = ngx_string("Client reads too slowly");

    ngx_queue_remove(&rare->slow);
    ngx_queue_init(&rare->slow);

    if (!rare->wc->close_sent) {
        level = ngx_http_wsgw_worker_level(&told);

        ngx_log_error(level, ngx_cycle->log, 0,
                      "wsgw_worker_memory is used up, closing a client that "
                      "%uz bytes wait for", rare->queued);

        ngx_http_wsgw_queue_trim(rare->wc);
        ngx_http_wsgw_close(rare->wc, ngx_http_wsgw_ended_memory,
                            NGX_HTTP_WSGW_CLOSE_TRY_LATER, &reason);
    }

    /* Closing the socket of one for whom only the Close waits would free no
       memory: it is not on the list. */

    if (rare->frames && rare->frames != rare->last_frame) {
        ngx_queue_remove(&rare->slow);
        ngx_queue_insert_tail(&ngx_http_wsgw_worker.leaving, &rare->slow);
    }
}
