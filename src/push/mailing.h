
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Messages of which each is for many connections, named by their ids.
 */


#ifndef _NGX_HTTP_WSGW_MAILING_H_INCLUDED_
#define _NGX_HTTP_WSGW_MAILING_H_INCLUDED_


#include "push/push.h"
#include "zone/letter.h"


typedef struct ngx_http_wsgw_mailing_s      ngx_http_wsgw_mailing_t;
typedef struct ngx_http_wsgw_mailing_ask_s  ngx_http_wsgw_mailing_ask_t;


/* a message, and for whom; all of it stays while the mailing is under way */

typedef struct {
    ngx_str_t                      body;
    ngx_uint_t                     binary;
    wsgw_id_t                     *id;          /* none twice */
    ngx_uint_t                     n;
    u_char                        *outcome;     /* a wsgw_outcome_t of each,
                                                   in the same order */

    /* private */

    ngx_uint_t                     waiting;     /* for so many parts */
    ngx_http_wsgw_parcel_t        *parcel;      /* NULL: not needed so far */
} ngx_http_wsgw_mailing_item_t;


struct ngx_http_wsgw_mailing_s {
    ngx_http_wsgw_zone_t          *zone;
    ngx_log_t                     *log;
    ngx_pool_t                    *pool;
    uint32_t                       stage;

    /* all that was added has its outcomes now; from the event loop */
    void                         (*done)(ngx_http_wsgw_mailing_t *mailing);
    void                          *data;

    /* private */

    ngx_uint_t                     waiting;     /* for so many parts */
    ngx_uint_t                     held;        /* done has to wait */

    ngx_queue_t                    lines;
    ngx_uint_t                     letters;     /* of theirs, under way */
    ngx_event_t                    turn;        /* of what is sent here, or
                                                   asked one by one */

    ngx_queue_t                    parts;       /* of other instances, nodes */
    ngx_uint_t                     next;        /* in the first one */
    ngx_msec_t                     since;       /* there are any */
    ngx_uint_t                     out;         /* so many are asked, */
    ngx_uint_t                     asked;       /* so many were in this turn, */
    ngx_http_wsgw_mailing_ask_t   *asks;        /* and these were */
};


/* zone to data are set */
void ngx_http_wsgw_mailing_begin(ngx_http_wsgw_mailing_t *mailing);

/*
 * Sends a message.  Who gets several of a mailing gets them in the order in
 * which they were added.  NGX_OK: all is known; NGX_AGAIN: mailing->done is
 * called when all is; NGX_ERROR: no memory, nothing was sent.
 */
ngx_int_t ngx_http_wsgw_mailing_add(ngx_http_wsgw_mailing_t *mailing,
    ngx_http_wsgw_mailing_item_t *item);

/* Nobody wants to know any more: what was not sent yet is not sent.  To be
   called before the pool is gone. */
void ngx_http_wsgw_mailing_cancel(ngx_http_wsgw_mailing_t *mailing);


#endif /* _NGX_HTTP_WSGW_MAILING_H_INCLUDED_ */
