
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The path of a call of @connections, segment by segment: nginx has decoded it
 * once, and empty segments are an SDK's slashes.  The name of a group is taken
 * from the path as it was sent, as it may have slashes of its own, which nginx
 * merges.
 */


#include "http/target.h"
#include "base/text.h"


static ngx_str_t ngx_http_wsgw_target_next(ngx_str_t *path);
static ngx_uint_t ngx_http_wsgw_target_is(ngx_str_t *segment,
    const char *text);
static void ngx_http_wsgw_target_begin(ngx_str_t *path);
static ngx_int_t ngx_http_wsgw_target_name(ngx_http_request_t *r,
    ngx_str_t *name);


ngx_int_t
ngx_http_wsgw_target(ngx_http_request_t *r, ngx_http_wsgw_target_t *target)
{
    ngx_str_t  path, segment;

    target->kind = ngx_http_wsgw_target_none;
    ngx_str_null(&target->group);

    path = r->uri;
    ngx_http_wsgw_target_begin(&path);

    target->id = ngx_http_wsgw_target_next(&path);

    if (target->id.len == 0) {
        if (path.data) {
            target->kind = ngx_http_wsgw_target_all;
        }

        return NGX_OK;
    }

    segment = ngx_http_wsgw_target_next(&path);

    if (segment.len == 0) {
        target->kind = ngx_http_wsgw_target_connection;
        return NGX_OK;
    }

    if (!ngx_http_wsgw_target_is(&segment, "groups")) {
        return NGX_OK;
    }

    segment = ngx_http_wsgw_target_next(&path);

    if (segment.len == 0) {
        target->kind = ngx_http_wsgw_target_groups;
        return NGX_OK;
    }

    target->kind = ngx_http_wsgw_target_group;

    return ngx_http_wsgw_target_name(r, &target->group);
}


ngx_str_t
ngx_http_wsgw_target_id(ngx_http_request_t *r)
{
    ngx_str_t  path;

    path = r->uri;
    ngx_http_wsgw_target_begin(&path);

    return ngx_http_wsgw_target_next(&path);
}


/* takes the next segment that is not empty off the path; empty: none is left */

static ngx_str_t
ngx_http_wsgw_target_next(ngx_str_t *path)
{
    u_char     *p, *last;
    ngx_str_t   segment;

    p = path->data;
    last = p + path->len;

    while (p < last && *p == '/') {
        p++;
    }

    segment.data = p;

    while (p < last && *p != '/') {
        p++;
    }

    segment.len = p - segment.data;

    path->data = p;
    path->len = last - p;

    return segment;
}


static ngx_uint_t
ngx_http_wsgw_target_is(ngx_str_t *segment, const char *text)
{
    return segment->len == ngx_strlen(text)
           && ngx_memcmp(segment->data, text, segment->len) == 0;
}


/* leaves what follows the first "@connections"; NULL: there is none */

static void
ngx_http_wsgw_target_begin(ngx_str_t *path)
{
    ngx_str_t  segment;

    do {
        segment = ngx_http_wsgw_target_next(path);

        if (segment.len == 0) {
            ngx_str_null(path);
            return;
        }

    } while (!ngx_http_wsgw_target_is(&segment, "@connections"));
}


/* What follows "groups/" of the path as it was sent, decoded once.  A path that
   nginx has rewritten is taken as it is now. */

static ngx_int_t
ngx_http_wsgw_target_name(ngx_http_request_t *r, ngx_str_t *name)
{
    u_char     *p, *src;
    ngx_str_t   path;

    path = r->uri;

    if (r->valid_unparsed_uri) {
        path = r->unparsed_uri;

        p = ngx_strlchr(path.data, path.data + path.len, '?');
        if (p) {
            path.len = p - path.data;
        }

        p = ngx_pnalloc(r->pool, path.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        src = path.data;
        path.data = p;

        ngx_unescape_uri(&p, &src, path.len, 0);
        path.len = p - path.data;
    }

    ngx_http_wsgw_target_begin(&path);

    (void) ngx_http_wsgw_target_next(&path);
    (void) ngx_http_wsgw_target_next(&path);

    if (path.len) {
        path.data++;
        path.len--;
    }

    *name = path;

    return NGX_OK;
}
