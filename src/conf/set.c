
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The arguments of directives that hold a value, and what the other setters
 * need for theirs.
 */


#include "conf/set.h"
#include "base/text.h"
#include "conf/arg.h"
#include "conf/expand.h"
#include "http/domain.h"


/* messages per second, or in a burst: thousandths of them fit 32 bits */
#define NGX_HTTP_WSGW_MAX_RATE    (NGX_MAX_INT32_VALUE / 1000)

/* a parser has no more room for a number */
#define NGX_HTTP_WSGW_MAX_NUMBER  NGX_MAX_INT32_VALUE


static ngx_int_t ngx_http_wsgw_set_rate(ngx_str_t *value);
static char *ngx_http_wsgw_set_size_from(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf, ssize_t least);
static ngx_int_t ngx_http_wsgw_set_origin_value(ngx_conf_t *cf,
    ngx_str_t *value);
static ngx_uint_t ngx_http_wsgw_set_both_ends(ngx_str_t *value,
    const char *first, const char *last);


/* wsgw_drain_time TIME [quit=TIME] */

char *
ngx_http_wsgw_set_drain_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_main_conf_t  *wmcf = conf;

    ngx_str_t  *value, quit;

    if (wmcf->drain_time != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wmcf->drain_time = ngx_http_wsgw_arg_time(cf, &value[1]);

    if (wmcf->drain_time == NGX_CONF_UNSET_MSEC) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (!ngx_http_wsgw_arg_param(&value[2], "quit=", &quit)) {
        ngx_http_wsgw_arg_invalid(cf, &value[2], "wsgw_drain_time TIME "
                                  "[quit=TIME]");
        return NGX_CONF_ERROR;
    }

    wmcf->quit_time = ngx_http_wsgw_arg_time(cf, &quit);

    if (wmcf->quit_time == NGX_CONF_UNSET_MSEC) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* wsgw_message_rate RATE [burst=N] | off */

char *
ngx_http_wsgw_set_message_rate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_int_t   rate, burst;
    ngx_str_t  *value, param;

    if (wlcf->message_rate != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wlcf->message_rate = 0;
    wlcf->message_burst = 0;

    if (cf->args->nelts == 2 && ngx_http_wsgw_text_is(&value[1], "off")) {
        return NGX_CONF_OK;
    }

    rate = ngx_http_wsgw_set_rate(&value[1]);

    if (rate == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid rate \"%V\", write it as \"10r/s\" or "
                           "\"100r/m\", up to %d", &value[1],
                           NGX_HTTP_WSGW_MAX_RATE);
        return NGX_CONF_ERROR;
    }

    wlcf->message_rate = rate;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (!ngx_http_wsgw_arg_param(&value[2], "burst=", &param)) {
        ngx_http_wsgw_arg_invalid(cf, &value[2], "wsgw_message_rate RATE "
                                  "[burst=NUMBER]");
        return NGX_CONF_ERROR;
    }

    burst = ngx_atoi(param.data, param.len);

    if (burst == NGX_ERROR || burst > NGX_HTTP_WSGW_MAX_RATE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid burst \"%V\", write it as \"burst=20\", "
                           "up to %d", &value[2], NGX_HTTP_WSGW_MAX_RATE);
        return NGX_CONF_ERROR;
    }

    wlcf->message_burst = burst;

    return NGX_CONF_OK;
}


/* per 1000 seconds, as limit_req counts; or NGX_ERROR */

static ngx_int_t
ngx_http_wsgw_set_rate(ngx_str_t *value)
{
    size_t     len;
    u_char    *unit;
    ngx_int_t  rate, scale;

    if (value->len < 4) {
        return NGX_ERROR;
    }

    len = value->len - 3;
    unit = value->data + len;

    if (ngx_strcmp(unit, "r/s") == 0) {
        scale = 1;

    } else if (ngx_strcmp(unit, "r/m") == 0) {
        scale = 60;

    } else {
        return NGX_ERROR;
    }

    rate = ngx_atoi(value->data, len);

    if (rate <= 0 || rate > NGX_HTTP_WSGW_MAX_RATE) {
        return NGX_ERROR;
    }

    return rate * 1000 / scale;
}


/* wsgw_api_key VALUE [id=VALUE] */

char *
ngx_http_wsgw_set_api_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t                *value, id;
    ngx_http_wsgw_api_key_t  *key;

    if (wlcf->api_key) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_script_variables_count(&value[1]) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "API key \"%V\" is that of every client, write a "
                           "variable that is empty where there is none, as "
                           "\"wsgw_api_key $http_x_api_key\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_str_null(&id);

    if (cf->args->nelts == 3
        && (!ngx_http_wsgw_arg_param(&value[2], "id=", &id) || id.len == 0))
    {
        ngx_http_wsgw_arg_invalid(cf, &value[2], "wsgw_api_key VALUE "
                                  "[id=VALUE]");
        return NGX_CONF_ERROR;
    }

    key = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_api_key_t));
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    wlcf->api_key = key;
    key->text = value[1];

    return ngx_http_wsgw_expand(cf, &value[1], &key->value) == NGX_OK
           && ngx_http_wsgw_expand(cf, &id, &key->id) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* wsgw_limit_conn KEY N */

char *
ngx_http_wsgw_set_limit_conn(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_int_t               n;
    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_http_wsgw_limit_t  *limit;

    value = cf->args->elts;
    n = ngx_atoi(value[2].data, value[2].len);

    if (n <= 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of connections \"%V\", write it "
                           "behind the key, as in \"wsgw_limit_conn "
                           "$remote_addr 10\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "an empty key is not counted, write a variable, as "
                           "in \"wsgw_limit_conn $remote_addr %V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    if (wlcf->limits == NULL) {
        wlcf->limits = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_wsgw_limit_t));
        if (wlcf->limits == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    limit = wlcf->limits->elts;

    for (i = 0; i < wlcf->limits->nelts; i++) {
        if (ngx_http_wsgw_text_is_same(&limit[i].text, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"%V\" \"%V\"",
                               &cmd->name, &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    limit = ngx_array_push(wlcf->limits);
    if (limit == NULL) {
        return NGX_CONF_ERROR;
    }

    limit->text = value[1];
    limit->limit = n;

    return ngx_http_wsgw_expand(cf, &value[1], &limit->key) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* wsgw_origin any | same | ORIGIN ... */

char *
ngx_http_wsgw_set_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (wlcf->origin_mode != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_http_wsgw_text_is(&value[1], "any")) {
        wlcf->origin_mode = NGX_HTTP_WSGW_ORIGIN_ANY;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 2 && ngx_http_wsgw_text_is(&value[1], "same")) {
        wlcf->origin_mode = NGX_HTTP_WSGW_ORIGIN_SAME;
        return NGX_CONF_OK;
    }

    wlcf->origin_mode = NGX_HTTP_WSGW_ORIGIN_LIST;
    wlcf->origins = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(ngx_str_t));
    if (wlcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_wsgw_set_origin_value(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(wlcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}


/*
 * RFC 6454, 6.2: a scheme and an authority in lower case, or "null"; the port
 * that is the scheme's own is never there.  Clients that are no browsers send
 * an empty authority or a path, too: those are compared as they are written.
 */

static ngx_int_t
ngx_http_wsgw_set_origin_value(ngx_conf_t *cf, ngx_str_t *value)
{
    u_char                     *host, *path, *last;
    ngx_str_t                   authority;
    ngx_uint_t                  own_port, page, socket;
    ngx_http_wsgw_authority_t   parsed;

    if (ngx_http_wsgw_text_is(value, "null")) {
        return NGX_OK;
    }

    last = value->data + value->len;
    host = ngx_strnstr(value->data, "://", value->len);

    if (host == NULL || host == value->data
        || strcspn((char *) host, "*,$ ") != (size_t) (last - host))
    {
        goto invalid;
    }

    host += 3;

    path = ngx_strlchr(host, last, '/');
    if (path == NULL) {
        path = last;
    }

    ngx_strlow(value->data, value->data, path - value->data);

    page = ngx_http_wsgw_set_both_ends(value, "http://", "")
           || ngx_http_wsgw_set_both_ends(value, "https://", "");

    socket = ngx_http_wsgw_set_both_ends(value, "ws://", "")
             || ngx_http_wsgw_set_both_ends(value, "wss://", "");

    own_port = ngx_http_wsgw_set_both_ends(value, "http://", ":80")
               || ngx_http_wsgw_set_both_ends(value, "ws://", ":80")
               || ngx_http_wsgw_set_both_ends(value, "https://", ":443")
               || ngx_http_wsgw_set_both_ends(value, "wss://", ":443");

    if (((page || socket) && path == host) || (page && own_port)) {
        goto invalid;
    }

    authority.data = host;
    authority.len = path - host;

    if (page && ngx_http_wsgw_domain_parse(&authority, &parsed) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "origin \"%V\" is none that a browser sends, which "
                           "are a scheme, a host in ASCII and no more than a "
                           "port, it is compared as it is written", value);

    } else if (page && path < last) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "origin \"%V\" has a path, which no browser sends, "
                           "it is compared as it is written", value);

    } else if (socket && path == last && !own_port) {

        /* what begins behind "ws" is the end of the page's scheme */

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "origin \"%V\" is none that a browser sends, which "
                           "is that of a page; write \"http%*s\"", value,
                           value->len - 2, value->data + 2);
    }

    return NGX_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid origin \"%V\", write \"any\" or \"same\" "
                       "alone, or origins as a browser sends them: scheme, "
                       "host, a port that is not the scheme's own, no path, "
                       "as in "
                       "\"https://example.com\"", value);

    return NGX_ERROR;
}


static ngx_uint_t
ngx_http_wsgw_set_both_ends(ngx_str_t *value, const char *first,
    const char *last)
{
    size_t  n;

    n = ngx_strlen(last);

    return ngx_strncmp(value->data, first, ngx_strlen(first)) == 0
           && value->len > n
           && ngx_strncmp(value->data + value->len - n, last, n) == 0;
}


/* wsgw_stage_variable, wsgw_authorizer_context NAME VALUE */

char *
ngx_http_wsgw_set_named_value(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_array_t                  **array;
    ngx_http_wsgw_named_value_t   *nv;

    array = (ngx_array_t **) ((char *) conf + cmd->offset);
    value = cf->args->elts;

    if (ngx_http_wsgw_arg_name(cf, "name", &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (*array == NULL) {
        *array = ngx_array_create(cf->pool, 4,
                                  sizeof(ngx_http_wsgw_named_value_t));
        if (*array == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    nv = (*array)->elts;

    for (i = 0; i < (*array)->nelts; i++) {
        if (ngx_http_wsgw_text_is_same(&nv[i].name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"%V\" \"%V\"",
                               &cmd->name, &value[1]);
            return NGX_CONF_ERROR;
        }

        if (nv[i].name.len == value[1].len
            && ngx_strncasecmp(nv[i].name.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"%V\" \"%V\" differs from \"%V\" in case "
                               "alone, which variables ignore: theirs has the "
                               "value of either; write another name",
                               &cmd->name, &value[1], &nv[i].name);
        }
    }

    nv = ngx_array_push(*array);
    if (nv == NULL) {
        return NGX_CONF_ERROR;
    }

    nv->name = value[1];

    return ngx_http_wsgw_expand(cf, &value[2], &nv->value) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_wsgw_set_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value;
    ngx_msec_t  *time;

    time = (ngx_msec_t *) ((char *) conf + cmd->offset);

    if (*time != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    *time = ngx_http_wsgw_arg_time(cf, &value[1]);

    return *time == NGX_CONF_UNSET_MSEC ? NGX_CONF_ERROR : NGX_CONF_OK;
}


char *
ngx_http_wsgw_set_number(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t  *number;

    number = (ngx_uint_t *) ((char *) conf + cmd->offset);

    if (*number != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n <= 0 || n > NGX_HTTP_WSGW_MAX_NUMBER) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number \"%V\", write it as \"%V 16\", from "
                           "1 to %d", &value[1], &value[0],
                           NGX_HTTP_WSGW_MAX_NUMBER);
        return NGX_CONF_ERROR;
    }

    *number = n;

    return NGX_CONF_OK;
}


/* worker_connections, which it may exceed, can be written behind it */

char *
ngx_http_wsgw_set_worker_events(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wsgw_main_conf_t  *wmcf = conf;

    wmcf->worker_events_file = cf->conf_file->file.name.data;
    wmcf->worker_events_line = cf->conf_file->line;

    return ngx_http_wsgw_set_number(cf, cmd, conf);
}


char *
ngx_http_wsgw_set_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_wsgw_set_size_from(cf, cmd, conf, 0);
}


char *
ngx_http_wsgw_set_size_not_zero(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    return ngx_http_wsgw_set_size_from(cf, cmd, conf, 1);
}


static char *
ngx_http_wsgw_set_size_from(ngx_conf_t *cf, ngx_command_t *cmd, void *conf,
    ssize_t least)
{
    size_t     *size;
    ssize_t     parsed;
    ngx_str_t  *value;

    size = (size_t *) ((char *) conf + cmd->offset);

    if (*size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    parsed = ngx_parse_size(&value[1]);

    /* NGX_ERROR is less than any */

    if (parsed < least) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\", write it as \"128k\" or "
                           "\"1m\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    *size = parsed;

    return NGX_CONF_OK;
}
