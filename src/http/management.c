
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Calls of @connections: who may make them, which one a request is, and its
 * body.  What the caller reads is decided in http/answer.c: a refusal is a
 * status here.
 */


#include "http/management.h"
#include "base/text.h"
#include "event/field.h"
#include "http/answer.h"
#include "http/batch.h"
#include "http/call.h"
#include "http/header.h"
#include "http/listing.h"
#include "http/local.h"
#include "http/many.h"
#include "http/single.h"


#define NGX_HTTP_WSGW_MANAGEMENT_BUFFER   (128 * 1024)
#define NGX_HTTP_WSGW_MANAGEMENT_BATCH    16    /* times a message's size */


/* a call, by what its path names and by its method */

typedef struct {
    ngx_http_wsgw_target_e         target;
    ngx_uint_t                     method;
    ngx_uint_t                     door;        /* that has to be open, or 0 */
    ngx_uint_t                     body;        /* 1: it has one */

    /* NGX_OK, or the status to refuse it with */
    ngx_int_t                    (*asked)(ngx_http_request_t *r,
                                          ngx_uint_t verb);
    ngx_uint_t                     verb;

    /* carries it out, and finalizes the request */
    void                         (*run)(ngx_http_request_t *r);
} ngx_http_wsgw_management_row_t;


static ngx_int_t ngx_http_wsgw_management_asked(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call);
static ngx_int_t ngx_http_wsgw_management_find(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, const ngx_http_wsgw_management_row_t **row);
static ngx_int_t ngx_http_wsgw_management_not_allowed(ngx_http_request_t *r,
    ngx_http_wsgw_target_e target);
static ngx_int_t ngx_http_wsgw_management_read(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call);
static ngx_int_t ngx_http_wsgw_management_bound(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, size_t limit, size_t buffer);
static void ngx_http_wsgw_management_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_management_signed(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, ngx_str_t *body);
static ngx_int_t ngx_http_wsgw_management_body(ngx_http_request_t *r,
    ngx_str_t *body);


static const ngx_http_wsgw_management_row_t  ngx_http_wsgw_management_rows[] = {

    { ngx_http_wsgw_target_connection, NGX_HTTP_GET, 0, 0,
      ngx_http_wsgw_single_asked, WSGW_VERB_DESCRIBE, ngx_http_wsgw_single },

    { ngx_http_wsgw_target_connection, NGX_HTTP_POST, 0, 1,
      ngx_http_wsgw_single_asked, WSGW_VERB_SEND, ngx_http_wsgw_single },

    { ngx_http_wsgw_target_connection, NGX_HTTP_DELETE, 0, 0,
      ngx_http_wsgw_single_asked, WSGW_VERB_CLOSE, ngx_http_wsgw_single },

    { ngx_http_wsgw_target_all, NGX_HTTP_GET, NGX_HTTP_WSGW_DOOR_LIST, 0,
      ngx_http_wsgw_listing_asked, 0, ngx_http_wsgw_listing },

    { ngx_http_wsgw_target_all, NGX_HTTP_POST, 0, 1,
      ngx_http_wsgw_batch_asked, 0, ngx_http_wsgw_many },

    { ngx_http_wsgw_target_groups, NGX_HTTP_GET, NGX_HTTP_WSGW_DOOR_GROUPS, 0,
      ngx_http_wsgw_single_asked, WSGW_VERB_DESCRIBE, ngx_http_wsgw_single },

    { ngx_http_wsgw_target_group, NGX_HTTP_PUT, NGX_HTTP_WSGW_DOOR_GROUPS, 0,
      ngx_http_wsgw_single_asked, WSGW_VERB_JOIN, ngx_http_wsgw_single },

    { ngx_http_wsgw_target_group, NGX_HTTP_DELETE, NGX_HTTP_WSGW_DOOR_GROUPS, 0,
      ngx_http_wsgw_single_asked, WSGW_VERB_LEAVE, ngx_http_wsgw_single },

    { ngx_http_wsgw_target_none, 0, 0, 0, NULL, 0, NULL }
};


ngx_int_t
ngx_http_wsgw_management_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_wsgw_call_t      *call;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    ngx_http_wsgw_field_unsteer(r);

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    call = ngx_pcalloc(r->pool, sizeof(ngx_http_wsgw_call_t));
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, call, ngx_http_wsgw_module);

    /* a signature is of the whole body, and comes before all that is asked */

    if (wlcf->keys) {
        return ngx_http_wsgw_management_read(r, call);
    }

    if (!wlcf->management_public
        && !ngx_http_wsgw_local(r, "wsgw_management"))
    {
        return ngx_http_wsgw_answer_refuse(call, WSGW_OUTCOME_FORBIDDEN);
    }

    rc = ngx_http_wsgw_management_asked(r, call);

    if (rc != NGX_OK) {
        return rc;
    }

    if (call->has_body) {
        return ngx_http_wsgw_management_read(r, call);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;

    call->run(r);

    return NGX_DONE;
}


/*
 * A body over the limit, which is a batch's here, is refused while it is read.
 * One within it needs no temporary file; a chunked one of unknown length gets a
 * bounded buffer.
 */

ngx_int_t
ngx_http_wsgw_management_init(ngx_conf_t *cf)
{
    size_t                      size;
    ngx_uint_t                  i;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_wsgw_loc_conf_t  **wlcf;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    wlcf = wmcf->managements.elts;

    for (i = 0; i < wmcf->managements.nelts; i++) {
        clcf = wlcf[i]->management_place->location;
        size = wlcf[i]->max_message_size;

        if (clcf->client_max_body_size == 0
            || clcf->client_max_body_size
               > (off_t) size * NGX_HTTP_WSGW_MANAGEMENT_BATCH)
        {
            clcf->client_max_body_size = (off_t) size
                                         * NGX_HTTP_WSGW_MANAGEMENT_BATCH;
        }

        size = ngx_min(size, NGX_HTTP_WSGW_MANAGEMENT_BUFFER);

        if (clcf->client_body_buffer_size < size) {
            clcf->client_body_buffer_size = size;
        }
    }

    return NGX_OK;
}


/* NGX_OK, or the status to refuse it with: what is to be done, and to whom */

static ngx_int_t
ngx_http_wsgw_management_asked(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call)
{
    ngx_int_t                              rc;
    const ngx_http_wsgw_management_row_t  *row;

    row = NULL;
    rc = ngx_http_wsgw_management_find(r, call, &row);

    if (row && rc == NGX_OK) {
        call->has_body = row->body;
        call->run = row->run;

        rc = row->asked(r, row->verb);
    }

    if (rc != NGX_OK) {
        ngx_http_wsgw_text_log(NGX_LOG_INFO, r->connection->log,
                               "@connections refuses the request with %i: "
                               "\"%V\"", rc, call->message.len
                                             ? &call->message
                                             : &r->method_name);
    }

    return rc;
}


static ngx_int_t
ngx_http_wsgw_management_find(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, const ngx_http_wsgw_management_row_t **found)
{
    ngx_http_wsgw_target_e                 target;
    ngx_http_wsgw_loc_conf_t              *wlcf;
    const ngx_http_wsgw_management_row_t  *row;

    if (ngx_http_wsgw_target(r, &call->target) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    target = call->target.kind;

    for (row = ngx_http_wsgw_management_rows; row->run; row++) {

        if (row->target == target && row->method == r->method) {
            *found = row;

            return (row->door & ~wlcf->management_doors)
                   ? ngx_http_wsgw_call_closed(r, row->door)
                   : NGX_OK;
        }
    }

    if (target == ngx_http_wsgw_target_connection
        || target == ngx_http_wsgw_target_groups
        || target == ngx_http_wsgw_target_group
        || !(r->method & (NGX_HTTP_GET|NGX_HTTP_POST|NGX_HTTP_DELETE)))
    {
        return ngx_http_wsgw_management_not_allowed(r, target);
    }

    return ngx_http_wsgw_call_refuse(r, NGX_HTTP_NOT_FOUND,
                                     "No method found matching route %V for "
                                     "http method %V.",
                                     &r->uri, &r->method_name);
}


static ngx_int_t
ngx_http_wsgw_management_not_allowed(ngx_http_request_t *r,
    ngx_http_wsgw_target_e target)
{
    ngx_str_t  allow;

    switch (target) {

    case ngx_http_wsgw_target_all:
        ngx_str_set(&allow, "GET, POST");
        break;

    case ngx_http_wsgw_target_groups:
        ngx_str_set(&allow, "GET");
        break;

    case ngx_http_wsgw_target_group:
        ngx_str_set(&allow, "PUT, DELETE");
        break;

    default:
        ngx_str_set(&allow, "GET, POST, DELETE");
        break;
    }

    if (ngx_http_wsgw_header_add(r, "Allow", &allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NOT_ALLOWED;
}


static ngx_int_t
ngx_http_wsgw_management_read(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call)
{
    off_t                      n;
    size_t                     limit, buffer;
    ngx_int_t                  rc;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    n = r->headers_in.content_length_n;
    limit = wlcf->max_message_size;
    buffer = 0;

    if (ngx_http_wsgw_batch_is_meant(r)) {
        limit *= NGX_HTTP_WSGW_MANAGEMENT_BATCH;
        buffer = NGX_HTTP_WSGW_MANAGEMENT_BUFFER
                 * NGX_HTTP_WSGW_MANAGEMENT_BATCH;
    }

    if (n > (off_t) limit) {
        return ngx_http_wsgw_answer_refuse(call, WSGW_OUTCOME_TOO_LARGE);
    }

    if ((n < 0 || buffer)
        && ngx_http_wsgw_management_bound(r, call, limit, n < 0 ? 0 : buffer)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r,
                                       ngx_http_wsgw_management_body_handler);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


/* While nginx reads this body it goes by a location with these limits; of a
   body whose length is known it takes no more memory than that.  The location
   is the request's, which a connection that is kept outlives. */

static ngx_int_t
ngx_http_wsgw_management_bound(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, size_t limit, size_t buffer)
{
    void                      **conf;
    ngx_http_core_loc_conf_t   *clcf;

    conf = ngx_palloc(r->pool, ngx_http_max_module * sizeof(void *));
    clcf = ngx_palloc(r->pool, sizeof(ngx_http_core_loc_conf_t));

    if (conf == NULL || clcf == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(conf, r->loc_conf, ngx_http_max_module * sizeof(void *));
    *clcf = *(ngx_http_core_loc_conf_t *)
                 ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    clcf->client_max_body_size = ngx_min(clcf->client_max_body_size,
                                         (off_t) limit);
    clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                            buffer);

    conf[ngx_http_core_module.ctx_index] = clcf;

    call->loc_conf = r->loc_conf;
    r->loc_conf = conf;

    return NGX_OK;
}


static void
ngx_http_wsgw_management_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_wsgw_call_t      *call;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    call = ngx_http_get_module_ctx(r, ngx_http_wsgw_module);

    if (call->loc_conf) {
        r->loc_conf = call->loc_conf;
    }

    if (ngx_http_wsgw_management_body(r, &call->body) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    rc = NGX_OK;

    if (wlcf->keys) {
        rc = ngx_http_wsgw_management_signed(r, call, &call->body);

        if (rc == NGX_OK) {
            rc = ngx_http_wsgw_management_asked(r, call);
        }
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    call->run(r);
}


/* NGX_OK, or the status to refuse it with */

static ngx_int_t
ngx_http_wsgw_management_signed(ngx_http_request_t *r,
    ngx_http_wsgw_call_t *call, ngx_str_t *body)
{
    ngx_http_wsgw_signature_t  signature;

    if (ngx_http_wsgw_signature(r, body, 0, &signature) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (signature.verdict == ngx_http_wsgw_signature_right) {
        return NGX_OK;
    }

    ngx_http_wsgw_text_log(NGX_LOG_INFO, r->connection->log,
                           "@connections refuses the caller: %V",
                           &signature.why);

    return ngx_http_wsgw_answer_unsigned(call, signature.verdict);
}


/* one text, also of what went to a temporary file */

static ngx_int_t
ngx_http_wsgw_management_body(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    size_t        size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *bufs;

    bufs = r->request_body ? r->request_body->bufs : NULL;

    if (bufs && bufs->next == NULL && ngx_buf_in_memory(bufs->buf)) {
        body->data = bufs->buf->pos;
        body->len = bufs->buf->last - bufs->buf->pos;
        return NGX_OK;
    }

    body->len = 0;

    for (cl = bufs; cl; cl = cl->next) {
        body->len += ngx_buf_size(cl->buf);
    }

    p = ngx_pnalloc(r->pool, body->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    for (cl = bufs; cl; cl = cl->next) {
        b = cl->buf;
        size = ngx_buf_size(b);

        /* a chunked body ends with a buffer that is neither */

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(p, b->pos, size);

        } else if (b->in_file
                   && ngx_read_file(b->file, p, size, b->file_pos)
                      != (ssize_t) size)
        {
            return NGX_ERROR;
        }

        p += size;
    }

    return NGX_OK;
}
