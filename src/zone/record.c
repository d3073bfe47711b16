
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a $disconnect needs and a slot does not hold, in chunks of the zone.
 *
 * The record and a reason after it are one stream over a chain of chunks, which
 * has room for the longest reason from the start: nothing is allocated when a
 * connection ends.
 */


#include "zone/record.h"
#include "base/failpoint.h"


static void ngx_http_wsgw_record_fill(ngx_http_wsgw_record_t *record,
    size_t offset, size_t start, u_char *data, size_t len);
static ngx_http_wsgw_record_t *ngx_http_wsgw_record_of(
    ngx_http_wsgw_zone_t *zone, uint32_t slot, uint32_t sequence,
    uint32_t next);


ngx_uint_t
ngx_http_wsgw_record_used(u_char *base, uint32_t chunk)
{
    uint64_t                 word;
    ngx_http_wsgw_header_t  *h;
    ngx_http_wsgw_record_t  *record;

    record = ngx_http_wsgw_record(base, chunk);
    h = ngx_http_wsgw_at(base, 0, ngx_http_wsgw_header_t);

    if (record->slot == 0
        || record->slot > ngx_http_wsgw_elements(&h->slots))
    {
        return 0;
    }

    word = __atomic_load_n(&ngx_http_wsgw_slot(base, record->slot - 1)->word,
                           __ATOMIC_ACQUIRE);

    return ngx_http_wsgw_slot_word_state(word) != NGX_HTTP_WSGW_SLOT_FREE
           && ngx_http_wsgw_slot_word_sequence(word) == record->sequence;
}


/*
 * The chain is written from its end, as each chunk names the next.  Until the
 * slot's word has this sequence all of them are free.
 */

uint32_t
ngx_http_wsgw_record_write(ngx_http_wsgw_process_t *process, uint32_t slot,
    uint32_t sequence, u_char *data, size_t len)
{
    size_t                   n;
    uint32_t                 chunk, next;
    ngx_http_wsgw_record_t  *record;

    next = 0;

    for (n = ngx_http_wsgw_record_chunks(len); n-- > 0; /* void */) {

        chunk = ngx_http_wsgw_stripes_get(&process->records);

        if (chunk == NGX_HTTP_WSGW_NONE) {
            ngx_http_wsgw_record_put(process, slot, sequence, next);
            return 0;
        }

        record = ngx_http_wsgw_record(process->zone->base, chunk);

        record->next = next;
        record->slot = slot + 1;
        record->sequence = sequence;
        record->size = (uint16_t) len;

        ngx_http_wsgw_record_fill(record, n * sizeof(record->data), 0, data,
                                  len);

        next = chunk + 1;

        ngx_http_wsgw_failpoint("record_chunk");
    }

    return next;
}


/*
 * A chunk holds the stream from "offset" on.  Copies as much of data, which is
 * the stream from "start" on, as falls into it.
 */

static void
ngx_http_wsgw_record_fill(ngx_http_wsgw_record_t *record, size_t offset,
    size_t start, u_char *data, size_t len)
{
    size_t  from, to;

    from = ngx_max(offset, start);
    to = ngx_min(offset + sizeof(record->data), start + len);

    if (from < to) {
        ngx_memcpy(record->data + (from - offset), data + (from - start),
                   to - from);
    }
}


void
ngx_http_wsgw_record_put(ngx_http_wsgw_process_t *process, uint32_t slot,
    uint32_t sequence, uint32_t next)
{
    size_t                   left;
    uint32_t                 chunk;
    ngx_http_wsgw_record_t  *record;

    /* A damaged chain may lead back to itself: none is longer than this. */

    for (left = ngx_http_wsgw_record_chunks(UINT16_MAX); left; left--) {
        record = ngx_http_wsgw_record_of(process->zone, slot, sequence, next);
        if (record == NULL) {
            return;
        }

        chunk = next - 1;
        next = record->next;

        /* From here on the chunk may be another process's. */

        ngx_http_wsgw_stripes_put(&process->records, chunk);
    }
}


/* The reason counts from the moment that the slot's word says OWED. */

void
ngx_http_wsgw_record_add_reason(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_str_t *reason)
{
    size_t                   len, start, offset;
    uint32_t                 sequence;
    ngx_http_wsgw_slot_t    *s;
    ngx_http_wsgw_record_t  *record;

    if (reason == NULL || reason->len == 0) {
        return;
    }

    s = ngx_http_wsgw_slot(zone->base, slot);
    sequence = ngx_http_wsgw_slot_word_sequence(s->word);

    len = ngx_min(reason->len, NGX_HTTP_WSGW_REASON_MAX);

    s->reason = (uint8_t) len;

    record = ngx_http_wsgw_record_of(zone, slot, sequence, s->record);
    start = record ? record->size : 0;

    for (offset = 0;
         record && offset < start + len;
         offset += sizeof(record->data))
    {
        ngx_http_wsgw_record_fill(record, offset, start, reason->data, len);

        record = ngx_http_wsgw_record_of(zone, slot, sequence, record->next);
    }
}


ssize_t
ngx_http_wsgw_record_read(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    u_char *dst, size_t size, ngx_str_t *reason)
{
    size_t                   n, len, total, offset;
    uint32_t                 sequence;
    ngx_http_wsgw_slot_t    *s;
    ngx_http_wsgw_record_t  *record;

    s = ngx_http_wsgw_slot(zone->base, slot);
    sequence = ngx_http_wsgw_slot_word_sequence(s->word);

    record = ngx_http_wsgw_record_of(zone, slot, sequence, s->record);
    if (record == NULL) {
        return NGX_DECLINED;
    }

    len = record->size;
    total = len;

    if (ngx_http_wsgw_slot_word_state(s->word) == NGX_HTTP_WSGW_SLOT_OWED) {
        total += s->reason;
    }

    if (total > size) {
        return NGX_DECLINED;
    }

    for (offset = 0; offset < total; offset += n) {

        if (record == NULL) {
            return NGX_DECLINED;
        }

        n = ngx_min(total - offset, sizeof(record->data));
        ngx_memcpy(dst + offset, record->data, n);

        record = ngx_http_wsgw_record_of(zone, slot, sequence, record->next);
    }

    reason->data = dst + len;
    reason->len = total - len;

    return (ssize_t) len;
}


/*
 * The chunk next - 1 of a slot's record; NULL: the end.  In a file that
 * survived its host any page may be lost, or be an older one, whose chunk is
 * another slot's or a former use's.  Callers bound their walk by the record's
 * size, as a chain may lead back to itself.
 */

static ngx_http_wsgw_record_t *
ngx_http_wsgw_record_of(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    uint32_t sequence, uint32_t next)
{
    ngx_http_wsgw_record_t  *record;

    if (next == 0
        || next > ngx_http_wsgw_elements(&ngx_http_wsgw_header(zone)->records))
    {
        return NULL;
    }

    record = ngx_http_wsgw_record(zone->base, next - 1);

    if (record->slot != slot + 1 || record->sequence != sequence) {
        return NULL;
    }

    return record;
}
