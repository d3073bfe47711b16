
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who may connect: wsgw_authorizer.
 */


#include "conf/access.h"
#include "base/text.h"
#include "conf/arg.h"
#include "conf/expand.h"
#include "conf/route.h"


#define NGX_HTTP_WSGW_ACCESS_SYNTAX                                           \
    "wsgw_authorizer URI|@NAME [identity=VALUE]... [timeout=TIME] "           \
    "[arn=REGION:ACCOUNT] | off"

#define NGX_HTTP_WSGW_ACCESS_ACCOUNT  12        /* digits */


static ngx_int_t ngx_http_wsgw_access_option(ngx_conf_t *cf,
    ngx_http_wsgw_authorizer_t *authorizer, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_access_identity(ngx_conf_t *cf,
    ngx_http_wsgw_authorizer_t *authorizer, ngx_str_t *value);
static ngx_int_t ngx_http_wsgw_access_account(ngx_conf_t *cf,
    ngx_str_t *value);


char *
ngx_http_wsgw_access_authorizer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_http_wsgw_authorizer_t  *authorizer;

    if (wlcf->authorizer != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_http_wsgw_arg_once(cf, 2, "identity") != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (ngx_http_wsgw_text_is(&value[1], "off")) {
        wlcf->authorizer = NULL;

        if (cf->args->nelts > 2) {
            (void) ngx_http_wsgw_arg_invalid(cf, &value[2],
                                             NGX_HTTP_WSGW_ACCESS_SYNTAX);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    authorizer = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_authorizer_t));
    if (authorizer == NULL) {
        return NGX_CONF_ERROR;
    }

    wlcf->authorizer = authorizer;

    ngx_str_set(&authorizer->route.key, "$connect");
    authorizer->route.key_header = authorizer->route.key;
    authorizer->route.authorizer = 1;
    authorizer->route.type = NGX_HTTP_WSGW_AWS_PROXY;
    authorizer->route.timeout = NGX_CONF_UNSET_MSEC;
    authorizer->route.file = cf->conf_file->file.name.data;
    authorizer->route.line = cf->conf_file->line;

    if (ngx_http_wsgw_route_integration(cf, &authorizer->route, &value[1])
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_wsgw_access_option(cf, authorizer, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (authorizer->account.len == 0) {
        ngx_str_set(&authorizer->account, "us-east-1:000000000000");
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wsgw_access_option(ngx_conf_t *cf,
    ngx_http_wsgw_authorizer_t *authorizer, ngx_str_t *value)
{
    ngx_str_t               param;
    ngx_http_wsgw_route_t  *route;

    route = &authorizer->route;

    if (ngx_http_wsgw_arg_param(value, "identity=", &param)) {
        return ngx_http_wsgw_access_identity(cf, authorizer, &param);
    }

    if (ngx_http_wsgw_arg_param(value, "timeout=", &param)) {
        route->timeout = ngx_http_wsgw_arg_time(cf, &param);
        return route->timeout == NGX_CONF_UNSET_MSEC ? NGX_ERROR : NGX_OK;
    }

    if (ngx_http_wsgw_arg_param(value, "arn=", &param)) {
        authorizer->account = param;
        return ngx_http_wsgw_access_account(cf, &param);
    }

    return ngx_http_wsgw_arg_invalid(cf, value, NGX_HTTP_WSGW_ACCESS_SYNTAX);
}


/* A value that is always there guards nothing, and one that is never there
   lets nobody in. */

static ngx_int_t
ngx_http_wsgw_access_identity(ngx_conf_t *cf,
    ngx_http_wsgw_authorizer_t *authorizer, ngx_str_t *value)
{
    ngx_http_complex_value_t  *cv;

    if (authorizer->identities == NULL) {
        authorizer->identities = ngx_array_create(cf->pool, 1,
                                              sizeof(ngx_http_complex_value_t));
        if (authorizer->identities == NULL) {
            return NGX_ERROR;
        }
    }

    cv = ngx_array_push(authorizer->identities);
    if (cv == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_expand(cf, value, cv) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cv->lengths == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "identity \"%V\" has no variable: it is the same "
                           "for all clients; write what yours send, as "
                           "\"identity=$arg_token\"", value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* REGION:ACCOUNT, as it stands in an ARN */

static ngx_int_t
ngx_http_wsgw_access_account(ngx_conf_t *cf, ngx_str_t *value)
{
    size_t  i, colon;

    for (i = 0; i < value->len && value->data[i] != ':'; i++) {
        if (!ngx_http_wsgw_arg_alnum(value->data[i])
            && value->data[i] != '-')
        {
            break;
        }
    }

    colon = i;

    if (colon && colon < value->len && value->data[colon] == ':') {
        for (i++; i < value->len; i++) {
            if (value->data[i] < '0' || value->data[i] > '9') {
                break;
            }
        }
    }

    if (i == value->len && i == colon + 1 + NGX_HTTP_WSGW_ACCESS_ACCOUNT) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"arn=%V\", it is a region and an account of "
                       "%d digits, as \"arn=us-east-1:000000000000\"",
                       value, NGX_HTTP_WSGW_ACCESS_ACCOUNT);

    return NGX_ERROR;
}
