
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The connection's struct: it is made, counted, asked and freed here.  What
 * happens on its socket is in connection.c.
 */


#ifndef _NGX_HTTP_WSGW_CLIENT_H_INCLUDED_
#define _NGX_HTTP_WSGW_CLIENT_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "base/block.h"


typedef struct ngx_http_wsgw_frame_s    ngx_http_wsgw_frame_t;
typedef struct ngx_http_wsgw_message_s  ngx_http_wsgw_message_t;


/* how the socket calls what is above it; set once, when the module starts */

typedef struct {

    /* Returns 1 if a message of up to that size may be brought now.  With 0
       nothing is read until connection_resume(). */
    ngx_uint_t (*room)(ngx_http_wsgw_connection_t *wc, uint64_t size);

    /* Brings a whole message.  The block is the memory that it is in, and
       whoever keeps that clears it; NULL: it is valid during the call
       only.  NGX_ERROR means that there is no memory: the connection is closed
       with 1011. */
    ngx_int_t  (*message)(ngx_http_wsgw_connection_t *wc, ngx_uint_t opcode,
        ngx_str_t *text, ngx_http_wsgw_block_t *block);

    /* Says that the queue of a slow client is short again, or that its socket
       is closed: what waits may start. */
    void       (*next)(ngx_http_wsgw_connection_t *wc);

    /* Frees the messages that wait for their turn; wc->rare is not NULL. */
    void       (*forget)(ngx_http_wsgw_connection_t *wc);

} ngx_http_wsgw_client_upward_t;

extern ngx_http_wsgw_client_upward_t  ngx_http_wsgw_client_upward;


/* What a busy connection needs and an idle one does not.  wc owns it and all
   that it points to, and frees it when nothing of it is in use. */

struct ngx_http_wsgw_rare_s {
    ngx_http_wsgw_connection_t    *wc;          /* its connection */

    /* input.c: what has come and is not yet a message */

    wsgw_protocol_t                protocol;    /* in the middle of a frame or
                                                   message, else zero */
    u_char                        *message;     /* its payload, or NULL */
    size_t                         message_len;
    size_t                         message_size;    /* allocated */
    u_char                        *unread;      /* what had to wait, or NULL */
    size_t                         unread_len;      /* allocated */
    size_t                         unread_pos;      /* taken of it */

    /* queue.c: the frames that wait for the client */

    ngx_queue_t                    slow;        /* in the worker's list of slow
                                                   or of leaving clients;
                                                   valid while frames wait */
    ngx_http_wsgw_frame_t         *frames;
    ngx_http_wsgw_frame_t         *last_frame;
    ngx_http_wsgw_frame_t         *pong;        /* one of them, of which no byte
                                                   has left, or NULL */
    size_t                         queued;      /* bytes of all that wait */

    /* flow/dispatch.c: the messages that wait for their turn */

    ngx_http_wsgw_message_t       *messages;
    ngx_http_wsgw_message_t       *last_message;
    size_t                         pending;     /* bytes, as charged */

    ngx_queue_t                    holding;     /* in the worker's list of
                                                   those with a part of a
                                                   message, or messages that
                                                   wait; alone, before it had
                                                   any */

    ngx_str_t                      reason;      /* why it ended; allocated */
    ngx_http_request_t            *request;     /* the upgrade, kept as long as
                                                   limit_conn counts it */
};


/* The socket's log, which prints the client's number; without a socket it is
   the worker's. */

#define ngx_http_wsgw_client_log(wc)                                          \
    ((wc)->connection ? (wc)->connection->log : ngx_cycle->log)


/*
 * Makes a connection with a single reference, the caller's; its state is
 * connecting and its slot not yet set.  Texts of headers are cut.  c gives the
 * addresses; it is NULL if the connection is made from a record.
 */
ngx_http_wsgw_connection_t *ngx_http_wsgw_client_create(ngx_connection_t *c,
    ngx_http_wsgw_loc_conf_t *wlcf, ngx_str_t texts[ngx_http_wsgw_text_last],
    ngx_log_t *log);

/*
 * Makes a connecting one anew, with other texts: the slot, what it was told and
 * the caller's reference go over to it, and the old one is left to the events
 * that hold it.  NULL: no memory, and nothing has changed.
 */
ngx_http_wsgw_connection_t *ngx_http_wsgw_client_renew(ngx_connection_t *c,
    ngx_http_wsgw_connection_t *wc, ngx_str_t texts[ngx_http_wsgw_text_last],
    ngx_log_t *log);

/* of a client's: for each wsgw_limit_conn of its stage the tally + 1 in which
   it counts, or 0 */
uint32_t *ngx_http_wsgw_client_tallies(ngx_http_wsgw_connection_t *wc);

/* of a client's whose socket is without TLS: room for a log of its own */
ngx_log_t *ngx_http_wsgw_client_own_log(ngx_http_wsgw_connection_t *wc);

/* it counts for no limit any more */
void ngx_http_wsgw_client_uncount(ngx_http_wsgw_connection_t *wc);

/* drops a reference; the last one frees the connection */
void ngx_http_wsgw_client_release(ngx_http_wsgw_connection_t *wc);


/*
 * Writes what a $disconnect needs and the slot does not hold, as an envelope
 * of at most "size" bytes.  Returns its length, 0 if it does not fit.
 */
size_t ngx_http_wsgw_client_record(ngx_http_wsgw_connection_t *wc, u_char *buf,
    size_t size);

/*
 * Makes a connection from the slot and record of an owed $disconnect, for the
 * next attempt; its only reference is the caller's.  NULL: no memory.
 */
ngx_http_wsgw_connection_t *ngx_http_wsgw_client_resume(
    ngx_http_wsgw_zone_t *zone, ngx_http_wsgw_loc_conf_t *wlcf, uint32_t slot);


/* Returns one of the texts, which lives as long as wc.  A domain that is not
   kept is the host. */

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


/* bytes of a port's text, at most; more are none */
#define NGX_HTTP_WSGW_PORT_MAX  15

/* Returns the port that the client has used. */

static ngx_inline ngx_str_t
ngx_http_wsgw_client_port(ngx_http_wsgw_connection_t *wc)
{
    ngx_str_t  addr, port;

    if (wc->port_len == 0) {
        port.data = (u_char *) (wc->secure ? "443" : "80");
        port.len = wc->secure ? 3 : 2;

        return port;
    }

    addr = wc->proxied ? ngx_http_wsgw_client_text(wc,
                                                   ngx_http_wsgw_text_domain)
                       : wc->listening->addr_text;

    port.len = wc->port_len;
    port.data = addr.data + addr.len - port.len;

    return port;
}


/* sets the connection's id */
void ngx_http_wsgw_client_identify(ngx_http_wsgw_connection_t *wc,
    const wsgw_id_t *id);

/* writes the id of event "number"; that of NGX_HTTP_WSGW_DISCONNECT_NUMBER is
   the same in every process that ever delivers the $disconnect */
void ngx_http_wsgw_client_event_id(ngx_http_wsgw_connection_t *wc,
    uint64_t number, u_char id[WSGW_ID_LEN]);

#define NGX_HTTP_WSGW_DISCONNECT_NUMBER  ((uint64_t) -1)

/* gives fc the client's addresses and listening; they live as long as wc */
void ngx_http_wsgw_client_addresses(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *fc);

/* returns when a message, or in the extended profile any frame, passed last,
   in ms since the epoch */
uint64_t ngx_http_wsgw_client_last_active(ngx_http_wsgw_connection_t *wc);

/* returns the ms from its handshake until it has ended, or until now; who has
   taken it over may differ by one, as it has another clock */
ngx_msec_t ngx_http_wsgw_client_duration(ngx_http_wsgw_connection_t *wc);


/* returns wc->rare, which it allocates if need be; NULL: no memory */
ngx_http_wsgw_rare_t *ngx_http_wsgw_client_rare(
    ngx_http_wsgw_connection_t *wc);

/* says that a message, or the first part of one, is going to be kept: who had
   none is the youngest of those who have */
void ngx_http_wsgw_client_hold(ngx_http_wsgw_rare_t *rare);

/* frees wc->rare if nothing of it is in use */
void ngx_http_wsgw_client_trim(ngx_http_wsgw_connection_t *wc);

/* keeps a copy of why the connection ended, as long as wc lives */
ngx_int_t ngx_http_wsgw_client_keep_reason(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason);

/* returns that reason; it is empty if there is none */
ngx_str_t ngx_http_wsgw_client_reason(ngx_http_wsgw_connection_t *wc);

/* frees a message of which a part has come; what follows can still be read */
void ngx_http_wsgw_client_forget_message(ngx_http_wsgw_connection_t *wc);

/* frees that and all bytes that were left unread */
void ngx_http_wsgw_client_discard_input(ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_CLIENT_H_INCLUDED_ */
