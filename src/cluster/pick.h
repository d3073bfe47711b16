
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which address to try next: all addresses of all servers that wsgw_redis
 * names, in turn, or the one that a Redis Cluster has sent us to.
 */


#ifndef _NGX_HTTP_WSGW_PICK_H_INCLUDED_
#define _NGX_HTTP_WSGW_PICK_H_INCLUDED_


#include "cluster/server.h"


typedef struct ngx_http_wsgw_pick_s  ngx_http_wsgw_pick_t;

struct ngx_http_wsgw_pick_s {

    /* called once for each next(), perhaps before it returns */

    void                         (*found)(ngx_http_wsgw_pick_t *pick);
    void                         (*failed)(ngx_http_wsgw_pick_t *pick,
                                           const char *why);
    void                          *data;

    ngx_http_wsgw_server_t        *server;      /* the last one, never NULL
                                                   after a next() */
    ngx_addr_t                    *addr;        /* of it, if it was found */
    ngx_uint_t                     rounds;      /* over all of them, since it
                                                   settled */

    /* private */

    ngx_http_wsgw_cluster_t       *cluster;     /* whose servers these are */
    ngx_uint_t                     next;        /* server */
    ngx_addr_t                    *addrs;       /* of the server, */
    ngx_uint_t                     naddrs;
    ngx_uint_t                     next_addr;   /* and which comes next */
    ngx_pool_t                    *pool;        /* of a name's addresses */
    ngx_resolver_ctx_t            *resolving;
    ngx_uint_t                     hops;        /* by MOVED in a row */
    ngx_http_wsgw_server_t         moved;
    ngx_uint_t                     to_moved;    /* 1: that is the next one */
    u_char                         moved_text[NGX_SOCKADDR_STRLEN + 256];
};


/* finds the next address */
void ngx_http_wsgw_pick_next(ngx_http_wsgw_pick_t *pick,
    ngx_http_wsgw_cluster_t *cluster);

/* the next address is that of "MOVED SLOT HOST:PORT"; NGX_ERROR: it is none, or
   they send us around */
ngx_int_t ngx_http_wsgw_pick_move(ngx_http_wsgw_pick_t *pick,
    ngx_str_t *moved);

/* the last one was right: what is found from now on is found anew */
void ngx_http_wsgw_pick_settle(ngx_http_wsgw_pick_t *pick);

/* 1: all have been tried, the next address is the first one again */
ngx_uint_t ngx_http_wsgw_pick_is_round(ngx_http_wsgw_pick_t *pick);

/* neither found nor failed is called any more */
void ngx_http_wsgw_pick_cancel(ngx_http_wsgw_pick_t *pick);

void ngx_http_wsgw_pick_free(ngx_http_wsgw_pick_t *pick);


#endif /* _NGX_HTTP_WSGW_PICK_H_INCLUDED_ */
