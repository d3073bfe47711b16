
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A header of an answer to a client.
 */


#ifndef _NGX_HTTP_WSGW_HEADER_H_INCLUDED_
#define _NGX_HTTP_WSGW_HEADER_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* adds one; name is a constant, value lives as long as r */

static ngx_inline ngx_int_t
ngx_http_wsgw_header_add(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


#endif /* _NGX_HTTP_WSGW_HEADER_H_INCLUDED_ */
