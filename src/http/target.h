
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What the path of a call of @connections names.
 */


#ifndef _NGX_HTTP_WSGW_TARGET_H_INCLUDED_
#define _NGX_HTTP_WSGW_TARGET_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef enum {
    ngx_http_wsgw_target_none = 0,
    ngx_http_wsgw_target_all,           /* /@connections */
    ngx_http_wsgw_target_connection,    /* /@connections/ID */
    ngx_http_wsgw_target_groups,        /* /@connections/ID/groups */
    ngx_http_wsgw_target_group          /* /@connections/ID/groups/NAME */
} ngx_http_wsgw_target_e;


typedef struct {
    ngx_http_wsgw_target_e         kind;
    ngx_str_t                      id;          /* empty: there is none */
    ngx_str_t                      group;
} ngx_http_wsgw_target_t;


/* NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_target(ngx_http_request_t *r,
    ngx_http_wsgw_target_t *target);

/* the id alone, whatever follows it; empty: there is none */
ngx_str_t ngx_http_wsgw_target_id(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WSGW_TARGET_H_INCLUDED_ */
