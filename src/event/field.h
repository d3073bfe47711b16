
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The headers that a client sent with its handshake.  Later events have none.
 */


#ifndef _NGX_HTTP_WSGW_FIELD_H_INCLUDED_
#define _NGX_HTTP_WSGW_FIELD_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "event/event.h"


/* kinds of headers */

/* It concerns the client's own hop, or the gateway says the same in words of
   its own. */
#define NGX_HTTP_WSGW_FIELD_HOP      0x01

/* It would describe the event request's own body, connection and origin, or
   would steer its answer, which is passed on whole and without
   Content-Encoding. */
#define NGX_HTTP_WSGW_FIELD_REQUEST  0x02

/* The gateway speaks by it: a client must not be able to forge it. */
#define NGX_HTTP_WSGW_FIELD_OWN      0x04

/* Proxies tell the address of their client by it. */
#define NGX_HTTP_WSGW_FIELD_CLIENT   0x08


/* first() with i = 0 begins, next() returns NULL at the end; without a
   handshake there is none */

static ngx_inline ngx_list_part_t *
ngx_http_wsgw_field_first(ngx_http_request_t *handshake)
{
    return handshake ? &handshake->headers_in.headers.part : NULL;
}


static ngx_inline ngx_table_elt_t *
ngx_http_wsgw_field_next(ngx_list_part_t **part, ngx_uint_t *i)
{
    ngx_table_elt_t  *h;

    while (*part) {

        if (*i < (*part)->nelts) {
            h = (*part)->elts;
            return &h[(*i)++];
        }

        *part = (*part)->next;
        *i = 0;
    }

    return NULL;
}


/* the first of that name, NULL if there is none */
ngx_table_elt_t *ngx_http_wsgw_field(ngx_http_wsgw_event_t *event,
    const char *name);

/* the value without the optional white space of RFC 9110, 5.6.3, around it:
   nginx leaves tabs where they are */
ngx_str_t ngx_http_wsgw_field_trim(ngx_str_t value);

/* the name is in lower case */
ngx_uint_t ngx_http_wsgw_field_is(ngx_table_elt_t *h, const char *name);

/* returns 1 if it is of one of the kinds, which are bits */
ngx_uint_t ngx_http_wsgw_field_is_of(ngx_table_elt_t *h, ngx_uint_t kinds);


/*
 * Is called before an answer of ours leaves, so that nginx's filters no longer
 * find what the client said about conditions, ranges and encodings.
 */
void ngx_http_wsgw_field_unsteer(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_FIELD_H_INCLUDED_ */
