
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One connection to a Redis: it is opened, with TLS if need be, takes commands
 * and brings replies.  What was put in during a turn of the event loop leaves
 * in one write.
 */


#ifndef _NGX_HTTP_WSGW_DIAL_H_INCLUDED_
#define _NGX_HTTP_WSGW_DIAL_H_INCLUDED_


#include "cluster/server.h"
#include "cluster/redis.h"


typedef struct ngx_http_wsgw_dial_s  ngx_http_wsgw_dial_t;

struct ngx_http_wsgw_dial_s {

    /* set by who opens it; any of them may close it */

    void                         (*opened)(ngx_http_wsgw_dial_t *dial);
    void                         (*replied)(ngx_http_wsgw_dial_t *dial,
                                            ngx_http_wsgw_reply_t *reply);
    void                         (*failed)(ngx_http_wsgw_dial_t *dial,
                                           const char *why);

    /* the worker is to exit, or, with "now", exits at once */
    void                         (*leave)(ngx_http_wsgw_dial_t *dial,
                                          ngx_uint_t now);

    /* 0: what has come is nobody's any more, and it was closed */
    ngx_uint_t                   (*fresh)(ngx_http_wsgw_dial_t *dial);
    void                          *data;

    /* private */

    ngx_connection_t              *connection;  /* NULL: closed */
    ngx_http_wsgw_redis_t         *redis;
    ngx_http_wsgw_server_t        *server;
    void                          *ssl;         /* ngx_ssl_t, the cycle's */
    ngx_peer_connection_t          peer;
    ngx_uint_t                     times;       /* it was closed */
    ngx_uint_t                     secured;     /* TLS has been talked of */
    ngx_uint_t                     open;
    u_char                        *buf;         /* what is to be written */
    u_char                        *pos;
    u_char                        *last;
    u_char                        *end;
};


#define NGX_HTTP_WSGW_DIAL_MAX  (16 * 1024 * 1024)  /* bytes that wait, or of a
                                                       reply */


/* NGX_OK: one of opened and failed is called later; else "why" says it */
ngx_int_t ngx_http_wsgw_dial(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_cluster_t *cluster, ngx_http_wsgw_server_t *server,
    ngx_addr_t *addr, const char **why);

/* what was not written is lost; does nothing the second time */
void ngx_http_wsgw_dial_close(ngx_http_wsgw_dial_t *dial);

/* room for so many bytes at dial->last, which the caller moves on; they leave
   at the end of this turn.  NULL: too much waits, or there is no memory */
u_char *ngx_http_wsgw_dial_room(ngx_http_wsgw_dial_t *dial, size_t n);

ngx_int_t ngx_http_wsgw_dial_command(ngx_http_wsgw_dial_t *dial, ngx_uint_t n,
    ngx_str_t *words);

/* writes all that waits, and waits for it no longer than this: for a process
   that exits */
void ngx_http_wsgw_dial_flush(ngx_http_wsgw_dial_t *dial, ngx_msec_t ms);

#endif /* _NGX_HTTP_WSGW_DIAL_H_INCLUDED_ */
