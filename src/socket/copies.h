
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message for many clients, as it goes onto the wire.
 */


#ifndef _NGX_HTTP_WSGW_COPIES_H_INCLUDED_
#define _NGX_HTTP_WSGW_COPIES_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "socket/queue.h"


#define NGX_HTTP_WSGW_COPIES_WINDOWS  16        /* 0: not compressed */


typedef struct {
    ngx_uint_t                     opcode;
    ngx_str_t                      payload;     /* in the first frame */
    ngx_http_wsgw_shared_t        *frame[NGX_HTTP_WSGW_COPIES_WINDOWS];
                                                /* by the client's window; NULL:
                                                   not made yet */
} ngx_http_wsgw_copies_t;


/* NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_copies_init(ngx_http_wsgw_copies_t *copies,
    ngx_uint_t opcode, u_char *p, size_t len);

/* the frame for clients with a window of so many bits; NULL: no memory */
ngx_http_wsgw_shared_t *ngx_http_wsgw_copies_frame(
    ngx_http_wsgw_copies_t *copies, ngx_uint_t bits);

/* queues may still refer to frames */
void ngx_http_wsgw_copies_free(ngx_http_wsgw_copies_t *copies);


#endif /* _NGX_HTTP_WSGW_COPIES_H_INCLUDED_ */
