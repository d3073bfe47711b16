/*
 * What became of a push.  Whoever finds it out says one of these; which status
 * of HTTP a caller reads is decided where it is answered, and which number
 * travels to another instance where it is written.
 */

#ifndef WSGW_OUTCOME_H
#define WSGW_OUTCOME_H


typedef enum {
    WSGW_OUTCOME_OK = 0,
    WSGW_OUTCOME_NOT_TEXT,              /* and the stage takes nothing else */
    WSGW_OUTCOME_FORBIDDEN,             /* the connection is another stage's */
    WSGW_OUTCOME_GONE,                  /* it has ended, which is a fact */
    WSGW_OUTCOME_TOO_LARGE,
    WSGW_OUTCOME_FULL,                  /* its queue, the client is too slow */
    WSGW_OUTCOME_LIMIT,                 /* it is in as many groups as it may */
    WSGW_OUTCOME_UNKNOWN,               /* nobody can say now: try again */

    /* the same of another node, and why */

    WSGW_OUTCOME_NOBODY,                /* nobody there listens */
    WSGW_OUTCOME_SUSPECT,               /* it has stopped beating */
    WSGW_OUTCOME_TIMEOUT                /* it does not answer in time */
} wsgw_outcome_t;


#define WSGW_OUTCOMES  (WSGW_OUTCOME_TIMEOUT + 1)


#endif /* WSGW_OUTCOME_H */
