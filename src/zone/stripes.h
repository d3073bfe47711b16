
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Elements of the zone (slots, chunks) that one process has for itself.  A
 * table of them is cut into stripes, each with an owner word in the zone.
 * Which elements of a stripe are free only its owner knows, in its own memory.
 *
 * An owner word that is 0 is written by anybody, with a CAS; then only its
 * owner writes it, or, when that is dead, who adopts or reclaims the stripe.
 */


#ifndef _NGX_HTTP_WSGW_STRIPES_H_INCLUDED_
#define _NGX_HTTP_WSGW_STRIPES_H_INCLUDED_


#include "zone/layout.h"


#define NGX_HTTP_WSGW_STRIPE_MAX  256           /* elements */


typedef struct {
    ngx_queue_t                    queue;       /* in stripes->open, if there
                                                   are free elements */
    uint32_t                       number;
    uint32_t                       nfree;
    u_char                         free[NGX_HTTP_WSGW_STRIPE_MAX];
} ngx_http_wsgw_stripe_t;


/* 1: the element is in use; asked for each when a stripe becomes ours */
typedef ngx_uint_t (*ngx_http_wsgw_used_pt)(u_char *base, uint32_t element);


/* a table as this process sees it, with the stripes of it that are its own */

typedef struct {
    const char                    *name;        /* for the debug log */
    u_char                        *base;        /* of the zone */
    uint64_t                      *owners;      /* in the zone, by stripe */
    uint64_t                       me;          /* our owner word */
    uint32_t                       nstripes;    /* of the table */
    uint32_t                       shift;       /* of elements in a stripe */
    uint32_t                       hint;        /* the stripe to try first */
    uint32_t                       nmine;       /* how many are ours */
    uint32_t                       nfree;       /* elements of our stripes */
    ngx_uint_t                     exhausted;   /* one was asked for in vain */
    ngx_queue_t                    open;        /* of our stripes, those with
                                                   free elements */
    ngx_http_wsgw_stripe_t       **mine;        /* by number; NULL: not ours */
    ngx_http_wsgw_used_pt          used;        /* NULL: none ever is */
} ngx_http_wsgw_stripes_t;


/* how many elements a stripe has */
#define ngx_http_wsgw_stripes_size(stripes)                                   \
    ((uint32_t) 1 << (stripes)->shift)


/* how many elements of our stripes are in use */
#define ngx_http_wsgw_stripes_taken(stripes)                                  \
    (((stripes)->nmine << (stripes)->shift) - (stripes)->nfree)


ngx_int_t ngx_http_wsgw_stripes_init(ngx_http_wsgw_stripes_t *stripes,
    u_char *base, ngx_http_wsgw_table_t *table, uint64_t me, uint32_t hint,
    ngx_http_wsgw_used_pt used);

/*
 * Makes a stripe ours that is nobody's (0) or a dead owner's.  NGX_DECLINED: it
 * has another owner by now; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_stripes_take(ngx_http_wsgw_stripes_t *stripes,
    uint32_t number, uint64_t owner);

/* Gives wholly free stripes back; the others stay, for somebody to adopt. */
void ngx_http_wsgw_stripes_close(ngx_http_wsgw_stripes_t *stripes);

/* Takes an element; NGX_HTTP_WSGW_NONE: the table has none left. */
uint32_t ngx_http_wsgw_stripes_get(ngx_http_wsgw_stripes_t *stripes);

/*
 * Puts an element back.  If its stripe is not ours nothing is done: the owner
 * finds it when it looks itself.  Nor is there anything to put into a stripe
 * that is wholly free.
 */
void ngx_http_wsgw_stripes_put(ngx_http_wsgw_stripes_t *stripes,
    uint32_t element);

/*
 * That look: finds the elements of our stripes that others have freed.  What
 * was taken must be in use by now, or it would be found, too.
 */
void ngx_http_wsgw_stripes_rescan(ngx_http_wsgw_stripes_t *stripes);


#endif /* _NGX_HTTP_WSGW_STRIPES_H_INCLUDED_ */
