
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The arguments of a directive, read and complained of.
 */


#ifndef _NGX_HTTP_WSGW_ARG_H_INCLUDED_
#define _NGX_HTTP_WSGW_ARG_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the ngx_uint_t there, one of the values of the ngx_conf_enum_t, which ends
   with an empty name */
char *ngx_http_wsgw_arg_word(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* NGX_OK and the value of that name, in any letter case; or NGX_DECLINED */
ngx_int_t ngx_http_wsgw_arg_choice(ngx_str_t *value, ngx_conf_enum_t *e,
    ngx_uint_t *choice);

ngx_int_t ngx_http_wsgw_arg_name(ngx_conf_t *cf, const char *what,
    ngx_str_t *name);

/* NGX_OK if it can be part of a URI, of JSON and of a variable's name */
ngx_uint_t ngx_http_wsgw_arg_alnum(u_char ch);

/* how many letters too many, too few or wrong one has, which is compared with
   a name; far: it is hardly meant */
ngx_uint_t ngx_http_wsgw_arg_distance(ngx_str_t *arg, ngx_str_t *name);

#define NGX_HTTP_WSGW_ARG_FAR  4

/* milliseconds, "off" is 0; or NGX_CONF_UNSET_MSEC */
ngx_msec_t ngx_http_wsgw_arg_time(ngx_conf_t *cf, ngx_str_t *value);

/* NGX_OK if no parameter, from that argument on, has another's name; but for
   the one, "NAME" or NULL, that there may be several of */
ngx_int_t ngx_http_wsgw_arg_once(ngx_conf_t *cf, ngx_uint_t first,
    const char *several);

/* 1 if the argument is NAME=VALUE, then value is the VALUE */
ngx_uint_t ngx_http_wsgw_arg_param(ngx_str_t *arg, const char *name,
    ngx_str_t *value);

/* logs what to write instead; NGX_ERROR */
ngx_int_t ngx_http_wsgw_arg_invalid(ngx_conf_t *cf, ngx_str_t *arg,
    const char *syntax);


#endif /* _NGX_HTTP_WSGW_ARG_H_INCLUDED_ */
