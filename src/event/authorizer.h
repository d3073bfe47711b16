
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an authorizer answers, and what all later events say of it.
 */


#ifndef _NGX_HTTP_WSGW_AUTHORIZER_H_INCLUDED_
#define _NGX_HTTP_WSGW_AUTHORIZER_H_INCLUDED_


#include "event/event.h"


/* the strings lie in the event's pool or in the answer */

typedef struct {
    ngx_uint_t                     status;      /* 200, or the refusal's */
    ngx_str_t                      context;     /* JSON members, as the text of
                                                   a connection */
    ngx_str_t                      usage_key;   /* usageIdentifierKey, such a
                                                   member and a comma; or
                                                   empty */
} ngx_http_wsgw_authorizer_result_t;


/* reads the answer in done(); never fails: what cannot be read is a 500, of
   which the log says why */
void ngx_http_wsgw_authorizer(ngx_http_wsgw_invoke_t *inv,
    ngx_http_wsgw_event_t *event, ngx_http_wsgw_authorizer_result_t *result);

/* what it said, with the values of wsgw_authorizer_context (NULL: none) on top;
   empty ones are left out */
ngx_int_t ngx_http_wsgw_authorizer_context(ngx_http_request_t *r,
    ngx_str_t *said, ngx_array_t *values, ngx_str_t *context);


#endif /* _NGX_HTTP_WSGW_AUTHORIZER_H_INCLUDED_ */
