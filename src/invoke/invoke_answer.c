
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an event request answers, taken below every filter.
 */


#include "invoke/invoke_answer.h"
#include "base/block.h"


static ngx_int_t ngx_http_wsgw_invoke_answer_header_filter(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_invoke_answer_append(ngx_http_wsgw_invoke_t *inv,
    u_char *p, size_t len);
static ngx_int_t ngx_http_wsgw_invoke_answer_grow(ngx_http_wsgw_invoke_t *inv,
    size_t least);
static void ngx_http_wsgw_invoke_answer_whole(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_answer_collect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_invoke_answer_status(ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_invoke_answer_redirected(
    ngx_http_wsgw_invoke_t *inv, ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_invoke_answer_cached(ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_invoke_answer_stale(ngx_http_request_t *r);
static void ngx_http_wsgw_invoke_answer_upstream(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_invoke_answer_willing(
    ngx_http_wsgw_invoke_t *inv, ngx_http_request_t *r);
static ngx_uint_t ngx_http_wsgw_invoke_answer_missed(ngx_http_upstream_t *u);
static ngx_uint_t ngx_http_wsgw_invoke_answer_left(ngx_http_upstream_t *u);
static void ngx_http_wsgw_invoke_answer_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


void
ngx_http_wsgw_invoke_answer_init(ngx_conf_t *cf)
{
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (wmcf->stages.nelts == 0) {
        return;
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_wsgw_invoke_answer_header_filter;
}


/*
 * nginx takes a backend's 1xx, and what is no HTTP, for its answer and then
 * waits for a body that ends with the backend's connection, which may be
 * never.  A handler that sends a header alone has nothing to follow it.  From
 * here on nobody lingers for the client, who until then is there: modules ask.
 */

static ngx_int_t
ngx_http_wsgw_invoke_answer_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv && r == r->main && r->headers_out.status < NGX_HTTP_OK) {
        inv->invalid = 1;
        return NGX_ERROR;
    }

    rc = ngx_http_next_header_filter(r);

    if (inv && r == r->main) {
        r->connection->read->eof = 1;

        if (rc == NGX_OK && r->header_sent && r->header_only) {
            ngx_http_wsgw_invoke_answer_whole(inv);
        }
    }

    return rc;
}


void
ngx_http_wsgw_invoke_answer_cleanup(void *data)
{
    ngx_http_wsgw_invoke_t  *inv = data;

    ngx_http_request_t  *r;

    r = inv->request;
    inv->request = NULL;

    ngx_http_wsgw_invoke_answer_end(inv, r);
}


/* An access log is written when nobody holds the request any more. */

ngx_uint_t
ngx_http_wsgw_invoke_answer_ready(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->collected) {
        return 1;
    }

    if (inv->request == NULL || inv->request->count) {
        return 0;
    }

    ngx_http_wsgw_invoke_answer_end(inv, inv->request);

    return 1;
}


void
ngx_http_wsgw_invoke_answer_end(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    if (inv->collected) {
        return;
    }

    ngx_http_wsgw_invoke_answer_collect(inv, r);

    /* a handler that is no upstream may have passed the event on */

    if (r->upstream_states == NULL) {
        inv->reached = 1;
        inv->willing = 1;
    }
}


ngx_chain_t *
ngx_http_wsgw_invoke_answer_send_chain(ngx_connection_t *fc, ngx_chain_t *in,
    off_t limit)
{
    size_t                   size;
    ngx_buf_t               *b;
    ngx_uint_t               last;
    ngx_http_request_t      *r;
    ngx_http_wsgw_invoke_t  *inv;

    r = fc->data;
    inv = (ngx_http_wsgw_invoke_t *) r->main->http_connection;
    last = 0;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (b->last_buf) {
            last = 1;
        }

        if (ngx_buf_special(b)) {
            continue;
        }

        if (!ngx_buf_in_memory(b)) {
            ngx_log_error(NGX_LOG_ERR, fc->log, 0,
                          "answer of an event request is not in memory");
            return NGX_CHAIN_ERROR;
        }

        size = b->last - b->pos;

        if (ngx_http_wsgw_invoke_answer_append(inv, b->pos, size) != NGX_OK) {
            return NGX_CHAIN_ERROR;
        }

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    /* The access log wants it.  Until the end it stays 0: of what has not been
       sent, limit_rate delays nothing. */

    if (last) {
        fc->sent = inv->answer.len;
        ngx_http_wsgw_invoke_answer_whole(inv);
    }

    return NULL;
}


/* The request is held until its answer is reported. */

static void
ngx_http_wsgw_invoke_answer_whole(ngx_http_wsgw_invoke_t *inv)
{
    ngx_http_request_t  *r;

    if (inv->collected) {
        return;
    }

    r = inv->request;

    ngx_http_wsgw_invoke_answer_collect(inv, r);
    ngx_http_wsgw_invoke_answer_headers(inv, r);
    inv->complete = 1;

    if (inv->state == ngx_http_wsgw_invoke_running) {
        inv->held = 1;
        r->count++;
    }

    ngx_http_wsgw_invoke_answer_due(inv);
}


static ngx_int_t
ngx_http_wsgw_invoke_answer_append(ngx_http_wsgw_invoke_t *inv, u_char *p,
    size_t len)
{
    /* What a post_action says comes after the answer, which may have been
       judged where it lies. */

    if (inv->collected || inv->state == ngx_http_wsgw_invoke_over || len == 0) {
        return NGX_OK;
    }

    if (len > inv->max_response - inv->answer.len) {

        if (inv->status_only
            && ngx_http_wsgw_invoke_answer_status(inv->request)
               < NGX_HTTP_SPECIAL_RESPONSE)
        {
            return NGX_OK;
        }

        inv->too_large = 1;
        return NGX_ERROR;
    }

    if (len > inv->answer_size - inv->answer.len
        && ngx_http_wsgw_invoke_answer_grow(inv, inv->answer.len + len)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(inv->answer.data + inv->answer.len, p, len);
    inv->answer.len += len;

    return NGX_OK;
}


/* Grows to the answer's length if that is known, else to twice the size. */

static ngx_int_t
ngx_http_wsgw_invoke_answer_grow(ngx_http_wsgw_invoke_t *inv, size_t least)
{
    off_t    expected;
    size_t   size;
    u_char  *p;

    expected = inv->request->headers_out.content_length_n;

    if (expected >= (off_t) least && expected <= (off_t) inv->max_response) {
        size = (size_t) expected;

    } else {
        size = ngx_min(2 * inv->answer_size, inv->max_response);
        size = ngx_max(size, least);
    }

    p = ngx_http_wsgw_block_palloc(inv->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (inv->answer.len) {
        ngx_memcpy(p, inv->answer.data, inv->answer.len);
        ngx_http_wsgw_block_pfree(inv->pool, inv->answer.data);
    }

    inv->answer.data = p;
    inv->answer_size = size;

    return NGX_OK;
}


static void
ngx_http_wsgw_invoke_answer_collect(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    inv->collected = 1;
    inv->status = ngx_http_wsgw_invoke_answer_status(r);
    inv->willing = ngx_http_wsgw_invoke_answer_willing(inv, r);

    if (r->upstream_states) {
        ngx_http_wsgw_invoke_answer_upstream(inv, r);

    } else if (ngx_http_wsgw_invoke_answer_cached(r)) {
        inv->upstream = (r->err_status == 0);

    } else if (!r->error_page && r->err_status != NGX_HTTP_OK
               && inv->status < NGX_HTTP_BAD_REQUEST)
    {
        /* The location's own content.  An error_page that is not recursive
           leaves a mark; of the others only the status 200 can be told from
           content. */

        inv->heard = inv->status;
    }

    inv->redirected = ngx_http_wsgw_invoke_answer_redirected(inv, r);

    /* it stands in for a backend that may be away, as a page does */

    if (ngx_http_wsgw_invoke_answer_stale(r)) {
        inv->unanswered = 1;
    }
}


static ngx_uint_t
ngx_http_wsgw_invoke_answer_status(ngx_http_request_t *r)
{
    return r->err_status ? r->err_status : r->headers_out.status;
}


/* Of a recursive error_page it is known only by what the backend has said. */

static ngx_uint_t
ngx_http_wsgw_invoke_answer_redirected(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    return r->err_status >= NGX_HTTP_SPECIAL_RESPONSE
           && r->err_status < NGX_HTTP_BAD_REQUEST
           && r->headers_out.location
           && (r->error_page
               || (r->upstream_states
                   && (inv->heard == 0
                       || inv->heard >= NGX_HTTP_SPECIAL_RESPONSE)));
}


/* a backend's word, but this event the backend has not got */

static ngx_uint_t
ngx_http_wsgw_invoke_answer_cached(ngx_http_request_t *r)
{
#if (NGX_HTTP_CACHE)
    return r->cached;
#else
    return 0;
#endif
}


static ngx_uint_t
ngx_http_wsgw_invoke_answer_stale(ngx_http_request_t *r)
{
#if (NGX_HTTP_CACHE)
    return r->cached
           && (r->upstream->cache_status == NGX_HTTP_CACHE_STALE
               || r->upstream->cache_status == NGX_HTTP_CACHE_UPDATING);
#else
    return 0;
#endif
}


/*
 * A backend has answered if its header was read to the end; the body decides
 * nothing.  What an error_page calls counts if it got the event: a
 * named location gets it as it is, a URI is fetched with GET.
 */

static void
ngx_http_wsgw_invoke_answer_upstream(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_uint_t                  i, answered, refused;
    ngx_http_upstream_t        *u;
    ngx_http_upstream_state_t  *state;

    answered = 0;
    refused = 0;
    u = r->upstream;
    state = r->upstream_states->elts;

    for (i = 0; i < r->upstream_states->nelts; i++) {

        answered = state[i].peer
                   && state[i].header_time != (ngx_msec_t) -1;

        /* the bytes are counted when nginx is through with the backend */

        if (answered || state[i].bytes_sent) {
            inv->reached = 1;
        }

        if (i < inv->pages) {
            inv->heard = answered ? state[i].status : 0;
        }

        if (answered && state[i].status >= NGX_HTTP_SPECIAL_RESPONSE) {
            refused = 1;
        }
    }

    inv->header_too_large = !answered && u->buffer.start
                            && u->buffer.last == u->buffer.end;

    /* Of the last one the header tells: early hints leave their own status
       in the state, and nginx takes what is no HTTP for a 200 of HTTP/0.9. */

    if (answered && r->upstream_states->nelts <= inv->pages) {
        inv->heard = u->headers_in.status_n;
    }

    if (ngx_http_wsgw_invoke_answer_missed(u)) {
        answered = 0;
        inv->heard = 0;
    }

    inv->unanswered = (inv->heard == 0 && inv->pages);

    /* an error for which no backend gave cause is nginx's: a filter's, say */

    inv->upstream = answered && !ngx_http_wsgw_invoke_answer_left(u)
                    && (r->err_status == 0 || refused);
}


/*
 * Returns how many may have got the event and not refused it, whatever became
 * of their answer: that it leads to somebody else is no refusal.  A page that
 * was fetched is not among them.
 */

static ngx_uint_t
ngx_http_wsgw_invoke_answer_willing(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_uint_t                  i, n;
    ngx_http_upstream_state_t  *state;

    /* A handler that is no upstream may have called one, and a filter has
       refused what came of it. */

    if (r->upstream_states == NULL) {
        return r->filter_finalize && !ngx_http_wsgw_invoke_answer_cached(r);
    }

    n = 0;
    state = r->upstream_states->elts;

    for (i = 0; i < ngx_min(r->upstream_states->nelts, inv->pages); i++) {

        if (state[i].peer == NULL) {
            continue;
        }

        if (state[i].header_time != (ngx_msec_t) -1) {
            n += (state[i].status < NGX_HTTP_SPECIAL_RESPONSE);

        } else if (&state[i] == r->upstream->state
                   && r->upstream->peer.connection)
        {
            n += (r->upstream->peer.connection->sent != 0);

        } else {
            n += (state[i].bytes_sent != 0);
        }
    }

    return n;
}


/* memcached has no statuses: nginx makes a 404 of a key that is not there */

static ngx_uint_t
ngx_http_wsgw_invoke_answer_missed(ngx_http_upstream_t *u)
{
    return u->conf->intercept_404
           && u->headers_in.status_n == NGX_HTTP_NOT_FOUND;
}


/* the backend's answer was only where to go on */

static ngx_uint_t
ngx_http_wsgw_invoke_answer_left(ngx_http_upstream_t *u)
{
    return u->headers_in.x_accel_redirect
           && !(u->conf->ignore_headers & NGX_HTTP_UPSTREAM_IGN_XA_REDIRECT);
}


static void
ngx_http_wsgw_invoke_answer_headers(ngx_http_wsgw_invoke_t *inv,
    ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_keyval_t     *kv;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    inv->answer_type = r->headers_out.content_type;
    inv->answer_type.data = ngx_pstrdup(inv->pool, &inv->answer_type);

    if (inv->answer_type.data == NULL) {
        inv->answer_type.len = 0;
    }

    part = &r->headers_out.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].hash == 0) {
            continue;
        }

        if (header[i].key.len >= sizeof("X-Wsgw-Join") - 1
            && (header[i].key.data[2] | 0x20) == 'w')
        {
            inv->orders = 1;
        }

        if (inv->answer_headers == NULL) {
            inv->answer_headers = ngx_array_create(inv->pool, 4,
                                                   sizeof(ngx_keyval_t));
            if (inv->answer_headers == NULL) {
                return;
            }
        }

        kv = ngx_array_push(inv->answer_headers);
        if (kv == NULL) {
            return;
        }

        kv->key = header[i].key;
        kv->key.data = ngx_pstrdup(inv->pool, &header[i].key);
        kv->value = header[i].value;
        kv->value.data = ngx_pstrdup(inv->pool, &header[i].value);

        if (kv->key.data == NULL || kv->value.data == NULL) {
            inv->answer_headers->nelts--;
            return;
        }
    }
}


ngx_str_t
ngx_http_wsgw_invoke_answer_header(ngx_http_wsgw_invoke_t *inv,
    const char *name)
{
    size_t         len;
    ngx_str_t      value = ngx_null_string;
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    if (inv->answer_headers == NULL) {
        return value;
    }

    len = ngx_strlen(name);
    kv = inv->answer_headers->elts;

    for (i = 0; i < inv->answer_headers->nelts; i++) {
        if (kv[i].key.len == len
            && ngx_strncasecmp(kv[i].key.data, (u_char *) name, len) == 0)
        {
            value = kv[i].value;
        }
    }

    return value;
}
