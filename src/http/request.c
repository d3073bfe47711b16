
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The client's upgrade request: is it one (RFC 6455, 4.2.1), and may it be.
 */


#include "http/request.h"
#include "base/text.h"
#include "event/field.h"
#include "http/origin.h"
#include "http/refuse.h"


#define NGX_HTTP_WSGW_KEY_TEXT  24      /* 16 bytes, base64 */

#define NGX_HTTP_WSGW_AWS_URL   4096    /* bytes, AWS's quota */


static ngx_int_t ngx_http_wsgw_request_wrong_path(ngx_http_request_t *r,
    ngx_str_t *path);
static ngx_int_t ngx_http_wsgw_request_upgrade(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req);
static ngx_int_t ngx_http_wsgw_request_fields(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req);
static void ngx_http_wsgw_request_read(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req);
static ngx_uint_t ngx_http_wsgw_request_lists(ngx_http_request_t *r,
    const char *name, ngx_str_t *token);
static ngx_uint_t ngx_http_wsgw_request_token(ngx_str_t *value);
static ngx_uint_t ngx_http_wsgw_request_has(ngx_str_t *list, ngx_str_t *token,
    ngx_uint_t fold);
static ngx_uint_t ngx_http_wsgw_request_key(ngx_str_t *key);


ngx_int_t
ngx_http_wsgw_request_check(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req)
{
    ngx_int_t                  rc;
    ngx_str_t                  path, method;
    ngx_uint_t                 served;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    served = ngx_http_wsgw_request_path(r, &path);

    /* below the stage's path a plain GET is told to upgrade, as by AWS */

    if (!served && (path.len == 0 || path.data[0] != '/'
                    || r->method != NGX_HTTP_GET))
    {
        return ngx_http_wsgw_request_wrong_path(r, &path);
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->profile == NGX_HTTP_WSGW_AWS
        && r->unparsed_uri.len > NGX_HTTP_WSGW_AWS_URL)
    {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_url,
                    NGX_HTTP_REQUEST_URI_TOO_LARGE, "path and query have %uz "
                    "bytes, wsgw_profile aws takes %d", r->unparsed_uri.len,
                    NGX_HTTP_WSGW_AWS_URL);
    }

    if (r->method != NGX_HTTP_GET) {
        method = ngx_http_wsgw_refuse_cut(r->method_name);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_method,
                    NGX_HTTP_NOT_ALLOWED, "method \"%V\" is no handshake's, "
                    "which is GET; see wsgw_api", &method);
    }

    ngx_http_wsgw_request_read(r, req);

    rc = ngx_http_wsgw_request_upgrade(r, req);

    if (rc != NGX_OK) {
        return rc;
    }

    if (!served) {
        return ngx_http_wsgw_request_wrong_path(r, &path);
    }

    rc = ngx_http_wsgw_request_fields(r, req);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_wsgw_origin_check(r, req);
}


/* how far it is from the stage's; "path" is what stands below that, or empty */

static ngx_int_t
ngx_http_wsgw_request_wrong_path(ngx_http_request_t *r, ngx_str_t *path)
{
    ngx_str_t                  uri;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    uri = ngx_http_wsgw_refuse_cut(r->uri);

    if (path->len && path->data[0] == '/') {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_path,
                    NGX_HTTP_FORBIDDEN, "path \"%V\" is below the stage's, "
                    "\"%V\", which wsgw_profile aws does not serve", &uri,
                    &wlcf->path);
    }

    return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_path,
                NGX_HTTP_FORBIDDEN, "path \"%V\" is not the stage's, \"%V\"; "
                "see the location of wsgw_api", &uri, &wlcf->path);
}


static ngx_int_t
ngx_http_wsgw_request_upgrade(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req)
{
    ngx_str_t  text;

    if (r->http_version != NGX_HTTP_VERSION_11) {
        text = ngx_http_wsgw_refuse_cut(r->http_protocol);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_http,
                    NGX_HTTP_WSGW_UPGRADE_REQUIRED, "request is of \"%V\", a "
                    "handshake is of HTTP/1.1; a proxy before nginx needs "
                    "\"proxy_http_version 1.1\" or its like", &text);
    }

    if (!req->upgrade) {
        text = ngx_http_wsgw_refuse_cut(req->upgrade_value);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_upgrade,
                    NGX_HTTP_WSGW_UPGRADE_REQUIRED, "Upgrade is \"%V\", not "
                    "\"websocket\"; a proxy before nginx has to pass Upgrade "
                    "and Connection on", &text);
    }

    return NGX_OK;
}


/* a body would be taken for frames, or frames for a request */

static ngx_int_t
ngx_http_wsgw_request_fields(ngx_http_request_t *r,
    ngx_http_wsgw_request_t *req)
{
    ngx_str_t  text;

    if (!req->connection) {
        text = ngx_http_wsgw_refuse_cut(req->connection_value);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_connection,
                    NGX_HTTP_BAD_REQUEST, "Connection is \"%V\", without "
                    "\"upgrade\"; a proxy before nginx has to pass Upgrade "
                    "and Connection on", &text);
    }

    if (r->headers_in.content_length_n > 0 || r->headers_in.chunked) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_body,
                    NGX_HTTP_BAD_REQUEST, "a handshake has no body, this one "
                    "has Content-Length or Transfer-Encoding");
    }

    if (req->keys != 1 || !ngx_http_wsgw_request_key(&req->key)) {
        text = ngx_http_wsgw_refuse_cut(req->key);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_key,
                    NGX_HTTP_BAD_REQUEST, "Sec-WebSocket-Key was sent %ui "
                    "times, \"%V\"; it is one of 16 bytes in base64",
                    req->keys, &text);
    }

    if (req->malformed) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_extensions,
                    NGX_HTTP_BAD_REQUEST, "Sec-WebSocket-Extensions is "
                    "malformed; it is read because of wsgw_compression");
    }

    /* RFC 6455, 4.4 */

    if (req->versions != 1 || req->version.len != 2
        || ngx_strncmp(req->version.data, "13", 2) != 0)
    {
        text = ngx_http_wsgw_refuse_cut(req->version);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_version,
                    req->versions == 1 ? NGX_HTTP_WSGW_UPGRADE_REQUIRED
                                       : NGX_HTTP_BAD_REQUEST,
                    "Sec-WebSocket-Version was sent %ui times, \"%V\"; it is "
                    "one of \"13\"", req->versions, &text);
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

    part = ngx_http_wsgw_field_first(r);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {

        if (ngx_http_wsgw_request_is(h, "upgrade")) {
            req->upgrade |= ngx_http_wsgw_request_has(&h->value, &websocket, 1);
            req->upgrade_value = h->value;

        } else if (ngx_http_wsgw_request_is(h, "connection")) {
            req->connection |= ngx_http_wsgw_request_has(&h->value, &upgrade,
                                                         1);
            req->connection_value = h->value;

        } else if (ngx_http_wsgw_request_is(h, "sec-websocket-key")) {
            req->key = ngx_http_wsgw_field_trim(h->value);
            req->keys++;

        } else if (ngx_http_wsgw_request_is(h, "sec-websocket-version")) {
            req->version = ngx_http_wsgw_field_trim(h->value);
            req->versions++;

        } else if (ngx_http_wsgw_request_is(h, "origin")) {
            req->origin = ngx_http_wsgw_field_trim(h->value);
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


ngx_uint_t
ngx_http_wsgw_request_is(ngx_table_elt_t *h, const char *name)
{
    size_t  len;

    len = ngx_strlen(name);

    return h->key.len == len && ngx_memcmp(h->lowcase_key, name, len) == 0;
}


/*
 * A client ends a connection whose subprotocol it did not offer (RFC 6455,
 * 4.1).  AWS passes on whatever the integration says; we keep it to one line.
 */

ngx_uint_t
ngx_http_wsgw_request_subprotocol(ngx_http_request_t *r, ngx_str_t *chosen)
{
    size_t                     i;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->profile != NGX_HTTP_WSGW_AWS) {
        return ngx_http_wsgw_request_token(chosen)
               && ngx_http_wsgw_request_lists(r, "sec-websocket-protocol",
                                              chosen);
    }

    for (i = 0; i < chosen->len; i++) {
        if (ngx_http_wsgw_is_control(chosen->data[i])) {
            return 0;
        }
    }

    return 1;
}


/* a header "name" (in lower case) of the request lists the token */

static ngx_uint_t
ngx_http_wsgw_request_lists(ngx_http_request_t *r, const char *name,
    ngx_str_t *token)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    part = ngx_http_wsgw_field_first(r);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {
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


/* an RFC 7230 token */

static ngx_uint_t
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


/* Returns 1 if it is 16 bytes in base64 (RFC 6455, 4.1), written as they are
   encoded: nginx's decoder looks neither behind a "=" nor at bits that are
   over, of which the last digit has four. */

static ngx_uint_t
ngx_http_wsgw_request_key(ngx_str_t *key)
{
    u_char     buf[ngx_base64_decoded_length(NGX_HTTP_WSGW_KEY_TEXT)];
    ngx_str_t  decoded;

    if (key->len != NGX_HTTP_WSGW_KEY_TEXT
        || ngx_memcmp(key->data + 22, "==", 2) != 0
        || ngx_strchr("AQgw", key->data[21]) == NULL)
    {
        return 0;
    }

    decoded.data = buf;

    return ngx_decode_base64(&decoded, key) == NGX_OK && decoded.len == 16;
}


/*
 * "/dev", "/dev/" and, unless the profile is aws, "/dev/x" are the stage of
 * location /dev; "/devices" is not.  A location without a path, of a regular
 * expression or a name, serves whatever leads to it.
 */

ngx_uint_t
ngx_http_wsgw_request_path(ngx_http_request_t *r, ngx_str_t *path)
{
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    clcf = wlcf->api_place->location;

    ngx_str_null(path);

    if (clcf->named
#if (NGX_PCRE)
        || clcf->regex
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
