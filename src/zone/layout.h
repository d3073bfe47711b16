
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
#include "pure/node_self.h"


#define NGX_HTTP_WSGW_MAGIC       0x656e6f7a77677377    /* "wsgwzone" */
#define NGX_HTTP_WSGW_LAYOUT      8

#define NGX_HTTP_WSGW_CHUNK       256
#define NGX_HTTP_WSGW_ZONE_MIN    (256 * 1024)
#define NGX_HTTP_WSGW_ZONE_MAX    ((uint64_t) 1 << 40)
#define NGX_HTTP_WSGW_NONE        0xffffffff    /* no element */
#define NGX_HTTP_WSGW_WORKERS     64            /* worker slots, at least */


/*
 * A process that takes part: the worker slot that it has, and which of the
 * slot's owners it is.  A dead one never returns.
 */

typedef struct {
    uint32_t                       index;
    uint32_t                       epoch;
} ngx_http_wsgw_owner_t;


/* a table, with the places of its parts as offsets from the zone's base */

typedef struct {
    uint64_t                       owners;      /* a word for each stripe */
    uint64_t                       elements;
    uint32_t                       stripes;
    uint32_t                       shift;       /* of elements in a stripe */
} ngx_http_wsgw_table_t;


/*
 * Written once, before anybody else knows the zone, but for "number", which a
 * CAS changes, "successor" and "generation", which the master writes, and
 * "attached", which workers raise.
 */

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

    uint64_t                       tallies;     /* offset */
    uint64_t                       ntallies;

    uint64_t                       names;       /* offset */
    uint64_t                       nnames;
    uint64_t                       rows;        /* offset */
    uint64_t                       nrows;

    uint64_t                       bits;        /* offset */
    uint32_t                       bits_size;   /* from a worker slot's to the
                                                   next one's */
    uint32_t                       nbits;       /* of each */

    uint32_t                       number;      /* in ids, and its flags */
    uint32_t                       successor;   /* 1: a new zone took over */
    uint32_t                       generation;  /* of the newest cycle */
    uint32_t                       attached;    /* the newest generation that
                                                   ever had a worker */

    wsgw_id_key_t                  key;         /* of events' ids; random */
    uint64_t                       started;     /* seconds since 1970 */

    /* of cluster/node; who is named in "beater" alone writes the rest */

    uint64_t                       beater;      /* an owner word, or 0 */
    uint64_t                       looked_at;   /* by it, in ngx_current_msec */
    wsgw_node_self_t               self;
    uint32_t                       nodes;       /* known now, we among them */
    uint32_t                       suspects;    /* which stand still */
} ngx_http_wsgw_header_t;


/*
 * The bits of a zone's number, its flags in the header's word, and the one that
 * it has in ids: "own cover".  Such an id was issued while no registry kept the
 * number for this zone alone; the registry is Redis, with wsgw_redis.
 */

#define NGX_HTTP_WSGW_NUMBER             0x007fffff
#define NGX_HTTP_WSGW_NUMBER_OWN         0x00800000
#define NGX_HTTP_WSGW_NUMBER_ISSUED      0x01000000     /* there may be an id */
#define NGX_HTTP_WSGW_NUMBER_REGISTERED  0x02000000     /* new ids are so */


/*
 * A worker slot, whose index and epoch name an owner.  Its owner writes it, or
 * who holds its record lock when the owner is dead.  But senders push onto the
 * mailbox, and each writes its own load.
 */

typedef struct {
    uint32_t                       epoch;       /* one more for each owner */
    uint32_t                       generation;  /* of the owner, 0: none */
    uint32_t                       drains;      /* of the mailbox, so far */
    uint32_t                       mailbox;     /* newest letter + 1, or 0 */
    uint32_t                       longest;     /* list of groups that one of
                                                   its connections ever had, in
                                                   bytes */
    uint32_t                       listening;   /* 1: it hears other nodes */
    u_char                         spare[8];
    u_char                         bits[32];    /* of its groups, in a zone that
                                                   has no table of them */

    /* by sender: chunks of its letters that are out to this slot */
    uint32_t                       load[1];
} ngx_http_wsgw_worker_slot_t;


/*
 * A connection, written by its owner.  The word, which is stored last, is the
 * state (3 bits), the attempt of the $disconnect (13), the close code (16) and
 * a sequence (32), which is one more each time the slot is taken:
 *
 *     FREE --> CONNECTING --> OPEN --> OWED --> FREE
 *
 * CONNECTING is stored before anybody is asked about the connection, its record
 * before the $connect leaves, OPEN before the 101, OWED before the $disconnect.
 * A slot that owes nothing, as one that is CONNECTING without a record, becomes
 * FREE at once.
 */

typedef struct {
    uint64_t                       word;
    uint64_t                       secret;
    uint64_t                       owner;
    uint64_t                       api;
    uint64_t                       connected_at;    /* ms since 1970 */
    uint64_t                       due;         /* in ngx_current_msec */
    uint32_t                       record;      /* first chunk + 1, or 0 */
    uint16_t                       flags;
    uint8_t                        reason;      /* its length */
    uint8_t                        ended;       /* ngx_http_wsgw_ended_e */
    uint64_t                       owed_at;     /* in ngx_current_msec */
} ngx_http_wsgw_slot_t;


/* Why a connection has ended; 0 is not yet.  Slots and what is counted have
   these numbers, so what is new comes last. */

typedef enum {
    ngx_http_wsgw_ended_not = 0,
    ngx_http_wsgw_ended_client,
    ngx_http_wsgw_ended_client_lost,
    ngx_http_wsgw_ended_idle,
    ngx_http_wsgw_ended_lifetime,
    ngx_http_wsgw_ended_pong_timeout,
    ngx_http_wsgw_ended_drain,
    ngx_http_wsgw_ended_quit,
    ngx_http_wsgw_ended_management,
    ngx_http_wsgw_ended_protocol,
    ngx_http_wsgw_ended_utf8,
    ngx_http_wsgw_ended_too_big,
    ngx_http_wsgw_ended_slow,
    ngx_http_wsgw_ended_send_timeout,
    ngx_http_wsgw_ended_memory,
    ngx_http_wsgw_ended_internal,
    ngx_http_wsgw_ended_worker_lost,
    ngx_http_wsgw_ended_last
} ngx_http_wsgw_ended_e;


#define NGX_HTTP_WSGW_SLOT_FREE        0
#define NGX_HTTP_WSGW_SLOT_CONNECTING  1
#define NGX_HTTP_WSGW_SLOT_OPEN        2
#define NGX_HTTP_WSGW_SLOT_OWED        3

/*
 * Flags of a slot: the id is without NUMBER_OWN; others keep the record, too.
 * Without a registry neither is ever set.
 */

#define NGX_HTTP_WSGW_SLOT_REGISTERED  0x0001
#define NGX_HTTP_WSGW_SLOT_COVERED     0x0002
#define NGX_HTTP_WSGW_SLOT_FLAGS       0x0003

#define NGX_HTTP_WSGW_ATTEMPT_MAX      0x1fff
#define NGX_HTTP_WSGW_CODE_MAX         0xffff

#define ngx_http_wsgw_slot_word(sequence, code, attempt, state)               \
    ((uint64_t) (sequence) << 32 | (uint64_t) (code) << 16                    \
     | (uint64_t) (attempt) << 3 | (state))

#define ngx_http_wsgw_slot_word_state(word)                                   \
    ((ngx_uint_t) ((word) & 7))
#define ngx_http_wsgw_slot_word_attempt(word)                                 \
    ((ngx_uint_t) ((word) >> 3 & NGX_HTTP_WSGW_ATTEMPT_MAX))
#define ngx_http_wsgw_slot_word_code(word)                                    \
    ((ngx_uint_t) ((word) >> 16 & NGX_HTTP_WSGW_CODE_MAX))
#define ngx_http_wsgw_slot_word_sequence(word)                                \
    ((uint32_t) ((word) >> 32))

#define NGX_HTTP_WSGW_SECRET      (((uint64_t) 1 << WSGW_ID_SECRET_BITS) - 1)
#define NGX_HTTP_WSGW_REASON_MAX  125           /* RFC 6455, 5.5 */


/*
 * A piece of what a $disconnect needs, written by the slot's owner.  It is in
 * use while the slot it names is not free and has the same sequence, so freeing
 * the slot frees all its chunks.
 */

typedef struct {
    uint32_t                       next;        /* chunk + 1, or 0 */
    uint32_t                       slot;        /* + 1 */
    uint32_t                       sequence;
    uint16_t                       size;        /* of the whole record,
                                                   without the reason */
    uint16_t                       spare;
    u_char                         data[NGX_HTTP_WSGW_CHUNK - 16];
} ngx_http_wsgw_record_t;


/*
 * How many connections of one process have one key.  A tally that is nobody's,
 * or a dead owner's, is claimed by a CAS of the owner word; then its owner
 * alone writes it.
 */

typedef struct {
    uint64_t                       owner;       /* word; 0: nobody */
    uint64_t                       key;         /* its hash */
    uint32_t                       count;
    uint32_t                       spare;
} ngx_http_wsgw_tally_t;


/*
 * What is counted.  A row is one worker slot's numbers of one kind for a stage,
 * for a route, or for the slot itself.  Names and rows are hash tables to which
 * is added only, by a CAS of the first word; nothing in them ever moves or is
 * freed.  A name's text follows from its hash, so all who write it write the
 * same.  A row is written by the owner of its worker slot alone, and never
 * begins anew: the slot's next owner counts on.
 */

#define NGX_HTTP_WSGW_NAME_TEXT   112           /* bytes */
#define NGX_HTTP_WSGW_ROW_VALUES  17

typedef struct {
    uint64_t                       hash;        /* 0: free */
    uint32_t                       stage;       /* a route's: name + 1; or 0 */
    uint16_t                       split;       /* of the text, a stage's: the
                                                   length of the API's id */
    uint16_t                       len;         /* of the text; 0: not yet
                                                   written */
    u_char                         text[NGX_HTTP_WSGW_NAME_TEXT];
} ngx_http_wsgw_name_t;


typedef struct {
    uint64_t                       key;         /* name + 1, kind + 1, worker
                                                   slot; 0: free */
    uint64_t                       value[NGX_HTTP_WSGW_ROW_VALUES];
} ngx_http_wsgw_row_t;


#define ngx_http_wsgw_row_key(name, kind, worker)                             \
    ((uint64_t) (name) << 32 | (uint64_t) ((kind) + 1) << 24 | (worker))

#define ngx_http_wsgw_row_name(key)    ((uint32_t) ((key) >> 32))
#define ngx_http_wsgw_row_kind(key)    ((uint32_t) ((key) >> 24 & 0xff) - 1)
#define ngx_http_wsgw_row_worker(key)  ((uint32_t) (key) & 0xffffff)


/* The first chunk of a letter; the others are the next one and data. */

typedef struct {
    uint32_t                       next;        /* chunk + 1, or 0 */
    uint32_t                       link;        /* the next letter in the same
                                                   mailbox + 1, or 0 */
    uint64_t                       from;        /* owner words */
    uint64_t                       to;
    uint32_t                       word;        /* state (8), outcome (24) */
    uint32_t                       size;        /* of the letter */
    uint32_t                       room;        /* for the answer */
    uint32_t                       answer;      /* size of the answer */
    uint32_t                       returned;    /* 1: on its way back */
    uint32_t                       parcel;      /* what follows the letter, in
                                                   chunks that several letters
                                                   share: the first + 1, or 0 */
    uint32_t                       parcel_size;
    uint32_t                       spare[3];
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


/* how many chunks hold a record of so many bytes, and a reason after it */

#define ngx_http_wsgw_record_chunks(len)                                      \
    (((len) + NGX_HTTP_WSGW_REASON_MAX                                        \
      + sizeof(((ngx_http_wsgw_record_t *) 0)->data) - 1)                     \
     / sizeof(((ngx_http_wsgw_record_t *) 0)->data))


/* An owner as one word, which is never 0: that is nobody. */

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


/* how many slots a zone of that size has; 0: it is too small */
uint32_t ngx_http_wsgw_layout_capacity(size_t size);

/*
 * Lays a zone out over zeroed memory; nominal is the size that the operator
 * wrote, of which slots and letters get their shares whatever surrounds us.
 */
void ngx_http_wsgw_layout(u_char *base, size_t size, size_t nominal,
    uint32_t nworkers);

/* NGX_OK: the header says that all lies where we would lay it out */
ngx_int_t ngx_http_wsgw_layout_is_sound(ngx_http_wsgw_header_t *h);


#endif /* _NGX_HTTP_WSGW_LAYOUT_H_INCLUDED_ */
