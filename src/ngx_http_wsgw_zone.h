
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


#ifndef _NGX_HTTP_WSGW_ZONE_H_INCLUDED_
#define _NGX_HTTP_WSGW_ZONE_H_INCLUDED_


#include "ngx_http_wsgw_registry.h"
#include "ngx_http_wsgw_mailbox.h"
#include "ngx_http_wsgw_stripe.h"


#define NGX_HTTP_WSGW_MAGIC       0x656e6f7a77677377    /* "wsgwzone" */
#define NGX_HTTP_WSGW_LAYOUT      4

#define NGX_HTTP_WSGW_CHUNK       256
#define NGX_HTTP_WSGW_ZONE_MIN    (256 * 1024)
#define NGX_HTTP_WSGW_ZONE_MAX    ((uint64_t) 1 << 40)
#define NGX_HTTP_WSGW_WORKERS     64            /* at least */

/* numbers of instances that never are leased to a node */

#define NGX_HTTP_WSGW_INSTANCE_FIRST  3840
#define NGX_HTTP_WSGW_INSTANCES       256


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


/* what the master opens and all its children have */

struct ngx_http_wsgw_descriptors_s {
    ngx_uint_t                     owned;       /* 1: our pool closes them */
    uint32_t                       n;
    u_char                        *map;         /* a file's, or NULL */
    size_t                         size;
    u_char                        *path;        /* its name; of a zone that
                                                   was committed NULL */
    int                            lock;        /* a byte per worker slot */
    int                            listen;      /* a file's socket, or -1 */
    int                            wake[1];     /* eventfd per worker slot */
};


typedef struct ngx_http_wsgw_reclaim_s  ngx_http_wsgw_reclaim_t;


/* this process's part of a zone; shared by the zone's objects of all cycles */

struct ngx_http_wsgw_process_s {
    ngx_http_wsgw_zone_t          *zone;        /* of the newest cycle */
    ngx_http_wsgw_owner_t          self;
    int                            lock;        /* our own description of */
    ngx_uint_t                     shared_lock; /*   the file, or not */

    ngx_http_wsgw_pool_t           slots;
    ngx_http_wsgw_pool_t           letters;
    ngx_http_wsgw_pool_t           records;

    /* of ngx_http_wsgw_sweep */

    ngx_event_t                    sweep;
    ngx_msec_t                     next_sweep;
    ngx_queue_t                    owed;        /* slots to be tried */
    ngx_queue_t                   *owing;       /* their links, by slot */
    ngx_uint_t                     nowed;
    ngx_uint_t                     hurried;     /* worker_shutdown_timeout is
                                                   over */

    ngx_connection_t              *wake;        /* the eventfd's */
    ngx_connection_t              *listen;      /* of ngx_http_wsgw_link */
    ngx_event_t                    timer;
    ngx_queue_t                    sent;        /* letters, oldest first */
    ngx_uint_t                     awaited;     /* of them */
    ngx_http_wsgw_letter_t       **letter;      /* the same by first chunk */
    ngx_http_wsgw_reclaim_t       *reclaim;
    u_char                        *scratch;
    size_t                         scratch_size;
};


#define ngx_http_wsgw_at(base, offset, type)                                  \
    ((type *) (void *) ((base) + (offset)))

#define ngx_http_wsgw_header(zone)                                            \
    ngx_http_wsgw_at((zone)->base, 0, ngx_http_wsgw_header_t)


static ngx_inline ngx_http_wsgw_worker_slot_t *
ngx_http_wsgw_worker_slot(ngx_http_wsgw_zone_t *zone, uint32_t index)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    return ngx_http_wsgw_at(zone->base, h->workers + index * h->worker_size,
                            ngx_http_wsgw_worker_slot_t);
}


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


/*
 * Lays a zone out over zeroed memory; nominal is the size that the operator
 * wrote, of which slots and letters get their shares whatever surrounds us.
 */
void ngx_http_wsgw_zone_layout(u_char *base, size_t size, size_t nominal,
    uint32_t nworkers);

/* NGX_OK: a zone that says so of itself is laid out as we would do it */
ngx_int_t ngx_http_wsgw_zone_is_sound(ngx_http_wsgw_header_t *h);

/*
 * What of a whole zone that a dead instance left cannot be, and of which
 * element, or NULL: all that is read from it leads to where it may lead.
 */
const char *ngx_http_wsgw_zone_examine(ngx_http_wsgw_zone_t *zone,
    uint32_t *element);

/* 1 if a worker of that instance may still exist, in any zone of that lock */
ngx_uint_t ngx_http_wsgw_instance_alive(ngx_http_wsgw_zone_t *zone,
    uint32_t instance);

/* 1 if a connection of that owner may still exist */
ngx_uint_t ngx_http_wsgw_owner_alive(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t owner);

/*
 * Ends what is left of a worker slot's last owner, if it is dead or gone, and
 * leaves the slot free.  NGX_DECLINED: it is alive.
 */
ngx_int_t ngx_http_wsgw_worker_bury(ngx_http_wsgw_process_t *process,
    uint32_t index);

/* likewise, but nobody else comes into the slot until we leave it */
ngx_int_t ngx_http_wsgw_worker_inherit(ngx_http_wsgw_process_t *process,
    uint32_t index);
void ngx_http_wsgw_worker_leave(ngx_http_wsgw_process_t *process,
    uint32_t index);

/* one of the cycle's descriptors in the event loop; NULL: an error */
ngx_connection_t *ngx_http_wsgw_process_watch(
    ngx_http_wsgw_process_t *process, int fd, ngx_event_handler_pt handler,
    ngx_log_t *log);
void ngx_http_wsgw_process_unwatch(ngx_connection_t *c);

/* empties a mailbox whose owner we are, or whose record lock we hold */
void ngx_http_wsgw_mailbox_drain(ngx_http_wsgw_process_t *process,
    uint32_t index);

/* every second: what dead senders left of the letters' memory */
ngx_http_wsgw_reclaim_t *ngx_http_wsgw_reclaim_create(
    ngx_http_wsgw_zone_t *zone);
void ngx_http_wsgw_reclaim(ngx_http_wsgw_process_t *process);

/* a slot in a stripe that was adopted gets us as its owner */
void ngx_http_wsgw_slot_inherit(ngx_http_wsgw_zone_t *zone, uint32_t slot);

/* used() of the pools */
ngx_uint_t ngx_http_wsgw_slot_used(u_char *base, uint32_t slot);
ngx_uint_t ngx_http_wsgw_record_used(u_char *base, uint32_t chunk);


#endif /* _NGX_HTTP_WSGW_ZONE_H_INCLUDED_ */
