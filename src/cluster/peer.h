
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a process knows of other nodes when it is about to ask them: their
 * lines in Redis, as old as five seconds at most.
 */


#ifndef _NGX_HTTP_WSGW_PEER_H_INCLUDED_
#define _NGX_HTTP_WSGW_PEER_H_INCLUDED_


#include "base/soon.h"
#include "cluster/pair.h"
#include "pure/node_self.h"


#define NGX_HTTP_WSGW_PEER_BUCKETS  256


typedef struct ngx_http_wsgw_peers_s  ngx_http_wsgw_peers_t;
typedef struct ngx_http_wsgw_peer_s   ngx_http_wsgw_peer_t;


struct ngx_http_wsgw_peer_s {
    uint32_t                       number;
    ngx_uint_t                     known;       /* 1: it was read in time */
    wsgw_node_line_t               line;        /* without its texts */

    /* private */

    ngx_http_wsgw_peers_t         *peers;
    ngx_http_wsgw_peer_t          *next;        /* in its bucket */
    ngx_queue_t                    queue;       /* those used last are first */
    ngx_queue_t                    waiters;
    wsgw_node_found_t              found;
    ngx_msec_t                     read_at;
    ngx_msec_t                     first_at;    /* when that beat was read
                                                   first */
    ngx_uint_t                     reading;     /* answers that are to come */
    ngx_uint_t                     failed;
};


struct ngx_http_wsgw_peers_s {
    ngx_http_wsgw_pair_t          *pair;
    wsgw_node_conf_t               conf;
    ngx_queue_t                    queue;
    ngx_uint_t                     n;
    ngx_http_wsgw_peer_t          *bucket[NGX_HTTP_WSGW_PEER_BUCKETS];
};


/* NULL: no memory */
ngx_http_wsgw_peer_t *ngx_http_wsgw_peer(ngx_http_wsgw_peers_t *peers,
    uint32_t number);

/* 1: what is known is not too old */
ngx_uint_t ngx_http_wsgw_peer_is_fresh(ngx_http_wsgw_peer_t *peer);

/* reads it; the waiter is called later: it was read, or not, as the pair was
   lost.  NGX_DECLINED: not now */
ngx_int_t ngx_http_wsgw_peer_read(ngx_http_wsgw_peer_t *peer,
    ngx_http_wsgw_soon_t *waiter);

/* what to do with a push to such an id; "cover": the id is of its own cover */
wsgw_node_verdict_t ngx_http_wsgw_peer_judge(ngx_http_wsgw_peer_t *peer,
    ngx_uint_t cover);

/* all has to be read again */
void ngx_http_wsgw_peer_forget(ngx_http_wsgw_peers_t *peers);


#endif /* _NGX_HTTP_WSGW_PEER_H_INCLUDED_ */
