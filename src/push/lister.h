
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A page of the connections of this instance, or of those in a group, or how
 * many there are.
 */


#ifndef _NGX_HTTP_WSGW_LISTER_H_INCLUDED_
#define _NGX_HTTP_WSGW_LISTER_H_INCLUDED_


#include "push/known.h"
#include "push/survey.h"
#include "pure/wire.h"
#include "zone/slot.h"


typedef struct ngx_http_wsgw_lister_s  ngx_http_wsgw_lister_t;


typedef struct {
    ngx_http_wsgw_slot_open_t      open;
    unsigned                       asked:1;     /* details: its owner has been,
                                                   or could not be */
    unsigned                       told:1;      /* and has said what follows */
    unsigned                       gone:1;      /* it has ended meanwhile */
    ngx_http_wsgw_known_t          known;
} ngx_http_wsgw_lister_entry_t;


struct ngx_http_wsgw_lister_s {
    ngx_http_wsgw_zone_t          *zone;
    uint32_t                       stage;
    ngx_str_t                      group;       /* empty: all */
    ngx_pool_t                    *pool;        /* of what is found */
    ngx_uint_t                     page;        /* at most; 0: they are but
                                                   counted */
    ngx_uint_t                     details;     /* 1: owners are asked */
    ngx_msec_t                     patience;    /* 0: as long as letters
                                                   take */

    /* called once: before lister() returns, or from the event loop */
    void                         (*done)(ngx_http_wsgw_lister_t *l);
    void                          *data;

    /* set by the caller: the slot to begin with; in done: where to go on, and
       zone->slots at the end */
    uint32_t                       next;

    /* readable in done; only what is before "next" counts */
    wsgw_outcome_t                 outcome;     /* or UNKNOWN */
    ngx_uint_t                     total;       /* counted, or listed */
    ngx_http_wsgw_slot_open_t     *open;
    ngx_http_wsgw_lister_entry_t  *entry;       /* NULL: without details */

    /* private */
    ngx_event_t                    turn;        /* posted: the next portion */
    ngx_event_t                    timer;
    ngx_http_wsgw_survey_t         survey;
    ngx_uint_t                     asking;      /* 1: it is under way */
    ngx_uint_t                     silent;      /* workers that may have members
                                                   of it and did not answer, or
                                                   could not be asked */
};


/* NGX_AGAIN: done is called later; NGX_OK: it has been called, and all may be
   gone.  All members but the private ones, and those to be read, are set. */
ngx_int_t ngx_http_wsgw_lister(ngx_http_wsgw_lister_t *l);

/* done is not called any more; does nothing when it was */
void ngx_http_wsgw_lister_cancel(ngx_http_wsgw_lister_t *l);


#endif /* _NGX_HTTP_WSGW_LISTER_H_INCLUDED_ */
