
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone as a process sees it: the object of a cycle, what the master opened
 * for it, and this process's own part.  None of it is shared.
 */


#ifndef _NGX_HTTP_WSGW_ZONE_H_INCLUDED_
#define _NGX_HTTP_WSGW_ZONE_H_INCLUDED_


#include "zone/layout.h"
#include "zone/stripes.h"


typedef struct ngx_http_wsgw_process_s      ngx_http_wsgw_process_t;
typedef struct ngx_http_wsgw_descriptors_s  ngx_http_wsgw_descriptors_t;
typedef struct ngx_http_wsgw_letter_s       ngx_http_wsgw_letter_t;
typedef struct ngx_http_wsgw_reclaim_s      ngx_http_wsgw_reclaim_t;
typedef struct ngx_http_wsgw_group_table_s  ngx_http_wsgw_group_table_t;
typedef struct ngx_http_wsgw_siblings_s     ngx_http_wsgw_siblings_t;


/*
 * The kinds of rows; their numbers are in the zone.  Those up to the last one
 * of a stage are a stage's, then come a route's, then a worker slot's own.
 */

typedef enum {
    ngx_http_wsgw_row_traffic = 0,      /* what each message passes */
    ngx_http_wsgw_row_queues,           /* gauges: burial sets them to 0 */
    ngx_http_wsgw_row_handshakes,
    ngx_http_wsgw_row_handshake_time,
    ngx_http_wsgw_row_closed,           /* by reason, if that says the code */
    ngx_http_wsgw_row_closed_client,    /* by code */
    ngx_http_wsgw_row_closed_management,
    ngx_http_wsgw_row_closed_protocol,
    ngx_http_wsgw_row_lifetime,
    ngx_http_wsgw_row_ping_time,
    ngx_http_wsgw_row_failures,         /* error frames, $disconnects */
    ngx_http_wsgw_row_push_post,        /* by status */
    ngx_http_wsgw_row_push_get,
    ngx_http_wsgw_row_push_delete,
    ngx_http_wsgw_row_push_time_here,
    ngx_http_wsgw_row_push_time_worker,
    ngx_http_wsgw_row_push_time_instance,
    ngx_http_wsgw_row_push_time_node,
    ngx_http_wsgw_row_groups,           /* sends to many, deliveries */

    ngx_http_wsgw_row_requests,         /* a route's, by result */
    ngx_http_wsgw_row_request_time,
    ngx_http_wsgw_row_request_wait,

    ngx_http_wsgw_row_worker,           /* letters, lost workers */
    ngx_http_wsgw_row_memory,           /* gauges, too */
    ngx_http_wsgw_row_redis,            /* with wsgw_redis */
    ngx_http_wsgw_row_last
} ngx_http_wsgw_row_e;


/*
 * Where a process counts for a stage, a route or itself; zone/meter.c finds the
 * rows when they are first counted in.
 */

struct ngx_http_wsgw_meter_s {
    ngx_http_wsgw_zone_t          *zone;
    uint64_t                       hash;        /* of the name; 0: the process
                                                   itself */
    ngx_http_wsgw_meter_t         *stage;       /* a route's; else NULL */
    ngx_str_t                      api;         /* a stage's, else empty */
    ngx_str_t                      name;        /* the stage's or the route's */
    uint64_t                      *row[ngx_http_wsgw_row_last];
};


struct ngx_http_wsgw_zone_s {
    ngx_str_t                      name;
    size_t                         size;
    ngx_str_t                      state;       /* directory, or empty */
    ngx_shm_zone_t                *shm_zone;
    u_char                        *file;        /* of wsgw_zone, for messages */
    ngx_uint_t                     line;

    u_char                        *base;        /* the zone's header */
    uint32_t                       number;      /* 23 bits of the header's */
    wsgw_id_key_t                  key;         /* a copy of the header's */
    uint32_t                       slots;       /* capacity */
    uint32_t                       generation;  /* of this cycle */
    ngx_cycle_t                   *cycle;
    ngx_http_wsgw_cluster_t       *cluster;     /* wsgw_redis, or NULL */
    ngx_http_wsgw_descriptors_t   *descriptors;
    ngx_uint_t                     orphan;      /* 1: a file of an instance
                                                   that has ended, so nobody
                                                   comes in */
    ngx_http_wsgw_process_t       *process;     /* NULL: not a member yet */
    ngx_http_wsgw_connection_t   **local;       /* this process's, by slot */

    /* what this process has logged already */

    ngx_uint_t                     workers_logged;  /* no worker slot is left */
    time_t                         full_logged; /* no slot is left; when */
    time_t                         tally_logged;    /* nor is a tally */
    ngx_uint_t                     meter_logged;    /* nor is a row */
    ngx_uint_t                     cut_logged;  /* a page of its file is gone */
    ngx_uint_t                     closed_logged;   /* nor can its directory be
                                                   read */
    ngx_uint_t                     gone_logged; /* its file is not there */
    ngx_array_t                   *files_logged;    /* of numbers of files;
                                                   NULL: none so far */
};


/* what the master opens and all its children have; it alone writes it */

struct ngx_http_wsgw_descriptors_s {
    ngx_uint_t                     owned;       /* 1: our pool closes them */
    uint32_t                       n;           /* of wake */
    u_char                        *map;         /* of a file, or NULL */
    size_t                         size;        /* of the map */
    u_char                        *path;        /* of the file; NULL of a zone
                                                   that was committed */
    int                            lock;        /* a byte per worker slot */
    int                            listen;      /* a file's socket, or -1 */
    int                            directory;   /* that a file is in, or -1 */
    int                            wake[1];     /* eventfd per worker slot */
};


/* this process's part of a zone; shared by the zone's objects of all cycles */

struct ngx_http_wsgw_process_s {
    ngx_http_wsgw_zone_t          *zone;        /* of the newest cycle */
    ngx_http_wsgw_owner_t          self;
    int                            lock;        /* a descriptor of our own of
                                                   the file with the locks, */
    ngx_uint_t                     shared_lock; /*   or 1: the master's */

    ngx_http_wsgw_stripes_t        slots;
    ngx_http_wsgw_stripes_t        letters;
    ngx_http_wsgw_stripes_t        records;

    ngx_http_wsgw_meter_t          meter;       /* of what is no stage's */
    ngx_uint_t                     lost;        /* our worker slot's last owner
                                                   has died */

    /* slots that owe a $disconnect, of flow/sweep and flow/owed */

    ngx_event_t                    sweep;
    ngx_msec_t                     next_sweep;
    ngx_queue_t                    owed;        /* slots to be tried */
    ngx_queue_t                   *owing;       /* their links, by slot */
    ngx_uint_t                     nowed;       /* how many they are */
    ngx_uint_t                     hurried;     /* worker_shutdown_timeout is
                                                   over */

    ngx_http_wsgw_group_table_t   *groups;      /* of zone/group; NULL: nobody
                                                   has joined one so far */

    /* questions of other instances, of push/link, and which there are, of
       zone/siblings; NULL: nobody has looked so far */

    ngx_connection_t              *listen;
    ngx_http_wsgw_siblings_t      *siblings;

    /* other nodes, of cluster/ and push/; NULL without wsgw_redis */

    ngx_http_wsgw_pair_t          *pair;
    ngx_http_wsgw_node_t          *node;
    ngx_http_wsgw_roster_t        *roster;
    ngx_http_wsgw_remote_t        *remote;
    ngx_http_wsgw_inbox_t         *inbox;

    /* letters, of zone/letter, zone/tick and zone/reclaim */

    ngx_connection_t              *wake;        /* the eventfd's; NULL: letters
                                                   do not come or go */
    ngx_event_t                    timer;
    ngx_queue_t                    sent;        /* those out, oldest first */
    ngx_uint_t                     awaited;     /* of them, have a waiter */
    ngx_http_wsgw_letter_t        *letter;      /* by their first chunk */
    ngx_http_wsgw_reclaim_t       *reclaim;
    u_char                        *scratch;
    size_t                         scratch_size;
};


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


/*
 * 1: the owner's worker slot has another epoch by now.  0 says little: a dead
 * one's slot keeps its epoch until somebody comes into it.
 */

static ngx_inline ngx_uint_t
ngx_http_wsgw_owner_has_ended(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t owner)
{
    return __atomic_load_n(&ngx_http_wsgw_worker_slot(zone, owner.index)->epoch,
                           __ATOMIC_ACQUIRE)
           != owner.epoch;
}


/* while a configuration is read; NULL: there is no zone of that name so far */
ngx_http_wsgw_zone_t *ngx_http_wsgw_zone_find(ngx_conf_t *cf,
    ngx_str_t *name);

/* makes a zone; NULL: there is one of that name, or no memory; logged */
ngx_http_wsgw_zone_t *ngx_http_wsgw_zone_add(ngx_conf_t *cf,
    ngx_str_t *name, size_t size, ngx_str_t *state);


#endif /* _NGX_HTTP_WSGW_ZONE_H_INCLUDED_ */
