
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The client's upgrade request: is it one (RFC 6455, 4.2.1), may it be, and
 * what of it the connection keeps.
 */


#include "ngx_http_wsgw_request.h"
#include "ngx_http_wsgw_domain.h"
#include "ngx_http_wsgw_event.h"
#include "ngx_http_wsgw_peer.h"
#include "ngx_http_wsgw_refuse.h"
#include "ngx_http_wsgw_sent.h"


#define NGX_HTTP_WSGW_CONTEXT_MAX  8192

#define NGX_HTTP_WSGW_KEY_TEXT  24      /* 16 bytes, base64 */


static void ngx_http_wsgw_request_read(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req);
static ngx_uint_t ngx_http_wsgw_request_is(ngx_table_elt_t *h,
    const char *name);
static ngx_uint_t ngx_http_wsgw_request_has(ngx_str_t *list, ngx_str_t *token,
    ngx_uint_t fold);
static ngx_uint_t ngx_http_wsgw_request_key(ngx_str_t *key);
static ngx_uint_t ngx_http_wsgw_request_origin(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req);
static ngx_uint_t ngx_http_wsgw_request_same_origin(ngx_http_request_t *r,
    ngx_str_t *origin);
static ngx_str_t ngx_http_wsgw_request_authority(ngx_str_t *value);
static ngx_uint_t ngx_http_wsgw_request_path(ngx_http_request_t *r,
    ngx_str_t *path);


ngx_int_t
ngx_http_wsgw_request_check(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req)
{
    ngx_str_t  path;

    if (!ngx_http_wsgw_request_path(r, &path)) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (r->method != NGX_HTTP_GET) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    ngx_http_wsgw_request_read(r, req);

    if (r->http_version != NGX_HTTP_VERSION_11 || !req->upgrade) {
        return NGX_HTTP_WSGW_UPGRADE_REQUIRED;
    }

    /* a body would be taken for frames, or frames for a request */

    if (!req->connection
        || r->headers_in.content_length_n > 0
        || r->headers_in.chunked
        || req->keys != 1
        || req->versions != 1
        || req->malformed
        || !ngx_http_wsgw_request_key(&req->key))
    {
        return NGX_HTTP_BAD_REQUEST;
    }

    /* RFC 6455, 4.4 */

    if (req->version.len != 2
        || ngx_strncmp(req->version.data, "13", 2) != 0)
    {
        return NGX_HTTP_WSGW_UPGRADE_REQUIRED;
    }

    if (!ngx_http_wsgw_request_origin(r, req)) {
        return NGX_HTTP_FORBIDDEN;
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_request_read(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req)
{
    ngx_uint_t                 i;
    ngx_table_elt_t           *h;
    ngx_list_part_t           *part;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    static ngx_str_t           upgrade = ngx_string("upgrade");
    static ngx_str_t           websocket = ngx_string("websocket");

    ngx_memzero(req, sizeof(ngx_http_wsgw_request_t));

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    part = ngx_http_wsgw_sent_first(r);
    i = 0;

    while ((h = ngx_http_wsgw_sent_next(&part, &i)) != NULL) {

        if (ngx_http_wsgw_request_is(h, "upgrade")) {
            req->upgrade |= ngx_http_wsgw_request_has(&h->value, &websocket, 1);

        } else if (ngx_http_wsgw_request_is(h, "connection")) {
            req->connection |= ngx_http_wsgw_request_has(&h->value, &upgrade,
                                                         1);

        } else if (ngx_http_wsgw_request_is(h, "sec-websocket-key")) {
            req->key = h->value;
            req->keys++;

        } else if (ngx_http_wsgw_request_is(h, "sec-websocket-version")) {
            req->version = h->value;
            req->versions++;

        } else if (ngx_http_wsgw_request_is(h, "origin")) {
            req->origin = h->value;
            req->origins++;

        } else if (wlcf->compression
                   && ngx_http_wsgw_request_is(h, "sec-websocket-extensions")
                   && wsgw_extension_negotiate(h->value.data, h->value.len,
                                               &req->extension)
                      != 0)
        {
            req->malformed = 1;
        }
    }
}


/* "_" is no "-" here, other than to ngx_http_wsgw_sent_is() */

static ngx_uint_t
ngx_http_wsgw_request_is(ngx_table_elt_t *h, const char *name)
{
    size_t  len;

    len = ngx_strlen(name);

    return h->key.len == len && ngx_memcmp(h->lowcase_key, name, len) == 0;
}


ngx_uint_t
ngx_http_wsgw_request_lists(ngx_http_request_t *r, const char *name,
    ngx_str_t *token)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    part = ngx_http_wsgw_sent_first(r);
    i = 0;

    while ((h = ngx_http_wsgw_sent_next(&part, &i)) != NULL) {
        if (ngx_http_wsgw_request_is(h, name)
            && ngx_http_wsgw_request_has(&h->value, token, 0))
        {
            return 1;
        }
    }

    return 0;
}


/* an element of a comma-separated list */

static ngx_uint_t
ngx_http_wsgw_request_has(ngx_str_t *list, ngx_str_t *token, ngx_uint_t fold)
{
    u_char  *p, *last, *start, *end;

    p = list->data;
    last = p + list->len;

    while (p < last) {

        while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
            p++;
        }

        start = p;

        while (p < last && *p != ',') {
            p++;
        }

        end = p;

        while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }

        if ((size_t) (end - start) == token->len
            && (fold ? ngx_strncasecmp(start, token->data, token->len)
                     : ngx_memcmp(start, token->data, token->len))
               == 0)
        {
            return token->len != 0;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_wsgw_request_token(ngx_str_t *value)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if (ch <= 0x20 || ch >= 0x7f
            || ngx_strchr("()<>@,;:\\\"/[]?={}", ch) != NULL)
        {
            return 0;
        }
    }

    return value->len != 0;
}


/* 16 bytes in base64 (RFC 6455, 4.1) */

static ngx_uint_t
ngx_http_wsgw_request_key(ngx_str_t *key)
{
    u_char     buf[ngx_base64_decoded_length(NGX_HTTP_WSGW_KEY_TEXT)];
    ngx_str_t  decoded;

    if (key->len != NGX_HTTP_WSGW_KEY_TEXT) {
        return 0;
    }

    decoded.data = buf;

    return ngx_decode_base64(&decoded, key) == NGX_OK && decoded.len == 16;
}


static ngx_uint_t
ngx_http_wsgw_request_origin(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req)
{
    ngx_str_t                 *origin;
    ngx_uint_t                 i;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->origin_mode == NGX_HTTP_WSGW_ORIGIN_ANY) {
        return 1;
    }

    if (req->origins > 1) {
        return 0;
    }

    if (wlcf->origin_mode == NGX_HTTP_WSGW_ORIGIN_SAME) {
        return req->origins == 0
               || ngx_http_wsgw_request_same_origin(r, &req->origin);
    }

    if (req->origins == 0) {
        return 0;
    }

    origin = wlcf->origins->elts;

    for (i = 0; i < wlcf->origins->nelts; i++) {
        if (origin[i].len == req->origin.len
            && ngx_memcmp(origin[i].data, req->origin.data, origin[i].len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Origin's authority, less its own scheme's default port, is that of Host or
 * of domain=, less ":80" or ":443".
 */

static ngx_uint_t
ngx_http_wsgw_request_same_origin(ngx_http_request_t *r, ngx_str_t *origin)
{
    u_char                    *p;
    size_t                     scheme;
    ngx_str_t                  own, authority, port, *host[2];
    ngx_uint_t                 i;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    p = ngx_strnstr(origin->data, "://", origin->len);
    if (p == NULL) {
        return 0;
    }

    scheme = p - origin->data;
    own.data = p + 3;
    own.len = origin->data + origin->len - own.data;

    if (scheme == 5 && ngx_strncasecmp(origin->data, (u_char *) "https", 5)
                       == 0)
    {
        ngx_str_set(&port, ":443");

    } else if (scheme == 4
               && ngx_strncasecmp(origin->data, (u_char *) "http", 4) == 0)
    {
        ngx_str_set(&port, ":80");

    } else {
        ngx_str_null(&port);
    }

    if (port.len && own.len > port.len
        && ngx_memcmp(own.data + own.len - port.len, port.data, port.len) == 0)
    {
        own.len -= port.len;
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    host[0] = &r->headers_in.host->value;
    host[1] = &wlcf->domain;

    for (i = 0; i < 2; i++) {
        authority = ngx_http_wsgw_request_authority(host[i]);

        if (authority.len && authority.len == own.len
            && ngx_strncasecmp(authority.data, own.data, own.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_str_t
ngx_http_wsgw_request_authority(ngx_str_t *value)
{
    ngx_str_t  a;

    a = *value;

    if (a.len > 3 && ngx_memcmp(a.data + a.len - 3, ":80", 3) == 0) {
        a.len -= 3;

    } else if (a.len > 4 && ngx_memcmp(a.data + a.len - 4, ":443", 4) == 0) {
        a.len -= 4;
    }

    return a;
}


/*
 * "/dev", "/dev/" and, unless the profile is aws, "/dev/x" are the stage of
 * location /dev; "/devices" is not.  A location without a path (a regular
 * expression's) serves whatever it matches.
 */

static ngx_uint_t
ngx_http_wsgw_request_path(ngx_http_request_t *r, ngx_str_t *path)
{
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ngx_str_null(path);

    if (wlcf->path.len == 0
#if (NGX_PCRE)
        && wlcf->api_place->location->regex
#endif
       )
    {
        return 1;
    }

    if (r->uri.len < wlcf->path.len
        || ngx_memcmp(r->uri.data, wlcf->path.data, wlcf->path.len) != 0)
    {
        return 0;
    }

    path->data = r->uri.data + wlcf->path.len;
    path->len = r->uri.len - wlcf->path.len;

    if (path->len == 0) {
        return 1;
    }

    if (path->data[0] != '/') {
        return 0;
    }

    if (path->len == 1) {
        path->len = 0;
        return 1;
    }

    return wlcf->profile != NGX_HTTP_WSGW_AWS;
}


ngx_int_t
ngx_http_wsgw_request_texts(ngx_http_request_t *r,
    ngx_str_t texts[ngx_http_wsgw_text_last])
{
    size_t                     len;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ngx_memzero(texts, sizeof(ngx_str_t) * ngx_http_wsgw_text_last);

    texts[ngx_http_wsgw_text_addr] = r->connection->addr_text;
    texts[ngx_http_wsgw_text_host] = r->headers_in.host->value;

    if (r->headers_in.user_agent) {
        texts[ngx_http_wsgw_text_agent] = r->headers_in.user_agent->value;
    }

    (void) ngx_http_wsgw_request_path(r, &texts[ngx_http_wsgw_text_path]);

    ngx_str_set(&texts[ngx_http_wsgw_text_scheme], "http");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&texts[ngx_http_wsgw_text_scheme], "https");
    }
#endif

    if (ngx_http_wsgw_domain(r, &texts[ngx_http_wsgw_text_domain])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a callback= without variables is read from the configuration */

    if (wlcf->callback && wlcf->callback->lengths
        && ngx_http_complex_value(r, wlcf->callback,
                                  &texts[ngx_http_wsgw_text_callback])
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_wsgw_event_members(r, wlcf->context,
                                    &texts[ngx_http_wsgw_text_context])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_wsgw_event_members(r, wlcf->stage_variables,
                                    &texts[ngx_http_wsgw_text_variables])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the zone's record has to hold it */

    len = texts[ngx_http_wsgw_text_context].len
          + texts[ngx_http_wsgw_text_variables].len
          + texts[ngx_http_wsgw_text_callback].len;

    if (len > NGX_HTTP_WSGW_CONTEXT_MAX) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "authorizer context, stage variables and callback URL "
                      "exceed %d bytes", NGX_HTTP_WSGW_CONTEXT_MAX);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the path is kept as well, and never cut: backends act upon it */

    len += texts[ngx_http_wsgw_text_path].len;

    if (len > NGX_HTTP_WSGW_CONTEXT_MAX) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "client sent too long a path for a connection");
        return NGX_HTTP_WSGW_HEADERS_TOO_LARGE;
    }

    return NGX_OK;
}
