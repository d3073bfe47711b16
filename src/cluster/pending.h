
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Commands that have not been answered yet, in the order in which they were
 * sent.
 */


#ifndef _NGX_HTTP_WSGW_PENDING_H_INCLUDED_
#define _NGX_HTTP_WSGW_PENDING_H_INCLUDED_


#include "cluster/redis.h"


#define NGX_HTTP_WSGW_PENDING_MAX  16384


/* the answer; NULL: there will be none, the pair was lost */
typedef void (*ngx_http_wsgw_pending_pt)(void *data,
    ngx_http_wsgw_reply_t *reply);


typedef struct {
    ngx_http_wsgw_pending_pt       done;        /* NULL: nobody waits */
    void                          *data;
    ngx_msec_t                     since;
} ngx_http_wsgw_pending_one_t;


typedef struct {
    ngx_http_wsgw_pending_one_t   *one;         /* a ring; or NULL */
    uint32_t                       size;        /* a power of 2 */
    uint32_t                       first;
    uint32_t                       n;
} ngx_http_wsgw_pending_t;


/* NGX_DECLINED: there are too many, or there is no memory */
ngx_int_t ngx_http_wsgw_pending_add(ngx_http_wsgw_pending_t *pending,
    ngx_http_wsgw_pending_pt done, void *data);

/* takes the eldest; NGX_DECLINED: there is none */
ngx_int_t ngx_http_wsgw_pending_take(ngx_http_wsgw_pending_t *pending,
    ngx_http_wsgw_pending_one_t *one);

/* how long the eldest has been waiting; 0: there is none */
ngx_msec_t ngx_http_wsgw_pending_age(ngx_http_wsgw_pending_t *pending);

void ngx_http_wsgw_pending_free(ngx_http_wsgw_pending_t *pending);


#endif /* _NGX_HTTP_WSGW_PENDING_H_INCLUDED_ */
