
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * All of a zone that a dead instance left in a file, looked at before any of
 * it is used: what names a place has to name one of the right table, and no
 * chain is longer than what it holds.  Worker slots, letters and tallies are
 * not looked at, as nobody reads those of a dead instance.
 *
 * A file that survived its host may have lost any page, or have an older one
 * in its place.  Nothing is unsound by that: a record's chain may end early,
 * a stripe in use may be nobody's.
 */


#include "zone/examine.h"
#include "zone/slot.h"
#include "zone/zone.h"


/* an owner word that no process ever has: worker slot 0 before its first one */

#define NGX_HTTP_WSGW_NOBODY  ((uint64_t) 1 << 32)


static uint32_t ngx_http_wsgw_examine_owners(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_table_t *table);
static ngx_uint_t ngx_http_wsgw_examine_owner(ngx_http_wsgw_zone_t *zone,
    uint64_t word);
static uint32_t ngx_http_wsgw_examine_slots(ngx_http_wsgw_zone_t *zone);
static ngx_uint_t ngx_http_wsgw_examine_slot(ngx_http_wsgw_zone_t *zone,
    uint32_t slot);
static ngx_uint_t ngx_http_wsgw_examine_record(ngx_http_wsgw_zone_t *zone,
    uint32_t slot);
static uint32_t ngx_http_wsgw_examine_chunks(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_examine_claim(ngx_http_wsgw_zone_t *zone);


const char *
ngx_http_wsgw_examine(ngx_http_wsgw_zone_t *zone, uint32_t *number)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    *number = ngx_http_wsgw_examine_owners(zone, &h->slots);
    if (*number != NGX_HTTP_WSGW_NONE) {
        return "owner of slots";
    }

    *number = ngx_http_wsgw_examine_owners(zone, &h->records);
    if (*number != NGX_HTTP_WSGW_NONE) {
        return "owner of records";
    }

    *number = ngx_http_wsgw_examine_slots(zone);
    if (*number != NGX_HTTP_WSGW_NONE) {
        return "slot";
    }

    *number = ngx_http_wsgw_examine_chunks(zone);
    if (*number != NGX_HTTP_WSGW_NONE) {
        return "chunk of a record";
    }

    ngx_http_wsgw_examine_claim(zone);

    return NULL;
}


/*
 * Returns the first stripe whose owner cannot be in a worker slot.  Its epoch
 * does not matter, as all of them are dead.
 */

static uint32_t
ngx_http_wsgw_examine_owners(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_table_t *table)
{
    uint32_t   i;
    uint64_t  *owners;

    owners = ngx_http_wsgw_at(zone->base, table->owners, uint64_t);

    for (i = 0; i < table->stripes; i++) {
        if (owners[i] && !ngx_http_wsgw_examine_owner(zone, owners[i])) {
            return i;
        }
    }

    return NGX_HTTP_WSGW_NONE;
}


static ngx_uint_t
ngx_http_wsgw_examine_owner(ngx_http_wsgw_zone_t *zone, uint64_t word)
{
    return ngx_http_wsgw_owner(word).index
           < ngx_http_wsgw_header(zone)->nworkers;
}


static uint32_t
ngx_http_wsgw_examine_slots(ngx_http_wsgw_zone_t *zone)
{
    uint32_t  i;

    for (i = 0; i < zone->slots; i++) {

        if (ngx_http_wsgw_slot_used(zone->base, i)
            && (!ngx_http_wsgw_examine_slot(zone, i)
                || !ngx_http_wsgw_examine_record(zone, i)))
        {
            return i;
        }
    }

    return NGX_HTTP_WSGW_NONE;
}


/* Times are not looked at, as who inherits the slot bounds them. */

static ngx_uint_t
ngx_http_wsgw_examine_slot(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    ngx_http_wsgw_slot_t  *s;

    s = ngx_http_wsgw_slot(zone->base, slot);

    return ngx_http_wsgw_slot_word_state(s->word) <= NGX_HTTP_WSGW_SLOT_OWED
           && s->secret <= NGX_HTTP_WSGW_SECRET
           && (s->flags & ~NGX_HTTP_WSGW_SLOT_FLAGS) == 0
           && s->reason <= NGX_HTTP_WSGW_REASON_MAX
           && s->ended < ngx_http_wsgw_ended_last
           && ngx_http_wsgw_examine_owner(zone, s->owner);
}


/* A chain that leads back to itself is longer than its record. */

static ngx_uint_t
ngx_http_wsgw_examine_record(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    size_t                   n, all;
    uint32_t                 next, chunks, sequence;
    ngx_http_wsgw_slot_t    *s;
    ngx_http_wsgw_record_t  *record;

    s = ngx_http_wsgw_slot(zone->base, slot);
    sequence = ngx_http_wsgw_slot_word_sequence(s->word);
    chunks = ngx_http_wsgw_elements(&ngx_http_wsgw_header(zone)->records);
    all = 1;

    for (n = 0, next = s->record; next; n++, next = record->next) {

        if (next > chunks || n == all) {
            return 0;
        }

        record = ngx_http_wsgw_record(zone->base, next - 1);

        if (record->slot != slot + 1 || record->sequence != sequence) {
            break;
        }

        if (n == 0) {
            all = ngx_http_wsgw_record_chunks(record->size);
        }
    }

    return 1;
}


/* Looks at the chunks that will be asked whether they are in use. */

static uint32_t
ngx_http_wsgw_examine_chunks(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                 i, chunks;
    uint64_t                *owners;
    ngx_http_wsgw_table_t   *table;
    ngx_http_wsgw_record_t  *record;

    table = &ngx_http_wsgw_header(zone)->records;
    owners = ngx_http_wsgw_at(zone->base, table->owners, uint64_t);
    chunks = ngx_http_wsgw_elements(table);

    for (i = 0; i < chunks; i++) {

        if (owners[i >> table->shift] == 0) {
            continue;
        }

        record = ngx_http_wsgw_record(zone->base, i);

        if (record->slot > zone->slots || record->next > chunks) {
            return i;
        }
    }

    return NGX_HTTP_WSGW_NONE;
}


/* A stripe in use that is nobody's has lost its word: it gets a dead owner. */

static void
ngx_http_wsgw_examine_claim(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                i;
    uint64_t               *owner;
    ngx_http_wsgw_table_t  *table;

    table = &ngx_http_wsgw_header(zone)->slots;

    for (i = 0; i < zone->slots; i++) {
        owner = ngx_http_wsgw_at(zone->base, table->owners, uint64_t)
                + (i >> table->shift);

        if (*owner == 0 && ngx_http_wsgw_slot_used(zone->base, i)) {
            *owner = NGX_HTTP_WSGW_NOBODY;
        }
    }
}
