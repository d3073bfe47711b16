
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The location that a directive makes a stage, @connections or a page.
 */


#ifndef _NGX_HTTP_WSGW_PLACE_H_INCLUDED_
#define _NGX_HTTP_WSGW_PLACE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* gives the location that is being read this content handler; NULL if it has
   one, with a message */
ngx_http_wsgw_place_t *ngx_http_wsgw_place(ngx_conf_t *cf,
    ngx_http_handler_pt handler);

/* that it still has it when all has been read */
ngx_int_t ngx_http_wsgw_place_check(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place, ngx_http_handler_pt handler);


#endif /* _NGX_HTTP_WSGW_PLACE_H_INCLUDED_ */
