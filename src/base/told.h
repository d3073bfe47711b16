
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who has told a worker to end.  If it is not its master, that starts another
 * one in its place.
 */


#ifndef _NGX_HTTP_WSGW_TOLD_H_INCLUDED_
#define _NGX_HTTP_WSGW_TOLD_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* a worker looks at who sends it signals from now on */
void ngx_http_wsgw_told_watch(void);

/* of a worker that ends, 1: somebody else than the master has told it to, and
   the master goes on.  It may wait a moment for the master's word. */
ngx_uint_t ngx_http_wsgw_told_by_other(void);


#endif /* _NGX_HTTP_WSGW_TOLD_H_INCLUDED_ */
