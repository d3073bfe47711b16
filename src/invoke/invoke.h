
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Runs a location as an event request on a fake connection, and reports its
 * answer.  Knows nobody above it.
 */


#ifndef _NGX_HTTP_WSGW_INVOKE_H_INCLUDED_
#define _NGX_HTTP_WSGW_INVOKE_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef void (*ngx_http_wsgw_invoke_done_pt)(ngx_http_wsgw_invoke_t *inv);


/*
 * The caller makes one, fills in the request, runs it, and gets done() exactly
 * once: inside run() if the answer came at once, else from the event loop, but
 * never deep inside another handler.  The struct, and all that was allocated
 * from its pool, lives until done() has returned and nginx has finished the
 * request (a mirror or the access log may need it longer than done()).
 */

struct ngx_http_wsgw_invoke_s {
    ngx_http_connection_t          hc;          /* must be the first member */

    ngx_pool_t                    *pool;        /* the caller may allocate */

    /* the request */

    ngx_http_wsgw_connection_t    *wc;          /* a reference is held until
                                                   nobody needs the struct */
    ngx_str_t                      uri;
    ngx_str_t                      args;
    ngx_str_t                      exten;       /* of uri */
    ngx_str_t                      request_line;    /* of uri and args */
    ngx_str_t                      name;        /* "@name": uri is kept */
    ngx_str_t                      body;
    ngx_table_elt_t               *headers;     /* hashed */
    ngx_uint_t                     nheaders;
    ngx_uint_t                     client_headers;  /* so many begin with a
                                                   client's */
    ngx_table_elt_t               *host;        /* those of them that nginx */
    ngx_table_elt_t               *content_type;    /* knows by name; or NULL,
                                                   except for host */
    ngx_table_elt_t               *user_agent;
    ngx_table_elt_t               *forwarded_for;
    ngx_msec_t                     timeout;
    size_t                         max_response;
    ngx_http_wsgw_invoke_done_pt   done;        /* the answer, or its lack */
    ngx_http_wsgw_invoke_done_pt   started;     /* NULL, or called when it runs
                                                   and is not done at once */
    void                          *data;        /* from the pool */
    ngx_uint_t                     reserved;    /* 1: a $disconnect, for which
                                                   a share is kept */

    /* the answer, readable in done() */

    ngx_uint_t                     status;      /* 504: timed out; 0: none */
    ngx_str_t                      answer;      /* its body */
    ngx_str_t                      answer_type; /* Content-Type */
    ngx_array_t                   *answer_headers;  /* ngx_keyval_t; or NULL */
    unsigned                       complete:1;  /* all of it arrived */
    unsigned                       timedout:1;
    ngx_uint_t                     heard;       /* the status with which the
                                                   integration has answered; 0:
                                                   it has not, whatever stands
                                                   in for its answer */
    unsigned                       upstream:1;  /* the status is a backend's,
                                                   not nginx's own */
    unsigned                       unanswered:1;    /* a backend was to be
                                                   called, none has answered */
    unsigned                       sent:1;      /* a backend may have got it */
    unsigned                       too_large:1; /* over max_response */
    unsigned                       header_too_large:1;

    /* private */

    unsigned                       deferred:1;  /* posted, not yet run */
    unsigned                       queued:1;    /* waits for a turn */
    unsigned                       running:1;
    unsigned                       closed:1;    /* nginx finished the request */
    unsigned                       reported:1;  /* done() was called */
    unsigned                       named:1;     /* "@name" was entered */

    ngx_http_request_t            *request;     /* NULL: freed */
    ngx_http_handler_pt            content;     /* the location's, or NULL */
    size_t                         answer_size; /* allocated */
    ngx_event_t                    event;       /* timeout, or posted report */
    ngx_queue_t                    queue;
    ngx_pool_cleanup_t             cleanup;     /* the request's */
    ngx_log_t                      log;
    ngx_http_log_ctx_t             log_ctx;
    ngx_http_request_body_t        request_body;
    ngx_chain_t                    request_chain;
    ngx_buf_t                      request_buf;
    ngx_buf_t                      header_in;
};


/* NULL: no memory */
ngx_http_wsgw_invoke_t *ngx_http_wsgw_invoke_create(
    ngx_http_wsgw_connection_t *wc);

/*
 * At most wsgw_worker_events run at a time, the others wait in their order,
 * a $connect's or message's timeout begins here, waiting or not.
 */
void ngx_http_wsgw_invoke_run(ngx_http_wsgw_invoke_t *inv);

/* likewise, but from the event loop: for callers deep inside a handler */
void ngx_http_wsgw_invoke_post(ngx_http_wsgw_invoke_t *inv);

/* one that still waits for its turn is not run: done() tells so.  One that
   runs goes on */
void ngx_http_wsgw_invoke_cancel(ngx_http_wsgw_invoke_t *inv);

/* gives up one that was created but not run */
void ngx_http_wsgw_invoke_discard(ngx_http_wsgw_invoke_t *inv);



#endif /* _NGX_HTTP_WSGW_INVOKE_H_INCLUDED_ */
