
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Letters between the workers of a zone, of any generation.  A letter belongs
 * to its sender, who learns what the owner of the connection did with it.
 *
 * Who writes what: the sender the head, before it posts; the target the answer,
 * after it took the letter; either the word, by a CAS; and whoever has the
 * letter at the moment the link.
 */


#ifndef _NGX_HTTP_WSGW_LETTER_H_INCLUDED_
#define _NGX_HTTP_WSGW_LETTER_H_INCLUDED_


#include "pure/outcome.h"
#include "zone/zone.h"


/*
 * The states in a letter's word:
 *
 *     POSTED --target--> TAKEN --target--> DONE, with a status
 *        \---sender, after 5 s--> CANCELLED
 *
 * In each of them it comes back: the target pushes it onto the mailbox of its
 * sender, who alone frees its memory.
 */

#define NGX_HTTP_WSGW_POSTED      1
#define NGX_HTTP_WSGW_TAKEN       2
#define NGX_HTTP_WSGW_DONE        3
#define NGX_HTTP_WSGW_CANCELLED   4


/*
 * Called once for each posted letter that was not cancelled: the outcome is
 * what the consumer said, or UNKNOWN after the timeout, or GONE when the
 * addressed owner is known to be dead.  "answer" is what the consumer wrote
 * besides, valid during the call.
 */
typedef void (*ngx_http_wsgw_letter_done_pt)(void *data,
    wsgw_outcome_t outcome, ngx_str_t *answer);

/*
 * The consumer's side, set once at start: handles the letter and returns the
 * outcome.  "letter" is contiguous and writable for the duration of the call.
 * answer->data has room for answer->len bytes; it sets the length it used.
 */
typedef wsgw_outcome_t (*ngx_http_wsgw_letter_pt)(ngx_http_wsgw_zone_t *zone,
    ngx_str_t *letter, ngx_str_t *answer);

extern ngx_http_wsgw_letter_pt  ngx_http_wsgw_letter_handler;


/* What several letters of ours have in common, written once; it is freed when
   the last of them has come back, and its maker has let go of it. */

typedef struct {
    ngx_http_wsgw_process_t       *process;
    ngx_uint_t                     refs;
    uint32_t                       chunk;       /* the first */
    uint32_t                       chunks;
    uint32_t                       size;
} ngx_http_wsgw_parcel_t;


/* what the sender knows of a letter until its memory has come back; one for
   each chunk that may be the first of a letter */

struct ngx_http_wsgw_letter_s {
    ngx_queue_t                    queue;       /* in process->sent */
    ngx_http_wsgw_process_t       *process;
    ngx_http_wsgw_letter_done_pt   done;        /* NULL: nobody waits */
    void                          *data;
    ngx_msec_t                     posted;
    uint32_t                       target;
    uint32_t                       chunk;       /* the first */
    uint32_t                       chunks;      /* 0: it is not out */
    ngx_http_wsgw_parcel_t        *parcel;      /* NULL: none */
    uint32_t                       drains;      /* of the target's mailbox,
                                                   when it was posted */
    unsigned                       overdue:1;   /* it is in our mailbox by now,
                                                   or lost */
};


/*
 * Posts head followed by body, both copied, and by the parcel (NULL: none) to a
 * worker.  The answer has room for "room" bytes.  NULL with *outcome UNKNOWN:
 * no memory for it now, or the target's share of letter memory is used up;
 * TOO_LARGE: the zone can never hold it.  Never calls done before it returns.
 */
ngx_http_wsgw_letter_t *ngx_http_wsgw_letter_post(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t to, ngx_str_t *head, ngx_str_t *body,
    ngx_http_wsgw_parcel_t *parcel, size_t room,
    ngx_http_wsgw_letter_done_pt done, void *data, wsgw_outcome_t *outcome);

/* NULL with *outcome UNKNOWN or TOO_LARGE, as above */
ngx_http_wsgw_parcel_t *ngx_http_wsgw_letter_pack(ngx_http_wsgw_zone_t *zone,
    ngx_str_t *text, wsgw_outcome_t *outcome);
void ngx_http_wsgw_letter_unpack(ngx_http_wsgw_parcel_t *parcel);

/* the sender lost interest: done is not called any more */
void ngx_http_wsgw_letter_cancel(ngx_http_wsgw_letter_t *letter);

/*
 * Empties a mailbox whose owner we are, or whose record lock we hold: letters
 * to it are handled, letters of its own have come back.
 */
void ngx_http_wsgw_letter_drain(ngx_http_wsgw_process_t *process,
    uint32_t index);

/* how many drains of a mailbox have ended so far */
uint32_t ngx_http_wsgw_letter_drains(ngx_http_wsgw_zone_t *zone,
    uint32_t index);

/*
 * 1: since there were so many, a whole drain has begun and ended.  The first
 * one to end may have begun before, the second one did not.
 */
ngx_uint_t ngx_http_wsgw_letter_is_drained(ngx_http_wsgw_zone_t *zone,
    uint32_t index, uint32_t drains);

/* frees a letter that is back or lost, and its memory */
void ngx_http_wsgw_letter_release(ngx_http_wsgw_letter_t *letter);

/* lets go of what a letter that nobody will read has in common with others */
void ngx_http_wsgw_letter_forget_parcel(ngx_http_wsgw_letter_t *letter);


#endif /* _NGX_HTTP_WSGW_LETTER_H_INCLUDED_ */
