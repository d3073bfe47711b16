
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The memory of a letter: a chain of chunks of the sender's stripes.  Whoever
 * has the letter at the moment writes it; the links are the sender's.
 */


#ifndef _NGX_HTTP_WSGW_CHUNK_H_INCLUDED_
#define _NGX_HTTP_WSGW_CHUNK_H_INCLUDED_


#include "pure/outcome.h"
#include "zone/zone.h"


/* where the next byte of a chain goes, or comes from */

typedef struct {
    ngx_http_wsgw_process_t       *process;
    uint32_t                       next;        /* chunk + 1 */
    u_char                        *pos;
    size_t                         left;
} ngx_http_wsgw_cursor_t;


static ngx_inline void *
ngx_http_wsgw_chunk(ngx_http_wsgw_process_t *process, uint32_t chunk)
{
    u_char  *base;

    base = process->zone->base;

    return base + ngx_http_wsgw_header(process->zone)->letters.elements
           + (size_t) chunk * NGX_HTTP_WSGW_CHUNK;
}


/* 1: the chunk next - 1 exists; 0: the end of a chain, or a link that leads
   out of the table */
#define ngx_http_wsgw_chunk_follows(process, next)                            \
    ((next) - 1 < ngx_http_wsgw_elements(                                     \
                      &ngx_http_wsgw_header((process)->zone)->letters))

/* how many chunks hold so many bytes */
uint64_t ngx_http_wsgw_chunk_count(size_t size);

/* OK; TOO_LARGE: the zone never has so many; UNKNOWN: the target has its
   share */
wsgw_outcome_t ngx_http_wsgw_chunk_room(ngx_http_wsgw_process_t *process,
    uint32_t target, uint64_t chunks);

/* the first of a new chain, or NGX_HTTP_WSGW_NONE */
uint32_t ngx_http_wsgw_chunk_alloc(ngx_http_wsgw_process_t *process,
    uint32_t chunks);

/* puts back a chain of so many, of which the first is next - 1 */
void ngx_http_wsgw_chunk_free(ngx_http_wsgw_process_t *process,
    uint32_t next, uint32_t chunks);

/* sets a cursor to the first byte after the head, which is returned */
ngx_http_wsgw_letter_head_t *ngx_http_wsgw_chunk_cursor(
    ngx_http_wsgw_cursor_t *cursor, ngx_http_wsgw_process_t *process,
    uint32_t chunk);

/* Bytes that a chain has no place for are not written, and not read. */
void ngx_http_wsgw_chunk_write(ngx_http_wsgw_cursor_t *cursor, u_char *p,
    size_t len);
void ngx_http_wsgw_chunk_read(ngx_http_wsgw_cursor_t *cursor, u_char *p,
    size_t len);

/* contiguous memory for a letter, until the next call; NULL: none, logged */
u_char *ngx_http_wsgw_chunk_scratch(ngx_http_wsgw_process_t *process,
    size_t size);


#endif /* _NGX_HTTP_WSGW_CHUNK_H_INCLUDED_ */
