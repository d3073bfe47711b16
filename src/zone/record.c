
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a $disconnect needs and a slot does not hold, in chunks of the zone.
 */


#include "zone/record.h"
#include "base/failpoint.h"


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
 * Record and room for a reason, as one stream over a chain of chunks, written
 * from its end: each chunk names the next.  Returns the first + 1, or 0.
 * Until the slot's word has this sequence, all of them are free.
 */

uint32_t
ngx_http_wsgw_record_write(ngx_http_wsgw_process_t *process, uint32_t slot,
    uint32_t sequence, u_char *data, size_t len)
{
    size_t                   n, total, offset;
    uint32_t                 chunk, next;
    ngx_http_wsgw_record_t  *record;

    total = len + NGX_HTTP_WSGW_REASON_MAX;
    offset = total + sizeof(record->data) - 1;
    offset -= offset % sizeof(record->data);
    next = 0;

    while (offset > 0) {
        offset -= sizeof(record->data);

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

        if (offset < len) {
            n = ngx_min(len - offset, sizeof(record->data));
            ngx_memcpy(record->data, data + offset, n);
        }

        next = chunk + 1;

        ngx_http_wsgw_failpoint("record_chunk");
    }

    return next;
}


void
ngx_http_wsgw_record_put(ngx_http_wsgw_process_t *process, uint32_t slot,
    uint32_t sequence, uint32_t next)
{
    size_t                   left;
    uint32_t                 chunk;
    ngx_http_wsgw_record_t  *record;

    /* no chain is longer than this one, whatever its size says */

    for (left = ngx_http_wsgw_record_chunks(UINT16_MAX); left; left--) {
        record = ngx_http_wsgw_record_of(process->zone, slot, sequence, next);
        if (record == NULL) {
            return;
        }

        chunk = next - 1;
        next = record->next;

        /* the chunk may be another process's from here on */

        ngx_http_wsgw_stripes_put(&process->records, chunk);
    }
}


/* behind the record; it counts when the state says that it is owed */

void
ngx_http_wsgw_record_add_reason(ngx_http_wsgw_zone_t *zone, uint32_t slot,
    ngx_str_t *reason)
{
    size_t                   n, left, offset;
    u_char                  *p;
    uint32_t                 sequence;
    ngx_http_wsgw_slot_t    *s;
    ngx_http_wsgw_record_t  *record;

    if (reason == NULL || reason->len == 0) {
        return;
    }

    s = ngx_http_wsgw_slot(zone->base, slot);
    sequence = ngx_http_wsgw_slot_word_sequence(s->word);

    p = reason->data;
    left = ngx_min(reason->len, NGX_HTTP_WSGW_REASON_MAX);

    s->reason = (uint16_t) left;

    record = ngx_http_wsgw_record_of(zone, slot, sequence, s->record);
    offset = record ? record->size : 0;

    for ( /* void */ ;
         record && left;
         record = ngx_http_wsgw_record_of(zone, slot, sequence, record->next))
    {
        if (offset >= sizeof(record->data)) {
            offset -= sizeof(record->data);
            continue;
        }

        n = ngx_min(left, sizeof(record->data) - offset);
        ngx_memcpy(record->data + offset, p, n);

        p += n;
        left -= n;
        offset = 0;
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
 * another slot's or a former use's.  Its callers count what they read.
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

    return record->slot == slot + 1 && record->sequence == sequence ? record
                                                                    : NULL;
}
