
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Where the gateway is: wsgw_zone, wsgw_api and wsgw_management.
 */


#include "conf/api.h"
#include "base/hash.h"
#include "base/text.h"
#include "conf/arg.h"
#include "conf/expand.h"
#include "conf/place.h"
#include "http/domain.h"
#include "http/handshake.h"
#include "http/management.h"
#include "zone/layout.h"
#include "zone/zone.h"


#define NGX_HTTP_WSGW_API_ID_LEN  10

#define NGX_HTTP_WSGW_ZONE_SYNTAX "wsgw_zone zone=NAME:SIZE [state=DIRECTORY]"


static ngx_int_t ngx_http_wsgw_api_state(ngx_conf_t *cf, ngx_str_t *zone,
    ngx_str_t *state);
static ngx_int_t ngx_http_wsgw_api_param(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf, ngx_str_t *arg);
static ngx_int_t ngx_http_wsgw_api_option(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf, ngx_str_t *arg);
static ngx_http_wsgw_place_t *ngx_http_wsgw_api_place(ngx_conf_t *cf,
    ngx_http_handler_pt handler);
static ngx_str_t ngx_http_wsgw_api_path(ngx_conf_t *cf);
static ngx_int_t ngx_http_wsgw_api_stage_name(ngx_conf_t *cf, ngx_str_t *path,
    ngx_str_t *stage);
static ngx_int_t ngx_http_wsgw_api_id(ngx_conf_t *cf, ngx_str_t *zone,
    ngx_str_t *id);
static ngx_int_t ngx_http_wsgw_api_domain(ngx_conf_t *cf, ngx_str_t *domain);
static ngx_int_t ngx_http_wsgw_api_callback(ngx_conf_t *cf, ngx_str_t *url,
    ngx_http_complex_value_t **callback);
static ngx_int_t ngx_http_wsgw_api_scheme(ngx_conf_t *cf, ngx_str_t *scheme,
    ngx_http_complex_value_t **value);
static ngx_http_complex_value_t *ngx_http_wsgw_api_value(ngx_conf_t *cf,
    ngx_str_t *text);


/* wsgw_zone zone=NAME:SIZE [state=DIR] */

char *
ngx_http_wsgw_api_set_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char     *colon;
    ssize_t     size;
    ngx_str_t  *value, name, s, state;

    value = cf->args->elts;

    ngx_str_null(&state);

    if (!ngx_http_wsgw_arg_param(&value[1], "zone=", &name)) {
        ngx_http_wsgw_arg_invalid(cf, &value[1], NGX_HTTP_WSGW_ZONE_SYNTAX);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3
        && (!ngx_http_wsgw_arg_param(&value[2], "state=", &state)
            || state.len == 0))
    {
        ngx_http_wsgw_arg_invalid(cf, &value[2], NGX_HTTP_WSGW_ZONE_SYNTAX);
        return NGX_CONF_ERROR;
    }

    colon = ngx_strlchr(name.data, name.data + name.len, ':');

    if (colon == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "wsgw zone \"%V\" has no size; write it as "
                           "\"zone=%V:16m\"", &name, &name);
        return NGX_CONF_ERROR;
    }

    s.data = colon + 1;
    s.len = name.data + name.len - s.data;
    name.len = colon - name.data;

    if (ngx_http_wsgw_arg_name(cf, "zone", &name) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" of wsgw zone \"%V\", write "
                           "it as \"zone=%V:16m\"", &s, &name, &name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wsgw_layout_capacity(size) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "wsgw zone \"%V\" of %V holds 0 connections, "
                           "at least 256k is needed", &name, &s);
        return NGX_CONF_ERROR;
    }

    if (state.len && ngx_http_wsgw_api_state(cf, &name, &state) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wsgw_zone_add(cf, &name, size, &state) == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* whether there is such a directory is seen when nginx starts */

static ngx_int_t
ngx_http_wsgw_api_state(ngx_conf_t *cf, ngx_str_t *zone, ngx_str_t *state)
{
    if (ngx_strlchr(state->data, state->data + state->len, '$')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "state directory \"%V\" of wsgw zone \"%V\" cannot "
                           "have variables", state, zone);
        return NGX_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, state, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    if (state->len + zone->len + sizeof("/.000000.sock")
        > sizeof(((struct sockaddr_un *) NULL)->sun_path))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "state directory \"%V\" of wsgw zone \"%V\" is too "
                           "long for the name of a socket in it, write a "
                           "shorter one", state, zone);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* wsgw_api ZONE [stage=NAME] [id=APIID] [domain=HOST[:PORT]] [callback=URL]
   [scheme=VALUE] */

char *
ngx_http_wsgw_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_http_wsgw_loc_conf_t   **stage;
    ngx_http_wsgw_main_conf_t   *wmcf;

    if (wlcf->api_place) {
        return "is duplicate";
    }

    wlcf->api_place = ngx_http_wsgw_api_place(cf,
                                              ngx_http_wsgw_handshake_handler);
    if (wlcf->api_place == NULL) {
        return NGX_CONF_ERROR;
    }

    wlcf->path = ngx_http_wsgw_api_path(cf);

    wlcf->callback_url.data = ngx_pnalloc(cf->pool, sizeof("https://") - 1
                                                    + NGX_HTTP_WSGW_HEADER_MAX
                                                    + wlcf->path.len);
    if (wlcf->callback_url.data == NULL) {
        return NGX_CONF_ERROR;
    }

    wlcf->server = wlcf->api_place->server;

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_wsgw_api_param(cf, wlcf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_wsgw_api_stage_name(cf, &wlcf->path, &wlcf->stage) != NGX_OK
        || ngx_http_wsgw_api_id(cf, &value[1], &wlcf->api_id) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    stage = ngx_array_push(&wmcf->stages);
    if (stage == NULL) {
        return NGX_CONF_ERROR;
    }

    *stage = wlcf;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wsgw_api_param(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf,
    ngx_str_t *arg)
{
    ngx_str_t  param;

    if (ngx_http_wsgw_arg_param(arg, "stage=", &wlcf->stage)) {
        return ngx_http_wsgw_arg_name(cf, "stage", &wlcf->stage);
    }

    if (ngx_http_wsgw_arg_param(arg, "id=", &wlcf->api_id)) {
        return ngx_http_wsgw_arg_name(cf, "API id", &wlcf->api_id);
    }

    if (ngx_http_wsgw_arg_param(arg, "domain=", &wlcf->domain)) {
        return ngx_http_wsgw_api_domain(cf, &wlcf->domain);
    }

    if (ngx_http_wsgw_arg_param(arg, "callback=", &param)) {
        return ngx_http_wsgw_api_callback(cf, &param, &wlcf->callback);
    }

    if (ngx_http_wsgw_arg_param(arg, "scheme=", &param)) {
        return ngx_http_wsgw_api_scheme(cf, &param, &wlcf->scheme);
    }

    return ngx_http_wsgw_arg_invalid(cf, arg, "wsgw_api ZONE [stage=NAME] "
                                     "[id=ID] [domain=HOST[:PORT]] "
                                     "[callback=URL] [scheme=VALUE]");
}


/* wsgw_management ZONE [stage=NAME] [public] [groups] [broadcast] [list] */

char *
ngx_http_wsgw_api_management(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    u_char                      *p;
    ngx_str_t                   *value, path;
    ngx_uint_t                   i;
    ngx_http_wsgw_loc_conf_t   **management;
    ngx_http_wsgw_main_conf_t   *wmcf;

    if (wlcf->management_place) {
        return "is duplicate";
    }

    wlcf->management_place = ngx_http_wsgw_api_place(cf,
                                             ngx_http_wsgw_management_handler);
    if (wlcf->management_place == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_wsgw_api_option(cf, wlcf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    /* "/dev/@connections" is of the stage "dev" */

    path = ngx_http_wsgw_api_path(cf);
    p = ngx_strnstr(path.data, "/@connections", path.len);

    if (p == NULL && path.len && wlcf->management_stage.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "location \"%V\" does not end with "
                           "\"/@connections\"; write \"location ^~ "
                           "/STAGE/@connections\", or \"%V %V stage=NAME\"",
                           &path, &value[0], &value[1]);
        return NGX_CONF_ERROR;
    }

    path.len = p ? (size_t) (p - path.data) : 0;

    if (ngx_http_wsgw_api_stage_name(cf, &path, &wlcf->management_stage)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    management = ngx_array_push(&wmcf->managements);
    if (management == NULL) {
        return NGX_CONF_ERROR;
    }

    *management = wlcf;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wsgw_api_option(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf,
    ngx_str_t *arg)
{
    ngx_uint_t  i;

    static const struct {
        const char  *name;
        ngx_uint_t   door;
    } flags[] = {
        { "groups", NGX_HTTP_WSGW_DOOR_GROUPS },
        { "broadcast", NGX_HTTP_WSGW_DOOR_BROADCAST },
        { "list", NGX_HTTP_WSGW_DOOR_LIST }
    };

    if (ngx_http_wsgw_arg_param(arg, "stage=", &wlcf->management_stage)) {
        return ngx_http_wsgw_arg_name(cf, "stage", &wlcf->management_stage);
    }

    if (ngx_http_wsgw_text_is(arg, "public")) {
        wlcf->management_public = 1;
        return NGX_OK;
    }

    for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (ngx_http_wsgw_text_is(arg, flags[i].name)) {
            wlcf->management_doors |= flags[i].door;
            return NGX_OK;
        }
    }

    return ngx_http_wsgw_arg_invalid(cf, arg, "wsgw_management ZONE "
                                     "[stage=NAME] [public] [groups] "
                                     "[broadcast] [list]");
}


/* of a directive whose first argument is the zone */

static ngx_http_wsgw_place_t *
ngx_http_wsgw_api_place(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_str_t              *value;
    ngx_http_wsgw_place_t  *place;

    value = cf->args->elts;

    if (ngx_http_wsgw_arg_once(cf, 2, NULL) != NGX_OK
        || ngx_http_wsgw_arg_name(cf, "zone", &value[1]) != NGX_OK)
    {
        return NULL;
    }

    place = ngx_http_wsgw_place(cf, handler);

    if (place) {
        place->zone = value[1];
    }

    return place;
}


/* the location's without a trailing slash; empty if its name is no path */

static ngx_str_t
ngx_http_wsgw_api_path(ngx_conf_t *cf)
{
    ngx_str_t                  path;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    path = clcf->name;

    if (clcf->named) {
        path.len = 0;
    }

#if (NGX_PCRE)
    if (clcf->regex) {
        path.len = 0;
    }
#endif

    if (path.len && path.data[path.len - 1] == '/') {
        path.len--;
    }

    return path;
}


/* unless "stage=" has said it, the last segment of the path */

static ngx_int_t
ngx_http_wsgw_api_stage_name(ngx_conf_t *cf, ngx_str_t *path, ngx_str_t *stage)
{
    u_char                    *p, *last;
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (stage->len) {
        return NGX_OK;
    }

    last = path->data + path->len;

    for (p = last; p > path->data && p[-1] != '/'; p--) { /* void */ }

    stage->data = p;
    stage->len = last - p;

    if (stage->len) {
        return ngx_http_wsgw_arg_name(cf, "stage", stage);
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "location \"%V\" does not name a stage; write "
                       "\"%V %V stage=NAME\"",
                       &clcf->name, &value[0], &value[1]);

    return NGX_ERROR;
}


/* unless "id=" has said it, the zone's name hashed (FNV-1a) to [a-z0-9] */

static ngx_int_t
ngx_http_wsgw_api_id(ngx_conf_t *cf, ngx_str_t *zone, ngx_str_t *id)
{
    uint64_t    hash;
    ngx_uint_t  i;

    static const u_char  digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    if (id->len) {
        return NGX_OK;
    }

    id->data = ngx_pnalloc(cf->pool, NGX_HTTP_WSGW_API_ID_LEN);
    if (id->data == NULL) {
        return NGX_ERROR;
    }

    id->len = NGX_HTTP_WSGW_API_ID_LEN;
    hash = ngx_http_wsgw_hash(NGX_HTTP_WSGW_HASH_EMPTY, zone);

    for (i = 0; i < NGX_HTTP_WSGW_API_ID_LEN; i++) {
        id->data[i] = digits[hash % 36];
        hash /= 36;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_api_domain(ngx_conf_t *cf, ngx_str_t *domain)
{
    ngx_url_t   u;
    ngx_uint_t  i;

    for (i = 0; i < domain->len; i++) {
        if (!ngx_http_wsgw_arg_alnum(domain->data[i])
            && ngx_strchr("-._:[]", domain->data[i]) == NULL)
        {
            goto invalid;
        }
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *domain;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) == NGX_OK && u.family != AF_UNIX) {
        return NGX_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid domain \"%V\", it is a host with or without "
                       "a port, as in \"domain=example.com:8443\"", domain);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_api_callback(ngx_conf_t *cf, ngx_str_t *url,
    ngx_http_complex_value_t **callback)
{
    ngx_uint_t  valid;

    /* one with variables is looked at again when they have values */

    valid = ngx_http_script_variables_count(url)
            ? (ngx_strncmp(url->data, "http://", 7) == 0
               || ngx_strncmp(url->data, "https://", 8) == 0
               || url->data[0] == '$')
            : ngx_http_wsgw_domain_is_url(url);

    if (!valid) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid callback \"%V\", it is a URL as in "
                           "\"callback=https://example.com/dev\"", url);
        return NGX_ERROR;
    }

    if (ngx_strnstr(url->data, "/@connections", url->len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "callback \"%V\" is followed by "
                           "\"/@connections/ID\", leave it out", url);
        return NGX_ERROR;
    }

    if (url->data[url->len - 1] == '/') {
        url->len--;
    }

    ngx_http_wsgw_text_header(url->data, url->data, url->len);

    *callback = ngx_http_wsgw_api_value(cf, url);

    return *callback ? NGX_OK : NGX_ERROR;
}


/* what variables come to is seen when they have values */

static ngx_int_t
ngx_http_wsgw_api_scheme(ngx_conf_t *cf, ngx_str_t *scheme,
    ngx_http_complex_value_t **value)
{
    if (ngx_http_script_variables_count(scheme) == 0
        && !ngx_http_wsgw_domain_is_scheme(scheme))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid scheme \"%V\", it is \"http\", \"https\" "
                           "or has variables, as in \"scheme=$scheme\"",
                           scheme);
        return NGX_ERROR;
    }

    *value = ngx_http_wsgw_api_value(cf, scheme);

    return *value ? NGX_OK : NGX_ERROR;
}


static ngx_http_complex_value_t *
ngx_http_wsgw_api_value(ngx_conf_t *cf, ngx_str_t *text)
{
    ngx_http_complex_value_t  *value;

    value = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (value == NULL) {
        return NULL;
    }

    return ngx_http_wsgw_expand(cf, text, value) == NGX_OK ? value : NULL;
}
