
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The answer to an event request, taken before it would be sent.
 */


#ifndef _NGX_HTTP_WSGW_INVOKE_ANSWER_H_INCLUDED_
#define _NGX_HTTP_WSGW_INVOKE_ANSWER_H_INCLUDED_


#include "invoke/invoke.h"


/* the value of an answer header, with NULL data if absent; only in done() */
ngx_str_t ngx_http_wsgw_invoke_answer_header(ngx_http_wsgw_invoke_t *inv,
    const char *name);

/* 1 if the answer is readable before done(): all of it is there, or no more of
   it will come */
ngx_uint_t ngx_http_wsgw_invoke_answer_ready(ngx_http_wsgw_invoke_t *inv);

/* after parsing: an answer that is none ends its event at once */
void ngx_http_wsgw_invoke_answer_init(ngx_conf_t *cf);

/* no more of it will come: what there is of it is looked at, the first time */
void ngx_http_wsgw_invoke_answer_end(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);

void ngx_http_wsgw_invoke_answer_cleanup(void *data);

ngx_chain_t *ngx_http_wsgw_invoke_answer_send_chain(ngx_connection_t *fc,
    ngx_chain_t *in, off_t limit);


/* Returns the event request that r belongs to, also after internal redirects,
   which clear r->ctx, and in subrequests; NULL if r is an ordinary request,
   which each request of the nginx is asked several times. */

static ngx_inline ngx_http_wsgw_invoke_t *
ngx_http_wsgw_invoke_answer_of(ngx_http_request_t *r)
{
    if (r->connection->send_chain != ngx_http_wsgw_invoke_answer_send_chain) {
        return NULL;
    }

    return (ngx_http_wsgw_invoke_t *) r->main->http_connection;
}


#endif /* _NGX_HTTP_WSGW_INVOKE_ANSWER_H_INCLUDED_ */
