
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What the answer of an integration means.
 */


#ifndef _NGX_HTTP_WSGW_VERDICT_H_INCLUDED_
#define _NGX_HTTP_WSGW_VERDICT_H_INCLUDED_


#include "event/event.h"


/* reads the answer once, in done() or before it, when
   ngx_http_wsgw_invoke_answer_ready() says so; never fails: what cannot be read
   is a failure */
ngx_http_wsgw_result_t *ngx_http_wsgw_verdict(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event);


#endif /* _NGX_HTTP_WSGW_VERDICT_H_INCLUDED_ */
