/*
 * As much of nginx as the zone's files need, so that a plain program can run
 * them: memory, log, configuration of one zone, and an event loop.
 */

#ifndef STUB_H
#define STUB_H


#include "zone/zone.h"


/* the stub's seconds pass so many times faster */
extern ngx_uint_t  stub_speed;

/* what was logged at [warn] and above */
extern ngx_uint_t  stub_alerts;
extern char        stub_last_alert[512];

/* the directory of state= of the zones to come, or empty */
extern ngx_str_t  stub_state;

/* a new cycle after old (or NULL) that has a zone of that size, initialized
   as nginx does it; NULL if that failed, the cycle is gone then */
ngx_http_wsgw_zone_t *stub_zone(ngx_cycle_t *old, size_t size);

/* commits it: the old cycle is destroyed, its zone unmapped if not taken */
void stub_commit(ngx_http_wsgw_zone_t *zone);

/* runs the pool's cleanups and frees what the cycle has */
void stub_destroy(ngx_cycle_t *cycle);

/* in a process of its own */
void stub_process(void);

/* runs in a child until it returns; the child's exit code is the result */
pid_t stub_spawn(int (*run)(ngx_http_wsgw_zone_t *zone),
    ngx_http_wsgw_zone_t *zone);

/* takes a slot, and unless len is 0 writes its record */
ngx_int_t stub_take(ngx_http_wsgw_zone_t *zone, wsgw_id_t *id, uint64_t api,
    uint64_t connected_at, uint64_t due, u_char *record, size_t len);

/* one turn of the event loop, at most so many real milliseconds */
void stub_turn(int ms);

/* TAP */
void stub_ok(int ok, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int stub_done(void);


#endif /* STUB_H */
