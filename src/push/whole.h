
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A question of another instance or node that is about all of our workers'
 * connections.
 */


#ifndef _NGX_HTTP_WSGW_WHOLE_H_INCLUDED_
#define _NGX_HTTP_WSGW_WHOLE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/outcome.h"


typedef struct ngx_http_wsgw_whole_s  ngx_http_wsgw_whole_t;

struct ngx_http_wsgw_whole_s {
    ngx_http_wsgw_zone_t          *zone;

    /* called once: before whole() returns, or from the event loop */
    void                         (*done)(ngx_http_wsgw_whole_t *whole);
    void                          *data;

    /* readable in done: a RESULT, empty unless the outcome is OK */
    wsgw_outcome_t                 outcome;
    ngx_str_t                      answer;
};


/*
 * Carries out a question, which need not stay when this has returned.
 * NGX_ERROR: it is none; nothing was done, and done is not called.
 */
ngx_int_t ngx_http_wsgw_whole(ngx_http_wsgw_whole_t *whole,
    ngx_str_t *question);


#endif /* _NGX_HTTP_WSGW_WHOLE_H_INCLUDED_ */
