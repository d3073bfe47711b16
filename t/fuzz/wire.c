/*
 * Whatever opens as an envelope can be read to its end within its bounds, and
 * written again it is the same; into less room it is refused.
 */

#include "fuzz.h"
#include "pure/wire.h"


static size_t
rewrite(wsgw_wire_reader_t r, uint8_t *dst, size_t size)
{
    wsgw_wire_field_t   f;
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, dst, size, (wsgw_wire_verb_t) r.verb, r.flags);

    while (wsgw_wire_next(&r, &f)) {
        wsgw_wire_put_bytes(&w, (wsgw_wire_tag_t) f.tag, f.data, f.len);
    }

    return wsgw_wire_finish(&w);
}


static void
check_fields(wsgw_wire_reader_t r)
{
    size_t             i;
    uint64_t           value;
    wsgw_id_t          id;
    const uint8_t     *last;
    wsgw_wire_field_t  f;

    last = r.pos;

    while (wsgw_wire_next(&r, &f)) {
        fuzz_check(f.data == last + WSGW_WIRE_FIELD);
        fuzz_check(f.len <= (size_t) (r.end - f.data));
        last = f.data + f.len;

        fuzz_check((wsgw_wire_u64(&f, &value) == 0) == (f.len == 8));

        for (i = 0; wsgw_wire_target(&f, i, &id) == 0; i++) { /* void */ }

        fuzz_check(i == f.len / WSGW_WIRE_TARGET);
    }

    fuzz_check(last == r.end);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  rc;
    uint8_t             *copy;
    wsgw_wire_reader_t   r;

    if (size == 0) {
        return 0;
    }

    rc = wsgw_wire_open(&r, data, size);

    if (rc != WSGW_DONE) {
        fuzz_check(rc == WSGW_ERROR || r.size == 0 || r.size > size);
        return 0;
    }

    fuzz_check(r.size <= size);
    check_fields(r);

    copy = malloc(r.size);
    fuzz_check(copy != NULL);

    /* but for the reserved bytes, which a writer leaves 0 */

    fuzz_check(rewrite(r, copy, r.size) == r.size);
    fuzz_check(memcmp(copy, data, 6) == 0);
    fuzz_check(memcmp(copy + 8, data + 8, r.size - 8) == 0);
    fuzz_check(rewrite(r, copy, r.size - 1) == 0);

    free(copy);

    return 0;
}
