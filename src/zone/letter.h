
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Letters between workers: posted, handled, returned.
 */


#ifndef _NGX_HTTP_WSGW_LETTER_H_INCLUDED_
#define _NGX_HTTP_WSGW_LETTER_H_INCLUDED_


#include "zone/zone.h"


#define NGX_HTTP_WSGW_POSTED      1
#define NGX_HTTP_WSGW_TAKEN       2
#define NGX_HTTP_WSGW_DONE        3
#define NGX_HTTP_WSGW_CANCELLED   4


/*
 * Called once for each posted letter that was not cancelled: status is what
 * the consumer said (an HTTP status), or 503 after the timeout, or 410 when
 * the addressed owner is known to be dead.  "answer" is what it wrote besides,
 * valid during the call.
 */
typedef void (*ngx_http_wsgw_letter_done_pt)(void *data, ngx_uint_t status,
    ngx_str_t *answer);

/*
 * The consumer's side, set once at start: handles the letter and returns the
 * status.  "letter" is contiguous and writable for the duration of the call.
 * answer->data has room for answer->len bytes; it sets the length it used.
 */
typedef ngx_uint_t (*ngx_http_wsgw_letter_pt)(ngx_http_wsgw_zone_t *zone,
    ngx_str_t *letter, ngx_str_t *answer);

extern ngx_http_wsgw_letter_pt  ngx_http_wsgw_letter_handler;


/* what the sender knows of a letter until its memory has come back */

struct ngx_http_wsgw_letter_s {
    ngx_queue_t                    queue;       /* in process->sent */
    ngx_http_wsgw_process_t       *process;
    ngx_http_wsgw_letter_done_pt   done;        /* NULL: nobody waits */
    void                          *data;
    ngx_msec_t                     posted;
    uint32_t                       target;
    uint32_t                       chunk;       /* the first */
    uint32_t                       chunks;
    uint32_t                       drains;      /* of the target, then */
    unsigned                       overdue:1;   /* back at the next drain, or
                                                   never */
};


/*
 * Posts head followed by body (copied) to a worker.  The answer has room for
 * "room" bytes.  NULL with *status 503: no memory for it now, or the target's
 * share of letter memory is used up; 413: larger than the zone can ever hold.
 * Never calls done before it returns.
 */
ngx_http_wsgw_letter_t *ngx_http_wsgw_letter_post(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t to, ngx_str_t *head, ngx_str_t *body, size_t room,
    ngx_http_wsgw_letter_done_pt done, void *data, ngx_uint_t *status);

/* the sender lost interest: done is not called any more */
void ngx_http_wsgw_letter_cancel(ngx_http_wsgw_letter_t *letter);

/* empties a mailbox whose owner we are, or whose record lock we hold */
void ngx_http_wsgw_letter_drain(ngx_http_wsgw_process_t *process,
    uint32_t index);

void ngx_http_wsgw_letter_release(ngx_http_wsgw_letter_t *letter);


#endif /* _NGX_HTTP_WSGW_LETTER_H_INCLUDED_ */
