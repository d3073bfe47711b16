
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The zone: who is connected, where, and which $disconnect is still owed.
 * Offsets only; no lock on any path (docs/architecture.md, "The zone").
 */


#ifndef _NGX_HTTP_WSGW_REGISTRY_H_INCLUDED_
#define _NGX_HTTP_WSGW_REGISTRY_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* a worker slot of the zone and which of its owners: dead ones never return */

typedef struct {
    uint32_t                       index;
    uint32_t                       epoch;
} ngx_http_wsgw_owner_t;


typedef struct ngx_http_wsgw_process_s      ngx_http_wsgw_process_t;
typedef struct ngx_http_wsgw_descriptors_s  ngx_http_wsgw_descriptors_t;


struct ngx_http_wsgw_zone_s {
    ngx_str_t                      name;
    size_t                         size;
    ngx_str_t                      state;       /* directory, or empty */
    ngx_shm_zone_t                *shm_zone;
    u_char                        *file;        /* of wsgw_zone, for messages */
    ngx_uint_t                     line;

    u_char                        *base;        /* the zone's header */
    uint32_t                       instance;
    wsgw_id_key_t                  key;         /* a copy of the header's */
    uint32_t                       slots;       /* capacity */
    uint32_t                       generation;  /* of this cycle */
    ngx_cycle_t                   *cycle;
    ngx_http_wsgw_descriptors_t   *descriptors;
    ngx_uint_t                     full;        /* of workers; was logged */
    time_t                         full_at;     /* of connections; likewise */
    ngx_uint_t                     cut;         /* its file; likewise */
    u_char                         told[32];    /* of a file; likewise, a bit
                                                   for each number */
    ngx_uint_t                     orphan;      /* of an instance that is no
                                                   more: nobody comes in */
    ngx_http_wsgw_process_t       *process;     /* NULL: not attached yet;
                                                   private free lists etc. */
    ngx_http_wsgw_connection_t   **local;       /* by slot: this process's */
};


/* what a look-up of an id finds out without asking its owner */

typedef struct {
    ngx_uint_t                     state;       /* NGX_HTTP_WSGW_SLOT_* */
    ngx_http_wsgw_owner_t          owner;
    uint64_t                       api;
    ngx_uint_t                     here;        /* 1: this process owns it */
} ngx_http_wsgw_slot_info_t;


#define NGX_HTTP_WSGW_SLOT_FREE        0
#define NGX_HTTP_WSGW_SLOT_CONNECTING  1
#define NGX_HTTP_WSGW_SLOT_OPEN        2
#define NGX_HTTP_WSGW_SLOT_OWED        3


/*
 * Configuration time.  find: the zone of that name, NULL if the cycle has none
 * so far.  add: makes it; NULL: there is one, or no memory; logged.
 */
ngx_http_wsgw_zone_t *ngx_http_wsgw_zone_find(ngx_conf_t *cf,
    ngx_str_t *name);
ngx_http_wsgw_zone_t *ngx_http_wsgw_zone_add(ngx_conf_t *cf,
    ngx_str_t *name, size_t size, ngx_str_t *state);

/* capacity of a zone of that size; 0: too small */
uint32_t ngx_http_wsgw_zone_capacity(size_t size);

/* init_module: the new cycle takes the descriptors over from the old one */
ngx_int_t ngx_http_wsgw_zone_commit(ngx_cycle_t *cycle,
    ngx_http_wsgw_zone_t *zone);

/*
 * init_module, once, also without any zone: tells the workers of the old
 * cycle's zones that the new cycle does not go on with, that it is a reload.
 */
void ngx_http_wsgw_zones_retire(ngx_cycle_t *cycle);

/*
 * 1: a connection of that instance may live in a worker of the zone that was
 * here before its size was changed, or under the other master while nginx's
 * binary is being replaced, so nobody here can tell whether it does.
 */
ngx_uint_t ngx_http_wsgw_zone_predecessor(ngx_http_wsgw_zone_t *zone,
    uint32_t instance);

/* in a worker that was told to quit: 1: others go on, 0: the server ends */
ngx_uint_t ngx_http_wsgw_zone_succeeded(ngx_http_wsgw_zone_t *zone);

/*
 * In a worker that was told to quit: 1: what it leaves is lost, as those that
 * go on are in another zone, and this one is in no file.
 */
ngx_uint_t ngx_http_wsgw_zone_is_last(ngx_http_wsgw_zone_t *zone);

/*
 * Takes a worker slot for this process (idempotent, also called lazily, as a
 * single process does not run init_process after a reload).  NGX_ERROR: none
 * is free, or no memory; logged once.
 */
ngx_int_t ngx_http_wsgw_zone_attach(ngx_http_wsgw_zone_t *zone,
    ngx_log_t *log);

/* exit_process: gives empty stripes and the worker slot back */
void ngx_http_wsgw_zone_detach(ngx_http_wsgw_zone_t *zone);

/*
 * Takes a slot in state CONNECTING and writes the record; all is in the zone
 * when this returns, so a $connect may leave.  At "due", in ngx_current_msec,
 * a dead worker's slot falls due.  NGX_DECLINED: the zone is full.
 */
ngx_int_t ngx_http_wsgw_slot_take(ngx_http_wsgw_zone_t *zone, wsgw_id_t *id,
    uint64_t api, uint64_t connected_at, uint64_t due, u_char *record,
    size_t len);

/* the owner's writes; each is one store of the state word, that last */
void ngx_http_wsgw_slot_open(ngx_http_wsgw_zone_t *zone, uint32_t slot);
void ngx_http_wsgw_slot_owe(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_uint_t code, ngx_str_t *reason);
void ngx_http_wsgw_slot_free(ngx_http_wsgw_zone_t *zone, uint32_t slot);

/*
 * For a sweeper: the slot's record into dst, its length returned; NGX_DECLINED
 * if the slot has none or dst is too small.  The reason points into dst too.
 */
ssize_t ngx_http_wsgw_record_read(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    u_char *dst, size_t size, ngx_str_t *reason);

/* NGX_OK: connecting or open; NGX_DECLINED: ended, or never was (a fact) */
ngx_int_t ngx_http_wsgw_slot_find(ngx_http_wsgw_zone_t *zone,
    const wsgw_id_t *id, ngx_http_wsgw_slot_info_t *info);

/* the whole of a slot; only its state, if another process owns it */

typedef struct {
    ngx_uint_t                     state;
    ngx_uint_t                     attempt;     /* of $disconnect, so far */
    ngx_uint_t                     code;
    uint64_t                       secret;
    uint32_t                       instance;
    uint64_t                       api;
    uint64_t                       connected_at;    /* ms since 1970 */
    uint64_t                       due;         /* in ngx_current_msec */
    uint64_t                       owed_at;     /* likewise */
} ngx_http_wsgw_slot_view_t;

void ngx_http_wsgw_slot_view(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_http_wsgw_slot_view_t *view);

/* of a worker that died: it is owed from now on, with code 1006 */
void ngx_http_wsgw_slot_lost(ngx_http_wsgw_zone_t *zone, uint32_t slot);

/* an owed slot: an attempt begins, or the next one has time until "due" */
void ngx_http_wsgw_slot_attempt(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_uint_t attempt);
void ngx_http_wsgw_slot_delay(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint64_t due);

/*
 * Makes what dead owners left ours, and calls found() for each slot of theirs
 * that is not free.
 */
void ngx_http_wsgw_zone_adopt(ngx_http_wsgw_zone_t *zone,
    void (*found)(ngx_http_wsgw_zone_t *zone, uint32_t slot));

/* 1: nothing is left to adopt, and no slot is in use */
ngx_uint_t ngx_http_wsgw_zone_is_done(ngx_http_wsgw_zone_t *zone);

/*
 * Owed ones may fill a quarter of the zone: so many are more than that, of
 * "mine" that this process has and above its share.
 */
ngx_uint_t ngx_http_wsgw_zone_excess(ngx_http_wsgw_zone_t *zone,
    ngx_uint_t mine);

/*
 * The 64 bits by which a slot names its API: the upper half is a hash of the
 * zone's name and the stage's, the lower half also of the API's id.
 */
uint64_t ngx_http_wsgw_api_hash(ngx_str_t *zone, ngx_str_t *api_id,
    ngx_str_t *stage);

#define ngx_http_wsgw_api_stage(api)  ((uint32_t) ((api) >> 32))

/* 54 bits from the operating system's generator */
ngx_int_t ngx_http_wsgw_random(uint64_t *secret);


#endif /* _NGX_HTTP_WSGW_REGISTRY_H_INCLUDED_ */
