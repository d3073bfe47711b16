
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a request's variables speak of.
 */


#ifndef _NGX_HTTP_WSGW_SUBJECT_H_INCLUDED_
#define _NGX_HTTP_WSGW_SUBJECT_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "event/event.h"


/* each may be NULL */

typedef struct {
    ngx_http_wsgw_connection_t    *wc;
    ngx_http_wsgw_event_t         *event;
    ngx_http_wsgw_ctx_t           *ctx;         /* of a client's request */
} ngx_http_wsgw_subject_t;


ngx_http_wsgw_subject_t ngx_http_wsgw_subject(ngx_http_request_t *r);

/* NULL: it speaks of no event, or of one of another type */
ngx_http_wsgw_event_t *ngx_http_wsgw_subject_event(ngx_http_request_t *r,
    ngx_uint_t type);


#endif /* _NGX_HTTP_WSGW_SUBJECT_H_INCLUDED_ */
