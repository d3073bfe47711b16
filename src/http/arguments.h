
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The query of a call of @connections.
 */


#ifndef _NGX_HTTP_WSGW_ARGUMENTS_H_INCLUDED_
#define _NGX_HTTP_WSGW_ARGUMENTS_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the calls, of which each has arguments of its own */

#define NGX_HTTP_WSGW_CALL_PLAIN     0x0001     /* has none */
#define NGX_HTTP_WSGW_CALL_CLOSE     0x0002
#define NGX_HTTP_WSGW_CALL_LIST      0x0004     /* or count */
#define NGX_HTTP_WSGW_CALL_MANY      0x0008     /* sends to many */


/* what a call asks for, and what is wrong with a query */

typedef struct {
    ngx_pool_t                    *pool;
    ngx_uint_t                     call;

    ngx_uint_t                     code;        /* 0: not said */
    ngx_str_t                      reason;      /* data is NULL: likewise */

    ngx_str_t                      cursor;      /* empty: from the start */
    ngx_uint_t                     page;        /* entries; 0: not said */
    unsigned                       counted:1;   /* how many there are */
    unsigned                       details:1;
    ngx_array_t                    groups;      /* ngx_str_t; elts is NULL if
                                                   none is named */
    ngx_array_t                    except;      /* wsgw_id_t; likewise */
    unsigned                       all:1;
    unsigned                       batch:1;
    unsigned                       unreceipted:1;   /* receipt=none */
    ngx_uint_t                     opcode;      /* type=; 0: not said */

    const char                    *error;       /* a format; NULL: nothing */
    ngx_str_t                      value;       /* its only argument */
} ngx_http_wsgw_arguments_t;


/*
 * Reads the query of such a call.  NGX_DECLINED: arguments->error says why not,
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_arguments(ngx_http_request_t *r, ngx_uint_t call,
    ngx_http_wsgw_arguments_t *arguments);

/*
 * The Close that they ask for, as its payload (RFC 6455, 5.5.1); it is empty
 * if they ask for none.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_wsgw_arguments_close(ngx_pool_t *pool,
    ngx_http_wsgw_arguments_t *arguments, ngx_str_t *payload);


#endif /* _NGX_HTTP_WSGW_ARGUMENTS_H_INCLUDED_ */
