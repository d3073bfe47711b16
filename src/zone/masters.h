
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether another master lives beside ours: while nginx's binary is being
 * replaced there are two.  Each master locks a byte of its own.
 */


#ifndef _NGX_HTTP_WSGW_MASTERS_H_INCLUDED_
#define _NGX_HTTP_WSGW_MASTERS_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * Called for each cycle while its configuration is read: joins the masters, and
 * leaves word in the environment of a new binary.
 */
ngx_int_t ngx_http_wsgw_masters_join(ngx_conf_t *cf);

/* A worker that has no lock of its master's, as there is no /proc, needs its
   own. */
void ngx_http_wsgw_masters_attach(void);

/* 1: another master or a worker of it lives, or nobody can tell. */
ngx_uint_t ngx_http_wsgw_masters_others(void);


#endif /* _NGX_HTTP_WSGW_MASTERS_H_INCLUDED_ */
