
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The zone that a directive names, or what the operator may have meant.
 */


#include "conf/declared.h"
#include "conf/arg.h"
#include "zone/zone.h"


static ngx_http_wsgw_zone_t *ngx_http_wsgw_declared_similar(ngx_conf_t *cf,
    ngx_str_t *name);


ngx_http_wsgw_zone_t *
ngx_http_wsgw_declared(ngx_conf_t *cf, const char *directive, ngx_str_t *name,
    u_char *file, ngx_uint_t line)
{
    ngx_http_wsgw_zone_t       *zone, *similar, **zones;
    ngx_http_wsgw_main_conf_t  *wmcf;

    zone = ngx_http_wsgw_zone_find(cf, name);

    if (zone) {
        return zone;
    }

    similar = ngx_http_wsgw_declared_similar(cf, name);

    if (similar) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" refers to unknown zone \"%V\", did you mean "
                      "\"%V\"? in %s:%ui",
                      directive, name, &similar->name, file, line);
        return NULL;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (wmcf->zones.nelts == 1) {
        zones = wmcf->zones.elts;

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" refers to unknown zone \"%V\", the only one is "
                      "\"%V\"; write that, or add \"wsgw_zone zone=%V:16m;\" "
                      "to http{} in %s:%ui",
                      directive, name, &zones[0]->name, name, file, line);
        return NULL;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%s\" refers to unknown zone \"%V\"; add \"wsgw_zone "
                  "zone=%V:16m;\" to http{} in %s:%ui",
                  directive, name, name, file, line);

    return NULL;
}


/* the nearest of those that have at least half of the name right; NULL: none */

static ngx_http_wsgw_zone_t *
ngx_http_wsgw_declared_similar(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                   i, distance, least;
    ngx_http_wsgw_zone_t        *similar, **zones;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    zones = wmcf->zones.elts;

    least = ngx_min(NGX_HTTP_WSGW_ARG_FAR, name->len / 2 + 1);
    similar = NULL;

    for (i = 0; i < wmcf->zones.nelts; i++) {

        distance = ngx_http_wsgw_arg_distance(name, &zones[i]->name);

        if (distance < least) {
            least = distance;
            similar = zones[i];
        }
    }

    return similar;
}
