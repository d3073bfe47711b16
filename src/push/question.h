
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A push on its way to the owner of the connection, and what the owner
 * answers: envelopes of wsgw_wire, the same for a letter and for a socket.
 */


#ifndef _NGX_HTTP_WSGW_QUESTION_H_INCLUDED_
#define _NGX_HTTP_WSGW_QUESTION_H_INCLUDED_


#include "push/push.h"


#define NGX_HTTP_WSGW_QUESTION_HEAD    112      /* bytes, at most */
#define NGX_HTTP_WSGW_QUESTION_RESULT  1024


/* who asks through Redis, where an answer has to find its question */

typedef struct {
    uint32_t                       number;      /* 23 bits */
    uint32_t                       worker;      /* slot */
    uint64_t                       epoch;       /* of the process; random */
    uint64_t                       sequence;
} ngx_http_wsgw_asker_t;


/*
 * Writes all of a question but push->body, with which it ends, so that a large
 * message is copied only to where it goes.  Returns the length written, which
 * QUESTION_HEAD bytes have room for; 0: an envelope cannot hold the body.  The
 * asker may be NULL here and below: then the answer goes back as it came.
 */
size_t ngx_http_wsgw_question_write(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, u_char *head);

/*
 * Sets verb, id, stage and body of a push; the body stays where the question
 * is.  NGX_ERROR: it is no question, or asks for what we do not know.
 */
ngx_int_t ngx_http_wsgw_question_read(ngx_http_wsgw_push_t *push,
    ngx_str_t *question);

/* the same of a question to an instance as a whole, which is the body */
ngx_int_t ngx_http_wsgw_question_read_whole(ngx_http_wsgw_push_t *push,
    ngx_str_t *question);

/* the outcome of a push and what was found out; result->len is its room, then
   its size: 0 if there was too little */
void ngx_http_wsgw_question_write_result(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *result);

/* the same of a question to an instance, all but push->answer, with which it
   ends */
void ngx_http_wsgw_question_write_answer(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *result);

/* and back; texts stay where the result is.  NGX_ERROR: it is no result, or
   has no outcome that we know; push->outcome is as before */
ngx_int_t ngx_http_wsgw_question_read_result(ngx_http_wsgw_push_t *push,
    ngx_str_t *result);

/* the number of an outcome in a result, and back; NGX_ERROR: it has none that
   we know */
uint16_t ngx_http_wsgw_question_status(wsgw_outcome_t outcome);
ngx_int_t ngx_http_wsgw_question_outcome(uint64_t status,
    wsgw_outcome_t *outcome);

/* the verb of an envelope, and its asker; a RESULT has no number and worker.
   NGX_ERROR: it is no envelope, or is without an asker */
ngx_int_t ngx_http_wsgw_question_read_asker(ngx_str_t *envelope,
    ngx_uint_t *verb, ngx_http_wsgw_asker_t *asker);


#endif /* _NGX_HTTP_WSGW_QUESTION_H_INCLUDED_ */
