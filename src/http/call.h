
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A call of @connections, from its request to its answer.
 */


#ifndef _NGX_HTTP_WSGW_CALL_H_INCLUDED_
#define _NGX_HTTP_WSGW_CALL_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "http/arguments.h"
#include "http/target.h"
#include "push/push.h"


/* of a request in a management location; made by its handler, or by the filter
   if nginx itself answers before */

typedef struct {
    ngx_http_wsgw_ctx_t            ctx;         /* must be the first member */

    ngx_http_wsgw_target_t         target;
    ngx_http_wsgw_arguments_t      arguments;
    ngx_str_t                      body;
    ngx_uint_t                     has_body;    /* 1: the call has one */
    void                         **loc_conf;    /* the location's, while its
                                                   body goes by another; or
                                                   NULL */
    void                         (*run)(ngx_http_request_t *r);

    ngx_http_wsgw_push_t           push;        /* of one connection's */
    void                          *work;        /* of any other's */

    ngx_str_t                      type;        /* of an error, and its text;
                                                   empty: the status's own */
    ngx_str_t                      message;
} ngx_http_wsgw_call_t;


/* sets what the answer says is wrong, cut; returns the status */
ngx_int_t ngx_http_wsgw_call_refuse(ngx_http_request_t *r, ngx_int_t status,
    const char *format, ...);

/* 403, and which flag of wsgw_management the call lacks */
ngx_int_t ngx_http_wsgw_call_closed(ngx_http_request_t *r, ngx_uint_t door);

/* reads the query; NGX_OK, or the status to refuse it with */
ngx_int_t ngx_http_wsgw_call_arguments(ngx_http_request_t *r,
    ngx_uint_t call);

/* The request gets its answer, or the status that the filter answers for.
   "later": from the event loop, so what nginx does next is done here. */
void ngx_http_wsgw_call_done(ngx_http_request_t *r, ngx_int_t rc,
    ngx_uint_t later);

/* The call is under way: its caller may go, and then cancel(data) is called.
   NGX_ERROR: no memory. */
ngx_int_t ngx_http_wsgw_call_watch(ngx_http_request_t *r,
    void (*cancel)(void *data), void *data);

/* answers with a JSON text; returns what the request is finalized with */
ngx_int_t ngx_http_wsgw_call_json(ngx_http_request_t *r, ngx_str_t *text);


#endif /* _NGX_HTTP_WSGW_CALL_H_INCLUDED_ */
