
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message of a batch, in the process that has some of those it is for: it is
 * encoded once, and each gets what a push of its own would bring.
 */


#include "push/deal.h"
#include "base/memory.h"
#include "push/here.h"
#include "socket/output.h"
#include "zone/ahead.h"
#include "zone/slot.h"


ngx_int_t
ngx_http_wsgw_deal(ngx_http_wsgw_deal_t *deal, ngx_http_wsgw_zone_t *zone,
    uint32_t stage, ngx_uint_t binary, ngx_str_t *message)
{
    if (ngx_http_wsgw_memory_is_full()) {
        return NGX_ERROR;
    }

    deal->zone = zone;
    deal->stage = stage;

    return ngx_http_wsgw_copies_init(&deal->copies,
                                     binary ? WSGW_OP_BINARY : WSGW_OP_TEXT,
                                     message->data, message->len);
}


wsgw_outcome_t
ngx_http_wsgw_deal_to(ngx_http_wsgw_deal_t *deal, wsgw_id_t *id)
{
    size_t                       len;
    ngx_int_t                    rc;
    ngx_http_wsgw_loc_conf_t    *wlcf;
    ngx_http_wsgw_connection_t  *wc;

    wc = ngx_http_wsgw_here_find(deal->zone, id);

    if (wc == NULL) {
        return WSGW_OUTCOME_GONE;
    }

    wlcf = wc->wlcf;
    len = deal->copies.payload.len;

    if (ngx_http_wsgw_slot_api_stage(wlcf->api) != deal->stage) {
        return WSGW_OUTCOME_FORBIDDEN;
    }

    if (len > wlcf->max_message_size) {
        return WSGW_OUTCOME_TOO_LARGE;
    }

    if (deal->copies.opcode == WSGW_OP_BINARY
        && wlcf->profile == NGX_HTTP_WSGW_AWS)
    {
        return WSGW_OUTCOME_NOT_TEXT;
    }

    rc = ngx_http_wsgw_output_copy(wc, &deal->copies);

    if (rc == NGX_BUSY) {
        return WSGW_OUTCOME_FULL;
    }

    if (rc == NGX_DECLINED) {
        return WSGW_OUTCOME_GONE;
    }

    if (rc != NGX_OK) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    ngx_http_wsgw_meter_count(wlcf->meter, traffic, ngx_http_wsgw_traffic_push);
    ngx_http_wsgw_meter_add(wlcf->meter, ngx_http_wsgw_row_traffic,
                            ngx_http_wsgw_traffic_bytes_out, len);

    return WSGW_OUTCOME_OK;
}


void
ngx_http_wsgw_deal_ahead(ngx_http_wsgw_deal_t *deal, wsgw_id_t *id,
    ngx_uint_t steps)
{
    if (id->slot < deal->zone->slots) {
        ngx_http_wsgw_ahead(deal->zone->local[id->slot], steps);
    }
}


void
ngx_http_wsgw_deal_end(ngx_http_wsgw_deal_t *deal)
{
    ngx_http_wsgw_copies_free(&deal->copies);
}
