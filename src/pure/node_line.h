
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The line by which a node is known to the others, in Redis:
 *
 *     1 TOKEN BEAT WORKERS NAME VERSION
 *
 * It is text, so that an operator can read it by hand.  Words that follow are
 * skipped, so that later versions can say more in a line of version 1.
 */


#ifndef _WSGW_NODE_LINE_H_INCLUDED_
#define _WSGW_NODE_LINE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "pure/result.h"


#define WSGW_NODE_LINE_OTHER    2       /* a line of another version */

#define WSGW_NODE_LINE_WORKERS  1024    /* slots that can be named */
#define WSGW_NODE_LINE_WORDS    (WSGW_NODE_LINE_WORKERS / 64)
#define WSGW_NODE_LINE_NAME     255     /* bytes at most, also of a version */
#define WSGW_NODE_LINE_LEN      1024    /* no line that is written is longer */


typedef struct {
    uint64_t        token;              /* of the zone, drawn at random */
    uint64_t        beat;               /* another one with each beat */
    uint64_t        workers[WSGW_NODE_LINE_WORDS];  /* those that listen */

    const uint8_t  *name;               /* for people; in the text read */
    size_t          name_len;
    const uint8_t  *version;            /* of wsgw */
    size_t          version_len;
} wsgw_node_line_t;


/*
 * Reads a line of n bytes.  WSGW_DONE: it is one; WSGW_NODE_LINE_OTHER: it
 * begins as one of another version does, and nothing else of it is known;
 * WSGW_ERROR: it is none.
 */
int wsgw_node_line_read(wsgw_node_line_t *line, const uint8_t *p, size_t n);

/*
 * Writes the line into WSGW_NODE_LINE_LEN bytes and returns its length.  A name
 * or a version is cut at its limit; what a word cannot have becomes "?", and so
 * does an empty one.
 */
size_t wsgw_node_line_write(uint8_t *dst, const wsgw_node_line_t *line);

/*
 * The worker slot to ask about a connection: of those that listen, always the
 * same one as long as they are the same.  -1: nobody listens.
 */
int wsgw_node_line_worker(const wsgw_node_line_t *line, uint32_t slot);

/* 1: the worker slot listens */
int wsgw_node_line_listens(const wsgw_node_line_t *line, uint32_t worker);


#endif /* _WSGW_NODE_LINE_H_INCLUDED_ */
