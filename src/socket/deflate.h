
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * permessage-deflate (RFC 7692) without context takeover either way, so that
 * a connection keeps no state: the worker has one for each window size.
 */


#ifndef _NGX_HTTP_WSGW_DEFLATE_H_INCLUDED_
#define _NGX_HTTP_WSGW_DEFLATE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* Messages of fewer bytes are not worth it. */
#define NGX_HTTP_WSGW_DEFLATE_MIN  64


/*
 * Inflates a whole message into memory of ngx_http_wsgw_memory_alloc(), never
 * more than max bytes of it.  out->len is the message's size, *size that of the
 * memory.  NGX_DECLINED: the message is larger; NGX_ABORT: no deflate writes
 * such data; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_deflate_inflate(u_char *p, size_t len, size_t max,
    ngx_str_t *out, size_t *size);

/*
 * Returns 1 if what the last call refused refers to bytes before the message.
 * After other messages of the connection it is these that the client has not
 * forgotten.
 */
ngx_uint_t ngx_http_wsgw_deflate_has_looked_back(void);

/*
 * Deflates a message for a client with a window of "bits" bits.  The result
 * is in the worker's buffer, valid until the next call.
 * NGX_DECLINED: it would not get shorter, or there is no memory.
 */
ngx_int_t ngx_http_wsgw_deflate(ngx_uint_t bits, u_char *p, size_t len,
    ngx_str_t *out);

/* Frees the worker's states and its buffer. */
void ngx_http_wsgw_deflate_exit(void);


#endif /* _NGX_HTTP_WSGW_DEFLATE_H_INCLUDED_ */
