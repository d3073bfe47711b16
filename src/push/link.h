
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A connection between two instances on one host: an envelope there, an
 * envelope back, and its end.  It is also how a push gets to another instance.
 */


#ifndef _NGX_HTTP_WSGW_LINK_H_INCLUDED_
#define _NGX_HTTP_WSGW_LINK_H_INCLUDED_


#include "push/push.h"


typedef enum {
    ngx_http_wsgw_link_receiving = 0,
    ngx_http_wsgw_link_sending,
    ngx_http_wsgw_link_held             /* only its timer is looked at */
} ngx_http_wsgw_link_state_e;


typedef struct ngx_http_wsgw_link_s  ngx_http_wsgw_link_t;

struct ngx_http_wsgw_link_s {
    ngx_connection_t              *connection;

    /*
     * An envelope, in link->buf.  NGX_AGAIN: the link is held until link_send()
     * is called, which may have happened; else it is over.
     */
    ngx_int_t                    (*on_message)(ngx_http_wsgw_link_t *link,
                                               ngx_str_t *envelope);

    /* it is over: all was said, or failed, or took too long; freed after it */
    void                         (*on_end)(ngx_http_wsgw_link_t *link);
    void                          *data;

    ngx_msec_t                     grace;       /* from a failure to on_end */
    size_t                         max;         /* of what may come */
    u_char                        *buf;         /* what goes or comes */
    size_t                         size;
    size_t                         len;
    size_t                         sent;
    ngx_http_wsgw_link_state_e     state;
    ngx_uint_t                     received;    /* so what is sent is last */
};


extern ngx_http_wsgw_transport_t  ngx_http_wsgw_link;


/* receiving, with a buffer of that size; the socket is the link's, or closed:
   NULL, logged */
ngx_http_wsgw_link_t *ngx_http_wsgw_link_create(ngx_http_wsgw_zone_t *zone,
    ngx_socket_t s, size_t size);

/* sends the first len bytes of link->buf; not before this returns */
void ngx_http_wsgw_link_send(ngx_http_wsgw_link_t *link, size_t len);

/* the same with these two, which are copied; without memory it sends nothing */
void ngx_http_wsgw_link_reply(ngx_http_wsgw_link_t *link, ngx_str_t *head,
    ngx_str_t *body);


#endif /* _NGX_HTTP_WSGW_LINK_H_INCLUDED_ */
