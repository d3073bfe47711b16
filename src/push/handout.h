
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message to many, in a process that has some of them.
 */


#ifndef _NGX_HTTP_WSGW_HANDOUT_H_INCLUDED_
#define _NGX_HTTP_WSGW_HANDOUT_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/wire.h"


typedef struct {
    uint64_t                       sent;
    uint64_t                       full;
} ngx_http_wsgw_handout_sum_t;


/* a SENT: called with its fields; set once */
extern void  (*ngx_http_wsgw_handout_told)(wsgw_wire_reader_t *r);


/*
 * Hands out the message of a SEND_GROUP, of which r reads the fields.  NGX_OK:
 * to all, *sum says how it went; NGX_AGAIN: there is more to do than fits a
 * turn, the asker gets a SENT; NGX_ERROR: no memory, or it is no such question.
 */
ngx_int_t ngx_http_wsgw_handout(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    wsgw_wire_reader_t *r, ngx_http_wsgw_handout_sum_t *sum);


#endif /* _NGX_HTTP_WSGW_HANDOUT_H_INCLUDED_ */
