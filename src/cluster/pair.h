
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The two connections of a worker to one Redis, for commands and for what is
 * published.  They have one fate: an error of either closes both, and both are
 * opened again.
 */


#ifndef _NGX_HTTP_WSGW_PAIR_H_INCLUDED_
#define _NGX_HTTP_WSGW_PAIR_H_INCLUDED_


#include "cluster/dial.h"
#include "cluster/pending.h"
#include "cluster/pick.h"


/*
 * Any error leads from everywhere to BACKOFF, and that goes on by itself:
 *
 *     OFF --> RESOLVE --> CONNECT --> HELLO --> SUBSCRIBE --> PROBE --> READY
 *                ^                                                        |
 *                +---------------------- BACKOFF <------------------------+
 *
 * A worker that exits, while others of its zone go on, leads from READY to
 * PARTED, or stays in BACKOFF.  When these have ended as well it goes on, from
 * PARTED to SUBSCRIBE.
 */

typedef enum {
    ngx_http_wsgw_pair_off = 0,
    ngx_http_wsgw_pair_backoff,
    ngx_http_wsgw_pair_resolve,
    ngx_http_wsgw_pair_connect,         /* and TLS, of both connections */
    ngx_http_wsgw_pair_hello,
    ngx_http_wsgw_pair_subscribe,
    ngx_http_wsgw_pair_probe,           /* for the first time */
    ngx_http_wsgw_pair_ready,
    ngx_http_wsgw_pair_parted           /* not subscribed any more */
} ngx_http_wsgw_pair_e;


/* who uses the pair; each lives as long as it does */

typedef struct {

    /* it is ready, or not any more: what was asked has been answered by then */
    void                         (*changed)(void *data, ngx_uint_t ready);

    /* what was published to our channel; or NULL */
    void                         (*message)(void *data, ngx_str_t *message);
    void                          *data;
} ngx_http_wsgw_pair_user_t;


#define NGX_HTTP_WSGW_PAIR_USERS  3
#define NGX_HTTP_WSGW_PAIR_SAID   64


struct ngx_http_wsgw_pair_s {
    ngx_http_wsgw_process_t       *process;
    ngx_http_wsgw_pair_e           state;

    ngx_http_wsgw_pair_user_t      users[NGX_HTTP_WSGW_PAIR_USERS];
    ngx_uint_t                     nusers;

    /* what others may look at */

    uint64_t                       server;      /* one more for each time that
                                                   it became ready */
    ngx_uint_t                     sharded;     /* a Redis Cluster */
    ngx_msec_t                     rtt;         /* of the last probe, ms */
    ngx_msec_t                     gap;         /* the longest between turns of
                                                   the event loop, ms */
    ngx_uint_t                     questions;   /* of push/remote, that wait */
    ngx_uint_t                     leaving;     /* the worker exits, and others
                                                   go on */

    /* private */

    ngx_http_wsgw_dial_t           command;
    ngx_http_wsgw_dial_t           subscriber;
    ngx_uint_t                     missing;     /* of both, until the next
                                                   step */
    ngx_http_wsgw_pending_t        pending;
    ngx_http_wsgw_pick_t           pick;
    ngx_event_t                    timer;       /* of the step, the back-off or
                                                   the next look */
    ngx_msec_t                     ticked;      /* when we last looked */
    ngx_msec_t                     left;        /* when it began to leave */
    ngx_uint_t                     parting;     /* 1: it has unsubscribed, 2:
                                                   nothing can come any more */
    uint32_t                       said[NGX_HTTP_WSGW_PAIR_SAID];
                                                /* hashes of what was logged */
    ngx_uint_t                     nsaid;
    ngx_uint_t                     evicts;      /* 1: it was warned of that */
    ngx_str_t                      channel;     /* our own */

    ngx_msec_t                     probed;      /* when the last one left */
    ngx_uint_t                     probing;     /* bits: its count, and it
                                                   itself, are still to come */
    u_char                         probe[16];
};


void ngx_http_wsgw_pair_use(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_pair_user_t *user);

/* NGX_DECLINED: it is not ready, or too much waits; "done" may be NULL */
ngx_int_t ngx_http_wsgw_pair_send(ngx_http_wsgw_pair_t *pair, ngx_uint_t n,
    ngx_str_t *words, ngx_http_wsgw_pending_pt done, void *data);

/* the same for what is published to a worker slot of a number; its two parts
   are one message */
ngx_int_t ngx_http_wsgw_pair_publish(ngx_http_wsgw_pair_t *pair,
    uint32_t number, uint32_t worker, ngx_str_t *head, ngx_str_t *body,
    ngx_http_wsgw_pending_pt done, void *data);

/* closes it for that reason, and opens it again by and by */
void ngx_http_wsgw_pair_drop(ngx_http_wsgw_pair_t *pair, const char *why);

/* its users learn that it is ready, or not any more */
void ngx_http_wsgw_pair_changed(ngx_http_wsgw_pair_t *pair, ngx_uint_t ready);

/* the pair is in that state, for so long at most */
void ngx_http_wsgw_pair_step(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_pair_e state, ngx_msec_t ms);

/* NGX_DONE: the error is of a server that is to be left, and the pair was
   dropped; else it was logged, once for each change of its text */
ngx_int_t ngx_http_wsgw_pair_refused(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_reply_t *reply);

/* others learn whether this worker hears what is published to it */
void ngx_http_wsgw_pair_listen(ngx_http_wsgw_pair_t *pair,
    ngx_uint_t listening);

/* "P:{Z}:" and the end of a key, in buf of NGX_HTTP_WSGW_PAIR_KEY bytes */
#define NGX_HTTP_WSGW_PAIR_KEY  320

ngx_str_t ngx_http_wsgw_pair_key(ngx_http_wsgw_pair_t *pair, u_char *buf,
    const char *end);

/* for people: "ready", "backoff", ... */
const char *ngx_http_wsgw_pair_state(ngx_http_wsgw_pair_t *pair);


#define ngx_http_wsgw_pair_is_ready(pair)                                     \
    ((pair) && (pair)->state == ngx_http_wsgw_pair_ready)


#endif /* _NGX_HTTP_WSGW_PAIR_H_INCLUDED_ */
