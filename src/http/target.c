
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The path of a call of @connections, segment by segment: nginx has decoded it
 * once, and empty segments are an SDK's slashes.  The name of a group is taken
 * from the path as it was sent, as it may have slashes of its own, which nginx
 * merges.  A path with ".." leads nowhere: nginx has followed it, so that a
 * name that was put into it would decide what is called.
 */


#include "http/target.h"
#include "base/text.h"


static ngx_str_t ngx_http_wsgw_target_next(ngx_str_t *path);
static void ngx_http_wsgw_target_begin(ngx_str_t *path);
static ngx_int_t ngx_http_wsgw_target_name(ngx_http_request_t *r,
    ngx_str_t *name);
static ngx_uint_t ngx_http_wsgw_target_has_dot(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_target_climbs(ngx_http_request_t *r);
static ngx_int_t ngx_http_wsgw_target_sent(ngx_http_request_t *r,
    ngx_str_t *path);


ngx_int_t
ngx_http_wsgw_target(ngx_http_request_t *r, ngx_http_wsgw_target_t *target)
{
    ngx_int_t  rc;
    ngx_str_t  path, segment;

    target->kind = ngx_http_wsgw_target_none;
    ngx_str_null(&target->id);
    ngx_str_null(&target->group);

    if (ngx_http_wsgw_target_has_dot(r)) {
        rc = ngx_http_wsgw_target_climbs(r);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

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

    if (!ngx_http_wsgw_text_is(&segment, "groups")) {
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
    u_char     *p, *end, *last;
    ngx_str_t   segment;

    p = path->data;
    last = p + path->len;

    while (p < last && *p == '/') {
        p++;
    }

    end = (p < last) ? memchr(p, '/', last - p) : NULL;

    if (end == NULL) {
        end = last;
    }

    segment.data = p;
    segment.len = end - p;

    path->data = end;
    path->len = last - end;

    return segment;
}


/* Leaves what follows the first segment "@connections"; NULL: there is none. */

static void
ngx_http_wsgw_target_begin(ngx_str_t *path)
{
    u_char     *p, *last;
    ngx_str_t   name = ngx_string("@connections");

    p = path->data;
    last = p + path->len;

    while ((p = memchr(p, '@', last - p)) != NULL) {

        if ((size_t) (last - p) >= name.len
            && ngx_memcmp(p, name.data, name.len) == 0
            && (p == path->data || p[-1] == '/')
            && (p + name.len == last || p[name.len] == '/'))
        {
            path->data = p + name.len;
            path->len = last - path->data;
            return;
        }

        p++;
    }

    ngx_str_null(path);
}


/* What follows "groups/" of the path as it was sent, decoded once. */

static ngx_int_t
ngx_http_wsgw_target_name(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_str_t  path;

    if (ngx_http_wsgw_target_sent(r, &path) != NGX_OK) {
        return NGX_ERROR;
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


/*
 * Whether a segment may begin with a dot in the path as it was sent: nginx has
 * marked it then.  That of an id does not, so that a push is through here.
 */

static ngx_uint_t
ngx_http_wsgw_target_has_dot(ngx_http_request_t *r)
{
    return r->complex_uri || r->quoted_uri;
}


/* NGX_OK: the path as it was sent has a segment of dots; NGX_DECLINED: none */

static ngx_int_t
ngx_http_wsgw_target_climbs(ngx_http_request_t *r)
{
    ngx_str_t  path, segment;

    if (ngx_http_wsgw_target_sent(r, &path) != NGX_OK) {
        return NGX_ERROR;
    }

    do {
        segment = ngx_http_wsgw_target_next(&path);

        if (ngx_http_wsgw_text_is(&segment, ".")
            || ngx_http_wsgw_text_is(&segment, ".."))
        {
            return NGX_OK;
        }

    } while (segment.len);

    return NGX_DECLINED;
}


/* The path as it was sent, decoded once; one that nginx has rewritten is taken
   as it is now. */

static ngx_int_t
ngx_http_wsgw_target_sent(ngx_http_request_t *r, ngx_str_t *path)
{
    u_char  *p, *src;
    size_t   len;

    *path = r->uri;

    if (!r->valid_unparsed_uri) {
        return NGX_OK;
    }

    len = r->unparsed_uri.len;

    p = ngx_strlchr(r->unparsed_uri.data, r->unparsed_uri.data + len, '?');
    if (p) {
        len = p - r->unparsed_uri.data;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    src = r->unparsed_uri.data;
    path->data = p;

    ngx_unescape_uri(&p, &src, len, 0);
    path->len = p - path->data;

    return NGX_OK;
}
