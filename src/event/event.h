
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An event: what happened to a connection, sent to the integration of a route
 * as a request, and what the answer means.
 */


#ifndef _NGX_HTTP_WSGW_EVENT_H_INCLUDED_
#define _NGX_HTTP_WSGW_EVENT_H_INCLUDED_


#include "socket/client.h"
#include "invoke/invoke.h"
#include "zone/meter.h"
#include "pure/json.h"


#define NGX_HTTP_WSGW_CONNECT     0
#define NGX_HTTP_WSGW_MESSAGE     1
#define NGX_HTTP_WSGW_DISCONNECT  2
#define NGX_HTTP_WSGW_AUTHORIZE   3     /* asks an authorizer */

/* the types as integrations read them */

#define NGX_HTTP_WSGW_CONNECT_NAME     "CONNECT"
#define NGX_HTTP_WSGW_MESSAGE_NAME     "MESSAGE"
#define NGX_HTTP_WSGW_DISCONNECT_NAME  "DISCONNECT"
#define NGX_HTTP_WSGW_AUTHORIZE_NAME   "REQUEST"


#define NGX_HTTP_WSGW_TRACE_LEN                                               \
    (sizeof("Root=1-01234567-0123456789abcdef01234567") - 1)


/* the meaning of an answer */

typedef enum {
    ngx_http_wsgw_result_none = 0,      /* understood, nothing to send */
    ngx_http_wsgw_result_reply,         /* reply is to be sent */
    ngx_http_wsgw_result_failed         /* kind is the error frame's */
} ngx_http_wsgw_result_e;


typedef struct {
    ngx_http_wsgw_result_e         type;        /* MESSAGE */
    ngx_uint_t                     status;      /* CONNECT: the handshake's */
    ngx_http_wsgw_failures_e       kind;        /* failed: of the frame */
    ngx_str_t                      note;        /* failed: of the log line */
    ngx_str_t                      body;        /* reply, or refusal's body */
    ngx_str_t                      content_type;    /* of a refusal's body */
    ngx_str_t                      subprotocol; /* CONNECT accepted; or empty */
    ngx_uint_t                     opcode;      /* of the reply */
    unsigned                       delivered:1; /* DISCONNECT: for good */
    unsigned                       unknown:1;   /* CONNECT failed, yet the
                                                   backend may have accepted */
    unsigned                       orders:1;    /* there may be some for
                                                   ngx_http_wsgw_orders(), of a
                                                   function in these: */
    wsgw_json_value_t              headers;
    wsgw_json_value_t              lists;
} ngx_http_wsgw_result_t;


/* lives in inv->pool as inv->data, and as long as inv, which holds wc */

typedef struct {
    ngx_http_wsgw_connection_t    *wc;
    ngx_http_wsgw_route_t         *route;
    ngx_uint_t                     attempt;     /* from 1 */
    uint64_t                       time;        /* ms since the epoch */
    u_char                         id[WSGW_ID_LEN];     /* requestId */
    u_char                         trace[NGX_HTTP_WSGW_TRACE_LEN];
                                                /* X-Amzn-Trace-Id, if it is
                                                   ours */

    ngx_uint_t                     status;      /* $wsgw_integration_status */
    const char                    *error;       /* $wsgw_error, or NULL */

    /* what the caller of ngx_http_wsgw_event_send() fills in, from type to
       data: */

    ngx_uint_t                     type;
    ngx_msec_t                     arrived;     /* MESSAGE: when it was read */
    uint64_t                       number;      /* of client_event_id(), the
                                                   next is a messageId's */
    ngx_str_t                      body;        /* MESSAGE, as received */
    ngx_http_wsgw_block_t         *block;       /* MESSAGE: the memory that
                                                   body is in, the event keeps
                                                   it and clears this; NULL:
                                                   the body is copied */
    ngx_uint_t                     opcode;
    ngx_uint_t                     code;        /* DISCONNECT */
    ngx_str_t                      reason;

    ngx_http_request_t            *handshake;   /* CONNECT, AUTHORIZE: only
                                                   while the event is being
                                                   built */
    ngx_http_wsgw_invoke_t       **pending;     /* NULL, or where the request
                                                   stands from before it runs;
                                                   done() clears it */
    ngx_http_wsgw_invoke_done_pt   started;     /* NULL, or inv->started */
    void                          *data;        /* the caller's */

    /* these are not the caller's */

    ngx_uint_t                     judged;      /* 1: there is a result; an
                                                   access log may want it
                                                   before done() */
    ngx_http_wsgw_result_t         result;
} ngx_http_wsgw_event_t;


#define NGX_HTTP_WSGW_EVENT_CALLERS                                           \
    (offsetof(ngx_http_wsgw_event_t, judged)                                  \
     - offsetof(ngx_http_wsgw_event_t, type))


static ngx_inline void
ngx_http_wsgw_event_init(ngx_http_wsgw_event_t *what, ngx_uint_t type)
{
    ngx_memzero(&what->type, NGX_HTTP_WSGW_EVENT_CALLERS);

    what->type = type;
}


/*
 * Makes a request of a copy of the event and runs it in the route's location;
 * done() is called as ngx_http_wsgw_invoke_run() says.  A DISCONNECT is run
 * from the event loop, as its callers are deep inside handlers, and has a share
 * of the worker's turns.  NGX_ERROR: no memory, done() is not called.
 */
ngx_int_t ngx_http_wsgw_event_send(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_route_t *route, ngx_http_wsgw_event_t *what,
    ngx_http_wsgw_invoke_done_pt done);

/* AWS's error frame, byte by byte; dst has room for
   NGX_HTTP_WSGW_ERROR_FRAME_LEN; returns the length */
size_t ngx_http_wsgw_event_error(u_char *dst, const char *message,
    ngx_http_wsgw_connection_t *wc, const u_char id[WSGW_ID_LEN]);

#define NGX_HTTP_WSGW_ERROR_FRAME_LEN  256

/* the message of an error frame, by the kind as which it is counted */
extern const char *const  ngx_http_wsgw_event_errors[];


/* evaluates ngx_http_wsgw_named_value_t's (NULL: none) to JSON members without
   the braces, as the text "variables" is */
ngx_int_t ngx_http_wsgw_event_members(ngx_http_request_t *r,
    ngx_array_t *values, ngx_str_t *members);


static ngx_inline ngx_str_t *
ngx_http_wsgw_event_type(ngx_http_wsgw_event_t *event)
{
    static ngx_str_t  names[] = {
        ngx_string(NGX_HTTP_WSGW_CONNECT_NAME),
        ngx_string(NGX_HTTP_WSGW_MESSAGE_NAME),
        ngx_string(NGX_HTTP_WSGW_DISCONNECT_NAME),
        ngx_string(NGX_HTTP_WSGW_AUTHORIZE_NAME)
    };

    return &names[event->type];
}


/* of a MESSAGE */

static ngx_inline void
ngx_http_wsgw_event_message_id(ngx_http_wsgw_event_t *event,
    u_char id[WSGW_ID_LEN])
{
    ngx_http_wsgw_client_event_id(event->wc, event->number + 1, id);
}


#endif /* _NGX_HTTP_WSGW_EVENT_H_INCLUDED_ */
