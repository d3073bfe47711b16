
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What nginx does with a request and not with an event, phase by phase.
 */


#include "invoke/phase.h"
#include "invoke/invoke_answer.h"


static ngx_int_t ngx_http_wsgw_phase_add(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static ngx_int_t ngx_http_wsgw_phase_rewrite(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_phase_location(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_phase_precontent(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_phase_content(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_phase_files(ngx_http_request_t *r);


ngx_str_t  ngx_http_wsgw_phase_post = ngx_string("POST");

/* of $content_length, which may have been evaluated too early */
static ngx_int_t  ngx_http_wsgw_content_length_index;


ngx_int_t
ngx_http_wsgw_phase_init(ngx_conf_t *cf)
{
    static ngx_str_t  length = ngx_string("content_length");

    ngx_http_wsgw_content_length_index = ngx_http_get_variable_index(cf,
                                                                     &length);

    if (ngx_http_wsgw_content_length_index == NGX_ERROR
        || ngx_http_wsgw_phase_add(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                   ngx_http_wsgw_phase_rewrite)
           != NGX_OK
        || ngx_http_wsgw_phase_add(cf, NGX_HTTP_REWRITE_PHASE,
                                   ngx_http_wsgw_phase_location)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_phase_add(cf, NGX_HTTP_PRECONTENT_PHASE,
                                   ngx_http_wsgw_phase_precontent);
}


static ngx_int_t
ngx_http_wsgw_phase_add(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


/*
 * Runs in both rewrite phases, before a location is looked for.  nginx compares
 * a length that it knows with client_max_body_size, which is no limit of
 * events: until the content phase it does not know one.  What that phase did
 * to the method of a request that is redirected from it is undone; error_page
 * changes the method's name, too.  "@name", to which no URI leads, is entered
 * from here.
 */

static ngx_int_t
ngx_http_wsgw_phase_rewrite(ngx_http_request_t *r)
{
    ngx_http_wsgw_invoke_t  *inv;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv == NULL) {
        return NGX_DECLINED;
    }

    /* the request that an answer needed has ended, and only lingers */

    if (r == r->main && r->post_action) {
        ngx_http_wsgw_invoke_answer_end(inv, r);
        ngx_http_wsgw_invoke_answer_due(inv);
    }

    r->headers_in.content_length_n = -1;

    if (r->method_name.data == ngx_http_wsgw_phase_post.data) {
        r->method = NGX_HTTP_POST;
    }

    if (inv->name.len == 0 || inv->named || r != r->main) {
        return NGX_DECLINED;
    }

    inv->named = 1;

    (void) ngx_http_named_location(r, &inv->name);
    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


/*
 * The location has been found, and its "internal" was looked at.  From here on
 * an event is a request of its own: modules take an internal one for a part of
 * another that they know, and nginx-otel ends it with an error.  Rewrites and
 * redirects make it internal again.  Its URI is one of nobody's request line:
 * whoever passes it on has to escape it, as an internal one's.
 */

static ngx_int_t
ngx_http_wsgw_phase_location(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_wsgw_invoke_t  *inv;

    rc = ngx_http_wsgw_phase_rewrite(r);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv && !inv->located && r == r->main) {
        inv->located = 1;
        r->internal = 0;
        r->quoted_uri = 1;
    }

    return NGX_DECLINED;
}


/*
 * Whoever is loaded after us comes before us in a phase.  The handlers of a
 * phase differ in nothing but the function, so ours can be moved to its head.
 */

void
ngx_http_wsgw_phase_first(ngx_cycle_t *cycle)
{
    ngx_http_phase_handler_t   *ph, *first;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);

    first = cmcf->phase_engine.handlers
            + cmcf->phase_engine.location_rewrite_index;

    for (ph = first; ph->handler != ngx_http_wsgw_phase_location; ph++) {
        /* void */
    }

    for ( /* void */ ; ph > first; ph--) {
        ph->handler = ph[-1].handler;
    }

    first->handler = ngx_http_wsgw_phase_location;
}


/* The location is known.  Subrequests have a body of their own, or ours. */

static ngx_int_t
ngx_http_wsgw_phase_precontent(ngx_http_request_t *r)
{
    off_t                       length;
    ngx_chain_t                *cl;
    ngx_http_wsgw_invoke_t     *inv;
    ngx_http_variable_value_t  *vv;

    inv = ngx_http_wsgw_invoke_answer_of(r);

    if (inv == NULL) {
        return NGX_DECLINED;
    }

    length = 0;

    if (r->request_body) {
        for (cl = r->request_body->bufs; cl; cl = cl->next) {
            length += ngx_buf_size(cl->buf);
        }
    }

    r->headers_in.content_length_n = length;

    vv = &r->variables[ngx_http_wsgw_content_length_index];
    vv->valid = 0;
    vv->not_found = 0;

    if (r == r->main) {

        if (r->method != NGX_HTTP_POST && inv->pages == NGX_MAX_UINT32_VALUE) {
            inv->pages = r->upstream_states ? r->upstream_states->nelts : 0;
        }

        inv->content = r->content_handler;
        r->content_handler = ngx_http_wsgw_phase_content;
    }

    return NGX_DECLINED;
}


/*
 * An event is a POST, and what serves only GET says 405 to it before it does
 * anything else.  It is asked again with GET, without contexts of modules, as
 * after any internal redirect.  So are the files that nginx serves where a
 * location has no handler.  The method's name remains POST.
 */

static ngx_int_t
ngx_http_wsgw_phase_content(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_wsgw_invoke_t  *inv;

    inv = (ngx_http_wsgw_invoke_t *) r->http_connection;

    rc = inv->content ? inv->content(r) : NGX_DECLINED;

    if (r->method != NGX_HTTP_POST || r->header_sent) {
        return rc;
    }

    if (rc == NGX_DECLINED) {
        r->method = NGX_HTTP_GET;
        rc = ngx_http_wsgw_phase_files(r);

    } else if (rc == NGX_HTTP_NOT_ALLOWED) {
        r->method = NGX_HTTP_GET;
        ngx_memzero(r->ctx, sizeof(void *) * ngx_http_max_module);
        rc = inv->content(r);

    } else {
        return rc;
    }

    /* an error_page that follows gets the event's own method again */

    if (r->method_name.data == ngx_http_wsgw_phase_post.data) {
        r->method = NGX_HTTP_POST;
    }

    return rc;
}


/* Calls the handlers of the content phase: index, autoindex, static and
   others. */

static ngx_int_t
ngx_http_wsgw_phase_files(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_phase_handler_t   *ph;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    ph = cmcf->phase_engine.handlers + r->phase_handler;
    rc = NGX_DECLINED;

    while (rc == NGX_DECLINED && ph->checker == ngx_http_core_content_phase) {
        rc = ph->handler(r);
        ph++;
    }

    return rc;
}
