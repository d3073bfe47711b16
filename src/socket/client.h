
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The connection's struct: made, counted, read and freed.  What happens on
 * its socket is in ngx_http_wsgw_connection.
 */


#ifndef _NGX_HTTP_WSGW_CLIENT_H_INCLUDED_
#define _NGX_HTTP_WSGW_CLIENT_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef struct ngx_http_wsgw_frame_s    ngx_http_wsgw_frame_t;
typedef struct ngx_http_wsgw_message_s  ngx_http_wsgw_message_t;


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

} ngx_http_wsgw_client_upward_t;

extern ngx_http_wsgw_client_upward_t  ngx_http_wsgw_client_upward;


/* one or several encoded frames of one message, or a control frame */

struct ngx_http_wsgw_frame_s {
    ngx_http_wsgw_frame_t         *next;
    size_t                         size;        /* allocated for data */
    size_t                         len;
    size_t                         sent;
    ngx_uint_t                     begun;       /* 1: the client may have a
                                                   part of it */
    u_char                         data[1];
};


/* what a busy connection needs and an idle one does not; freed when all of
   it is empty */

struct ngx_http_wsgw_rare_s {

    /* of ngx_http_wsgw_connection */

    wsgw_protocol_t                protocol;    /* in the middle of a frame or
                                                   message, else zero */
    u_char                        *message;     /* its payload so far */
    size_t                         message_len;
    size_t                         message_size;    /* allocated */
    u_char                        *unread;      /* behind a data frame's header
                                                   that had to wait */
    size_t                         unread_len;
    size_t                         unread_pos;
    ngx_str_t                      reason;      /* why it closes, allocated */
    ngx_http_request_t            *request;     /* kept for limit_conn */

    /* of ngx_http_wsgw_output */

    ngx_http_wsgw_connection_t    *wc;          /* back */
    ngx_queue_t                    slow;        /* valid while there are */
    ngx_http_wsgw_frame_t         *frames;      /* the queue */
    ngx_http_wsgw_frame_t         *last_frame;
    ngx_http_wsgw_frame_t         *pong;        /* in it, not yet begun */
    size_t                         queued;      /* bytes */

    /* of ngx_http_wsgw_dispatch */

    ngx_http_wsgw_message_t       *messages;    /* waiting for their turn */
    ngx_http_wsgw_message_t       *last_message;
    size_t                         pending;     /* bytes */
};


/*
 * Makes one with a single reference, the caller's; state is connecting, slot
 * not yet set.  Texts of headers are cut.  c gives the addresses; NULL if it
 * is made from a record.
 */
ngx_http_wsgw_connection_t *ngx_http_wsgw_client_create(ngx_connection_t *c,
    ngx_http_wsgw_loc_conf_t *wlcf, ngx_str_t texts[ngx_http_wsgw_text_last],
    ngx_log_t *log);

/*
 * Writes what a $disconnect needs and the slot does not hold, as an envelope
 * of at most "size" bytes.  Returns its length, 0 if it does not fit.
 */
size_t ngx_http_wsgw_client_record(ngx_http_wsgw_connection_t *wc, u_char *buf,
    size_t size);

/*
 * Makes one from the slot and record of an owed $disconnect, for the next
 * attempt; its only reference is the caller's.  NULL: no memory.
 */
ngx_http_wsgw_connection_t *ngx_http_wsgw_client_resume(
    ngx_http_wsgw_zone_t *zone, ngx_http_wsgw_loc_conf_t *wlcf, uint32_t slot);

/* the last release frees it */
void ngx_http_wsgw_client_release(ngx_http_wsgw_connection_t *wc);

/* points into wc; a domain that is not kept is the host */

static ngx_inline ngx_str_t
ngx_http_wsgw_client_text(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_text_e which)
{
    size_t            start;
    ngx_str_t         text;

    static ngx_str_t  http = ngx_string("http");
    static ngx_str_t  https = ngx_string("https");

    if (which == ngx_http_wsgw_text_scheme) {
        return wc->secure ? https : http;
    }

    if (which == ngx_http_wsgw_text_domain
        && wc->text_end[which] == wc->text_end[which - 1])
    {
        which = ngx_http_wsgw_text_host;
    }

    start = which ? wc->text_end[which - 1] : 0;

    text.data = wc->data + start;
    text.len = wc->text_end[which] - start;

    return text;
}


void ngx_http_wsgw_client_id(ngx_http_wsgw_connection_t *wc,
    u_char id[WSGW_ID_LEN]);

/* id of event "number"; NGX_HTTP_WSGW_DISCONNECT_NUMBER is the same in every
   process that ever delivers the $disconnect */
void ngx_http_wsgw_client_event_id(ngx_http_wsgw_connection_t *wc,
    uint64_t number, u_char id[WSGW_ID_LEN]);

#define NGX_HTTP_WSGW_DISCONNECT_NUMBER  ((uint64_t) -1)

/* gives fc the client's addresses and listening; they live as long as wc */
void ngx_http_wsgw_client_addresses(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *fc);

/* when a message, or in the extended profile any frame, passed last; ms since
   the epoch */
uint64_t ngx_http_wsgw_client_last_active(ngx_http_wsgw_connection_t *wc);

/* allocates on demand; NULL: no memory */
ngx_http_wsgw_rare_t *ngx_http_wsgw_client_rare(
    ngx_http_wsgw_connection_t *wc);

/* why it ends: a copy is kept as long as wc is; empty, if there is none */
ngx_int_t ngx_http_wsgw_client_keep_reason(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason);
ngx_str_t ngx_http_wsgw_client_reason(ngx_http_wsgw_connection_t *wc);

/* frees what is empty */
void ngx_http_wsgw_client_trim(ngx_http_wsgw_connection_t *wc);


/*
 * $wsgw_callback_url of a connection, without /@connections/ID.  A callback=
 * with variables has been evaluated at the handshake: it is one of the texts.
 */
ngx_int_t ngx_http_wsgw_client_callback_url(ngx_pool_t *pool,
    ngx_http_wsgw_connection_t *wc, ngx_str_t *url);

/* frees a partial message; what is behind it can still be read */
void ngx_http_wsgw_client_forget_message(ngx_http_wsgw_connection_t *wc);

/* frees that and what was left unread */
void ngx_http_wsgw_client_discard_input(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_CLIENT_H_INCLUDED_ */
