
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who will be sent something soon.  Of thousands, each has left the processor's
 * caches since its last message.  What is needed of the next ones is fetched
 * while this one is served, a step further for each.
 */


#ifndef _NGX_HTTP_WSGW_AHEAD_H_INCLUDED_
#define _NGX_HTTP_WSGW_AHEAD_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_AHEAD  3      /* steps */


/* Its turn comes in so many steps, the next being 1: first its own struct is
   fetched, then nginx's, and its event.  It may be NULL. */

static ngx_inline void
ngx_http_wsgw_ahead(ngx_http_wsgw_connection_t *wc, ngx_uint_t steps)
{
    void              *p;
    ngx_connection_t  *c;

    p = wc;

    if (wc && steps < NGX_HTTP_WSGW_AHEAD) {
        c = wc->connection;
        p = (c && steps == 1) ? (void *) c->write : c;
    }

    if (p) {
        __builtin_prefetch(p);
        __builtin_prefetch((u_char *) p + 64, 1);
        __builtin_prefetch((u_char *) p + 128, 1);
        __builtin_prefetch((u_char *) p + 192);
    }

    __asm__ volatile ("");      /* else gcc drops the call of this function */
}


#endif /* _NGX_HTTP_WSGW_AHEAD_H_INCLUDED_ */
