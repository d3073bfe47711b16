
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether a pair that is subscribed does what it is for.
 */


#ifndef _NGX_HTTP_WSGW_PROBE_H_INCLUDED_
#define _NGX_HTTP_WSGW_PROBE_H_INCLUDED_


#include "cluster/pair.h"


#define NGX_HTTP_WSGW_PROBE_EVERY  2000         /* ms; it takes no longer */
#define NGX_HTTP_WSGW_PROBE_LOOK   250
#define NGX_HTTP_WSGW_PROBE_PARTED 1000


/* The first one that succeeds makes the pair ready. */
void ngx_http_wsgw_probe_try(ngx_http_wsgw_pair_t *pair);

/* 1: it was the probe */
ngx_uint_t ngx_http_wsgw_probe_arrived(ngx_http_wsgw_pair_t *pair,
    ngx_str_t *message);

/* of the timer, while it is ready */
void ngx_http_wsgw_probe_look(ngx_http_wsgw_pair_t *pair);

/* of either connection; see cluster/dial.h */
ngx_uint_t ngx_http_wsgw_probe_fresh(ngx_http_wsgw_dial_t *dial);
void ngx_http_wsgw_probe_leave(ngx_http_wsgw_dial_t *dial, ngx_uint_t now);

/* 1: the worker exits, and others go on: nobody is to ask it any more */
ngx_uint_t ngx_http_wsgw_probe_leaves(ngx_http_wsgw_pair_t *pair);


#endif /* _NGX_HTTP_WSGW_PROBE_H_INCLUDED_ */
