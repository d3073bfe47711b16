
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message for many clients: encoded once, and compressed once for each size
 * of a window.  Where compressing it makes it no shorter, the plain frame is
 * shared.
 */


#include "socket/copies.h"
#include "base/memory.h"
#include "socket/deflate.h"


static ngx_http_wsgw_shared_t *ngx_http_wsgw_copies_encode(ngx_uint_t first,
    u_char *p, size_t len);


ngx_int_t
ngx_http_wsgw_copies_init(ngx_http_wsgw_copies_t *copies, ngx_uint_t opcode,
    u_char *p, size_t len)
{
    ngx_http_wsgw_shared_t  *frame;

    ngx_memzero(copies, sizeof(ngx_http_wsgw_copies_t));

    frame = ngx_http_wsgw_copies_encode(opcode, p, len);
    if (frame == NULL) {
        return NGX_ERROR;
    }

    copies->opcode = opcode;
    copies->payload.data = frame->data + frame->len - len;
    copies->payload.len = len;
    copies->frame[0] = frame;

    return NGX_OK;
}


ngx_http_wsgw_shared_t *
ngx_http_wsgw_copies_frame(ngx_http_wsgw_copies_t *copies, ngx_uint_t bits)
{
    ngx_str_t  deflated;

    if (copies->frame[bits]) {
        return copies->frame[bits];
    }

    if (copies->payload.len >= NGX_HTTP_WSGW_DEFLATE_MIN
        && ngx_http_wsgw_deflate(bits, copies->payload.data,
                                 copies->payload.len, &deflated)
           == NGX_OK)
    {
        copies->frame[bits] = ngx_http_wsgw_copies_encode(
                                            copies->opcode | WSGW_FRAME_RSV1,
                                            deflated.data, deflated.len);

    } else {
        copies->frame[bits] = copies->frame[0];
        copies->frame[0]->refs++;
    }

    return copies->frame[bits];
}


static ngx_http_wsgw_shared_t *
ngx_http_wsgw_copies_encode(ngx_uint_t first, u_char *p, size_t len)
{
    u_char                   header[WSGW_FRAME_MAX_HEADER];
    size_t                   n;
    ngx_http_wsgw_shared_t  *frame;

    n = wsgw_frame_header(header, (uint8_t) (WSGW_FRAME_FIN | first), len);

    frame = ngx_http_wsgw_memory_alloc(offsetof(ngx_http_wsgw_shared_t, data)
                                       + n + len);
    if (frame == NULL) {
        return NULL;
    }

    frame->refs = 1;
    frame->len = n + len;

    ngx_memcpy(frame->data, header, n);

    if (len) {
        ngx_memcpy(frame->data + n, p, len);
    }

    return frame;
}


void
ngx_http_wsgw_copies_free(ngx_http_wsgw_copies_t *copies)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_WSGW_COPIES_WINDOWS; i++) {
        if (copies->frame[i]) {
            ngx_http_wsgw_queue_unshare(copies->frame[i]);
        }
    }
}
