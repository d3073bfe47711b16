
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A node among others that share its zone's name: its standing, and what it
 * knows of theirs.
 */


#ifndef _WSGW_NODE_SELF_H_INCLUDED_
#define _WSGW_NODE_SELF_H_INCLUDED_


#include "pure/node_line.h"


#define WSGW_NODE_SUSPECT_POLLS  3      /* without a change */
#define WSGW_NODE_LEFT_POLLS     120    /* the same: it will not come back */


typedef enum {
    WSGW_NODE_UNREGISTERED = 0,         /* ids are of its own cover */
    WSGW_NODE_REGISTERED,
    WSGW_NODE_CUT,                      /* registered, but hears nothing */
    WSGW_NODE_FENCED,                   /* refuses until it has registered */
    WSGW_NODE_CLAIMED                   /* its number is over */
} wsgw_node_state_t;


/* times are milliseconds of a clock that never jumps back */

typedef struct {
    uint64_t  takeover;
    uint64_t  beat;                     /* B */
    uint32_t  polls;                    /* K: unchanged that often is dead */
    unsigned  claims:1;                 /* somebody claims the dead */
    unsigned  fence:1;
} wsgw_node_conf_t;


/*
 * What the node knows of itself.  It outlives the beater, so it lies where the
 * next one finds it; the beater alone writes it, others may read.
 */

typedef struct {
    uint64_t  token;
    uint64_t  beat;                     /* the last acknowledged */
    uint64_t  sent;                     /* the highest that was ever sent */
    uint64_t  seen;                     /* the others' highest when last polled
                                           while it was not cut */
    uint64_t  acked;                    /* when the last beat was sent that was
                                           acknowledged; of a number that was
                                           not, the first; 0: none */
    uint64_t  polled;                   /* when the last poll came; 0: never */
    uint64_t  since;                    /* watches without a gap; 0: does not */
    uint32_t  number;                   /* 23 bits */
    uint32_t  state;                    /* wsgw_node_state_t */
    uint32_t  returns;                  /* beats since it was away too long */
} wsgw_node_self_t;


/* what a sender's question about another node's id leads to */

typedef enum {
    WSGW_NODE_ASK = 0,                  /* ask wsgw_node_line_worker() */
    WSGW_NODE_GONE,                     /* 410 */
    WSGW_NODE_UNSURE,                   /* 503 */
    WSGW_NODE_SUSPECT                   /* 503, it has stopped beating */
} wsgw_node_verdict_t;


/* what an asker has found out about a number; as old as it likes to use it */

typedef struct {
    const wsgw_node_line_t  *line;      /* NULL: none, or not of our version */
    uint64_t                 unchanged; /* ms from the first time it was read
                                           with this beat to the last */
    uint64_t                 absent;    /* when it was first not there; 0: it
                                           is */
    uint64_t                 gone;      /* when it still was not, the takeover
                                           time later; 0: that is to come */
    unsigned                 other:1;   /* there is something, but no line */
    unsigned                 dead:1;
    unsigned                 cover:1;   /* the id is of its own cover */
} wsgw_node_found_t;


/* takeover in ms, 0: off */
void wsgw_node_self_conf(wsgw_node_conf_t *conf, uint64_t takeover,
    unsigned claims, unsigned fence);

/* a zone is made: number and token are drawn at random */
void wsgw_node_self_init(wsgw_node_self_t *self, uint32_t number,
    uint64_t token);

/*
 * The state that the time makes.  The beater writes it to self->state.  FENCED
 * must be acted on before any other event of the turn is handled.
 */
wsgw_node_state_t wsgw_node_self_tick(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, uint64_t now);

/* 1: others may have claimed us since the last beat */
int wsgw_node_self_long_away(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, uint64_t now);

/* 1: questions of other nodes are answered; 0: the answer would be a guess */
int wsgw_node_self_serves(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, uint64_t now);

/* it was read at that time, and was not there: sets "absent" and "gone" */
void wsgw_node_self_absent(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, wsgw_node_found_t *found, uint64_t read_at);

wsgw_node_verdict_t wsgw_node_self_ask(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, uint64_t now,
    const wsgw_node_found_t *found);


#endif /* _WSGW_NODE_SELF_H_INCLUDED_ */
