
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What is to be done soon, from the event loop.  Of thousands only some are
 * done in a turn of it, so that others have their turn in between.
 */


#ifndef _NGX_HTTP_WSGW_SOON_H_INCLUDED_
#define _NGX_HTTP_WSGW_SOON_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef struct {
    ngx_queue_t                    queue;       /* who takes it out of here is
                                                   not called */
    void                         (*handler)(void *data);
    void                          *data;
} ngx_http_wsgw_soon_t;


/* calls it once, after those that were added before */
void ngx_http_wsgw_soon(ngx_http_wsgw_soon_t *soon);


#endif /* _NGX_HTTP_WSGW_SOON_H_INCLUDED_ */
