/*
 * The envelope between workers, instances and nodes: a letter in the zone, a
 * message on a unix socket or in Redis, a connection's $disconnect record.
 *
 * A header of 16 bytes, then fields of tag (2), length (4) and value; all
 * integers are little-endian and nothing is aligned:
 *
 *     'W' 'G' version verb | flags (2) 0 0 | size (4) | fields (4)
 *
 * size counts the header.  Fields come in any order and may repeat; a reader
 * skips the tags it does not know, so fields can be added without a new
 * version.
 */

#ifndef WSGW_WIRE_H
#define WSGW_WIRE_H


#include "pure/id.h"
#include "pure/result.h"


#define WSGW_WIRE_VERSION  2
#define WSGW_WIRE_HEADER   16           /* bytes */
#define WSGW_WIRE_FIELD    6            /* tag and length */
#define WSGW_WIRE_TARGET   16           /* one connection in WSGW_TAG_TARGETS */

#define WSGW_WIRE_BINARY   0x0001       /* flag of SEND, SEND_GROUP and
                                           SEND_EACH: not a text frame */
#define WSGW_WIRE_DETAILS  0x0002       /* of LIST to an instance as a whole:
                                           with what owners know */


/* numbers of verbs and tags are on disk and on the network: only append */

typedef enum {
    WSGW_VERB_SEND = 1,                 /* TARGETS, FRAME */
    WSGW_VERB_DESCRIBE,                 /* TARGETS */
    WSGW_VERB_CLOSE,                    /* TARGETS, FRAME: or none */
    WSGW_VERB_RESULT,                   /* SEQUENCE, STATUS, what was asked */
    WSGW_VERB_RECORD,                   /* what a $disconnect needs */

    WSGW_VERB_SEND_GROUP,               /* GROUP: or all, EXCEPT, FRAME */
    WSGW_VERB_JOIN,                     /* TARGETS, GROUP */
    WSGW_VERB_LEAVE,                    /* TARGETS, GROUP */
    WSGW_VERB_COUNT,                    /* GROUP, or all */
    WSGW_VERB_LIST,                     /* GROUP, or all; CURSOR, COUNT */
    WSGW_VERB_DETAILS,                  /* TARGETS */
    WSGW_VERB_SENT,                     /* SEQUENCE, OWNER, SENT, FULL: of a
                                           SEND_GROUP that took longer */
    WSGW_VERB_WHOLE,                    /* TARGETS: a number, QUESTION: to an
                                           instance as a whole */
    WSGW_VERB_SEND_EACH                 /* TARGETS, FRAME */
} wsgw_wire_verb_t;


typedef enum {
    WSGW_TAG_TARGETS = 1,               /* number (4), slot (4), secret (8)
                                           each */
    WSGW_TAG_FRAME,                     /* payload to send, or of a Close */
    WSGW_TAG_CODE,                      /* integer: close code */
    WSGW_TAG_REASON,                    /* text of it */
    WSGW_TAG_STATUS,                    /* integer: outcome */
    WSGW_TAG_CONNECTED_AT,              /* integer: ms since 1970 */
    WSGW_TAG_LAST_ACTIVE_AT,            /* integer: ms since 1970 */
    WSGW_TAG_SOURCE_IP,                 /* text */
    WSGW_TAG_USER_AGENT,                /* text */
    WSGW_TAG_DOMAIN,                    /* text */
    WSGW_TAG_PATH,                      /* text */
    WSGW_TAG_CONTEXT,                   /* JSON: the authorizer's */
    WSGW_TAG_API_ID,                    /* text */
    WSGW_TAG_STAGE,                     /* text */
    WSGW_TAG_API,                       /* integer: hash of zone, id, stage */
    WSGW_TAG_SEQUENCE,                  /* integer: pairs a result with its
                                           question */
    WSGW_TAG_HOST,                      /* text: Host as sent */
    WSGW_TAG_SCHEME,                    /* text */
    WSGW_TAG_VARIABLES,                 /* JSON: the stage's */
    WSGW_TAG_CALLBACK,                  /* text: URL */
    WSGW_TAG_QUERY,                     /* JSON: of the handshake */
    WSGW_TAG_ACCESS_KEY,                /* text: who signed the handshake */
    WSGW_TAG_API_KEY,                   /* text */
    WSGW_TAG_API_KEY_ID,                /* text */

    WSGW_TAG_FROM,                      /* number (4), worker (2), 0 (2): who
                                           asks through Redis */
    WSGW_TAG_EPOCH,                     /* integer: which process of it */

    WSGW_TAG_GROUP,                     /* text: a name; several: comma between
                                           them */
    WSGW_TAG_EXCEPT,                    /* as TARGETS */
    WSGW_TAG_SENT,                      /* integers: what became of a send */
    WSGW_TAG_FULL,
    WSGW_TAG_UNKNOWN,
    WSGW_TAG_COUNT,                     /* integer */
    WSGW_TAG_CURSOR,                    /* integer: slot to go on from */

    WSGW_TAG_TRACE,                     /* text: a trace's id and flags */

    WSGW_TAG_OWNER,                     /* integer: which process of a zone
                                           asks, or answers */
    WSGW_TAG_QUESTION,                  /* an envelope: SEND_GROUP, COUNT or
                                           LIST */
    WSGW_TAG_ANSWER,                    /* an envelope: the RESULT of that */
    WSGW_TAG_STATUSES                   /* two bytes each: as STATUS, of each
                                           target */
} wsgw_wire_tag_t;


typedef struct {
    uint8_t        *start;
    uint8_t        *pos;
    uint8_t        *end;                /* of the caller's buffer */
    uint32_t        fields;
    unsigned        overflow:1;         /* something did not fit */
} wsgw_wire_writer_t;


typedef struct {
    uint16_t        tag;
    const uint8_t  *data;               /* in the caller's buffer */
    size_t          len;
} wsgw_wire_field_t;


typedef struct {
    const uint8_t  *pos;
    const uint8_t  *end;
    uint32_t        size;               /* of the envelope; 0: not yet known */
    uint16_t        flags;
    uint8_t         verb;               /* may be one we do not know */
} wsgw_wire_reader_t;


/* a buffer too small is told once, by wsgw_wire_finish() */

void wsgw_wire_begin(wsgw_wire_writer_t *w, uint8_t *buf, size_t size,
    wsgw_wire_verb_t verb, uint16_t flags);
void wsgw_wire_put_u64(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag,
    uint64_t value);
void wsgw_wire_put_bytes(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag,
    const void *p, size_t n);

/* a field of n bytes, which the caller writes; NULL: it does not fit */
uint8_t *wsgw_wire_put_room(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag,
    size_t n);

void wsgw_wire_put_targets(wsgw_wire_writer_t *w, const wsgw_id_t *ids,
    size_t n);
void wsgw_wire_put_targets_as(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag,
    const wsgw_id_t *ids, size_t n);

/* the envelope's size, 0 if it did not fit the buffer */
size_t wsgw_wire_finish(wsgw_wire_writer_t *w);

/*
 * Ends an envelope with a field whose n bytes are not in the buffer, so that a
 * large one need not be copied there.  Returns the size of what is, 0 if it did
 * not fit; these bytes and the n make the envelope.
 */
size_t wsgw_wire_finish_before(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag,
    size_t n);

/*
 * Checks a whole envelope at p, every length in it included.  DONE: r->size
 * bytes are one, its fields can be read; more may follow it.  AGAIN: what is
 * there may be the beginning of one, of r->size bytes if that is not 0.
 * ERROR: it is none, or of another version.
 */
int wsgw_wire_open(wsgw_wire_reader_t *r, const uint8_t *p, size_t n);

/* 1 and the next field, or 0 after the last */
int wsgw_wire_next(wsgw_wire_reader_t *r, wsgw_wire_field_t *f);

/* 0, or -1 if the field is not an integer */
int wsgw_wire_u64(const wsgw_wire_field_t *f, uint64_t *value);

/* 0 and target i, or -1 if the field, a WSGW_TAG_TARGETS, has no target i */
int wsgw_wire_target(const wsgw_wire_field_t *f, size_t i, wsgw_id_t *id);


#endif /* WSGW_WIRE_H */
