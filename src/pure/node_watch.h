
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a node does next, when many share a zone's name: it beats, watches how
 * the others beat, and draws its conclusions.  Nothing here knows Redis or a
 * clock: the caller brings the time, sends what it is told to, and brings what
 * was answered.
 *
 *     UNREGISTERED --REGISTER--> REGISTERED <---> CUT    no beat for 3 B
 *          ^                      |       |        |
 *          |                      |     FENCED <---+     fence=on
 *          +------- renew() --- CLAIMED <----------+
 *
 * B is the time between two beats.  Each beat that is acknowledged goes on to
 * the next thousand, and to no lower one than any node of the last poll had; so
 * the highest goes on by one thousand in each B as long as anybody beats.  Each
 * further try of the same beat is one more: others are to see each of them.
 *
 * Who beats has a wsgw_node_watch_t of its own and does this:
 *
 *     switch (wsgw_node_watch_next(w, now)) { ... }
 *
 *     WAIT      nothing before w->due
 *     REGISTER  MULTI; HSETNX nodes n LINE; HGET nodes n; ZSCORE dead n;
 *               EXEC, then wsgw_node_watch_registered()
 *     BEAT      MULTI; HGET nodes n; HSET nodes n LINE; ZSCORE dead n; EXEC;
 *               for each repeat ZADD dead NX; HGETALL nodes, then
 *               wsgw_node_watch_beaten(), poll() and its see()s, polled()
 *     LOOK      the same as BEAT without HSET, as it was away for long
 *     CLAIM     of w->target: MULTI; HGET nodes n; ZADD dead NX; HDEL nodes n;
 *               EXEC, then wsgw_node_watch_claimed()
 *
 * It must not send LINE with another beat than w->self->sent, and must not send
 * it later.  The pair was lost or is another: wsgw_node_watch_lost(), after
 * which an answer that is still pending must not be brought.
 */


#ifndef _WSGW_NODE_WATCH_H_INCLUDED_
#define _WSGW_NODE_WATCH_H_INCLUDED_


#include "pure/node_line.h"
#include "pure/node_self.h"


#define WSGW_NODE_REPEATS  256


typedef enum {
    WSGW_NODE_WAIT = 0,
    WSGW_NODE_REGISTER,
    WSGW_NODE_BEAT,
    WSGW_NODE_LOOK,
    WSGW_NODE_CLAIM
} wsgw_node_action_t;


/* what the caller has to do about an answer, any of these at once */

#define WSGW_NODE_BACK     0x01         /* it was cut and goes on: a notice */
#define WSGW_NODE_MISSING  0x02         /* our line was gone, or is an older
                                           one: Redis has lost something */
#define WSGW_NODE_TWIN     0x04         /* another has our number: an alert */
#define WSGW_NODE_CLOSE    0x08         /* close all by 1012, then renew() */
#define WSGW_NODE_TAKEN    0x10         /* draw again if no id was issued */
#define WSGW_NODE_STILL    0x20         /* so many stand still that nothing is
                                           claimed: an alert, once */


/* another node, as the polls have shown it */

typedef struct {
    uint64_t  token;
    uint64_t  beat;
    uint32_t  number;
    uint32_t  still;                    /* polls in a row without a change */
    uint32_t  poll;                     /* the last that had it */
} wsgw_node_other_t;


typedef struct {
    uint64_t  until;
    uint32_t  number;
} wsgw_node_repeat_t;


typedef struct {
    const wsgw_node_conf_t  *conf;
    wsgw_node_self_t        *self;

    wsgw_node_other_t       *others;    /* the caller's memory, by number */
    uint32_t                 nothers;
    uint32_t                 max;
    uint32_t                 poll;      /* counts polls */
    uint64_t                 highest;   /* beat of this poll */
    uint32_t                 suspects;  /* still for 3 polls */

    uint64_t                 due;       /* next() has nothing before */
    uint64_t                 sent_at;   /* what is pending */
    uint64_t                 bound;     /* of our own beat in Redis */
    uint32_t                 foreign;   /* beats in a row that found no line */
    uint32_t                 target;    /* of CLAIM */
    wsgw_node_action_t       action;    /* that is pending; WAIT: none */

    uint64_t                 own_due;
    uint32_t                 own;       /* our old number, to be claimed */
    uint32_t                 nrepeats;
    wsgw_node_repeat_t       repeats[WSGW_NODE_REPEATS];

    unsigned                 owes:1;    /* own is there */
    unsigned                 alerted:1; /* of STILL */
} wsgw_node_watch_t;


/* the answer to REGISTER or BEAT */

typedef struct {
    const wsgw_node_line_t  *line;      /* of HGET; NULL: nil, or no line */
    unsigned                 set:1;     /* HSETNX has set it */
    unsigned                 foreign:1; /* of HGET: something, but no line */
    unsigned                 dead:1;    /* ZSCORE has a score: claimed; without
                                           claims it is of one that has ended,
                                           whose number we have drawn */
} wsgw_node_answer_t;


/* somebody becomes the beater; others is memory for max nodes */
void wsgw_node_watch_init(wsgw_node_watch_t *w, const wsgw_node_conf_t *conf,
    wsgw_node_self_t *self, wsgw_node_other_t *others, uint32_t max);

wsgw_node_action_t wsgw_node_watch_next(wsgw_node_watch_t *w, uint64_t now);

/*
 * The pair was lost, or another one is ready, or a command got an error but for
 * a CLAIM: next() begins anew, not before due.
 */
void wsgw_node_watch_lost(wsgw_node_watch_t *w, uint64_t due);

unsigned wsgw_node_watch_registered(wsgw_node_watch_t *w, uint64_t now,
    const wsgw_node_answer_t *answer);

unsigned wsgw_node_watch_beaten(wsgw_node_watch_t *w, uint64_t now,
    const wsgw_node_answer_t *answer);

/*
 * A poll: its start, each field of the hash (line is NULL for what is no line
 * of our version: who knows how that one beats?), its end.  see() says for how
 * many polls in a row that line has stood still.
 */
void wsgw_node_watch_poll(wsgw_node_watch_t *w, uint64_t now);
uint32_t wsgw_node_watch_see(wsgw_node_watch_t *w, uint32_t number,
    const wsgw_node_line_t *line);
unsigned wsgw_node_watch_polled(wsgw_node_watch_t *w, uint64_t now);

/* done: the claim was acknowledged; an error but for a lost pair is not */
void wsgw_node_watch_claimed(wsgw_node_watch_t *w, uint64_t now, unsigned done);

/* the repeats that a beat carries; forgets those that are over */
uint32_t wsgw_node_watch_repeats(wsgw_node_watch_t *w, uint64_t now);

/* after CLOSE, or when no id was issued: another number and another token */
void wsgw_node_watch_renew(wsgw_node_watch_t *w, uint64_t now, uint32_t number,
    uint64_t token);


#endif /* _WSGW_NODE_WATCH_H_INCLUDED_ */
