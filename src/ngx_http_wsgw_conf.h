
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The setters of the directives: each reads the arguments of one.
 */


#ifndef _NGX_HTTP_WSGW_CONF_H_INCLUDED_
#define _NGX_HTTP_WSGW_CONF_H_INCLUDED_


#include "ngx_http_wsgw.h"


char *ngx_http_wsgw_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_wsgw_conf_drain_time(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_wsgw_conf_management(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_conf_selector(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_conf_route(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_conf_message_rate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_conf_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* the array of ngx_http_wsgw_named_value_t at cmd->offset */
char *ngx_http_wsgw_conf_named_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* the ngx_msec_t at cmd->offset; "off" is 0 */
char *ngx_http_wsgw_conf_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* the size_t there */
char *ngx_http_wsgw_conf_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_wsgw_conf_size_not_zero(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* the ngx_uint_t there, one of the two values of the ngx_conf_enum_t */
char *ngx_http_wsgw_conf_either(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* for the setters themselves */

/* NGX_OK if it can be part of a URI, of JSON and of a variable's name */
ngx_int_t ngx_http_wsgw_conf_name(ngx_conf_t *cf, const char *what,
    ngx_str_t *name);
ngx_uint_t ngx_http_wsgw_conf_alnum(u_char ch);

/* milliseconds, "off" is 0; or NGX_CONF_UNSET_MSEC */
ngx_msec_t ngx_http_wsgw_conf_parse_time(ngx_conf_t *cf, ngx_str_t *value);

/* 1 if the argument is the word; is NAME=VALUE, then value is the VALUE */
ngx_uint_t ngx_http_wsgw_conf_is(ngx_str_t *arg, const char *word);
ngx_uint_t ngx_http_wsgw_conf_param(ngx_str_t *arg, const char *name,
    ngx_str_t *value);

/* logs what to write instead; NGX_ERROR */
ngx_int_t ngx_http_wsgw_conf_invalid(ngx_conf_t *cf, ngx_str_t *arg,
    const char *syntax);


#endif /* _NGX_HTTP_WSGW_CONF_H_INCLUDED_ */
