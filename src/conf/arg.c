
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The arguments of a directive, read and complained of.
 */


#include "conf/arg.h"
#include "base/text.h"


#define NGX_HTTP_WSGW_NAME_LEN  128

/* 24 days: more milliseconds fit neither 31 bits nor epoll_wait() */
#define NGX_HTTP_WSGW_MAX_TIME  (24 * 24 * 60 * 60 * 1000)


char *
ngx_http_wsgw_arg_word(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char           *p, *last, words[NGX_MAX_CONF_ERRSTR];
    ngx_str_t        *value;
    ngx_uint_t       *choice;
    ngx_conf_enum_t  *e;

    choice = (ngx_uint_t *) ((char *) conf + cmd->offset);

    if (*choice != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    e = cmd->post;

    if (ngx_http_wsgw_arg_choice(&value[1], e, choice) == NGX_OK) {
        return NGX_CONF_OK;
    }

    p = words;
    last = words + sizeof(words);

    for ( /* void */ ; e->name.len; e++) {
        p = ngx_slprintf(p, last, "%s\"%V %V\"",
                         p == words ? "" : e[1].name.len ? ", " : " or ",
                         &value[0], &e->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\", write %*s",
                       &value[1], (size_t) (p - words), words);

    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_wsgw_arg_choice(ngx_str_t *value, ngx_conf_enum_t *e,
    ngx_uint_t *choice)
{
    for ( /* void */ ; e->name.len; e++) {
        if (value->len == e->name.len
            && ngx_strcasecmp(value->data, e->name.data) == 0)
        {
            *choice = e->value;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_wsgw_arg_name(ngx_conf_t *cf, const char *what, ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        if (!ngx_http_wsgw_arg_alnum(name->data[i])
            && name->data[i] != '_' && name->data[i] != '-')
        {
            break;
        }
    }

    if (i == name->len && i > 0 && i <= NGX_HTTP_WSGW_NAME_LEN) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid %s \"%V\", it has 1 to %d letters, digits, "
                       "\"_\" and \"-\"", what, name, NGX_HTTP_WSGW_NAME_LEN);

    return NGX_ERROR;
}


ngx_uint_t
ngx_http_wsgw_arg_alnum(u_char ch)
{
    u_char  c;

    c = ch | 0x20;

    return (c >= 'a' && c <= 'z') || (ch >= '0' && ch <= '9');
}


/* Levenshtein's */

ngx_uint_t
ngx_http_wsgw_arg_distance(ngx_str_t *arg, ngx_str_t *name)
{
    ngx_uint_t  i, j, above, diagonal, row[NGX_HTTP_WSGW_NAME_LEN + 1];

    for (j = 0; j <= name->len; j++) {
        row[j] = j;
    }

    for (i = 0; i < arg->len; i++) {

        diagonal = row[0];
        row[0] = i + 1;

        for (j = 0; j < name->len; j++) {
            above = row[j + 1];
            row[j + 1] = ngx_min(ngx_min(above, row[j]) + 1,
                                 diagonal + (arg->data[i] != name->data[j]));
            diagonal = above;
        }
    }

    return row[name->len];
}


ngx_msec_t
ngx_http_wsgw_arg_time(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_int_t  time;

    if (ngx_http_wsgw_text_is(value, "off")) {
        return 0;
    }

    time = ngx_parse_time(value, 0);

    if (time == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\", write it as \"30s\", "
                           "\"10m\" or \"off\"", value);
        return NGX_CONF_UNSET_MSEC;
    }

    if (time > NGX_HTTP_WSGW_MAX_TIME) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "time \"%V\" is too long, it is at most \"24d\"",
                           value);
        return NGX_CONF_UNSET_MSEC;
    }

    return time;
}


ngx_int_t
ngx_http_wsgw_arg_once(ngx_conf_t *cf, ngx_uint_t first, const char *several)
{
    size_t       len;
    ngx_str_t   *value;
    ngx_uint_t   i, j;

    value = cf->args->elts;

    for (i = first + 1; i < cf->args->nelts; i++) {

        len = strcspn((char *) value[i].data, "=");

        if (several && ngx_strlen(several) == len
            && ngx_strncmp(value[i].data, several, len) == 0)
        {
            continue;
        }

        for (j = first; j < i; j++) {

            if (strcspn((char *) value[j].data, "=") == len
                && ngx_strncmp(value[j].data, value[i].data, len) == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "parameter \"%V\" is duplicate, \"%V\" "
                                   "comes before it", &value[i], &value[j]);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_wsgw_arg_param(ngx_str_t *arg, const char *name, ngx_str_t *value)
{
    size_t  len;

    len = ngx_strlen(name);

    if (arg->len < len || ngx_strncmp(arg->data, name, len) != 0) {
        return 0;
    }

    value->data = arg->data + len;
    value->len = arg->len - len;

    return 1;
}


ngx_int_t
ngx_http_wsgw_arg_invalid(ngx_conf_t *cf, ngx_str_t *arg, const char *syntax)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", write \"%s\"", arg, syntax);

    return NGX_ERROR;
}
