/*
 * Processes that post letters to each other, at random or when told, and
 * check all that they get; what the suites of the mailbox have in common.
 */

#ifndef PEERS_H
#define PEERS_H


#include "stub.h"
#include "pure/outcome.h"


#define PEERS   4                       /* processes at a time */
#define LIVES   1024                    /* of processes in all */
#define WINDOW  64                      /* letters of one that are out */

#define GIVEN_UP  0x80


typedef struct {
    uint64_t  owner[PEERS];             /* owner words, 0: none */
    uint32_t  order[PEERS];             /* post one to that place + 1 */
    uint32_t  lives;                    /* so far */
    uint32_t  goal;                     /* letters of each life */
    uint32_t  size;                     /* of the largest */
    uint32_t  stop;                     /* no letters any more */
    uint32_t  leave;
    uint32_t  idle;                     /* processes with nothing out */
    uint64_t  posted;
    uint64_t  outcomes[WSGW_OUTCOMES];
    uint64_t  refused;                  /* not even posted */
    uint64_t  late;                     /* handled after UNKNOWN */
    uint64_t  errors;
    char      error[256];               /* the first */
    uint32_t  stride;                   /* letters of a life at most */
    u_char    handled[];                /* [LIVES][stride] */
} shared_t;


extern shared_t              *shared;
extern ngx_http_wsgw_zone_t  *zone;


/* a zone of that size; each process posts that many letters by itself */
void peers_begin(size_t size, uint32_t goal, uint32_t largest);

/* likewise, all running; they post when told, and the first is stopped */
void peers_begin_directed(pid_t *pids);

/* waits until nothing is left in the zone, ends all, tells the figures */
void peers_end(pid_t *pids, const char *what);

pid_t peers_spawn(int place);

/* one letter from the second to the first */
void peers_order(void);

/* 1 when so many have nothing to do any more, 0 after that time */
ngx_uint_t peers_idle(uint32_t n, double seconds);

/* letter stripes of dead owners */
ngx_uint_t peers_dead(void);

/* how often that letter of that life was handled */
u_char *peers_handled(uint32_t life, uint32_t number);

uint32_t peers_random(uint32_t below);
double peers_now(void);


#endif /* PEERS_H */
