
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * From an upgrade request to an open connection, or a refusal.
 */


#ifndef _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_
#define _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "event/event.h"
#include "http/request.h"


/*
 * The steps of a handshake, and who has the connection, ctx.wc, with its slot
 * and its first reference.  Only the step says so.
 *
 *     check: the request, the worker, the signature
 *       |
 *       |     nobody: it is made last, with its slot, and owes nothing
 *       |
 *       +------------------------> refuse
 *       v                            ^
 *     authorize: wsgw_authorizer     |
 *       |                            |
 *       |     the handshake; if its request ends, nobody: the authorizer's
 *       |     event finds no handshake
 *       |                            |
 *       +----------------------------+
 *       |                            |
 *       |     its texts are complete, and its record is written: from here
 *       |     on a $disconnect may be owed, should this worker die
 *       |                            |
 *       +----------------------------+
 *       v                            |
 *     connect: $connect is run       |
 *       |                            |
 *       |     the handshake; if its request ends, $connect's event, whose
 *       |     done() then finds no handshake
 *       |                            |
 *       +----------------------------+
 *       v                            |
 *     upgrade: the 101 leaves        |
 *       |                            |
 *       |     the handshake; if its request ends, a $disconnect is owed
 *       v                            |
 *     open                         refuse
 *
 *             the socket           nobody, or the event of a $disconnect, if
 *                                  the backend may believe in the connection
 */

typedef enum {
    ngx_http_wsgw_step_check = 0,
    ngx_http_wsgw_step_authorize,
    ngx_http_wsgw_step_connect,
    ngx_http_wsgw_step_upgrade,
    ngx_http_wsgw_step_open,
    ngx_http_wsgw_step_refuse
} ngx_http_wsgw_step_e;


/* lives in the client's request */

typedef struct {
    ngx_http_wsgw_ctx_t            ctx;         /* must be the first member */

    ngx_http_request_t            *request;
    ngx_http_wsgw_request_t        client;
    ngx_http_wsgw_step_e           step;
    ngx_http_wsgw_invoke_t        *pending;     /* the authorizer's event or
                                                   $connect's, while it runs */
    ngx_event_t                    decided;     /* posted: answer the client */
    ngx_msec_t                     begun;
    ngx_uint_t                     looks;       /* for the end of a mirror */

    ngx_str_t                      subprotocol; /* of the 101 */
    ngx_uint_t                     status;      /* of the refusal */
    ngx_str_t                      body;
    ngx_str_t                      content_type;
} ngx_http_wsgw_handshake_t;


/* the content handler of wsgw_api */
ngx_int_t ngx_http_wsgw_handshake_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_HANDSHAKE_H_INCLUDED_ */
