
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The lines of a mailing: what is for each worker, in the order in which it is
 * asked.
 */


#ifndef _NGX_HTTP_WSGW_LINES_H_INCLUDED_
#define _NGX_HTTP_WSGW_LINES_H_INCLUDED_


#include "push/mailing.h"


/* of a message, what is for one worker, or for all that are asked one by one */

typedef struct {
    ngx_queue_t                    queue;
    ngx_http_wsgw_mailing_item_t  *item;
    wsgw_id_t                     *id;
    uint32_t                      *at;          /* their places in the item */
    ngx_uint_t                     n;
} ngx_http_wsgw_part_t;


typedef struct {
    ngx_queue_t                    queue;       /* in mailing->lines */
    ngx_http_wsgw_mailing_t       *mailing;
    ngx_http_wsgw_owner_t          owner;
    ngx_queue_t                    parts;
    ngx_http_wsgw_letter_t        *letter;      /* of the first part, if it is
                                                   under way */
    ngx_msec_t                     since;       /* there are any */

    /* of the message that is being added */

    ngx_uint_t                     n;           /* ids for it, */
    ngx_uint_t                     last;        /* which end there */
} ngx_http_wsgw_line_t;


/* a message that is being added */

typedef struct {
    ngx_http_wsgw_mailing_item_t  *item;
    ngx_http_wsgw_line_t         **line;        /* of each id; NULL: of none */
    ngx_http_wsgw_line_t           apart;       /* of those asked one by one */
    wsgw_id_t                     *id;          /* in the order of lines */
    uint32_t                      *at;
    ngx_http_wsgw_part_t          *part;
    ngx_uint_t                     step;        /* ids of a part, at most */
} ngx_http_wsgw_lines_t;


/* takes the message apart: sets all of "sort" but item and step, and "n" and
   "last" of each line.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_wsgw_lines(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_lines_t *sort);

/* adds what a line has of it, in parts of so many ids */
void ngx_http_wsgw_lines_cut(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_lines_t *sort, ngx_http_wsgw_line_t *line,
    ngx_queue_t *parts, ngx_uint_t step);

/* that of a worker, which is made if there is none; NULL: no memory */
ngx_http_wsgw_line_t *ngx_http_wsgw_lines_of(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_owner_t owner);


#endif /* _NGX_HTTP_WSGW_LINES_H_INCLUDED_ */
