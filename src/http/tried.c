
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How handshakes and calls of @connections ended is counted, once each.
 */


#include "http/tried.h"
#include "zone/meter.h"


static ngx_http_wsgw_handshake_e ngx_http_wsgw_tried_result(
    ngx_http_wsgw_handshake_t *hs);


void
ngx_http_wsgw_tried_accepted(ngx_http_wsgw_handshake_t *hs)
{
    ngx_http_wsgw_connection_t  *wc;

    wc = hs->ctx.wc;

    wc->counted = 1;

    hs->ctx.result = ngx_http_wsgw_handshake_accepted;

    ngx_http_wsgw_meter_count(wc->wlcf->meter, handshakes,
                              ngx_http_wsgw_handshake_accepted - 1);
    ngx_http_wsgw_meter_time(wc->wlcf->meter,
                             ngx_http_wsgw_row_handshake_time,
                             ngx_current_msec - hs->begun);
}


void
ngx_http_wsgw_tried(ngx_http_wsgw_handshake_t *hs)
{
    ngx_http_wsgw_loc_conf_t  *wlcf;

    if (hs->ctx.result == ngx_http_wsgw_handshake_accepted) {
        return;
    }

    wlcf = ngx_http_get_module_loc_conf(hs->request, ngx_http_wsgw_module);

    /* an error_page may have led out of the stage */

    if (wlcf->api_zone) {
        ngx_http_wsgw_meter_count(wlcf->meter, handshakes,
                                  ngx_http_wsgw_tried_result(hs) - 1);
    }
}


/* Most of those who refuse have said why; the status tells of the others. */

static ngx_http_wsgw_handshake_e
ngx_http_wsgw_tried_result(ngx_http_wsgw_handshake_t *hs)
{
    if (hs->step == ngx_http_wsgw_step_authorize
        || hs->step == ngx_http_wsgw_step_connect
        || hs->step == ngx_http_wsgw_step_upgrade)
    {
        return ngx_http_wsgw_handshake_aborted;
    }

    if (hs->ctx.result != ngx_http_wsgw_handshake_open) {
        return hs->ctx.result;
    }

    switch (hs->status ? hs->status : hs->request->headers_out.status) {

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return ngx_http_wsgw_handshake_zone_full;

    case NGX_HTTP_INTERNAL_SERVER_ERROR:
        return ngx_http_wsgw_handshake_memory;

    case NGX_HTTP_BAD_GATEWAY:
        return ngx_http_wsgw_handshake_connect_failed;

    default:
        return ngx_http_wsgw_handshake_malformed;
    }
}


void
ngx_http_wsgw_tried_asked(ngx_http_wsgw_ctx_t *ctx,
    ngx_http_wsgw_event_t *event)
{
    ctx->status = event->status;
    ctx->error = event->error;

    if (event->error) {
        ctx->result = event->status == NGX_HTTP_GATEWAY_TIME_OUT
                      ? ngx_http_wsgw_handshake_connect_timeout
                      : ngx_http_wsgw_handshake_connect_failed;
    }
}


/* by method and status; other methods are no pushes */

void
ngx_http_wsgw_tried_push(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i, kind;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    switch (r->method) {

    case NGX_HTTP_POST:
        kind = ngx_http_wsgw_row_push_post;
        break;

    case NGX_HTTP_GET:
        kind = ngx_http_wsgw_row_push_get;
        break;

    case NGX_HTTP_DELETE:
        kind = ngx_http_wsgw_row_push_delete;
        break;

    default:
        return;
    }

    for (i = 0;
         i < NGX_HTTP_WSGW_METER_STATUSES
         && ngx_http_wsgw_meter_statuses[i] != status;
         i++)
    {
        /* void */
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ngx_http_wsgw_meter_add(wlcf->meter, kind, i, 1);
}
