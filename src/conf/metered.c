
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Where stages, routes and calls of @connections are counted.
 */


#include "conf/metered.h"
#include "zone/meter.h"
#include "zone/slot.h"
#include "zone/zone.h"


static ngx_int_t ngx_http_wsgw_metered_route(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf, ngx_http_wsgw_route_t *route,
    ngx_str_t *key);


ngx_int_t
ngx_http_wsgw_metered_stage(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_uint_t               i;
    ngx_http_wsgw_route_t  **route;

    static ngx_str_t  authorizer = ngx_string("$authorizer");

    wlcf->meter = ngx_http_wsgw_meter_create(cf->pool, wlcf->api_zone,
                                             wlcf->api, &wlcf->api_id,
                                             &wlcf->stage);
    if (wlcf->meter == NULL) {
        return NGX_ERROR;
    }

    route = wlcf->message_routes.elts;

    for (i = 0; i < wlcf->message_routes.nelts; i++) {
        if (ngx_http_wsgw_metered_route(cf, wlcf, route[i],
                                        &route[i]->key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if ((wlcf->connect
         && ngx_http_wsgw_metered_route(cf, wlcf, wlcf->connect,
                                        &wlcf->connect->key)
            != NGX_OK)
        || (wlcf->disconnect
            && ngx_http_wsgw_metered_route(cf, wlcf, wlcf->disconnect,
                                           &wlcf->disconnect->key)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (wlcf->authorizer == NULL) {
        return NGX_OK;
    }

    return ngx_http_wsgw_metered_route(cf, wlcf, &wlcf->authorizer->route,
                                       &authorizer);
}


static ngx_int_t
ngx_http_wsgw_metered_route(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf,
    ngx_http_wsgw_route_t *route, ngx_str_t *key)
{
    route->meter = ngx_http_wsgw_meter_of_route(cf->pool, wlcf->meter, key);

    return route->meter ? NGX_OK : NGX_ERROR;
}


/* Who pushes names a stage and no API: it counts for the first that has both.
   A stage that is nowhere in this configuration has no API's id. */

ngx_int_t
ngx_http_wsgw_metered_management(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    uint32_t                     wanted;
    ngx_str_t                    none;
    ngx_uint_t                   i;
    ngx_http_wsgw_loc_conf_t   **stage;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    stage = wmcf->stages.elts;
    wanted = ngx_http_wsgw_slot_api_stage(wlcf->management_api);

    for (i = 0; i < wmcf->stages.nelts; i++) {
        if (ngx_http_wsgw_slot_api_stage(stage[i]->api) == wanted) {
            wlcf->meter = stage[i]->meter;
            return NGX_OK;
        }
    }

    ngx_str_null(&none);

    wlcf->meter = ngx_http_wsgw_meter_create(cf->pool, wlcf->management_zone,
                                             wlcf->management_api, &none,
                                             &wlcf->management_stage);

    return wlcf->meter ? NGX_OK : NGX_ERROR;
}
