
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One verb (send, describe, close) to a connection id, wherever it is held.
 */


#ifndef _NGX_HTTP_WSGW_PUSH_H_INCLUDED_
#define _NGX_HTTP_WSGW_PUSH_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/wire.h"


#define NGX_HTTP_WSGW_PUSH_SEND      WSGW_VERB_SEND
#define NGX_HTTP_WSGW_PUSH_DESCRIBE  WSGW_VERB_DESCRIBE
#define NGX_HTTP_WSGW_PUSH_CLOSE     WSGW_VERB_CLOSE

typedef struct ngx_http_wsgw_push_s  ngx_http_wsgw_push_t;

struct ngx_http_wsgw_push_s {
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;       /* hash of the stage's name:
                                                   other stages' are 403 */
    wsgw_id_t                      id;
    ngx_uint_t                     verb;
    ngx_str_t                      body;        /* SEND: the message; CLOSE:
                                                   a Close's payload, empty:
                                                   as AWS's service closes */

    /* called once unless cancelled: before push() returns, or, "later", from
       the event loop */
    void                         (*done)(ngx_http_wsgw_push_t *push);
    void                          *data;

    /* the outcome, readable in done */
    ngx_uint_t                     later;
    ngx_uint_t                     status;      /* 200, 400, 403, 410, 413,
                                                   429, 503 */
    uint64_t                       connected_at;    /* DESCRIBE, ms */
    uint64_t                       last_active_at;
    ngx_str_t                      source_ip;
    ngx_str_t                      user_agent;

    void                          *pending;     /* private: the letter */
    void                          *link;        /* or what asks another
                                                   instance */
};


void ngx_http_wsgw_push(ngx_http_wsgw_push_t *push);

/* the caller goes away: done is not called any more; the push may still be */
void ngx_http_wsgw_push_cancel(ngx_http_wsgw_push_t *push);

/* the outcome as a RESULT, and back; answer->len is its room, then its size */
void ngx_http_wsgw_push_write(ngx_http_wsgw_push_t *push, ngx_str_t *answer);
void ngx_http_wsgw_push_result(ngx_http_wsgw_push_t *push,
    wsgw_wire_reader_t *r);

/* ngx_http_wsgw_letter_handler: the other end, in the owner */
ngx_uint_t ngx_http_wsgw_push_letter(ngx_http_wsgw_zone_t *zone,
    ngx_str_t *letter, ngx_str_t *answer);


#endif /* _NGX_HTTP_WSGW_PUSH_H_INCLUDED_ */
