/*
 * The envelope.  Who writes one may be a process of another version or, over
 * the network, nobody of ours; so a reader checks all of it before the first
 * field is seen.
 */

#include <string.h>

#include "pure/wire.h"


static uint8_t *wsgw_wire_reserve(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag,
    size_t n, size_t elsewhere);
static size_t wsgw_wire_end(wsgw_wire_writer_t *w, size_t elsewhere);


/* the lowest byte first: compilers make one instruction of each */

static inline void
wsgw_wire_put_16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t) value;
    p[1] = (uint8_t) (value >> 8);
}


static inline void
wsgw_wire_put_32(uint8_t *p, uint32_t value)
{
    wsgw_wire_put_16(p, value);
    wsgw_wire_put_16(p + 2, value >> 16);
}


static inline void
wsgw_wire_put_64(uint8_t *p, uint64_t value)
{
    wsgw_wire_put_32(p, (uint32_t) value);
    wsgw_wire_put_32(p + 4, (uint32_t) (value >> 32));
}


static inline uint32_t
wsgw_wire_get_16(const uint8_t *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8;
}


static inline uint32_t
wsgw_wire_get_32(const uint8_t *p)
{
    return wsgw_wire_get_16(p) | wsgw_wire_get_16(p + 2) << 16;
}


static inline uint64_t
wsgw_wire_get_64(const uint8_t *p)
{
    return wsgw_wire_get_32(p) | (uint64_t) wsgw_wire_get_32(p + 4) << 32;
}


void
wsgw_wire_begin(wsgw_wire_writer_t *w, uint8_t *buf, size_t size,
    wsgw_wire_verb_t verb, uint16_t flags)
{
    w->start = buf;
    w->pos = buf;
    w->end = buf + size;
    w->fields = 0;
    w->overflow = (size < WSGW_WIRE_HEADER);

    if (w->overflow) {
        return;
    }

    buf[0] = 'W';
    buf[1] = 'G';
    buf[2] = WSGW_WIRE_VERSION;
    buf[3] = (uint8_t) verb;
    wsgw_wire_put_16(buf + 4, flags);
    wsgw_wire_put_16(buf + 6, 0);

    /* size and fields are not known before the end */

    w->pos += WSGW_WIRE_HEADER;
}


void
wsgw_wire_put_u64(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag, uint64_t value)
{
    uint8_t  *p;

    p = wsgw_wire_reserve(w, tag, 8, 0);

    if (p) {
        wsgw_wire_put_64(p, value);
    }
}


void
wsgw_wire_put_bytes(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag, const void *p,
    size_t n)
{
    uint8_t  *dst;

    dst = wsgw_wire_reserve(w, tag, n, 0);

    if (dst && n) {
        memcpy(dst, p, n);
    }
}


uint8_t *
wsgw_wire_put_room(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag, size_t n)
{
    return wsgw_wire_reserve(w, tag, n, 0);
}


void
wsgw_wire_put_targets(wsgw_wire_writer_t *w, const wsgw_id_t *ids, size_t n)
{
    wsgw_wire_put_targets_as(w, WSGW_TAG_TARGETS, ids, n);
}


void
wsgw_wire_put_targets_as(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag,
    const wsgw_id_t *ids, size_t n)
{
    size_t    i;
    uint8_t  *p;

    if (n > UINT32_MAX / WSGW_WIRE_TARGET) {
        w->overflow = 1;
        return;
    }

    p = wsgw_wire_reserve(w, tag, n * WSGW_WIRE_TARGET, 0);

    if (p == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        wsgw_wire_put_32(p, ids[i].number);
        wsgw_wire_put_32(p + 4, ids[i].slot);
        wsgw_wire_put_64(p + 8, ids[i].secret);
        p += WSGW_WIRE_TARGET;
    }
}


size_t
wsgw_wire_finish(wsgw_wire_writer_t *w)
{
    return wsgw_wire_end(w, 0);
}


size_t
wsgw_wire_finish_before(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag, size_t n)
{
    (void) wsgw_wire_reserve(w, tag, 0, n);

    return wsgw_wire_end(w, n);
}


int
wsgw_wire_open(wsgw_wire_reader_t *r, const uint8_t *p, size_t n)
{
    size_t          len;
    uint32_t        fields;
    const uint8_t  *pos;

    static const uint8_t  magic[] = { 'W', 'G', WSGW_WIRE_VERSION };

    r->size = 0;

    if (memcmp(p, magic, n < sizeof(magic) ? n : sizeof(magic)) != 0) {
        return WSGW_ERROR;
    }

    if (n < WSGW_WIRE_HEADER) {
        return WSGW_AGAIN;
    }

    r->verb = p[3];
    r->flags = (uint16_t) wsgw_wire_get_16(p + 4);
    r->size = wsgw_wire_get_32(p + 8);
    fields = wsgw_wire_get_32(p + 12);

    if (r->size < WSGW_WIRE_HEADER) {
        return WSGW_ERROR;
    }

    if (n < r->size) {
        return WSGW_AGAIN;
    }

    r->pos = p + WSGW_WIRE_HEADER;
    r->end = p + r->size;

    for (pos = r->pos; fields; fields--) {

        if (r->end - pos < WSGW_WIRE_FIELD) {
            return WSGW_ERROR;
        }

        len = wsgw_wire_get_32(pos + 2);
        pos += WSGW_WIRE_FIELD;

        if ((size_t) (r->end - pos) < len) {
            return WSGW_ERROR;
        }

        pos += len;
    }

    return pos == r->end ? WSGW_DONE : WSGW_ERROR;
}


int
wsgw_wire_next(wsgw_wire_reader_t *r, wsgw_wire_field_t *f)
{
    if (r->pos == r->end) {
        return 0;
    }

    f->tag = (uint16_t) wsgw_wire_get_16(r->pos);
    f->len = wsgw_wire_get_32(r->pos + 2);
    f->data = r->pos + WSGW_WIRE_FIELD;

    r->pos = f->data + f->len;

    return 1;
}


int
wsgw_wire_u64(const wsgw_wire_field_t *f, uint64_t *value)
{
    if (f->len != 8) {
        return -1;
    }

    *value = wsgw_wire_get_64(f->data);

    return 0;
}


int
wsgw_wire_target(const wsgw_wire_field_t *f, size_t i, wsgw_id_t *id)
{
    const uint8_t  *p;

    if (i >= f->len / WSGW_WIRE_TARGET) {
        return -1;
    }

    p = f->data + i * WSGW_WIRE_TARGET;

    id->number = wsgw_wire_get_32(p);
    id->slot = wsgw_wire_get_32(p + 4);
    id->secret = wsgw_wire_get_64(p + 8);

    return 0;
}


/*
 * Where the n bytes of a new field go that are in the buffer, or NULL; the
 * field's other bytes are elsewhere.
 */

static uint8_t *
wsgw_wire_reserve(wsgw_wire_writer_t *w, wsgw_wire_tag_t tag, size_t n,
    size_t elsewhere)
{
    size_t    room;
    uint8_t  *p;

    room = (size_t) (w->end - w->pos);

    if (w->overflow || n > UINT32_MAX || elsewhere > UINT32_MAX - n
        || room < WSGW_WIRE_FIELD || room - WSGW_WIRE_FIELD < n)
    {
        w->overflow = 1;
        return NULL;
    }

    wsgw_wire_put_16(w->pos, tag);
    wsgw_wire_put_32(w->pos + 2, (uint32_t) (n + elsewhere));

    p = w->pos + WSGW_WIRE_FIELD;
    w->pos = p + n;
    w->fields++;

    return p;
}


static size_t
wsgw_wire_end(wsgw_wire_writer_t *w, size_t elsewhere)
{
    size_t  size;

    size = (size_t) (w->pos - w->start);

    if (w->overflow || size > UINT32_MAX || elsewhere > UINT32_MAX - size) {
        return 0;
    }

    wsgw_wire_put_32(w->start + 8, (uint32_t) (size + elsewhere));
    wsgw_wire_put_32(w->start + 12, w->fields);

    return size;
}
