
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What is said to a Redis at first, and what it says it is.
 */


#ifndef _NGX_HTTP_WSGW_GREET_H_INCLUDED_
#define _NGX_HTTP_WSGW_GREET_H_INCLUDED_


#include "cluster/dial.h"


#define NGX_HTTP_WSGW_GREET_WHY       512       /* bytes of a reason */
#define NGX_HTTP_WSGW_GREET_PASSWORD  4096      /* tokens are passwords, too */


/* HELLO, with the password as it is now, in the name of a worker slot */
ngx_int_t ngx_http_wsgw_greet(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_cluster_t *cluster, uint32_t worker);

/* reads it into buf, which has room for one byte more, and says how long it is,
   without the end of its line; 0: it is none, or not one line of that size; -1:
   ngx_errno says why not */
ssize_t ngx_http_wsgw_greet_password(ngx_str_t *file, u_char *buf);

/*
 * NGX_OK: it is a primary, and *sharded says whether it is of a Redis Cluster.
 * Else why, which has room for NGX_HTTP_WSGW_GREET_WHY bytes, says why not.
 */
ngx_int_t ngx_http_wsgw_greet_read(ngx_http_wsgw_reply_t *reply,
    ngx_uint_t *sharded, u_char *why);


#endif /* _NGX_HTTP_WSGW_GREET_H_INCLUDED_ */
