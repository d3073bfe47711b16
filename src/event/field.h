
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The headers that a client sent with its handshake.  Later events have none.
 */


#ifndef _NGX_HTTP_WSGW_FIELD_H_INCLUDED_
#define _NGX_HTTP_WSGW_FIELD_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "event/event.h"


/* first() with i = 0 begins, next() returns NULL at the end; without a
   handshake there is none */
ngx_list_part_t *ngx_http_wsgw_field_first(ngx_http_request_t *handshake);
ngx_table_elt_t *ngx_http_wsgw_field_next(ngx_list_part_t **part,
    ngx_uint_t *i);

/* the first of that name, NULL if there is none */
ngx_table_elt_t *ngx_http_wsgw_field(ngx_http_wsgw_event_t *event,
    const char *name);

/* the value without the optional white space of RFC 9110, 5.6.3, around it:
   nginx leaves tabs where they are */
ngx_str_t ngx_http_wsgw_field_trim(ngx_str_t value);

/* The names are in lower case, and a list of them ends with NULL. */
ngx_uint_t ngx_http_wsgw_field_one_of(ngx_table_elt_t *h,
    const char *const *names);
ngx_uint_t ngx_http_wsgw_field_is(ngx_table_elt_t *h, const char *name);

/* Returns 1 if proxies tell the address of their client by it, but 0 for
   X-Forwarded-For and Forwarded. */
ngx_uint_t ngx_http_wsgw_field_names_client(ngx_table_elt_t *h);


/*
 * Is called before an answer of ours leaves, so that nginx's filters no longer
 * find what the client said about conditions, ranges and encodings.
 */
void ngx_http_wsgw_field_unsteer(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_FIELD_H_INCLUDED_ */
