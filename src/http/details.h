
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A page of a list of connections, and what only their owners know of them.
 */


#ifndef _NGX_HTTP_WSGW_DETAILS_H_INCLUDED_
#define _NGX_HTTP_WSGW_DETAILS_H_INCLUDED_


#include "http/describe.h"
#include "push/survey.h"
#include "zone/slot.h"


/* bytes of room for what an owner answers */
#define NGX_HTTP_WSGW_DETAILS_ROOM  (40 * 1024)


typedef struct ngx_http_wsgw_listing_s  ngx_http_wsgw_listing_t;


typedef struct {
    ngx_http_wsgw_slot_open_t      open;
    unsigned                       asked:1;     /* details: its owner has been,
                                                   or could not be */
    unsigned                       told:1;      /* and has said what follows */
    unsigned                       gone:1;      /* it has ended meanwhile */
    ngx_http_wsgw_describe_t       known;
} ngx_http_wsgw_details_t;


struct ngx_http_wsgw_listing_s {
    ngx_http_request_t            *request;
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_event_t                    turn;        /* posted: the next portion */
    ngx_uint_t                     later;       /* 1: that has happened */

    uint32_t                       next;        /* slot */
    ngx_uint_t                     total;       /* counted, or listed */
    ngx_uint_t                     page;        /* at most */
    ngx_http_wsgw_slot_open_t     *open;        /* of a page */
    ngx_http_wsgw_details_t *entry;

    ngx_http_wsgw_survey_t         survey;
    ngx_uint_t                     asking;      /* 1: it is under way */

    ngx_str_t                      group;       /* empty: all */
    ngx_uint_t                     silent;      /* workers that may have members
                                                   of it and did not answer */

    /* where it goes on: when the page has been found, and when all that is
       wanted of it is known */
    void                         (*found)(ngx_http_wsgw_listing_t *l);
    void                         (*answer)(ngx_http_wsgw_listing_t *l);
};


/* asks the owners of the page's connections; l->answer is called then */
void ngx_http_wsgw_details(ngx_http_wsgw_listing_t *l);

/* all of a survey of l's have been asked: what it calls may be called now */
void ngx_http_wsgw_details_wait(ngx_http_wsgw_listing_t *l);


#endif /* _NGX_HTTP_WSGW_DETAILS_H_INCLUDED_ */
