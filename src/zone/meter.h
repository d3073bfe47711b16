
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What is counted, per worker slot, in the zone.  Whoever counts adds to a word
 * of its own process; whoever reads adds the words of all worker slots up.
 */


#ifndef _NGX_HTTP_WSGW_METER_H_INCLUDED_
#define _NGX_HTTP_WSGW_METER_H_INCLUDED_


#include "zone/zone.h"


/* The words of each kind of row.  Their numbers are in the zone, so what is
   new comes last. */

typedef enum {
    ngx_http_wsgw_traffic_text = 0,     /* messages received */
    ngx_http_wsgw_traffic_binary,
    ngx_http_wsgw_traffic_reply,        /* messages sent, by source */
    ngx_http_wsgw_traffic_push,
    ngx_http_wsgw_traffic_error,
    ngx_http_wsgw_traffic_bytes_in,     /* payload */
    ngx_http_wsgw_traffic_bytes_out,
    ngx_http_wsgw_traffic_wire_in,
    ngx_http_wsgw_traffic_wire_out,
    ngx_http_wsgw_traffic_close_in,     /* control frames: close, ping, pong */
    ngx_http_wsgw_traffic_ping_in,
    ngx_http_wsgw_traffic_pong_in,
    ngx_http_wsgw_traffic_close_out,
    ngx_http_wsgw_traffic_ping_out,
    ngx_http_wsgw_traffic_pong_out,
    ngx_http_wsgw_traffic_unrouted,     /* messages without a route */
    ngx_http_wsgw_traffic_limited       /* over wsgw_message_rate */
} ngx_http_wsgw_traffic_e;


/* messages to many; their senders count for the stage of the call */

typedef enum {
    ngx_http_wsgw_groups_group = 0,     /* sends, by kind */
    ngx_http_wsgw_groups_all,
    ngx_http_wsgw_groups_batch,
    ngx_http_wsgw_groups_sent,          /* deliveries, by result */
    ngx_http_wsgw_groups_full,
    ngx_http_wsgw_groups_unknown
} ngx_http_wsgw_groups_e;


typedef enum {
    ngx_http_wsgw_queues_bytes = 0,     /* that wait for clients */
    ngx_http_wsgw_queues_slow,          /* clients that have such */
    ngx_http_wsgw_queues_running,       /* events */
    ngx_http_wsgw_queues_waiting,       /* for wsgw_worker_events */
    ngx_http_wsgw_queues_groups,        /* that have members, and these */
    ngx_http_wsgw_queues_members
} ngx_http_wsgw_queues_e;


/* how a handshake ends; 0 is not yet */

typedef enum {
    ngx_http_wsgw_handshake_open = 0,
    ngx_http_wsgw_handshake_accepted,
    ngx_http_wsgw_handshake_malformed,
    ngx_http_wsgw_handshake_origin,
    ngx_http_wsgw_handshake_path,
    ngx_http_wsgw_handshake_rejected,
    ngx_http_wsgw_handshake_unauthorized,
    ngx_http_wsgw_handshake_connect_failed,
    ngx_http_wsgw_handshake_connect_timeout,
    ngx_http_wsgw_handshake_limit,
    ngx_http_wsgw_handshake_zone_full,
    ngx_http_wsgw_handshake_memory,
    ngx_http_wsgw_handshake_aborted,
    ngx_http_wsgw_handshake_last
} ngx_http_wsgw_handshake_e;


/* 1000 to 1013 are 0 to 13 */

#define NGX_HTTP_WSGW_CODE_3XXX   14
#define NGX_HTTP_WSGW_CODE_4XXX   15
#define NGX_HTTP_WSGW_CODE_OTHER  16


typedef enum {
    ngx_http_wsgw_failures_internal = 0,    /* error frames */
    ngx_http_wsgw_failures_timeout,
    ngx_http_wsgw_failures_forbidden,
    ngx_http_wsgw_failures_limited,
    ngx_http_wsgw_failures_delivered,       /* $disconnects */
    ngx_http_wsgw_failures_retried,
    ngx_http_wsgw_failures_abandoned
} ngx_http_wsgw_failures_e;


/* what became of an event */

typedef enum {
    ngx_http_wsgw_requests_ok = 0,
    ngx_http_wsgw_requests_refused,
    ngx_http_wsgw_requests_function_error,
    ngx_http_wsgw_requests_status_5xx,
    ngx_http_wsgw_requests_unreachable,
    ngx_http_wsgw_requests_timeout,
    ngx_http_wsgw_requests_bad_result,
    ngx_http_wsgw_requests_too_large,
    ngx_http_wsgw_requests_last
} ngx_http_wsgw_requests_e;


typedef enum {
    ngx_http_wsgw_worker_letters_done = 0,
    ngx_http_wsgw_worker_letters_timeout,
    ngx_http_wsgw_worker_letters_no_room,
    ngx_http_wsgw_worker_lost
} ngx_http_wsgw_worker_e;


/* questions to other nodes by their result, then questions of theirs */

typedef enum {
    ngx_http_wsgw_redis_answered = 0,
    ngx_http_wsgw_redis_unavailable,    /* not asked: the pair is not ready */
    ngx_http_wsgw_redis_nobody,
    ngx_http_wsgw_redis_suspect,
    ngx_http_wsgw_redis_timeout,
    ngx_http_wsgw_redis_lost,           /* with the pair */
    ngx_http_wsgw_redis_served,
    ngx_http_wsgw_redis_dropped,        /* results that nobody awaits */
    ngx_http_wsgw_redis_reconnects,
    ngx_http_wsgw_redis_probes_failed,
    ngx_http_wsgw_redis_last
} ngx_http_wsgw_redis_e;


typedef enum {
    ngx_http_wsgw_memory_kept = 0,
    ngx_http_wsgw_memory_limit,
    ngx_http_wsgw_memory_letters,       /* chunks in use */
    ngx_http_wsgw_memory_records
} ngx_http_wsgw_memory_e;


/* Times have 14 bounds in ms, then what is longer, then their sum; lifetimes
   have 8 bounds in seconds. */

#define NGX_HTTP_WSGW_TIME_BOUNDS      14
#define NGX_HTTP_WSGW_LIFETIME_BOUNDS  8

extern const uint32_t  ngx_http_wsgw_meter_times[NGX_HTTP_WSGW_TIME_BOUNDS];
extern const uint32_t
                   ngx_http_wsgw_meter_lifetimes[NGX_HTTP_WSGW_LIFETIME_BOUNDS];


/* the names of ngx_http_wsgw_ended_e; NULL: not yet */
extern const char *const
                      ngx_http_wsgw_meter_reasons[ngx_http_wsgw_ended_last];


/* of a push; any other status is the last word */

#define NGX_HTTP_WSGW_METER_STATUSES   16

extern const uint16_t
                    ngx_http_wsgw_meter_statuses[NGX_HTTP_WSGW_METER_STATUSES];


/* one of a stage, or of a route of it; all of it lives as long as the pool.
   NULL: no memory */
ngx_http_wsgw_meter_t *ngx_http_wsgw_meter_create(ngx_pool_t *pool,
    ngx_http_wsgw_zone_t *zone, uint64_t hash, ngx_str_t *api,
    ngx_str_t *name);
ngx_http_wsgw_meter_t *ngx_http_wsgw_meter_of_route(ngx_pool_t *pool,
    ngx_http_wsgw_meter_t *stage, ngx_str_t *key);

/* the row's words; where the zone has no place for it, which is logged once, or
   is an orphan, words that nobody reads */
uint64_t *ngx_http_wsgw_meter_row(ngx_http_wsgw_meter_t *meter,
    ngx_uint_t kind);

/* the number of the meter's name in the zone, or NGX_HTTP_WSGW_NONE */
uint32_t ngx_http_wsgw_meter_name(ngx_http_wsgw_meter_t *meter);

/* which of ngx_http_wsgw_meter_times, or the one above, has a duration */
ngx_uint_t ngx_http_wsgw_meter_time_at(ngx_msec_t ms);

/* adds how long a connection was open */
void ngx_http_wsgw_meter_lifetime(ngx_http_wsgw_meter_t *meter,
    uint64_t ms);

/* a connection has ended with that code */
void ngx_http_wsgw_meter_closed(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_ended_e why, ngx_uint_t code);

/* adds up what all worker slots have in rows of that kind: to
   NGX_HTTP_WSGW_ROW_VALUES sums */
void ngx_http_wsgw_meter_sum(ngx_http_wsgw_zone_t *zone, ngx_uint_t kind,
    uint64_t *sums);

/* makes known what the process has of its own: once a second */
void ngx_http_wsgw_meter_publish(ngx_http_wsgw_process_t *process,
    size_t memory, size_t limit);

/* the gauges of a worker slot whose owner is dead, or goes, become 0 */
void ngx_http_wsgw_meter_bury(ngx_http_wsgw_zone_t *zone, uint32_t worker);


/* One writer and a plain store: a reader sees the old number or the new. */

#define ngx_http_wsgw_meter_store(word, value)                                \
    __atomic_store_n(word, value, __ATOMIC_RELAXED)


static ngx_inline uint64_t *
ngx_http_wsgw_meter_words(ngx_http_wsgw_meter_t *meter, ngx_uint_t kind)
{
    uint64_t  *row;

    row = meter->row[kind];

    return row ? row : ngx_http_wsgw_meter_row(meter, kind);
}


static ngx_inline void
ngx_http_wsgw_meter_add(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_row_e kind, ngx_uint_t n, uint64_t value)
{
    uint64_t  *row;

    row = ngx_http_wsgw_meter_words(meter, kind);

    ngx_http_wsgw_meter_store(&row[n], row[n] + value);
}


#define ngx_http_wsgw_meter_count(meter, kind, n)                             \
    ngx_http_wsgw_meter_add(meter, ngx_http_wsgw_row_##kind, n, 1)


/* adds a duration, of a message mostly the shortest */

static ngx_inline void
ngx_http_wsgw_meter_time(ngx_http_wsgw_meter_t *meter,
    ngx_http_wsgw_row_e kind, ngx_msec_t ms)
{
    ngx_uint_t  i;

    i = ms > ngx_http_wsgw_meter_times[0] ? ngx_http_wsgw_meter_time_at(ms) : 0;

    ngx_http_wsgw_meter_add(meter, kind, i, 1);
    ngx_http_wsgw_meter_add(meter, kind, NGX_HTTP_WSGW_TIME_BOUNDS + 1, ms);
}


static ngx_inline ngx_http_wsgw_name_t *
ngx_http_wsgw_meter_name_at(ngx_http_wsgw_zone_t *zone, uint32_t n)
{
    return ngx_http_wsgw_at(zone->base, ngx_http_wsgw_header(zone)->names,
                            ngx_http_wsgw_name_t)
           + n;
}


static ngx_inline ngx_http_wsgw_row_t *
ngx_http_wsgw_meter_row_at(ngx_http_wsgw_zone_t *zone, uint32_t n)
{
    return ngx_http_wsgw_at(zone->base, ngx_http_wsgw_header(zone)->rows,
                            ngx_http_wsgw_row_t)
           + n;
}


#endif /* _NGX_HTTP_WSGW_METER_H_INCLUDED_ */
