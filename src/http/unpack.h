
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The messages of a batch, as they are sent.
 */


#ifndef _NGX_HTTP_WSGW_UNPACK_H_INCLUDED_
#define _NGX_HTTP_WSGW_UNPACK_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "push/fanout.h"
#include "push/mailing.h"


typedef struct {
    const char                    *error;       /* NULL: it can be sent */

    ngx_http_wsgw_mailing_item_t   item;        /* by ids, or what is sent: */
    ngx_uint_t                     all;
    ngx_str_t                      group;       /* empty: to none */
    wsgw_id_t                     *except;
    ngx_uint_t                     nexcept;

    /* of one to a group or all */

    void                          *data;        /* its sender's */
    ngx_http_wsgw_fanout_t        *fanout;      /* NULL: not under way */
    uint64_t                       sent;
    uint64_t                       full;
    uint64_t                       unknown;
} ngx_http_wsgw_unpacked_t;


/*
 * Reads a batch into an array of the request's pool.  NGX_OK; NGX_DECLINED: it
 * is none, *error says why; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_unpack(ngx_http_request_t *r, ngx_str_t *text,
    ngx_http_wsgw_unpacked_t **messages, ngx_uint_t *n, const char **error);


#endif /* _NGX_HTTP_WSGW_UNPACK_H_INCLUDED_ */
