
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * $wsgw_traceparent.  nginx keeps what it was in an event, so all who look at
 * it there see one span.
 */


#include "http/traced.h"
#include "event/trace.h"
#include "http/value.h"
#include "invoke/invoke_answer.h"


ngx_int_t
ngx_http_wsgw_traced_parent(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                parent;
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    if (ngx_http_wsgw_trace_of_event(inv, inv->data, &parent) != NGX_OK) {
        return NGX_ERROR;
    }

    return parent.len ? ngx_http_wsgw_value_text(v, &parent)
                      : ngx_http_wsgw_value_none(v);
}
