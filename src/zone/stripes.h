
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Elements of the zone (slots, chunks) that one process has for itself: a
 * table of them is cut into stripes, each with an owner word in the zone.
 * Which elements of a stripe are free, its owner knows in its own memory.
 */


#ifndef _NGX_HTTP_WSGW_STRIPES_H_INCLUDED_
#define _NGX_HTTP_WSGW_STRIPES_H_INCLUDED_


#include "zone/layout.h"


#define NGX_HTTP_WSGW_STRIPE_MAX  256           /* elements */


typedef struct {
    ngx_queue_t                    queue;       /* of those with free ones */
    uint32_t                       number;
    uint32_t                       nfree;
    u_char                         free[NGX_HTTP_WSGW_STRIPE_MAX];
} ngx_http_wsgw_stripe_t;


/* 1: the element is in use; asked when a stripe is claimed */
typedef ngx_uint_t (*ngx_http_wsgw_used_pt)(u_char *base, uint32_t element);


typedef struct {
    u_char                        *base;        /* of the zone */
    uint64_t                      *owners;
    uint64_t                       me;          /* in an owner word */
    uint32_t                       stripes;
    uint32_t                       shift;
    uint32_t                       hint;        /* the stripe to try first */
    uint32_t                       free;        /* elements */
    ngx_uint_t                     exhausted;   /* one was asked for in vain */
    ngx_queue_t                    open;        /* stripes with free ones */
    ngx_http_wsgw_stripe_t       **mine;        /* by number, or NULL */
    ngx_http_wsgw_used_pt          used;        /* NULL: none of them */
} ngx_http_wsgw_stripes_t;


ngx_int_t ngx_http_wsgw_stripes_init(ngx_http_wsgw_stripes_t *pool,
    u_char *base, ngx_http_wsgw_table_t *table, uint64_t me, uint32_t hint,
    ngx_http_wsgw_used_pt used);

/*
 * Makes a dead owner's stripe ours; NGX_DECLINED: it is not that owner's any
 * more, or there is no memory.
 */
ngx_int_t ngx_http_wsgw_stripes_adopt(ngx_http_wsgw_stripes_t *pool,
    uint32_t stripe, uint64_t owner);

/* gives wholly free stripes back; the others stay for a sweeper to adopt */
void ngx_http_wsgw_stripes_close(ngx_http_wsgw_stripes_t *pool);

/* an element, or NGX_HTTP_WSGW_NONE */
uint32_t ngx_http_wsgw_stripes_get(ngx_http_wsgw_stripes_t *pool);

/* an element of another's stripe is left to its owner, who looks itself; a
   stripe in which all are free has none to be put */
void ngx_http_wsgw_stripes_put(ngx_http_wsgw_stripes_t *pool, uint32_t element);

/* that look: what others have freed in our stripes; nothing that was taken
   from the pool may be unused yet */
void ngx_http_wsgw_stripes_rescan(ngx_http_wsgw_stripes_t *pool);


#endif /* _NGX_HTTP_WSGW_STRIPES_H_INCLUDED_ */
