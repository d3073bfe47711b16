
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message by ids is taken apart: who has which of the connections, and what
 * is asked of a worker at a time.
 */


#include "push/lines.h"
#include "zone/number.h"


static ngx_int_t ngx_http_wsgw_lines_find(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_lines_t *sort);
static ngx_int_t ngx_http_wsgw_lines_sort(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_lines_t *sort);


ngx_int_t
ngx_http_wsgw_lines(ngx_http_wsgw_mailing_t *m, ngx_http_wsgw_lines_t *sort)
{
    if (ngx_http_wsgw_lines_find(m, sort) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_lines_sort(m, sort);
}


/* Where each id is, or what has become of it. */

static ngx_int_t
ngx_http_wsgw_lines_find(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_lines_t *sort)
{
    uint32_t               number;
    ngx_uint_t             i;
    ngx_queue_t           *q;
    ngx_http_wsgw_push_t   push;
    ngx_http_wsgw_line_t  *line;

    for (q = ngx_queue_head(&m->lines);
         q != ngx_queue_sentinel(&m->lines);
         q = ngx_queue_next(q))
    {
        line = ngx_queue_data(q, ngx_http_wsgw_line_t, queue);
        line->n = 0;
    }

    sort->apart.n = 0;

    sort->line = ngx_palloc(m->pool, sort->item->n * sizeof(void *));
    if (sort->line == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&push, sizeof(ngx_http_wsgw_push_t));
    push.zone = m->zone;
    push.log = m->log;
    push.stage = m->stage;
    push.verb = WSGW_VERB_SEND;

    number = NGX_HTTP_WSGW_NONE;

    for (i = 0; i < sort->item->n; i++) {

        push.id = sort->item->id[i];

        /* All of another zone's number are in one place. */

        if (push.id.number != number) {
            ngx_http_wsgw_push_find(&push);

            number = ngx_http_wsgw_number_of(&push.id) == m->zone->number
                     ? NGX_HTTP_WSGW_NONE : push.id.number;
        }

        sort->item->outcome[i] = (u_char) push.outcome;

        if (push.where > ngx_http_wsgw_push_node) {
            line = NULL;

        } else if (push.where > ngx_http_wsgw_push_worker) {
            line = &sort->apart;
            line->n++;

        } else {
            line = ngx_http_wsgw_lines_of(m, push.owner);
            if (line == NULL) {
                return NGX_ERROR;
            }

            line->n++;
        }

        sort->line[i] = line;
    }

    return NGX_OK;
}


ngx_http_wsgw_line_t *
ngx_http_wsgw_lines_of(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_owner_t owner)
{
    uint64_t               word;
    ngx_queue_t           *q;
    ngx_http_wsgw_line_t  *line;

    word = ngx_http_wsgw_owner_word(&owner);

    for (q = ngx_queue_head(&m->lines);
         q != ngx_queue_sentinel(&m->lines);
         q = ngx_queue_next(q))
    {
        line = ngx_queue_data(q, ngx_http_wsgw_line_t, queue);

        if (ngx_http_wsgw_owner_word(&line->owner) == word) {
            return line;
        }
    }

    line = ngx_pcalloc(m->pool, sizeof(ngx_http_wsgw_line_t));
    if (line == NULL) {
        return NULL;
    }

    line->mailing = m;
    line->owner = owner;
    ngx_queue_init(&line->parts);

    ngx_queue_insert_tail(&m->lines, &line->queue);

    return line;
}


static ngx_int_t
ngx_http_wsgw_lines_sort(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_lines_t *sort)
{
    ngx_uint_t             i, n, parts;
    ngx_queue_t           *q;
    ngx_http_wsgw_line_t  *line;

    n = 0;
    parts = 1;

    for (q = ngx_queue_head(&m->lines);
         q != ngx_queue_sentinel(&m->lines);
         q = ngx_queue_next(q))
    {
        line = ngx_queue_data(q, ngx_http_wsgw_line_t, queue);

        line->last = n;
        n += line->n;
        parts += (line->n + sort->step - 1) / sort->step;
    }

    sort->apart.last = n;
    n += sort->apart.n;

    sort->id = ngx_palloc(m->pool, n * sizeof(wsgw_id_t));
    sort->at = ngx_palloc(m->pool, n * sizeof(uint32_t));
    sort->part = ngx_palloc(m->pool,
                            parts * sizeof(ngx_http_wsgw_part_t));

    if (sort->id == NULL || sort->at == NULL || sort->part == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < sort->item->n; i++) {
        line = sort->line[i];

        if (line) {
            sort->id[line->last] = sort->item->id[i];
            sort->at[line->last++] = (uint32_t) i;
        }
    }

    return NGX_OK;
}


void
ngx_http_wsgw_lines_cut(ngx_http_wsgw_mailing_t *m,
    ngx_http_wsgw_lines_t *sort, ngx_http_wsgw_line_t *line,
    ngx_queue_t *parts, ngx_uint_t step)
{
    ngx_uint_t             i;
    ngx_http_wsgw_part_t  *part;

    for (i = line->last - line->n; i < line->last; i += step) {
        part = sort->part++;

        part->item = sort->item;
        part->id = &sort->id[i];
        part->at = &sort->at[i];
        part->n = ngx_min(step, line->last - i);

        ngx_queue_insert_tail(parts, &part->queue);

        part->item->waiting++;
        m->waiting++;
    }
}
