
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Directives in locations where nobody reads them.
 */


#ifndef _NGX_HTTP_WSGW_EFFECT_H_INCLUDED_
#define _NGX_HTTP_WSGW_EFFECT_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef char *(*ngx_http_wsgw_effect_set_pt)(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


/* before http{} is parsed: from now on the places of the directives are noted;
   sets has room for one of each */
void ngx_http_wsgw_effect_begin(ngx_command_t *directives,
    ngx_http_wsgw_effect_set_pt *sets);

/* once levels are merged: warns */
void ngx_http_wsgw_effect_check(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_EFFECT_H_INCLUDED_ */
