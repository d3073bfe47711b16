
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Where messages go: wsgw_route_selection_expression and wsgw_route.
 */


#include "conf/route.h"
#include "base/text.h"
#include "conf/arg.h"
#include "pure/selector_doubt.h"
#include "pure/utf8.h"


static void ngx_http_wsgw_route_constant(ngx_conf_t *cf,
    wsgw_selector_t *selector, ngx_str_t *expr);
static ngx_int_t ngx_http_wsgw_route_variable_name(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_array_t *ngx_http_wsgw_route_level(ngx_conf_t *cf);
static ngx_int_t ngx_http_wsgw_route_key(ngx_conf_t *cf, ngx_str_t *key);
static ngx_int_t ngx_http_wsgw_route_key_header(ngx_conf_t *cf,
    ngx_http_wsgw_route_t *route);
static ngx_int_t ngx_http_wsgw_route_option(ngx_conf_t *cf,
    ngx_http_wsgw_route_t *route, ngx_str_t *value);


/* the keys of events and of the message that has no other route */

static ngx_str_t  ngx_http_wsgw_special_keys[] = {
    ngx_string("$connect"),
    ngx_string("$disconnect"),
    ngx_string("$default"),
    ngx_null_string
};

ngx_conf_enum_t  ngx_http_wsgw_route_types[] = {
    { ngx_string("aws_proxy"), NGX_HTTP_WSGW_AWS_PROXY },
    { ngx_string("http_proxy"), NGX_HTTP_WSGW_HTTP_PROXY },
    { ngx_null_string, 0 }
};


/* wsgw_route_selection_expression EXPR */

char *
ngx_http_wsgw_route_selector(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    int          rc;
    ngx_str_t   *value;
    const char  *error;

    if (wlcf->selector) {
        return "is duplicate";
    }

    wlcf->selector = ngx_palloc(cf->pool, sizeof(wsgw_selector_t));
    if (wlcf->selector == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    rc = wsgw_selector_compile(wlcf->selector, value[1].data, value[1].len,
                               &error);
    if (rc == 0) {
        ngx_http_wsgw_route_constant(cf, wlcf->selector, &value[1]);
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(rc > 0 ? NGX_LOG_WARN : NGX_LOG_EMERG, cf, 0,
                       "route selection expression \"%V\": %s",
                       &value[1], error);

    return rc > 0 ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* "action" for $request.body.action; \$default alone makes sense */

static void
ngx_http_wsgw_route_constant(ngx_conf_t *cf, wsgw_selector_t *selector,
    ngx_str_t *expr)
{
    if (wsgw_selector_doubt_is_constant(selector)
        && !ngx_http_wsgw_text_is(expr, "\\$default"))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "route selection expression \"%V\" is a constant, "
                           "the route key of every message; write "
                           "$request.body.action", expr);
    }
}


/* wsgw_body_variable NAME EXPR */

char *
ngx_http_wsgw_route_body_variable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    int                             rc;
    ngx_str_t                      *value;
    ngx_uint_t                      i;
    const char                     *error;
    ngx_http_wsgw_body_variable_t  *bv;

    value = cf->args->elts;

    if (ngx_http_wsgw_route_variable_name(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (wlcf->body_variables == NULL) {
        wlcf->body_variables = ngx_array_create(cf->pool, 2,
                                       sizeof(ngx_http_wsgw_body_variable_t));
        if (wlcf->body_variables == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    bv = wlcf->body_variables->elts;

    for (i = 0; i < wlcf->body_variables->nelts; i++) {
        if (ngx_http_wsgw_text_is_same(&bv[i].name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"%V\" \"%V\"",
                               &cmd->name, &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    bv = ngx_array_push(wlcf->body_variables);
    if (bv == NULL) {
        return NGX_CONF_ERROR;
    }

    bv->name = value[1];

    rc = wsgw_selector_compile(&bv->selector, value[2].data, value[2].len,
                               &error);

    if (rc == 0 && wsgw_selector_doubt_is_constant(&bv->selector)) {
        error = "it is a constant, the same for every message; write "
                "$request.body.data.room";
        rc = 1;
    }

    if (rc != 0) {
        ngx_conf_log_error(rc > 0 ? NGX_LOG_WARN : NGX_LOG_EMERG, cf, 0,
                           "expression \"%V\" of \"%V\" \"%V\": %s",
                           &value[2], &cmd->name, &value[1], error);
    }

    return rc >= 0 ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* part of a variable's, which nginx has in lower case */

static ngx_int_t
ngx_http_wsgw_route_variable_name(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        if (!ngx_http_wsgw_arg_alnum(name->data[i]) && name->data[i] != '_') {
            break;
        }
    }

    if (i == 0 || i < name->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\", it is what follows "
                           "\"$wsgw_body_\": letters, digits and \"_\"", name);
        return NGX_ERROR;
    }

    ngx_strlow(name->data, name->data, name->len);

    return NGX_OK;
}


/*
 * wsgw_route KEY URI|@NAME [type=TYPE] [response|oneway|async] [timeout=TIME]
 */

char *
ngx_http_wsgw_route(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_http_wsgw_route_t  *route;

    value = cf->args->elts;

    if (ngx_http_wsgw_route_key(cf, &value[1]) != NGX_OK
        || ngx_http_wsgw_arg_once(cf, 3, NULL) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (wlcf->routes == NULL) {
        wlcf->routes = ngx_http_wsgw_route_level(cf);
        if (wlcf->routes == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    route = wlcf->routes->elts;

    for (i = 0; i < wlcf->routes->nelts; i++) {

        if (ngx_http_wsgw_text_is_same(&route[i].key, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate route key \"%V\", first defined in "
                               "%s:%ui",
                               &value[1], route[i].file, route[i].line);
            return NGX_CONF_ERROR;
        }
    }

    route = ngx_array_push(wlcf->routes);
    if (route == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(route, sizeof(ngx_http_wsgw_route_t));

    route->key = value[1];
    route->type = NGX_CONF_UNSET_UINT;
    route->timeout = NGX_CONF_UNSET_MSEC;
    route->file = cf->conf_file->file.name.data;
    route->line = cf->conf_file->line;

    if (ngx_http_wsgw_route_key_header(cf, route) != NGX_OK
        || ngx_http_wsgw_route_integration(cf, route, &value[2]) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 3; i < cf->args->nelts; i++) {
        if (ngx_http_wsgw_route_option(cf, route, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* a level's, which the checks after parsing find in the main conf */

static ngx_array_t *
ngx_http_wsgw_route_level(ngx_conf_t *cf)
{
    ngx_array_t                *routes, **level;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    level = ngx_array_push(&wmcf->routes);
    if (level == NULL) {
        return NULL;
    }

    routes = ngx_array_create(cf->pool, 4, sizeof(ngx_http_wsgw_route_t));
    *level = routes;

    return routes;
}


static ngx_int_t
ngx_http_wsgw_route_key(ngx_conf_t *cf, ngx_str_t *key)
{
    ngx_str_t   *special, *nearest;
    ngx_uint_t   distance, least;

    if (key->len == 0 || key->len > NGX_HTTP_WSGW_MAX_ROUTE_KEY) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid route key \"%V\", it has 1 to %d bytes",
                           key, NGX_HTTP_WSGW_MAX_ROUTE_KEY);
        return NGX_ERROR;
    }

    if (!wsgw_utf8_is_valid(key->data, key->len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "route key \"%V\" is not UTF-8, which all messages "
                           "are", key);
        return NGX_ERROR;
    }

    if (key->data[0] == '~') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "route key \"%V\": keys that begin with \"~\" are "
                           "reserved", key);
        return NGX_ERROR;
    }

    if (key->data[0] != '$' && ngx_strncmp(key->data, "\\$", 2) != 0) {
        return NGX_OK;
    }

    least = NGX_HTTP_WSGW_ARG_FAR;
    nearest = NULL;

    for (special = ngx_http_wsgw_special_keys; special->len; special++) {

        distance = ngx_http_wsgw_arg_distance(key, special);

        if (distance == 0) {
            return NGX_OK;
        }

        if (distance < least) {
            least = distance;
            nearest = special;
        }
    }

    if (nearest) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown route key \"%V\", did you mean \"%V\"?",
                           key, nearest);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown route key \"%V\", the only ones that "
                           "begin with \"$\" are $connect, $disconnect and "
                           "$default", key);
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_route_key_header(ngx_conf_t *cf, ngx_http_wsgw_route_t *route)
{
    ngx_str_t  *value;

    value = &route->key_header;

    value->len = route->key.len;
    value->data = ngx_pstrdup(cf->pool, &route->key);

    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_text_header(value->data, value->data, value->len);

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_route_integration(ngx_conf_t *cf, ngx_http_wsgw_route_t *route,
    ngx_str_t *value)
{
    u_char     *args;
    ngx_str_t   called;

    if (value->len > 1 && value->data[0] == '@') {
        route->name = *value;
        return NGX_OK;
    }

    if (ngx_http_wsgw_route_called(cf, route, &called) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value->data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid integration \"%V\" of %V, it is the URI "
                           "of a location, \"/...\", or \"@name\"",
                           value, &called);
        return NGX_ERROR;
    }

    if (ngx_strlchr(value->data, value->data + value->len, '$')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "integration \"%V\" of %V cannot have variables; "
                           "use them in its location",
                           value, &called);
        return NGX_ERROR;
    }

    route->uri = *value;

    args = ngx_strlchr(value->data, value->data + value->len, '?');

    if (args) {
        route->uri.len = args - value->data;
        route->args.data = args + 1;
        route->args.len = value->data + value->len - route->args.data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_route_called(ngx_conf_t *cf, ngx_http_wsgw_route_t *route,
    ngx_str_t *called)
{
    if (route->authorizer) {
        ngx_str_set(called, "wsgw_authorizer");
        return NGX_OK;
    }

    called->len = sizeof("route \"\"") - 1 + route->key.len;
    called->data = ngx_pnalloc(cf->temp_pool, called->len);

    if (called->data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(called->data, "route \"%V\"", &route->key);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_route_option(ngx_conf_t *cf, ngx_http_wsgw_route_t *route,
    ngx_str_t *value)
{
    ngx_str_t  param;

    if (ngx_http_wsgw_arg_param(value, "timeout=", &param)) {
        route->timeout = ngx_http_wsgw_arg_time(cf, &param);
        return route->timeout == NGX_CONF_UNSET_MSEC ? NGX_ERROR : NGX_OK;
    }

    if (ngx_http_wsgw_arg_param(value, "type=", &param)
        && ngx_http_wsgw_arg_choice(&param, ngx_http_wsgw_route_types,
                                    &route->type)
           == NGX_OK)
    {
        return NGX_OK;
    }

    if (route->response || route->oneway || route->async) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": a route is one of "
                           "\"response\", \"oneway\" and \"async\"", value);
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_text_is(value, "response")) {
        route->response = 1;

    } else if (ngx_http_wsgw_text_is(value, "oneway")) {
        route->oneway = 1;

    } else if (ngx_http_wsgw_text_is(value, "async")) {
        route->async = 1;

    } else {
        return ngx_http_wsgw_arg_invalid(cf, value, "wsgw_route KEY "
                   "URI|@NAME [type=aws_proxy|http_proxy] "
                   "[response|oneway|async] [timeout=TIME]");
    }

    if (ngx_http_wsgw_text_is(&route->key, "$connect")
        || ngx_http_wsgw_text_is(&route->key, "$disconnect"))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\" is for messages and has no effect on route "
                           "\"%V\"", value, &route->key);

        route->response = 0;
        route->oneway = 0;
        route->async = 0;
    }

    return NGX_OK;
}
