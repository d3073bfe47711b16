
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What became of an event, as a route's counters have it.
 */


#include "event/score.h"
#include "event/failure.h"
#include "event/lambda.h"
#include "zone/meter.h"


static ngx_uint_t ngx_http_wsgw_score_result(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_uint_t refused);
static ngx_uint_t ngx_http_wsgw_score_failure(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);


void
ngx_http_wsgw_score(ngx_http_wsgw_invoke_t *inv, ngx_http_wsgw_event_t *event,
    ngx_uint_t refused)
{
    ngx_http_wsgw_meter_t  *meter;

    meter = event->route->meter;

    ngx_http_wsgw_meter_add(meter, ngx_http_wsgw_row_requests,
                            ngx_http_wsgw_score_result(inv, event, refused),
                            1);

    if (inv->run) {
        ngx_http_wsgw_meter_time(meter, ngx_http_wsgw_row_request_time,
                                 ngx_current_msec - inv->begun);
        ngx_http_wsgw_meter_time(meter, ngx_http_wsgw_row_request_wait,
                                 inv->begun - event->arrived);
    }
}


static ngx_uint_t
ngx_http_wsgw_score_result(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_uint_t refused)
{
    if (inv->timedout) {
        return ngx_http_wsgw_requests_timeout;
    }

    if (inv->too_large || inv->header_too_large
        || event->error == ngx_http_wsgw_failure_too_large)
    {
        return ngx_http_wsgw_requests_too_large;
    }

    if (inv->upstream && inv->status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return ngx_http_wsgw_requests_status_5xx;
    }

    if (event->error) {
        return ngx_http_wsgw_score_failure(inv, event);
    }

    return refused ? ngx_http_wsgw_requests_refused
                   : ngx_http_wsgw_requests_ok;
}


static ngx_uint_t
ngx_http_wsgw_score_failure(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event)
{
    if (inv->complete && event->route->type == NGX_HTTP_WSGW_AWS_PROXY
        && ngx_http_wsgw_lambda_thrown(inv))
    {
        return ngx_http_wsgw_requests_function_error;
    }

    if (inv->upstream && inv->status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return ngx_http_wsgw_requests_refused;
    }

    if (!inv->heard
        && (!inv->complete || inv->unanswered
            || inv->status >= NGX_HTTP_BAD_REQUEST))
    {
        return ngx_http_wsgw_requests_unreachable;
    }

    return ngx_http_wsgw_requests_bad_result;
}
