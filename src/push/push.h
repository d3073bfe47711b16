
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One verb (send, describe, close, join, leave) to a connection id, wherever it
 * is held.
 */


#ifndef _NGX_HTTP_WSGW_PUSH_H_INCLUDED_
#define _NGX_HTTP_WSGW_PUSH_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "base/soon.h"
#include "pure/outcome.h"
#include "pure/wire.h"
#include "push/known.h"
#include "zone/layout.h"


/* where a connection is; behind the nodes nobody is asked */

typedef enum {
    ngx_http_wsgw_push_here = 0,        /* this process has the connection */
    ngx_http_wsgw_push_worker,          /* another process of this zone */
    ngx_http_wsgw_push_instance,        /* another nginx on this host */
    ngx_http_wsgw_push_node,            /* another nginx somewhere */
    ngx_http_wsgw_push_gone,
    ngx_http_wsgw_push_forbidden,
    ngx_http_wsgw_push_unsure           /* nobody can say it now */
} ngx_http_wsgw_push_where_e;


typedef struct ngx_http_wsgw_push_s  ngx_http_wsgw_push_t;


/* a way to whoever holds a connection */

typedef struct {

    /* sets push->pending, and completes the push later; or leaves it NULL and
       sets push->outcome */
    void                         (*ask)(ngx_http_wsgw_push_t *push);

    /* a push that is pending will not be completed any more */
    void                         (*cancel)(ngx_http_wsgw_push_t *push);
} ngx_http_wsgw_transport_t;


struct ngx_http_wsgw_push_s {
    ngx_http_wsgw_zone_t          *zone;
    ngx_log_t                     *log;         /* of whom it is for */
    uint32_t                       stage;       /* hash of the stage's name:
                                                   other stages' are 403 */
    wsgw_id_t                      id;
    ngx_uint_t                     verb;        /* SEND, DESCRIBE, CLOSE, JOIN,
                                                   LEAVE; WHOLE: of the id only
                                                   the number counts, which is
                                                   not ours */
    ngx_str_t                      body;        /* SEND: the message; CLOSE:
                                                   a Close's payload, empty:
                                                   as AWS's service closes;
                                                   JOIN, LEAVE: a group; WHOLE:
                                                   a question */
    wsgw_wire_tag_t                tag;         /* what the body is */

    /* called once unless cancelled: before push() returns, or, "later", from
       the event loop */
    void                         (*done)(ngx_http_wsgw_push_t *push);
    void                          *data;

    /* the outcome, readable in done */
    ngx_uint_t                     later;
    wsgw_outcome_t                 outcome;
    uint64_t                       api;         /* the connection's, if it is
                                                   found to be another
                                                   stage's, else 0 */
    uint64_t                       connected_at;    /* DESCRIBE, ms */
    ngx_http_wsgw_known_t          known;       /* DESCRIBE */
    ngx_str_t                      answer;      /* WHOLE: an envelope */

    ngx_msec_t                     begun;
    ngx_uint_t                     where;       /* ngx_http_wsgw_push_where_e */

    /* private */
    ngx_http_wsgw_owner_t          owner;       /* a worker of this zone */
    ngx_uint_t                     served;      /* 1: it has come from another
                                                   instance or node, and goes
                                                   to no other one */
    ngx_http_wsgw_transport_t     *transport;
    void                          *pending;     /* the transport's, while the
                                                   owner is asked */
    ngx_http_wsgw_soon_t           ending;      /* while the outcome is still
                                                   to be said */
};


/* NGX_AGAIN: done() is called later; NGX_OK: it has been called, and the push
   may be gone */
ngx_int_t ngx_http_wsgw_push(ngx_http_wsgw_push_t *push);

/* sets "where", and the owner if that is a worker, or the outcome if nobody has
   to be asked; no more than that */
void ngx_http_wsgw_push_find(ngx_http_wsgw_push_t *push);

/* where it has gone: "here", "worker", ... */
const char *ngx_http_wsgw_push_name(ngx_http_wsgw_push_t *push);

/* the caller goes away: done is not called any more; the push may still be */
void ngx_http_wsgw_push_cancel(ngx_http_wsgw_push_t *push);


/* how every push ends; the push may be gone when this returns */

static ngx_inline void
ngx_http_wsgw_push_complete(ngx_http_wsgw_push_t *push, wsgw_outcome_t outcome,
    ngx_uint_t later)
{
    push->pending = NULL;
    push->outcome = outcome;
    push->later = later;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, push->log, 0,
                   "wsgw push answered outcome:%d later:%ui", outcome, later);

    push->done(push);
}


#endif /* _NGX_HTTP_WSGW_PUSH_H_INCLUDED_ */
