
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What became of an event, as a route's counters have it.
 */


#ifndef _NGX_HTTP_WSGW_SCORE_H_INCLUDED_
#define _NGX_HTTP_WSGW_SCORE_H_INCLUDED_


#include "event/event.h"


/* counts an event whose answer was judged; "refused": it was understood, and
   says no */
void ngx_http_wsgw_score(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_uint_t refused);


#endif /* _NGX_HTTP_WSGW_SCORE_H_INCLUDED_ */
