
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_status: which zones a location tells of, and to whom.
 */


#include "conf/exposed.h"
#include "base/text.h"
#include "conf/arg.h"
#include "conf/declared.h"
#include "conf/place.h"
#include "http/status.h"


static ngx_int_t ngx_http_wsgw_exposed_zones(ngx_conf_t *cf,
    ngx_http_wsgw_main_conf_t *wmcf, ngx_http_wsgw_status_t *status);


char *
ngx_http_wsgw_exposed(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t                   *value, *name;
    ngx_uint_t                   i;
    ngx_http_wsgw_status_t      *status, **p;
    ngx_http_wsgw_main_conf_t   *wmcf;

    if (wlcf->status) {
        return "is duplicate";
    }

    if (ngx_http_wsgw_arg_once(cf, 1, NULL) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    status = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_status_t));
    if (status == NULL
        || ngx_array_init(&status->names, cf->pool, 1, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_wsgw_text_is(&value[i], "public")) {
            status->open = 1;
            continue;
        }

        if (ngx_http_wsgw_arg_name(cf, "zone", &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        name = ngx_array_push(&status->names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    status->place = ngx_http_wsgw_place(cf, ngx_http_wsgw_status_handler);
    if (status->place == NULL) {
        return NGX_CONF_ERROR;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    p = ngx_array_push(&wmcf->statuses);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = status;
    wlcf->status = status;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_wsgw_exposed_resolve(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_status_t     **status;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    status = wmcf->statuses.elts;

    for (i = 0; i < wmcf->statuses.nelts; i++) {

        if (ngx_http_wsgw_place_check(cf, "wsgw_status", status[i]->place,
                                      ngx_http_wsgw_status_handler)
            != NGX_OK
            || ngx_http_wsgw_exposed_zones(cf, wmcf, status[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* all of them, if none is named */

static ngx_int_t
ngx_http_wsgw_exposed_zones(ngx_conf_t *cf, ngx_http_wsgw_main_conf_t *wmcf,
    ngx_http_wsgw_status_t *status)
{
    ngx_str_t              *name;
    ngx_uint_t              i;
    ngx_http_wsgw_zone_t   *zone, **p;
    ngx_http_wsgw_place_t  *place;

    place = status->place;

    if (wmcf->zones.nelts == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"wsgw_status\" has no zone to tell of; add "
                      "\"wsgw_zone zone=NAME:16m;\" to http{} in %s:%ui",
                      place->file, place->line);
        return NGX_ERROR;
    }

    if (status->names.nelts == 0) {
        status->zones = wmcf->zones;
        return NGX_OK;
    }

    if (ngx_array_init(&status->zones, cf->pool, status->names.nelts,
                       sizeof(ngx_http_wsgw_zone_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    name = status->names.elts;

    for (i = 0; i < status->names.nelts; i++) {

        zone = ngx_http_wsgw_declared(cf, "wsgw_status", &name[i],
                                      place->file, place->line);
        if (zone == NULL) {
            return NGX_ERROR;
        }

        p = ngx_array_push(&status->zones);
        if (p == NULL) {
            return NGX_ERROR;
        }

        *p = zone;
    }

    return NGX_OK;
}
