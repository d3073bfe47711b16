
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which groups a connection is in from its start, and how many it may have.
 */


#include "conf/joined.h"
#include "conf/expand.h"
#include "zone/group.h"


static ngx_int_t ngx_http_wsgw_joined_names(ngx_conf_t *cf, ngx_str_t *value);


/* wsgw_group VALUE ... */

char *
ngx_http_wsgw_joined_group(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *cv;

    if (wlcf->groups == NULL) {
        wlcf->groups = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_complex_value_t));
        if (wlcf->groups == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_script_variables_count(&value[i]) == 0
            && ngx_http_wsgw_joined_names(cf, &value[i]) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        cv = ngx_array_push(wlcf->groups);

        if (cv == NULL || ngx_http_wsgw_expand(cf, &value[i], cv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* What has no variables can be looked at now. */

static ngx_int_t
ngx_http_wsgw_joined_names(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_str_t  rest, name;

    rest = *value;

    while (ngx_http_wsgw_group_split(&rest, &name) == NGX_OK) {

        if (!ngx_http_wsgw_group_is_name(&name)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid group \"%V\", it has 1 to %d of the "
                               "characters A-Z a-z 0-9 . _ : @ / + = -, and "
                               "no \".\" or \"..\" between slashes",
                               &name, WSGW_GROUP_NAME_MAX);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_http_wsgw_joined_max_groups(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (wlcf->max_groups != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n > NGX_HTTP_WSGW_GROUP_NUMBER) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of groups \"%V\", write one from 0 "
                           "to %d, as in \"wsgw_max_groups 32\"",
                           &value[1], NGX_HTTP_WSGW_GROUP_NUMBER);
        return NGX_CONF_ERROR;
    }

    wlcf->max_groups = (ngx_uint_t) n;

    return NGX_CONF_OK;
}
