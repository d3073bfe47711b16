
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which nodes there are: the numbers in Redis, read for who has to ask all of
 * them.
 */


#ifndef _NGX_HTTP_WSGW_ROSTER_H_INCLUDED_
#define _NGX_HTTP_WSGW_ROSTER_H_INCLUDED_


#include "base/soon.h"
#include "cluster/pair.h"


/* who waits for it */

typedef struct {
    ngx_http_wsgw_soon_t           soon;
    ngx_uint_t                     read;        /* 1: what is known is as it was
                                                   after the question; 0: the
                                                   pair was lost, and it may be
                                                   older */
} ngx_http_wsgw_roster_waiter_t;


struct ngx_http_wsgw_roster_s {
    uint32_t                      *number;      /* ours may be among them */
    ngx_uint_t                     n;

    /* private */

    ngx_http_wsgw_pair_t          *pair;
    ngx_uint_t                     reading;     /* an answer is to come: */
    ngx_queue_t                    asked;       /* who waits for it, */
    ngx_queue_t                    next;        /* and for the one after it */
    ngx_event_t                    timer;       /* meanwhile: a worker that
                                                   exits waits for timers */
};


/* for a process that has a pair; does nothing the second time */
ngx_int_t ngx_http_wsgw_roster_start(ngx_http_wsgw_process_t *process);

/* reads it again; the waiter is called later.  NGX_DECLINED: not now */
ngx_int_t ngx_http_wsgw_roster_read(ngx_http_wsgw_roster_t *roster,
    ngx_http_wsgw_roster_waiter_t *waiter);


#endif /* _NGX_HTTP_WSGW_ROSTER_H_INCLUDED_ */
