
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
 * How an event request lives: the caller makes one, fills in the request, runs
 * or posts it, and gets done() exactly once.
 *
 *     created --> deferred --> queued --> entered --> running
 *        |                        |          |           |
 *        |               cancel() |          | at        | later, or
 *        |                timeout |          | once      | timeout
 *        |                        |          |           |
 *        | discard()              +----------+-----------+--> answered
 *        |                                                       |
 *        |                                                done() |
 *        +-----------------------> over <------------------------+
 *
 * Only a posted one is deferred, and only one without a turn is queued.  One
 * that is answered waits for done(): all of the answer is there, or none will
 * come.  nginx brings the answer deep inside a handler of its own, where done()
 * must not be called: whoever has entered nginx calls it, else a posted event.
 * Either has held the request, and so ends it if nginx is through with it.
 *
 * Two hold the struct and what was allocated from its pool: the caller until
 * it is over, and nginx as long as there is a connection, which may end before
 * done() or, with a mirror or a post_action, long after it.  Such a one
 * lingers: its turn is another's, and there are no more than turns.
 */

typedef enum {
    ngx_http_wsgw_invoke_created = 0,   /* the caller fills in the request */
    ngx_http_wsgw_invoke_deferred,      /* posted: it is run from the event
                                           loop */
    ngx_http_wsgw_invoke_queued,        /* waits for a turn */
    ngx_http_wsgw_invoke_entered,       /* our code calls nginx, and looks at
                                           the state when that returns */
    ngx_http_wsgw_invoke_running,       /* nginx goes on from the event loop */
    ngx_http_wsgw_invoke_answered,      /* done() is due, or being called */
    ngx_http_wsgw_invoke_over           /* done() has returned */
} ngx_http_wsgw_invoke_state_e;


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
    ngx_uint_t                     client_headers;  /* the first of them, which
                                                   came from the client */
    ngx_table_elt_t               *told;        /* headers and query of the */
    ngx_uint_t                     ntold;       /* client that are not sent, */
    ngx_str_t                      told_args;   /* but told by variables */
    ngx_table_elt_t               *host;        /* those of them that nginx */
    ngx_table_elt_t               *content_type;    /* knows by name; or NULL,
                                                   except for host */
    ngx_table_elt_t               *user_agent;
    ngx_table_elt_t               *forwarded_for;
    ngx_msec_t                     timeout;
    size_t                         max_response;
    ngx_uint_t                     status_only; /* 1: of a 2xx nobody reads the
                                                   body, it may be larger */
    ngx_http_wsgw_invoke_done_pt   done;        /* the answer, or its lack */
    ngx_http_wsgw_invoke_done_pt   started;     /* NULL, or called when it runs
                                                   and is not done at once */
    void                          *data;        /* from the pool */
    ngx_uint_t                     reserved;    /* 1: a $disconnect, for which
                                                   a share of the turns is
                                                   kept */

    ngx_msec_t                     begun;       /* when it was run; valid if
                                                   it was */
    unsigned                       run:1;
    unsigned                       cancelled:1; /* before it was run */

    /* the answer, readable in done() */

    ngx_uint_t                     status;      /* 504: timed out; 0: none */
    ngx_str_t                      answer;      /* its body */
    ngx_str_t                      answer_type; /* Content-Type */
    ngx_array_t                   *answer_headers;  /* ngx_keyval_t; or NULL */
    ngx_uint_t                     heard;       /* the status with which the
                                                   integration has answered; 0:
                                                   it has not, whatever stands
                                                   in for its answer */
    ngx_uint_t                     willing;     /* backends that may have got
                                                   the event, and have not
                                                   refused it */
    unsigned                       complete:1;  /* all of it arrived */
    unsigned                       timedout:1;
    unsigned                       invalid:1;   /* 1xx, or no HTTP */
    unsigned                       upstream:1;  /* the status is a backend's,
                                                   not nginx's own */
    unsigned                       unanswered:1;    /* a backend was to be
                                                   called, none has answered */
    unsigned                       redirected:1;    /* an error_page has a URL,
                                                   which is no answer to an
                                                   event */
    unsigned                       reached:1;   /* a backend may have got the
                                                   event */
    unsigned                       too_large:1; /* over max_response */
    unsigned                       header_too_large:1;
    unsigned                       orders:1;    /* a header may be X-Wsgw-... */

    /* private */

    ngx_http_wsgw_invoke_state_e   state;
    unsigned                       named:1;     /* "@name" was entered */
    unsigned                       located:1;   /* its first location was */
    unsigned                       turn:1;      /* it has one */
    unsigned                       lingering:1; /* in the worker's queue */
    unsigned                       held:1;      /* its request, until the
                                                   answer is reported */
    unsigned                       collected:1; /* no more of the answer will
                                                   be looked at */

    ngx_uint_t                     pages;       /* number of the first upstream
                                                   state that an error_page or
                                                   X-Accel-Redirect fetched
                                                   with GET */

    ngx_connection_t              *connection;  /* the fake one; NULL: not yet
                                                   made, or closed by nginx */
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
 * Runs it; done() is called exactly once: before this returns if the answer
 * comes at once, else from the event loop.  At most wsgw_worker_events run at
 * a time, the others wait in their order; one that is answered and goes on
 * does not count, but there are as many of these, and of more the eldest is
 * ended.  The timeout of a $connect or a message begins here, whether it has
 * to wait or not.
 */
void ngx_http_wsgw_invoke_run(ngx_http_wsgw_invoke_t *inv);

/* runs it from the event loop: for callers deep inside a handler */
void ngx_http_wsgw_invoke_post(ngx_http_wsgw_invoke_t *inv);

/* returns 1 if a message's event would not have to wait, were it run now */
ngx_uint_t ngx_http_wsgw_invoke_has_turn(ngx_http_wsgw_connection_t *wc);

/* calls done() of one that waits for its turn, which it then does not get;
   one that runs goes on */
void ngx_http_wsgw_invoke_cancel(ngx_http_wsgw_invoke_t *inv);

/* gives up one that was created but not run; done() is not called */
void ngx_http_wsgw_invoke_discard(ngx_http_wsgw_invoke_t *inv);


/* Called deep inside nginx, which has all of the answer or will not have it. */

static ngx_inline void
ngx_http_wsgw_invoke_answer_due(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->state == ngx_http_wsgw_invoke_running) {
        ngx_post_event(&inv->event, &ngx_posted_events);
    }

    if (inv->state != ngx_http_wsgw_invoke_over) {
        inv->state = ngx_http_wsgw_invoke_answered;
    }
}


#endif /* _NGX_HTTP_WSGW_INVOKE_H_INCLUDED_ */
