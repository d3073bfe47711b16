
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A $disconnect runs, and is tried again until it is delivered.
 */


#include "flow/disconnect.h"
#include "event/event.h"
#include "event/verdict.h"
#include "flow/owed.h"
#include "invoke/invoke.h"
#include "socket/client.h"
#include "zone/meter.h"
#include "zone/slot.h"


static void ngx_http_wsgw_disconnect_done(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_disconnect_retry(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_disconnect_free_slot(ngx_http_wsgw_connection_t *wc);


void
ngx_http_wsgw_disconnect(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_event_t  what;

    if (wc->wlcf->disconnect == NULL) {
        ngx_http_wsgw_disconnect_free_slot(wc);
        return;
    }

    ngx_http_wsgw_event_init(&what, NGX_HTTP_WSGW_DISCONNECT);

    what.number = NGX_HTTP_WSGW_DISCONNECT_NUMBER;
    what.code = wc->code;
    what.reason = ngx_http_wsgw_client_reason(wc);

    if (ngx_http_wsgw_event_send(wc, wc->wlcf->disconnect, &what,
                                 ngx_http_wsgw_disconnect_done)
        != NGX_OK)
    {
        ngx_http_wsgw_disconnect_retry(wc);
    }
}


static void
ngx_http_wsgw_disconnect_done(ngx_http_wsgw_invoke_t *inv)
{
    ngx_uint_t               level;
    ngx_http_wsgw_event_t   *event;
    ngx_http_wsgw_result_t  *result;

    event = inv->data;

    result = ngx_http_wsgw_verdict(inv, event);

    if (result->delivered) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, &inv->log, 0,
                       "wsgw $disconnect delivered attempt:%ui",
                       event->attempt);

        ngx_http_wsgw_meter_count(inv->wc->wlcf->meter, failures,
                                  ngx_http_wsgw_failures_delivered);
        ngx_http_wsgw_disconnect_free_slot(inv->wc);
        return;
    }

    level = event->attempt > 1 ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, &inv->log, 0,
                  "$disconnect of %*s was not delivered, attempt %ui",
                  (size_t) WSGW_ID_LEN, inv->wc->id, event->attempt);

    ngx_http_wsgw_disconnect_retry(inv->wc);
}


/* The slot alone knows of it until the next attempt. */

static void
ngx_http_wsgw_disconnect_retry(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_meter_count(wc->wlcf->meter, failures,
                              ngx_http_wsgw_failures_retried);

    wc->zone->local[wc->slot] = NULL;
    ngx_http_wsgw_owed_retry(wc->zone, wc->slot);
}


static void
ngx_http_wsgw_disconnect_free_slot(ngx_http_wsgw_connection_t *wc)
{
    wc->zone->local[wc->slot] = NULL;
    ngx_http_wsgw_slot_free(wc->zone, wc->slot);
}
