
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Which groups a connection is in from its start, and how many it may have.
 */


#include "conf/joined.h"
#include "conf/expand.h"
#include "zone/group.h"


static ngx_int_t ngx_http_wsgw_joined_add(ngx_conf_t *cf,
    ngx_array_t *groups, ngx_str_t *text);
static ngx_uint_t ngx_http_wsgw_joined_is_variable(ngx_str_t *text);


/*
 * wsgw_group VALUE ...
 *
 * A comma that is written here is between two names.  One within a variable is
 * so only if nothing stands beside that: in "room:$arg_room" the client chooses
 * a room, and must not get into another kind of group by a comma.
 */

char *
ngx_http_wsgw_joined_group(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t   *value, rest, text;
    ngx_uint_t   i;

    if (wlcf->groups == NULL) {
        wlcf->groups = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_wsgw_joined_t));
        if (wlcf->groups == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rest = value[i];

        while (ngx_http_wsgw_group_split(&rest, &text) == NGX_OK) {
            if (ngx_http_wsgw_joined_add(cf, wlcf->groups, &text) != NGX_OK) {
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wsgw_joined_add(ngx_conf_t *cf, ngx_array_t *groups, ngx_str_t *text)
{
    ngx_http_wsgw_joined_t  *joined;

    /* What has no variables can be looked at now. */

    if (ngx_http_script_variables_count(text) == 0
        && !ngx_http_wsgw_group_is_name(text))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid group \"%V\", it has 1 to %d of the "
                           "characters A-Z a-z 0-9 . _ : @ / + = -, and "
                           "no \".\" or \"..\" between slashes",
                           text, WSGW_GROUP_NAME_MAX);
        return NGX_ERROR;
    }

    joined = ngx_array_push(groups);
    if (joined == NULL) {
        return NGX_ERROR;
    }

    joined->list = ngx_http_wsgw_joined_is_variable(text);

    return ngx_http_wsgw_expand(cf, text, &joined->value);
}


/* "$name" or "${name}", and nothing else */

static ngx_uint_t
ngx_http_wsgw_joined_is_variable(ngx_str_t *text)
{
    u_char  *p, *last;

    p = text->data;
    last = p + text->len;

    if (text->len < 2 || *p++ != '$') {
        return 0;
    }

    if (*p == '{') {
        return ngx_strlchr(p, last, '}') == last - 1;
    }

    while (p < last
           && ((*p >= '0' && *p <= '9') || *p == '_'
               || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')))
    {
        p++;
    }

    return p == last;
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
