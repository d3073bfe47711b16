
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Where the parts of a zone lie: a matter of its size and of the number of
 * worker slots alone.
 */


#include "zone/layout.h"


#define NGX_HTTP_WSGW_BITS        4096
#define NGX_HTTP_WSGW_BITS_ZONE   (1024 * 1024) /* that has them in a table */
#define NGX_HTTP_WSGW_NAMES_MAX   2048
#define NGX_HTTP_WSGW_ROWS_MAX    65536
#define NGX_HTTP_WSGW_SLOTS_MAX   ((uint64_t) 1 << WSGW_ID_SLOT_BITS)


_Static_assert(sizeof(ngx_http_wsgw_slot_t) == 64, "a slot is a cache line");
_Static_assert(sizeof(ngx_http_wsgw_record_t) == NGX_HTTP_WSGW_CHUNK, "chunk");
_Static_assert(sizeof(ngx_http_wsgw_letter_head_t) == NGX_HTTP_WSGW_CHUNK,
               "chunk");
_Static_assert(sizeof(ngx_http_wsgw_letter_rest_t) == NGX_HTTP_WSGW_CHUNK,
               "chunk");


static uint64_t ngx_http_wsgw_layout_bits(ngx_http_wsgw_header_t *h,
    uint64_t offset, size_t nominal);
static uint64_t ngx_http_wsgw_layout_meters(ngx_http_wsgw_header_t *h,
    uint64_t offset, size_t nominal);
static void ngx_http_wsgw_layout_split(ngx_http_wsgw_table_t *table,
    uint64_t elements);


uint32_t
ngx_http_wsgw_layout_capacity(size_t size)
{
    ngx_http_wsgw_table_t  slots;

    if (size < NGX_HTTP_WSGW_ZONE_MIN) {
        return 0;
    }

    ngx_http_wsgw_layout_split(&slots, ngx_min(size / 8
                                               / sizeof(ngx_http_wsgw_slot_t),
                                               NGX_HTTP_WSGW_SLOTS_MAX));

    return ngx_http_wsgw_elements(&slots);
}


/* Stripes are so small that each worker slot can have one, if possible. */

static void
ngx_http_wsgw_layout_split(ngx_http_wsgw_table_t *table, uint64_t elements)
{
    table->shift = 8;

    while (table->shift > 3
           && elements >> table->shift < NGX_HTTP_WSGW_WORKERS)
    {
        table->shift--;
    }

    table->stripes = (uint32_t) (elements >> table->shift);
}


void
ngx_http_wsgw_layout(u_char *base, size_t size, size_t nominal,
    uint32_t nworkers)
{
    uint64_t                 offset;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_at(base, 0, ngx_http_wsgw_header_t);

    h->layout = NGX_HTTP_WSGW_LAYOUT;
    h->size = size;

    h->nworkers = nworkers;
    h->worker_size = ngx_align(offsetof(ngx_http_wsgw_worker_slot_t, load)
                               + nworkers * sizeof(uint32_t), 64);

    offset = ngx_align(sizeof(ngx_http_wsgw_header_t), 64);

    h->workers = offset;
    offset += nworkers * h->worker_size;

    offset = ngx_http_wsgw_layout_bits(h, offset, nominal);

    ngx_http_wsgw_layout_split(&h->slots,
                               ngx_http_wsgw_layout_capacity(nominal));
    h->slots.elements = offset;
    offset += (uint64_t) ngx_http_wsgw_elements(&h->slots)
              * sizeof(ngx_http_wsgw_slot_t);

    /* A quarter is for letters and, a 32nd, for what is counted. */

    ngx_http_wsgw_layout_split(&h->letters, (nominal / 4 - nominal / 32)
                                            / NGX_HTTP_WSGW_CHUNK);
    h->letters.elements = offset;
    offset += (uint64_t) ngx_http_wsgw_elements(&h->letters)
              * NGX_HTTP_WSGW_CHUNK;

    h->slots.owners = offset;
    offset += h->slots.stripes * sizeof(uint64_t);

    h->letters.owners = offset;
    offset += h->letters.stripes * sizeof(uint64_t);

    /* The smallest zone keeps a chunk of a record for each of its slots. */

    h->tallies = offset;
    h->ntallies = (nominal / 16 - 10 * 1024) / sizeof(ngx_http_wsgw_tally_t);
    offset += h->ntallies * sizeof(ngx_http_wsgw_tally_t);

    offset = ngx_http_wsgw_layout_meters(h, offset, nominal);

    /*
     * The rest is records.  Their owner words lie in it, too, so there are
     * fewer stripes than it would hold without.
     */

    ngx_http_wsgw_layout_split(&h->records,
                               (size - offset) / NGX_HTTP_WSGW_CHUNK);
    h->records.stripes = (uint32_t)
        ((size - offset - 64)
         / (((uint64_t) NGX_HTTP_WSGW_CHUNK << h->records.shift)
            + sizeof(uint64_t)));
    h->records.owners = offset;
    offset += h->records.stripes * sizeof(uint64_t);
    h->records.elements = ngx_align(offset, 64);

    /* A reader that finds the magic finds all the rest. */

    __atomic_store_n(&h->magic, NGX_HTTP_WSGW_MAGIC, __ATOMIC_RELEASE);
}


/* A worker slot of a small zone has its bits in itself. */

static uint64_t
ngx_http_wsgw_layout_bits(ngx_http_wsgw_header_t *h, uint64_t offset,
    size_t nominal)
{
    if (nominal < NGX_HTTP_WSGW_BITS_ZONE) {
        h->bits = h->workers + offsetof(ngx_http_wsgw_worker_slot_t, bits);
        h->bits_size = (uint32_t) h->worker_size;
        h->nbits = 8 * sizeof(((ngx_http_wsgw_worker_slot_t *) 0)->bits);

        return offset;
    }

    h->bits = offset;
    h->bits_size = NGX_HTTP_WSGW_BITS / 8;
    h->nbits = NGX_HTTP_WSGW_BITS;

    return offset + (uint64_t) h->nworkers * h->bits_size;
}


/* What is counted may take a 32nd of the zone.  A route has a name, and three
   rows for each worker. */

static uint64_t
ngx_http_wsgw_layout_meters(ngx_http_wsgw_header_t *h, uint64_t offset,
    size_t nominal)
{
    uint64_t  size;

    size = nominal / 32;

    h->names = ngx_align(offset, 64);
    h->nnames = ngx_min(size / 8 / sizeof(ngx_http_wsgw_name_t),
                        NGX_HTTP_WSGW_NAMES_MAX);
    offset = h->names + h->nnames * sizeof(ngx_http_wsgw_name_t);

    h->rows = offset;
    h->nrows = ngx_min((size - size / 8) / sizeof(ngx_http_wsgw_row_t),
                       NGX_HTTP_WSGW_ROWS_MAX);

    return offset + h->nrows * sizeof(ngx_http_wsgw_row_t);
}


ngx_int_t
ngx_http_wsgw_layout_is_sound(ngx_http_wsgw_header_t *h)
{
    ngx_http_wsgw_header_t  own;

    /* With sizes that nobody has, places would not fit into their types. */

    if (h->magic != NGX_HTTP_WSGW_MAGIC
        || h->layout != NGX_HTTP_WSGW_LAYOUT
        || h->size < NGX_HTTP_WSGW_ZONE_MIN - ngx_pagesize
        || h->size > NGX_HTTP_WSGW_ZONE_MAX
        || h->nworkers < NGX_HTTP_WSGW_WORKERS
        || (h->nworkers > NGX_HTTP_WSGW_WORKERS
            && (uint64_t) h->nworkers * h->nworkers
               > h->size / 16 / sizeof(uint32_t)))
    {
        return NGX_ERROR;
    }

    ngx_memzero(&own, sizeof(ngx_http_wsgw_header_t));
    ngx_http_wsgw_layout((u_char *) &own, h->size, h->size + ngx_pagesize,
                         h->nworkers);

    return ngx_memcmp(&own, h, offsetof(ngx_http_wsgw_header_t, number)) == 0
           ? NGX_OK : NGX_ERROR;
}
