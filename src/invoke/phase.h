
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What nginx does with a request and not with an event, phase by phase.
 */


#ifndef _NGX_HTTP_WSGW_PHASE_H_INCLUDED_
#define _NGX_HTTP_WSGW_PHASE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* "POST"; a method name at this address is an event's */
extern ngx_str_t  ngx_http_wsgw_phase_post;


/* postconfiguration */
ngx_int_t ngx_http_wsgw_phase_init(ngx_conf_t *cf);

/* when the phases have their handlers: ours come first */
void ngx_http_wsgw_phase_first(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_WSGW_PHASE_H_INCLUDED_ */
