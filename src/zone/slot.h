
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Slots: one for each connection that may owe a $disconnect.  Its owner alone
 * writes it, be it the connection's worker or the heir of one that has died.
 */


#ifndef _NGX_HTTP_WSGW_SLOT_H_INCLUDED_
#define _NGX_HTTP_WSGW_SLOT_H_INCLUDED_


#include "zone/zone.h"


/* what anybody can find out of an id without asking its owner */

typedef struct {
    ngx_uint_t                     state;       /* NGX_HTTP_WSGW_SLOT_* */
    ngx_http_wsgw_owner_t          owner;
    uint64_t                       api;
    ngx_uint_t                     here;        /* 1: this process owns it */
} ngx_http_wsgw_slot_info_t;


/*
 * Takes a slot in state CONNECTING, without a record: it has an id, and owes
 * nothing should its worker die.  NGX_DECLINED: the zone is full.
 */
ngx_int_t ngx_http_wsgw_slot_take(ngx_http_wsgw_zone_t *zone, wsgw_id_t *id,
    uint64_t api, uint64_t connected_at);

/*
 * Writes the record of a slot that is CONNECTING; all is in the zone when this
 * returns, so a $connect may leave.  At "due", in ngx_current_msec, a dead
 * worker's slot falls due.  NGX_DECLINED: the zone is full.
 */
ngx_int_t ngx_http_wsgw_slot_record(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint64_t due, u_char *record, size_t len);

/* The owner's changes of state; each ends with one store of the word. */
void ngx_http_wsgw_slot_open(ngx_http_wsgw_zone_t *zone, uint32_t slot);
void ngx_http_wsgw_slot_owe(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_http_wsgw_ended_e why, ngx_uint_t code, ngx_str_t *reason);
void ngx_http_wsgw_slot_free(ngx_http_wsgw_zone_t *zone, uint32_t slot);

/*
 * Looks an id up.  NGX_OK: the connection is CONNECTING or OPEN; NGX_DECLINED:
 * it has ended for certain, or never was.
 */
ngx_int_t ngx_http_wsgw_slot_find(ngx_http_wsgw_zone_t *zone,
    const wsgw_id_t *id, ngx_http_wsgw_slot_info_t *info);

/* a connection that is open, as anybody sees it */

typedef struct {
    wsgw_id_t                      id;
    uint64_t                       owner;       /* word */
    uint64_t                       api;
    uint64_t                       connected_at;    /* ms since 1970 */
} ngx_http_wsgw_slot_open_t;

/* NGX_DECLINED: there is none in that slot */
ngx_int_t ngx_http_wsgw_slot_is_open(ngx_http_wsgw_zone_t *zone,
    uint32_t slot, ngx_http_wsgw_slot_open_t *open);


/* all of a slot; of one that another process owns only the state is sound */

typedef struct {
    ngx_uint_t                     state;
    ngx_uint_t                     attempt;     /* of $disconnect, so far */
    ngx_uint_t                     code;
    ngx_http_wsgw_ended_e          ended;
    wsgw_id_t                      id;
    ngx_uint_t                     recorded;    /* 1: it has a record */
    uint64_t                       api;
    uint64_t                       connected_at;    /* ms since 1970 */
    uint64_t                       due;         /* in ngx_current_msec */
    uint64_t                       owed_at;     /* in ngx_current_msec */
} ngx_http_wsgw_slot_view_t;

void ngx_http_wsgw_slot_view(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_http_wsgw_slot_view_t *view);

/* The slot's worker has died: from now on it owes a $disconnect, code 1006. */
void ngx_http_wsgw_slot_lost(ngx_http_wsgw_zone_t *zone, uint32_t slot);

/* A slot that is OWED: an attempt begins, or the next one is due later. */
void ngx_http_wsgw_slot_attempt(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_uint_t attempt);
void ngx_http_wsgw_slot_delay(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint64_t due);


/* A slot in a stripe that we have adopted becomes ours. */
void ngx_http_wsgw_slot_inherit(ngx_http_wsgw_zone_t *zone, uint32_t slot);

/* 1: the slot is in use; what stripes_init() asks for */
ngx_uint_t ngx_http_wsgw_slot_used(u_char *base, uint32_t slot);


/*
 * The 64 bits by which a slot names its API: the upper half is a hash of the
 * zone's name and the stage's, the lower half also of the API's id.
 */
uint64_t ngx_http_wsgw_slot_api(ngx_str_t *zone, ngx_str_t *api_id,
    ngx_str_t *stage);

#define ngx_http_wsgw_slot_api_stage(api)  ((uint32_t) ((api) >> 32))


#endif /* _NGX_HTTP_WSGW_SLOT_H_INCLUDED_ */
