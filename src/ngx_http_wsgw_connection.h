
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * One socket: its state, reading, timers, closing and drain.
 */


#ifndef _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_
#define _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "ngx_http_wsgw_peer.h"


#define NGX_HTTP_WSGW_CLOSE_NORMAL      1000
#define NGX_HTTP_WSGW_CLOSE_GOING_AWAY  1001
#define NGX_HTTP_WSGW_CLOSE_NO_STATUS   1005    /* never sent */
#define NGX_HTTP_WSGW_CLOSE_ABNORMAL    1006    /* never sent */
#define NGX_HTTP_WSGW_CLOSE_INVALID     1007
#define NGX_HTTP_WSGW_CLOSE_POLICY      1008
#define NGX_HTTP_WSGW_CLOSE_TOO_BIG     1009
#define NGX_HTTP_WSGW_CLOSE_INTERNAL    1011
#define NGX_HTTP_WSGW_CLOSE_RESTART     1012
#define NGX_HTTP_WSGW_CLOSE_TRY_LATER   1013


/* upward calls, set once when the module starts */

typedef struct {

    /* 1: a message of up to that size may be brought now; else none is, and
       nothing is read, until connection_resume() */
    ngx_uint_t (*room)(ngx_http_wsgw_connection_t *wc, uint64_t size);

    /* a whole message, p is valid during the call only; NGX_ERROR: no memory,
       the connection is closed 1011 */
    ngx_int_t  (*message)(ngx_http_wsgw_connection_t *wc, ngx_uint_t opcode,
        u_char *p, size_t len);

    /* the queue of a slow client is short again, or its socket is gone */
    void       (*next)(ngx_http_wsgw_connection_t *wc);

} ngx_http_wsgw_connection_handlers_t;

extern ngx_http_wsgw_connection_handlers_t  ngx_http_wsgw_on;


/* c is a WebSocket from now on and takes a reference of wc; "in" is what came
   behind the handshake.  The first byte is read from the event loop */
void ngx_http_wsgw_connection_open(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *c, ngx_str_t *in);

/*
 * Sends a Close behind what is queued and waits for the peer's, up to
 * wsgw_close_timeout.  The connection has ended from now on; code and reason
 * are $disconnect's too.  While $connect is pending it is remembered for the
 * moment behind the 101.
 */
void ngx_http_wsgw_connection_close(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason);

/* there may be room again: goes on with what was left unread */
void ngx_http_wsgw_connection_resume(ngx_http_wsgw_connection_t *wc);

/* the peer's Close: answered, and what is queued still leaves */
void ngx_http_wsgw_connection_peer_close(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason);

/* the socket is of no use any more; code and reason count if nothing ended
   the connection before.  It may be freed */
void ngx_http_wsgw_connection_finalize(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, const char *reason);

/* remembers how it ended, once, and says so in the zone */
void ngx_http_wsgw_connection_end(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t code, ngx_str_t *reason);


#endif /* _NGX_HTTP_WSGW_CONNECTION_H_INCLUDED_ */
