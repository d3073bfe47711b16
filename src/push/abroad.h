
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One question to all other instances and nodes, each as a whole.
 */


#ifndef _NGX_HTTP_WSGW_ABROAD_H_INCLUDED_
#define _NGX_HTTP_WSGW_ABROAD_H_INCLUDED_


#include "push/places.h"
#include "push/push.h"


typedef struct ngx_http_wsgw_abroad_s       ngx_http_wsgw_abroad_t;
typedef struct ngx_http_wsgw_abroad_part_s  ngx_http_wsgw_abroad_part_t;


struct ngx_http_wsgw_abroad_s {
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_str_t                      question;    /* an envelope in memory of
                                                   ngx_alloc(), freed when it is
                                                   over */
    uint32_t                       choice;      /* questions of the same one are
                                                   to the same worker of a
                                                   node */

    /* an answer, valid during the call; empty unless the outcome is OK */
    void                         (*heard)(ngx_http_wsgw_abroad_t *abroad,
                                          uint32_t number,
                                          wsgw_outcome_t outcome,
                                          ngx_str_t *answer);

    /* all have answered or cannot; the abroad may be gone after it */
    void                         (*done)(ngx_http_wsgw_abroad_t *abroad);
    void                          *data;

    /* readable as soon as anybody is heard; places.n were asked, places.missing
       could not be */
    ngx_http_wsgw_places_t         places;

    /* private */
    ngx_http_wsgw_abroad_part_t   *parts;
    ngx_uint_t                     waiting;
};


/* one who is asked */

struct ngx_http_wsgw_abroad_part_s {
    ngx_http_wsgw_push_t           push;
    ngx_http_wsgw_abroad_t        *abroad;
};


/* fills in a push that asks the instance of that number; done and data are the
   caller's, and the question stays where it is until then */
void ngx_http_wsgw_abroad_push(ngx_http_wsgw_push_t *push,
    ngx_http_wsgw_zone_t *zone, uint32_t stage, uint32_t number,
    ngx_str_t *question);

/* asks all; all members but the private ones, and places, are set */
void ngx_http_wsgw_abroad(ngx_http_wsgw_abroad_t *abroad);

/* neither heard nor done are called any more */
void ngx_http_wsgw_abroad_cancel(ngx_http_wsgw_abroad_t *abroad);


#endif /* _NGX_HTTP_WSGW_ABROAD_H_INCLUDED_ */
