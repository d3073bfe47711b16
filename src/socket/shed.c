
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * When a worker has too much buffered, clients are closed until it has no more
 * than wsgw_worker_memory: those first that have taken nothing for longest.
 */


#include "socket/shed.h"
#include "base/memory.h"
#include "socket/client.h"
#include "socket/close.h"
#include "socket/queue.h"


static void ngx_http_wsgw_shed_send_away(ngx_http_wsgw_rare_t *rare);


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

    /* These were sent a Close the last time and have not yet taken all that was
       queued before it: their sockets are closed. */

    while (ngx_http_wsgw_worker.memory > limit && !ngx_queue_empty(leaving)) {

        rare = ngx_queue_data(ngx_queue_head(leaving), ngx_http_wsgw_rare_t,
                              slow);

        ngx_http_wsgw_close_socket(rare->wc, rare->wc->code, "");
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
    static ngx_str_t  reason = ngx_string("Client reads too slowly");

    ngx_queue_remove(&rare->slow);
    ngx_queue_init(&rare->slow);

    if (!rare->wc->close_sent) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "wsgw_worker_memory is used up, closing a client that "
                      "%uz bytes wait for", rare->queued);

        ngx_http_wsgw_queue_trim(rare->wc);
        ngx_http_wsgw_close(rare->wc, NGX_HTTP_WSGW_CLOSE_TRY_LATER,
                            &reason);
    }

    /* Closing the socket of one for whom only the Close waits would free no
       memory: it is not on the list. */

    if (rare->frames && rare->frames != rare->last_frame) {
        ngx_queue_remove(&rare->slow);
        ngx_queue_insert_tail(&ngx_http_wsgw_worker.leaving, &rare->slow);
    }
}
