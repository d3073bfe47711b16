
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Chains of chunks.  While a letter is out, sender and target each use it in
 * turn; only the sender, whose stripes they are, allocates and frees.
 */


#include "zone/chunk.h"


#define NGX_HTTP_WSGW_SCRATCH  65536            /* bytes, at least */

#define NGX_HTTP_WSGW_LETTER_FIRST                                            \
    sizeof(((ngx_http_wsgw_letter_head_t *) 0)->data)

#define NGX_HTTP_WSGW_LETTER_REST                                             \
    sizeof(((ngx_http_wsgw_letter_rest_t *) 0)->data)


static uint32_t ngx_http_wsgw_chunk_sum(const uint32_t *load, uint32_t n);


uint64_t
ngx_http_wsgw_chunk_count(size_t size)
{
    if (size <= NGX_HTTP_WSGW_LETTER_FIRST) {
        return 1;
    }

    size -= NGX_HTTP_WSGW_LETTER_FIRST;

    return 1 + (size + NGX_HTTP_WSGW_LETTER_REST - 1)
               / NGX_HTTP_WSGW_LETTER_REST;
}


wsgw_outcome_t
ngx_http_wsgw_chunk_room(ngx_http_wsgw_process_t *process, uint32_t target,
    uint64_t chunks)
{
    uint32_t                      load;
    uint64_t                      all;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_worker_slot_t  *worker;

    h = ngx_http_wsgw_header(process->zone);
    worker = ngx_http_wsgw_worker_slot(process->zone, target);

    all = ngx_http_wsgw_elements(&h->letters);

    if (chunks > all) {
        return WSGW_OUTCOME_TOO_LARGE;
    }

    load = ngx_http_wsgw_chunk_sum(worker->load, h->nworkers);

    /* A target that holds no letter takes one of any size. */

    if (load && load + chunks > all / 8) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    return WSGW_OUTCOME_OK;
}


/* Eight at a time: each letter asks for the sum of as many as there are worker
   slots in the zone. */

static uint32_t
ngx_http_wsgw_chunk_sum(const uint32_t *load, uint32_t n)
{
    uint32_t         sum;
    const uint32_t  *last;

    typedef uint32_t  four_t __attribute__((vector_size(16)));

    four_t  some, more, sums = { 0, 0, 0, 0 };

    for (last = load + n; last - load >= 8; load += 8) {
        ngx_memcpy(&some, load, sizeof(four_t));
        ngx_memcpy(&more, load + 4, sizeof(four_t));
        sums += some + more;
    }

    sum = sums[0] + sums[1] + sums[2] + sums[3];

    for ( /* void */ ; load < last; load++) {
        sum += *load;
    }

    return sum;
}


uint32_t
ngx_http_wsgw_chunk_alloc(ngx_http_wsgw_process_t *process, uint32_t chunks)
{
    uint32_t                      i, chunk, next;
    ngx_http_wsgw_letter_rest_t  *rest;

    next = 0;

    for (i = 0; i < chunks; i++) {
        chunk = ngx_http_wsgw_stripes_get(&process->letters);

        if (chunk == NGX_HTTP_WSGW_NONE) {
            ngx_http_wsgw_chunk_free(process, next, i);
            return NGX_HTTP_WSGW_NONE;
        }

        /* The next chunk is the first word of either kind of chunk. */

        rest = ngx_http_wsgw_chunk(process, chunk);
        rest->next = next;
        next = chunk + 1;
    }

    return next - 1;
}


void
ngx_http_wsgw_chunk_free(ngx_http_wsgw_process_t *process, uint32_t next,
    uint32_t chunks)
{
    uint32_t                      chunk;
    ngx_http_wsgw_letter_rest_t  *rest;

    while (chunks-- && ngx_http_wsgw_chunk_follows(process, next)) {
        chunk = next - 1;
        rest = ngx_http_wsgw_chunk(process, chunk);
        next = rest->next;

        ngx_http_wsgw_stripes_put(&process->letters, chunk);
    }
}


ngx_http_wsgw_letter_head_t *
ngx_http_wsgw_chunk_cursor(ngx_http_wsgw_cursor_t *cursor,
    ngx_http_wsgw_process_t *process, uint32_t chunk)
{
    ngx_http_wsgw_letter_head_t  *head;

    head = ngx_http_wsgw_chunk(process, chunk);

    cursor->process = process;
    cursor->next = head->next;
    cursor->pos = head->data;
    cursor->left = sizeof(head->data);

    return head;
}


/* the next contiguous part of a chain, at most len bytes; 0: there is none */

static ngx_inline size_t
ngx_http_wsgw_chunk_next(ngx_http_wsgw_cursor_t *cursor, size_t len)
{
    ngx_http_wsgw_letter_rest_t  *rest;

    if (cursor->left == 0) {

        if (!ngx_http_wsgw_chunk_follows(cursor->process, cursor->next)) {
            return 0;
        }

        rest = ngx_http_wsgw_chunk(cursor->process, cursor->next - 1);

        cursor->next = rest->next;
        cursor->pos = rest->data;
        cursor->left = sizeof(rest->data);
    }

    len = ngx_min(len, cursor->left);
    cursor->left -= len;

    return len;
}


void
ngx_http_wsgw_chunk_write(ngx_http_wsgw_cursor_t *cursor, u_char *p,
    size_t len)
{
    size_t  n;

    while (len && (n = ngx_http_wsgw_chunk_next(cursor, len)) > 0) {
        cursor->pos = ngx_cpymem(cursor->pos, p, n);
        p += n;
        len -= n;
    }
}


void
ngx_http_wsgw_chunk_read(ngx_http_wsgw_cursor_t *cursor, u_char *p,
    size_t len)
{
    size_t  n;

    while (len && (n = ngx_http_wsgw_chunk_next(cursor, len)) > 0) {
        p = ngx_cpymem(p, cursor->pos, n);
        cursor->pos += n;
        len -= n;
    }
}


u_char *
ngx_http_wsgw_chunk_scratch(ngx_http_wsgw_process_t *process, size_t size)
{
    if (size <= process->scratch_size) {
        return process->scratch;
    }

    if (process->scratch) {
        ngx_free(process->scratch);
    }

    process->scratch_size = ngx_max(size, NGX_HTTP_WSGW_SCRATCH);
    process->scratch = ngx_alloc(process->scratch_size, ngx_cycle->log);

    if (process->scratch == NULL) {
        process->scratch_size = 0;
    }

    return process->scratch;
}
