
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The setters of the directives: each reads the arguments of one.
 */


#ifndef _NGX_HTTP_WSGW_SET_H_INCLUDED_
#define _NGX_HTTP_WSGW_SET_H_INCLUDED_


#include "ngx_http_wsgw.h"


char *ngx_http_wsgw_set_drain_time(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_set_message_rate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_set_api_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_set_limit_conn(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_set_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wsgw_set_worker_events(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* the array of ngx_http_wsgw_named_value_t at cmd->offset */
char *ngx_http_wsgw_set_named_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* the ngx_msec_t at cmd->offset; "off" is 0 */
char *ngx_http_wsgw_set_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* the ngx_uint_t there, not 0 */
char *ngx_http_wsgw_set_number(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* the size_t there */
char *ngx_http_wsgw_set_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_wsgw_set_size_not_zero(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* for the setters themselves */

#endif /* _NGX_HTTP_WSGW_SET_H_INCLUDED_ */
