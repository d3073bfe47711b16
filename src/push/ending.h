
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Pushes that have an outcome, which is still to be said.
 */


#ifndef _NGX_HTTP_WSGW_ENDING_H_INCLUDED_
#define _NGX_HTTP_WSGW_ENDING_H_INCLUDED_


#include "push/push.h"


/* of a push that nobody else will complete: it is completed soon, from the
   event loop */
void ngx_http_wsgw_ending_add(ngx_http_wsgw_push_t *push,
    wsgw_outcome_t outcome);


#endif /* _NGX_HTTP_WSGW_ENDING_H_INCLUDED_ */
