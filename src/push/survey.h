
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Questions that are not about one connection, to several processes at once.
 */


#ifndef _NGX_HTTP_WSGW_SURVEY_H_INCLUDED_
#define _NGX_HTTP_WSGW_SURVEY_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/outcome.h"
#include "zone/letter.h"
#include "zone/zone.h"


typedef struct ngx_http_wsgw_survey_s       ngx_http_wsgw_survey_t;
typedef struct ngx_http_wsgw_survey_part_s  ngx_http_wsgw_survey_part_t;


/* one who is asked */

struct ngx_http_wsgw_survey_part_s {
    ngx_http_wsgw_survey_part_t   *next;
    ngx_http_wsgw_survey_t        *survey;
    ngx_http_wsgw_owner_t          owner;
    ngx_http_wsgw_letter_t        *letter;      /* NULL: has answered */
};


struct ngx_http_wsgw_survey_s {
    ngx_http_wsgw_zone_t          *zone;
    size_t                         room;        /* for an answer of who is asked
                                                   next */
    ngx_http_wsgw_parcel_t        *parcel;      /* after the question of each
                                                   letter; or NULL */
    ngx_str_t                      body;        /* what is in it */

    /* an answer, which is valid during the call; empty unless the outcome
       is OK */
    void                         (*heard)(ngx_http_wsgw_survey_t *survey,
                                          ngx_http_wsgw_survey_part_t *part,
                                          wsgw_outcome_t outcome,
                                          ngx_str_t *answer);

    /* all have answered; the survey may be gone after it */
    void                         (*done)(ngx_http_wsgw_survey_t *survey);
    void                          *data;

    /* private */
    ngx_http_wsgw_survey_part_t   *parts;
    ngx_uint_t                     waiting;     /* for so many, and one until
                                                   all have been asked */
};


/* all members but the private ones are set */
void ngx_http_wsgw_survey_begin(ngx_http_wsgw_survey_t *survey);

/* Asks a worker of the zone, or this process itself, which is heard at once, as
   is one that cannot be asked: NGX_ERROR. */
ngx_int_t ngx_http_wsgw_survey_ask(ngx_http_wsgw_survey_t *survey,
    ngx_http_wsgw_owner_t owner, ngx_str_t *question);

/* asks all workers that live, or those that may have members of one of n groups
   of these hashes */
void ngx_http_wsgw_survey_workers(ngx_http_wsgw_survey_t *survey,
    uint64_t *hash, ngx_uint_t n, ngx_str_t *question);

/* nobody else is asked: done is called when all have answered, which may be
   now, and then 1 is returned */
ngx_uint_t ngx_http_wsgw_survey_end(ngx_http_wsgw_survey_t *survey);

/* who has not answered is heard as UNKNOWN, and done is called */
void ngx_http_wsgw_survey_give_up(ngx_http_wsgw_survey_t *survey);

/* neither heard nor done are called any more */
void ngx_http_wsgw_survey_cancel(ngx_http_wsgw_survey_t *survey);


#endif /* _NGX_HTTP_WSGW_SURVEY_H_INCLUDED_ */
