
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message to the members of groups, or to all connections of a stage.
 */


#ifndef _NGX_HTTP_WSGW_FANOUT_H_INCLUDED_
#define _NGX_HTTP_WSGW_FANOUT_H_INCLUDED_


#include "push/abroad.h"
#include "push/survey.h"


#define NGX_HTTP_WSGW_FANOUT_GROUPS  32
#define NGX_HTTP_WSGW_FANOUT_EXCEPT  16


typedef struct ngx_http_wsgw_fanout_s  ngx_http_wsgw_fanout_t;

struct ngx_http_wsgw_fanout_s {

    /* what is sent to whom, only while fanout() runs */

    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_str_t                     *group;
    ngx_uint_t                     ngroups;     /* 0: all */
    wsgw_id_t                     *except;
    ngx_uint_t                     nexcept;
    ngx_str_t                      body;
    ngx_uint_t                     binary;
    ngx_uint_t                     served;      /* 1: another instance asks, so
                                                   no other one is asked */

    /* called once: before fanout() returns, or, "later", from the event loop;
       NULL: nobody wants to know.  The fanout is freed after it. */

    void                         (*done)(ngx_http_wsgw_fanout_t *fanout);
    void                          *data;

    /* readable in done: how many have got it, did not for their full queues,
       and are with a worker, instance or node of which nobody knows */

    ngx_uint_t                     later;
    wsgw_outcome_t                 outcome;     /* OK, or TOO_LARGE, UNKNOWN:
                                                   nothing was sent */
    uint64_t                       sent;
    uint64_t                       full;
    uint64_t                       unknown;

    /* private */

    ngx_queue_t                    queue;
    uint64_t                       sequence;
    ngx_int_t                      awaited;     /* SENTs; less than 0: one came
                                                   of a worker whose RESULT did
                                                   not come in time */
    ngx_uint_t                     asking;      /* 1: the survey is under way */
    ngx_uint_t                     away;        /* 1: so is what others are
                                                   asked */
    uint64_t                       key;         /* of whom it is sent to */
    ngx_event_t                    timer;
    ngx_http_wsgw_survey_t         survey;
    ngx_http_wsgw_abroad_t         abroad;
};


/* one to be filled in; NULL: no memory */
ngx_http_wsgw_fanout_t *ngx_http_wsgw_fanout_create(void);

/* sends, and frees it when all have answered or five seconds are over */
void ngx_http_wsgw_fanout(ngx_http_wsgw_fanout_t *fanout);

/* the caller goes away: the message is sent all the same */
void ngx_http_wsgw_fanout_cancel(ngx_http_wsgw_fanout_t *fanout);


#endif /* _NGX_HTTP_WSGW_FANOUT_H_INCLUDED_ */
