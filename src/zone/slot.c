
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Slots of connections.  A slot is written by its owner alone, its word always
 * last, so who dies leaves either the state before or the state after.
 */


#include "zone/slot.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/random.h"
#include "zone/fault.h"
#include "zone/number.h"
#include "zone/record.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_DUE_MAX     (10 * 60 * 1000)  /* ms ahead */


static void ngx_http_wsgw_slot_id(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    wsgw_id_t *id);
static void ngx_http_wsgw_slot_log_full(ngx_http_wsgw_zone_t *zone);


#define ngx_http_wsgw_slot_number(zone, flags)                                \
    ngx_http_wsgw_number_in_id(zone, (flags) & NGX_HTTP_WSGW_SLOT_REGISTERED)


#if (NGX_DEBUG)

static const char *
ngx_http_wsgw_slot_state(uint64_t word)
{
    static const char  *names[] = { "FREE", "CONNECTING", "OPEN", "OWED" };

    return names[ngx_http_wsgw_slot_word_state(word) & 3];
}

#endif


/*
 * The one store by which a slot changes.  Dying before it, nothing happened,
 * whatever else was written; dying after it, all that was written counts.
 */

static ngx_inline void
ngx_http_wsgw_slot_store(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint64_t word)
{
    ngx_http_wsgw_slot_t  *s;

    s = ngx_http_wsgw_slot(zone->base, slot);

    ngx_log_debug7(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw slot:%uD %s -> %s code:%ui attempt:%ui "
                   "word:%016xL -> %016xL",
                   slot, ngx_http_wsgw_slot_state(s->word),
                   ngx_http_wsgw_slot_state(word),
                   ngx_http_wsgw_slot_word_code(word),
                   ngx_http_wsgw_slot_word_attempt(word), s->word, word);

    ngx_http_wsgw_failpoint("slot_before_store");

    __atomic_store_n(&s->word, word, __ATOMIC_RELEASE);

    ngx_http_wsgw_failpoint("slot_after_store");
}


ngx_uint_t
ngx_http_wsgw_slot_used(u_char *base, uint32_t slot)
{
    uint64_t  word;

    word = __atomic_load_n(&ngx_http_wsgw_slot(base, slot)->word,
                           __ATOMIC_ACQUIRE);

    return ngx_http_wsgw_slot_word_state(word) != NGX_HTTP_WSGW_SLOT_FREE;
}


ngx_int_t
ngx_http_wsgw_slot_take(ngx_http_wsgw_zone_t *zone, wsgw_id_t *id,
    uint64_t api, uint64_t connected_at)
{
    uint32_t                  slot, sequence;
    uint64_t                  secret;
    ngx_http_wsgw_slot_t     *s;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (process == NULL || ngx_http_wsgw_random(&secret) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_fault_found(zone)) {
        return NGX_DECLINED;
    }

    slot = ngx_http_wsgw_stripes_get(&process->slots);

    if (slot == NGX_HTTP_WSGW_NONE) {
        ngx_http_wsgw_slot_log_full(zone);
        return NGX_DECLINED;
    }

    s = ngx_http_wsgw_slot(zone->base, slot);
    sequence = ngx_http_wsgw_slot_word_sequence(s->word) + 1;

    /* The FREE word of the last use is seen before any of what follows. */

    __atomic_thread_fence(__ATOMIC_RELEASE);

    s->secret = secret & NGX_HTTP_WSGW_SECRET;
    s->owner = ngx_http_wsgw_owner_word(&process->self);
    s->api = api;
    s->connected_at = connected_at;
    s->due = 0;
    s->record = 0;
    s->flags = ngx_http_wsgw_number_issue(zone);
    s->reason = 0;
    s->ended = ngx_http_wsgw_ended_not;
    s->owed_at = 0;

    ngx_http_wsgw_slot_store(zone, slot,
        ngx_http_wsgw_slot_word(sequence, 0, 0,
                                NGX_HTTP_WSGW_SLOT_CONNECTING));

    ngx_http_wsgw_slot_id(zone, slot, id);

    return NGX_OK;
}


static void
ngx_http_wsgw_slot_id(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    wsgw_id_t *id)
{
    ngx_http_wsgw_slot_t  *s;

    s = ngx_http_wsgw_slot(zone->base, slot);

    id->secret = s->secret;
    id->slot = slot;
    id->number = ngx_http_wsgw_slot_number(zone, s->flags);
}


/*
 * Dying before the store, the slot owes nothing: its chunks are free with it.
 * Dying after it, a $connect may have left.
 */

ngx_int_t
ngx_http_wsgw_slot_record(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint64_t due, u_char *record, size_t len)
{
    uint32_t               chunk;
    ngx_http_wsgw_slot_t  *s;

    if (zone->process == NULL) {
        return NGX_ERROR;
    }

    s = ngx_http_wsgw_slot(zone->base, slot);

    chunk = ngx_http_wsgw_record_write(zone->process, slot,
                                 ngx_http_wsgw_slot_word_sequence(s->word),
                                 record, len);
    if (chunk == 0) {
        ngx_http_wsgw_slot_log_full(zone);
        return NGX_DECLINED;
    }

    s->due = due;

    ngx_http_wsgw_failpoint("slot_before_record");

    __atomic_store_n(&s->record, chunk, __ATOMIC_RELEASE);

    ngx_http_wsgw_failpoint("slot_after_record");

    return NGX_OK;
}


/*
 * There is no slot, or no chunk for its record.  That is said once a minute, as
 * each handshake comes here now.
 */

static void
ngx_http_wsgw_slot_log_full(ngx_http_wsgw_zone_t *zone)
{
    if (zone->full_logged && ngx_time() - zone->full_logged < 60) {
        return;
    }

    zone->full_logged = ngx_time();

    ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                  "wsgw zone \"%V\" is full, handshakes are refused; raise "
                  "its size in wsgw_zone, %s:%ui",
                  &zone->name, zone->file, zone->line);
}


void
ngx_http_wsgw_slot_open(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    ngx_http_wsgw_slot_t  *s;

    if (zone->process == NULL) {
        return;
    }

    s = ngx_http_wsgw_slot(zone->base, slot);

    ngx_http_wsgw_slot_store(zone, slot,
        ngx_http_wsgw_slot_word(ngx_http_wsgw_slot_word_sequence(s->word),
                                0, 0, NGX_HTTP_WSGW_SLOT_OPEN));
}


/* The caller makes the first attempt next, so it is counted here already. */

void
ngx_http_wsgw_slot_owe(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_http_wsgw_ended_e why, ngx_uint_t code, ngx_str_t *reason)
{
    ngx_http_wsgw_slot_t  *s;

    if (zone->process == NULL) {
        return;
    }

    s = ngx_http_wsgw_slot(zone->base, slot);

    ngx_http_wsgw_record_add_reason(zone, slot, reason);
    s->ended = (uint8_t) why;
    s->due = ngx_current_msec;
    s->owed_at = s->due;

    ngx_http_wsgw_slot_store(zone, slot,
        ngx_http_wsgw_slot_word(ngx_http_wsgw_slot_word_sequence(s->word),
                                code & NGX_HTTP_WSGW_CODE_MAX, 1,
                                NGX_HTTP_WSGW_SLOT_OWED));
}


void
ngx_http_wsgw_slot_free(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    uint32_t                  sequence;
    ngx_http_wsgw_slot_t     *s;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (process == NULL) {
        return;
    }

    s = ngx_http_wsgw_slot(zone->base, slot);
    sequence = ngx_http_wsgw_slot_word_sequence(s->word);

    ngx_http_wsgw_slot_store(zone, slot,
        ngx_http_wsgw_slot_word(sequence, 0, 0, NGX_HTTP_WSGW_SLOT_FREE));

    ngx_http_wsgw_record_put(process, slot, sequence, s->record);
    ngx_http_wsgw_stripes_put(&process->slots, slot);
}


void
ngx_http_wsgw_slot_view(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_http_wsgw_slot_view_t *view)
{
    ngx_http_wsgw_slot_t  *s;

    s = ngx_http_wsgw_slot(zone->base, slot);

    view->state = ngx_http_wsgw_slot_word_state(s->word);
    view->attempt = ngx_http_wsgw_slot_word_attempt(s->word);
    view->code = ngx_http_wsgw_slot_word_code(s->word);
    view->recorded = (s->record != 0);
    view->ended = s->ended;
    view->api = s->api;
    view->connected_at = s->connected_at;
    view->due = s->due;
    view->owed_at = s->owed_at;

    ngx_http_wsgw_slot_id(zone, slot, &view->id);
}


void
ngx_http_wsgw_slot_lost(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    ngx_http_wsgw_slot_t  *s;

    static ngx_str_t       reason = ngx_string("Worker process died");

    s = ngx_http_wsgw_slot(zone->base, slot);

    ngx_http_wsgw_record_add_reason(zone, slot, &reason);
    s->ended = ngx_http_wsgw_ended_worker_lost;
    s->due = ngx_current_msec;
    s->owed_at = s->due;

    ngx_http_wsgw_slot_store(zone, slot,
        ngx_http_wsgw_slot_word(ngx_http_wsgw_slot_word_sequence(s->word),
                                1006, 0, NGX_HTTP_WSGW_SLOT_OWED));
}


void
ngx_http_wsgw_slot_attempt(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_uint_t attempt)
{
    ngx_http_wsgw_slot_t  *s;

    s = ngx_http_wsgw_slot(zone->base, slot);

    ngx_http_wsgw_slot_store(zone, slot,
        ngx_http_wsgw_slot_word(ngx_http_wsgw_slot_word_sequence(s->word),
                                ngx_http_wsgw_slot_word_code(s->word),
                                ngx_min(attempt, NGX_HTTP_WSGW_ATTEMPT_MAX),
                                NGX_HTTP_WSGW_SLOT_OWED));
}


/* Dying before it, the attempt comes earlier. */

void
ngx_http_wsgw_slot_delay(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint64_t due)
{
    ngx_http_wsgw_slot(zone->base, slot)->due = due;
}


/*
 * The stripe is ours already.  Dying before the store, the owner word still
 * names one who is dead, and dying after it another: the same to all others.
 * A file may be older than the host's uptime, which its times are counted in.
 */

void
ngx_http_wsgw_slot_inherit(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    ngx_http_wsgw_slot_t  *s;

    s = ngx_http_wsgw_slot(zone->base, slot);

    s->owed_at = ngx_min(s->owed_at, ngx_current_msec);
    s->due = ngx_min(s->due, ngx_current_msec + NGX_HTTP_WSGW_DUE_MAX);

    __atomic_store_n(&s->owner, ngx_http_wsgw_owner_word(&zone->process->self),
                     __ATOMIC_RELEASE);
}


/*
 * The owner may free the slot and take it anew while we read.  Then the word
 * has changed, as its sequence never comes back, and we read again.
 */

ngx_int_t
ngx_http_wsgw_slot_find(ngx_http_wsgw_zone_t *zone, const wsgw_id_t *id,
    ngx_http_wsgw_slot_info_t *info)
{
    uint16_t                      flags;
    uint64_t                      word, again, secret, owner;
    ngx_http_wsgw_slot_t         *s;

    if (id->slot >= zone->slots) {
        return NGX_DECLINED;
    }

    s = ngx_http_wsgw_slot(zone->base, id->slot);
    again = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);

    do {
        word = again;

        secret = s->secret;
        owner = s->owner;
        flags = s->flags;
        info->api = s->api;

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        again = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);

    } while (word != again);

    info->state = ngx_http_wsgw_slot_word_state(word);
    info->owner = ngx_http_wsgw_owner(owner);
    info->here = zone->process
                 && owner == ngx_http_wsgw_owner_word(&zone->process->self);

    /* All bits are compared at once: the time says nothing about which fit. */

    if (((secret ^ id->secret) & NGX_HTTP_WSGW_SECRET)
        | (ngx_http_wsgw_slot_number(zone, flags) ^ id->number))
    {
        return NGX_DECLINED;
    }

    if ((info->state != NGX_HTTP_WSGW_SLOT_CONNECTING
         && info->state != NGX_HTTP_WSGW_SLOT_OPEN)
        || info->owner.index >= ngx_http_wsgw_header(zone)->nworkers)
    {
        return NGX_DECLINED;
    }

    /* Its owner has died, and nobody has adopted the slot yet. */

    return ngx_http_wsgw_owner_has_ended(zone, info->owner) ? NGX_DECLINED
                                                            : NGX_OK;
}


/* As above: what was read counts if the word is the same after it. */

ngx_int_t
ngx_http_wsgw_slot_is_open(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_http_wsgw_slot_open_t *open)
{
    uint64_t               word, again;
    ngx_http_wsgw_slot_t  *s;

    s = ngx_http_wsgw_slot(zone->base, slot);
    again = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);

    do {
        word = again;

        if (ngx_http_wsgw_slot_word_state(word) != NGX_HTTP_WSGW_SLOT_OPEN) {
            return NGX_DECLINED;
        }

        open->owner = s->owner;
        open->api = s->api;
        open->connected_at = s->connected_at;

        ngx_http_wsgw_slot_id(zone, slot, &open->id);

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        again = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);

    } while (word != again);

    return NGX_OK;
}


uint64_t
ngx_http_wsgw_slot_api(ngx_str_t *zone, ngx_str_t *api_id, ngx_str_t *stage)
{
    uint64_t  upper, lower;

    upper = ngx_http_wsgw_hash_whole(NGX_HTTP_WSGW_HASH_EMPTY, zone);
    upper = ngx_http_wsgw_hash_whole(upper, stage);
    lower = ngx_http_wsgw_hash_whole(upper, api_id);

    upper ^= upper >> 32;
    lower ^= lower >> 32;

    return upper << 32 | (lower & 0xffffffff);
}
