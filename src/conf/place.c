
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The location that a directive makes a stage, @connections or a page.  It can
 * be one of them, and nothing else.
 */


#include "conf/place.h"


ngx_http_wsgw_place_t *
ngx_http_wsgw_place(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_str_t                 *value;
    ngx_http_wsgw_place_t     *place;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    value = cf->args->elts;

    if (clcf->handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" needs a location of its own, this one has "
                           "another content handler", &value[0]);
        return NULL;
    }

    place = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_place_t));
    if (place == NULL) {
        return NULL;
    }

    clcf->handler = handler;

    place->location = clcf;
    place->server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    place->file = cf->conf_file->file.name.data;
    place->line = cf->conf_file->line;

    return place;
}


ngx_int_t
ngx_http_wsgw_place_check(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place, ngx_http_handler_pt handler)
{
    if (place->location->handler == handler) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%s\" needs a location of its own, this one has another "
                  "content handler in %s:%ui",
                  directive, place->file, place->line);

    return NGX_ERROR;
}
