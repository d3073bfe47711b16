
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * SHA-1, which a handshake is answered with.
 */


#ifndef _NGX_HTTP_WSGW_SHA1_H_INCLUDED_
#define _NGX_HTTP_WSGW_SHA1_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_SHA1_DIGEST  20       /* bytes */


void ngx_http_wsgw_sha1(u_char digest[NGX_HTTP_WSGW_SHA1_DIGEST],
    const u_char *p, size_t len);


#endif /* _NGX_HTTP_WSGW_SHA1_H_INCLUDED_ */
