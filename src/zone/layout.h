
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The format of a zone: what lies where, and who writes it.  Every place is
 * an offset from the header or an index, so that the same bytes can be nginx's
 * anonymous memory or a file that a later process maps elsewhere.
 *
 * Processes die at any instruction.  Nothing here is ever locked; whatever
 * has an owner is written by that owner alone, and becomes visible by a single
 * store or CAS.  An owner is a worker slot's index and epoch, and is alive
 * while the slot has that epoch and somebody holds the slot's record lock.
 */


#ifndef _NGX_HTTP_WSGW_LAYOUT_H_INCLUDED_
#define _NGX_HTTP_WSGW_LAYOUT_H_INCLUDED_


#include "ngx_http_wsgw.h"


#define NGX_HTTP_WSGW_MAGIC       0x656e6f7a77677377    /* "wsgwzone" */
#define NGX_HTTP_WSGW_LAYOUT      4

#define NGX_HTTP_WSGW_CHUNK       256
#define NGX_HTTP_WSGW_ZONE_MIN    (256 * 1024)
#define NGX_HTTP_WSGW_ZONE_MAX    ((uint64_t) 1 << 40)
#define NGX_HTTP_WSGW_NONE        0xffffffff    /* no element */
#define NGX_HTTP_WSGW_WORKERS     64            /* at least */

/* numbers of instances that never are leased to a node */

#define NGX_HTTP_WSGW_INSTANCE_FIRST  3840
#define NGX_HTTP_WSGW_INSTANCES       256


/* a worker slot of the zone and which of its owners: dead ones never return */

typedef struct {
    uint32_t                       index;
    uint32_t                       epoch;
} ngx_http_wsgw_owner_t;


/* a table as the zone's header describes it; offsets from its base */

typedef struct {
    uint64_t                       owners;      /* a word for each stripe */
    uint64_t                       elements;
    uint32_t                       stripes;
    uint32_t                       shift;       /* of elements in a stripe */
} ngx_http_wsgw_table_t;


/* written once, before anybody else knows the zone, but for the lower part */

typedef struct {
    uint64_t                       magic;       /* stored last */
    uint32_t                       layout;
    uint32_t                       nworkers;
    uint64_t                       size;        /* from here to the end */
    uint64_t                       workers;     /* offset */
    uint64_t                       worker_size;

    ngx_http_wsgw_table_t          slots;
    ngx_http_wsgw_table_t          letters;
    ngx_http_wsgw_table_t          records;

    uint32_t                       instance;    /* of new ids */
    uint32_t                       successor;   /* 1: a new zone took over */
    uint32_t                       generation;  /* committed, by the master */
    uint32_t                       attached;    /* newest to have a worker */

    wsgw_id_key_t                  key;         /* of events' ids; random */
} ngx_http_wsgw_header_t;


/* a process that takes part; written by it, but for what senders write */

typedef struct {
    uint32_t                       epoch;       /* and index: an owner, ever */
    uint32_t                       generation;  /* of the owner, 0: none */
    uint32_t                       drains;      /* of the mailbox, so far */
    uint32_t                       mailbox;     /* senders: newest letter + 1 */
    u_char                         spare[48];

    /* chunks of letters to here, each written by the sender of that index */
    uint32_t                       load[1];
} ngx_http_wsgw_worker_slot_t;


/*
 * A connection.  The state word is state (3 bits), attempt (13), close code
 * (16), sequence (32, one more with each take); it is stored last.
 */

typedef struct {
    uint64_t                       word;
    uint64_t                       secret;
    uint64_t                       owner;
    uint64_t                       api;
    uint64_t                       connected_at;    /* ms since 1970 */
    uint64_t                       due;         /* in ngx_current_msec */
    uint32_t                       record;      /* first chunk + 1, or 0 */
    uint16_t                       instance;    /* in the id */
    uint16_t                       reason;      /* its length */
    uint64_t                       owed_at;     /* likewise */
} ngx_http_wsgw_slot_t;


#define NGX_HTTP_WSGW_SLOT_FREE        0
#define NGX_HTTP_WSGW_SLOT_CONNECTING  1
#define NGX_HTTP_WSGW_SLOT_OPEN        2
#define NGX_HTTP_WSGW_SLOT_OWED        3


#define ngx_http_wsgw_word(sequence, code, attempt, state)                    \
    ((uint64_t) (sequence) << 32 | (uint64_t) (code) << 16                    \
     | (uint64_t) (attempt) << 3 | (state))

#define ngx_http_wsgw_word_state(word)     ((ngx_uint_t) ((word) & 7))
#define ngx_http_wsgw_word_attempt(word)   ((ngx_uint_t) ((word) >> 3 & 0x1fff))
#define ngx_http_wsgw_word_code(word)                                         \
    ((ngx_uint_t) ((word) >> 16 & 0xffff))
#define ngx_http_wsgw_word_sequence(word)  ((uint32_t) ((word) >> 32))

#define NGX_HTTP_WSGW_SECRET      (((uint64_t) 1 << WSGW_ID_SECRET_BITS) - 1)
#define NGX_HTTP_WSGW_REASON_MAX  125           /* RFC 6455, 5.5 */


/*
 * A piece of what a $disconnect needs.  In use while the slot it names is not
 * free and has the same sequence, so freeing the slot frees all its chunks.
 */

typedef struct {
    uint32_t                       next;        /* chunk + 1, or 0 */
    uint32_t                       slot;        /* + 1 */
    uint32_t                       sequence;
    uint16_t                       size;        /* first: of the record, */
    uint16_t                       spare;       /*   without the reason */
    u_char                         data[NGX_HTTP_WSGW_CHUNK - 16];
} ngx_http_wsgw_record_t;


/* the first chunk of a letter; the others are a link and data */

typedef struct {
    uint32_t                       next;        /* chunk + 1, or 0 */
    uint32_t                       link;        /* in a mailbox, likewise */
    uint64_t                       from;        /* owners */
    uint64_t                       to;
    uint32_t                       word;        /* state (8), status (24) */
    uint32_t                       size;
    uint32_t                       room;        /* for the answer */
    uint32_t                       answer;      /* its size */
    uint32_t                       returned;    /* on its way back */
    uint32_t                       spare[5];
    u_char                         data[NGX_HTTP_WSGW_CHUNK - 64];
} ngx_http_wsgw_letter_head_t;


typedef struct {
    uint32_t                       next;
    u_char                         data[NGX_HTTP_WSGW_CHUNK - 4];
} ngx_http_wsgw_letter_rest_t;


#define ngx_http_wsgw_at(base, offset, type)                                  \
    ((type *) (void *) ((base) + (offset)))


static ngx_inline ngx_http_wsgw_slot_t *
ngx_http_wsgw_slot(u_char *base, uint32_t slot)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_at(base, 0, ngx_http_wsgw_header_t);

    return ngx_http_wsgw_at(base, h->slots.elements, ngx_http_wsgw_slot_t)
           + slot;
}


static ngx_inline ngx_http_wsgw_record_t *
ngx_http_wsgw_record(u_char *base, uint32_t chunk)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_at(base, 0, ngx_http_wsgw_header_t);

    return ngx_http_wsgw_at(base, h->records.elements, ngx_http_wsgw_record_t)
           + chunk;
}


#define ngx_http_wsgw_elements(table)                                         \
    ((uint32_t) (table)->stripes << (table)->shift)


/* chunks of a record of so many bytes, with room for a reason behind it */

#define ngx_http_wsgw_record_chunks(len)                                      \
    (((len) + NGX_HTTP_WSGW_REASON_MAX                                        \
      + sizeof(((ngx_http_wsgw_record_t *) 0)->data) - 1)                     \
     / sizeof(((ngx_http_wsgw_record_t *) 0)->data))


/* an owner as one word, never 0 */

static ngx_inline uint64_t
ngx_http_wsgw_owner_word(ngx_http_wsgw_owner_t *owner)
{
    return (uint64_t) (owner->index + 1) << 32 | owner->epoch;
}


static ngx_inline ngx_http_wsgw_owner_t
ngx_http_wsgw_owner(uint64_t word)
{
    ngx_http_wsgw_owner_t  owner;

    owner.index = (uint32_t) (word >> 32) - 1;
    owner.epoch = (uint32_t) word;

    return owner;
}


/* capacity of a zone of that size; 0: too small */
uint32_t ngx_http_wsgw_layout_capacity(size_t size);

/*
 * Lays a zone out over zeroed memory; nominal is the size that the operator
 * wrote, of which slots and letters get their shares whatever surrounds us.
 */
void ngx_http_wsgw_layout(u_char *base, size_t size, size_t nominal,
    uint32_t nworkers);

/* NGX_OK: a zone that says so of itself is laid out as we would do it */
ngx_int_t ngx_http_wsgw_layout_is_sound(ngx_http_wsgw_header_t *h);


#endif /* _NGX_HTTP_WSGW_LAYOUT_H_INCLUDED_ */
