
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The frames that wait for a client, in its wc->rare.
 */


#ifndef _NGX_HTTP_WSGW_QUEUE_H_INCLUDED_
#define _NGX_HTTP_WSGW_QUEUE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "socket/client.h"


/* an encoded frame for several clients; counted, and counted once as memory */

typedef struct {
    ngx_uint_t                     refs;
    size_t                         len;
    u_char                         data[1];
} ngx_http_wsgw_shared_t;


/* one or several encoded frames of one message, or a control frame */

struct ngx_http_wsgw_frame_s {
    ngx_http_wsgw_frame_t         *next;
    size_t                         size;        /* allocated for data */
    u_char                        *pos;         /* what waits begins here, in
                                                   data or in a shared frame */
    u_char                        *last;
    unsigned                       begun:1;     /* the client may have a part
                                                   of it */
    unsigned                       shared:1;    /* data is a pointer to it */
    u_char                         data[sizeof(void *)];
};


/* drops a reference */
void ngx_http_wsgw_queue_unshare(ngx_http_wsgw_shared_t *shared);


static ngx_inline ngx_uint_t
ngx_http_wsgw_queue_is_empty(ngx_http_wsgw_connection_t *wc)
{
    return wc->rare == NULL || wc->rare->frames == NULL;
}


/* Returns 1 if so many bytes more do not exceed wsgw_max_queue_size; an empty
   queue takes a message of any size. */

static ngx_inline ngx_uint_t
ngx_http_wsgw_queue_has_room(ngx_http_wsgw_connection_t *wc, size_t size)
{
    return ngx_http_wsgw_queue_is_empty(wc)
           || wc->rare->queued + size <= wc->wlcf->max_queue_size;
}


/* adds a last frame, whose "size" bytes of data are to be filled in; NULL: no
   memory */
ngx_http_wsgw_frame_t *ngx_http_wsgw_queue_add(ngx_http_wsgw_connection_t *wc,
    size_t size);

/* adds a shared frame of which n bytes have left; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_queue_add_shared(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_shared_t *shared, size_t n);

/* says how many bytes the data of a frame turned out to have */
void ngx_http_wsgw_queue_set_len(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_frame_t *f, size_t len);

/* says that the last frame is a pong, which a later one may replace as long as
   no byte of it has left */
void ngx_http_wsgw_queue_set_pong(ngx_http_wsgw_connection_t *wc);

/* says that the client may have a part of the first frame, which now has to be
   sent to its end */
void ngx_http_wsgw_queue_begin(ngx_http_wsgw_connection_t *wc);

/* says that n bytes have left and frees the frames that are done with */
void ngx_http_wsgw_queue_sent(ngx_http_wsgw_connection_t *wc, size_t n);

/* frees all frames but one that is begun */
void ngx_http_wsgw_queue_trim(ngx_http_wsgw_connection_t *wc);

/* frees all frames */
void ngx_http_wsgw_queue_discard(ngx_http_wsgw_connection_t *wc);

/* lets the worker shed clients, if it keeps too much for them */
void ngx_http_wsgw_queue_watch(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_QUEUE_H_INCLUDED_ */
