
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Letters between the workers of a zone, of any generation.  A letter belongs
 * to its sender, who learns what the owner of the connection did with it.
 */


#ifndef _NGX_HTTP_WSGW_MAILBOX_H_INCLUDED_
#define _NGX_HTTP_WSGW_MAILBOX_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "ngx_http_wsgw_registry.h"


typedef struct ngx_http_wsgw_letter_s  ngx_http_wsgw_letter_t;


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

extern ngx_http_wsgw_letter_pt  ngx_http_wsgw_on_letter;


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

/* called by zone_attach: eventfd into the event loop, the 1 s drain */
ngx_int_t ngx_http_wsgw_mailbox_open(ngx_http_wsgw_zone_t *zone,
    ngx_log_t *log);
void ngx_http_wsgw_mailbox_close(ngx_http_wsgw_zone_t *zone);


#endif /* _NGX_HTTP_WSGW_MAILBOX_H_INCLUDED_ */
