
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * After parsing: stages and management locations get their zones, their
 * defaults and what is derived from them; and what several directives can
 * only get wrong together is told, with the place of ours.
 */


#include "ngx_http_wsgw_resolve.h"
#include "ngx_http_wsgw_locate.h"
#include "ngx_http_wsgw_registry.h"
#include "ngx_http_wsgw_handshake.h"
#include "ngx_http_wsgw_management.h"


static ngx_int_t ngx_http_wsgw_resolve_stage(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_management(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_resolve_place(ngx_conf_t *cf,
    const char *directive, ngx_http_wsgw_place_t *place,
    ngx_http_handler_pt handler);
static void ngx_http_wsgw_resolve_defaults(ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_names(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_selector(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_routes(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_hash(ngx_conf_t *cf, ngx_hash_t *hash,
    ngx_array_t *keys);
static ngx_int_t ngx_http_wsgw_check_integrations(ngx_conf_t *cf,
    ngx_array_t *stages);
static ngx_int_t ngx_http_wsgw_check_integration(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_http_wsgw_route_t *route);
static ngx_int_t ngx_http_wsgw_check_disconnects(ngx_conf_t *cf,
    ngx_array_t *stages);
static ngx_uint_t ngx_http_wsgw_same_route(ngx_http_wsgw_route_t *a,
    ngx_http_wsgw_route_t *b);
static ngx_uint_t ngx_http_wsgw_same_text(ngx_str_t *a, ngx_str_t *b);
static ngx_int_t ngx_http_wsgw_check_events(ngx_conf_t *cf);


ngx_int_t
ngx_http_wsgw_resolve(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_loc_conf_t   **wlcf;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    wlcf = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {
        if (ngx_http_wsgw_resolve_stage(cf, wlcf[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    wlcf = wmcf->managements.elts;

    for (i = 0; i < wmcf->managements.nelts; i++) {
        if (ngx_http_wsgw_resolve_management(cf, wlcf[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (wmcf->stages.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_check_integrations(cf, &wmcf->stages) != NGX_OK
        || ngx_http_wsgw_check_disconnects(cf, &wmcf->stages) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_check_events(cf);
}


static ngx_int_t
ngx_http_wsgw_resolve_stage(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    wlcf->api_zone = ngx_http_wsgw_resolve_place(cf, "wsgw_api",
                                              wlcf->api_place,
                                              ngx_http_wsgw_handshake_handler);
    if (wlcf->api_zone == NULL) {
        return NGX_ERROR;
    }

    wlcf->api = ngx_http_wsgw_api_hash(&wlcf->api_zone->name, &wlcf->api_id,
                                       &wlcf->stage);

    ngx_http_wsgw_resolve_defaults(wlcf);

    wlcf->agent.len = sizeof("AmazonAPIGateway_") - 1 + wlcf->api_id.len;
    wlcf->agent.data = ngx_pnalloc(cf->pool, wlcf->agent.len);
    if (wlcf->agent.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(wlcf->agent.data, "AmazonAPIGateway_%V", &wlcf->api_id);

    if (ngx_http_wsgw_resolve_selector(cf, wlcf) != NGX_OK
        || ngx_http_wsgw_resolve_names(cf, wlcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (wlcf->max_queue_size < wlcf->max_message_size) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "stage \"%V\": wsgw_max_queue_size %uz is less than "
                      "wsgw_max_message_size %uz, so that no client could get "
                      "the largest message in %s:%ui",
                      &wlcf->stage, wlcf->max_queue_size,
                      wlcf->max_message_size,
                      wlcf->api_place->file, wlcf->api_place->line);
        return NGX_ERROR;
    }

    wlcf->protocol.max_frame = wlcf->max_frame_size;
    wlcf->protocol.max_message = wlcf->max_message_size;
    wlcf->protocol.max_fragments = wlcf->max_fragments;
    wlcf->protocol.binary = (wlcf->profile != NGX_HTTP_WSGW_AWS);

    wlcf->protocol_deflate = wlcf->protocol;
    wlcf->protocol_deflate.deflate = 1;

    return ngx_http_wsgw_resolve_routes(cf, wlcf);
}


static ngx_int_t
ngx_http_wsgw_resolve_management(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_http_wsgw_zone_t  *zone;

    zone = ngx_http_wsgw_resolve_place(cf, "wsgw_management",
                                       wlcf->management_place,
                                       ngx_http_wsgw_management_handler);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    wlcf->management_zone = zone;

    ngx_http_wsgw_resolve_defaults(wlcf);

    /* letters have a quarter of the zone */

    if (zone->size / 4 < wlcf->max_message_size) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "a push of wsgw_max_message_size %uz cannot reach "
                      "another worker: it is more than a quarter of wsgw zone "
                      "\"%V\" of %uz in %s:%ui",
                      wlcf->max_message_size, &zone->name, zone->size,
                      wlcf->management_place->file,
                      wlcf->management_place->line);
    }

    return NGX_OK;
}


/* the zone that the directive names, if nothing else is wrong with it */

static ngx_http_wsgw_zone_t *
ngx_http_wsgw_resolve_place(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place, ngx_http_handler_pt handler)
{
    ngx_http_wsgw_zone_t  *zone;

    if (place->location->handler != handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" needs a location of its own, this one has "
                      "another content handler in %s:%ui",
                      directive, place->file, place->line);
        return NULL;
    }

    zone = ngx_http_wsgw_zone_find(cf, &place->zone);

    if (zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" refers to unknown zone \"%V\"; add "
                      "\"wsgw_zone zone=%V:16m;\" to http{} in %s:%ui",
                      directive, &place->zone, &place->zone,
                      place->file, place->line);
    }

    return zone;
}


/*
 * Not while conf is merged: a default depends on other directives, which may
 * stand at another level.
 */

static void
ngx_http_wsgw_resolve_defaults(ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_uint_t  aws;

    ngx_conf_init_uint_value(wlcf->profile, NGX_HTTP_WSGW_EXTENDED);

    aws = (wlcf->profile == NGX_HTTP_WSGW_AWS);

    ngx_conf_init_uint_value(wlcf->integration_type, NGX_HTTP_WSGW_AWS_PROXY);
    ngx_conf_init_msec_value(wlcf->integration_timeout, 29000);
    ngx_conf_init_uint_value(wlcf->concurrency, aws ? 64 : 1);

    ngx_conf_init_size_value(wlcf->max_message_size, 128 * 1024);
    ngx_conf_init_size_value(wlcf->max_frame_size,
                             aws ? 32 * 1024 : wlcf->max_message_size);
    ngx_conf_init_uint_value(wlcf->max_fragments, 1024);
    ngx_conf_init_size_value(wlcf->max_pending_size, wlcf->max_message_size);
    ngx_conf_init_size_value(wlcf->max_queue_size,
                             2 * wlcf->max_message_size);

    ngx_conf_init_msec_value(wlcf->idle_timeout, 10 * 60 * 1000);
    ngx_conf_init_msec_value(wlcf->max_lifetime, 2 * 60 * 60 * 1000);
    ngx_conf_init_msec_value(wlcf->ping_interval, 0);
    ngx_conf_init_msec_value(wlcf->close_timeout, 5000);

    /* "off" is no wait: a socket without a timer might stay for ever */

    wlcf->close_timeout = ngx_max(wlcf->close_timeout, 1);

    ngx_conf_init_msec_value(wlcf->send_timeout, 60000);
    ngx_conf_init_msec_value(wlcf->disconnect_max_age, 15 * 60 * 1000);

    ngx_conf_init_uint_value(wlcf->message_rate, 0);
    ngx_conf_init_uint_value(wlcf->origin_mode,
                             aws ? NGX_HTTP_WSGW_ORIGIN_ANY
                                 : NGX_HTTP_WSGW_ORIGIN_SAME);
    ngx_conf_init_value(wlcf->compression, 0);
}


static ngx_int_t
ngx_http_wsgw_resolve_names(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    void         *p;
    ngx_array_t  *names;

    names = &wlcf->server->server_names;

    if (ngx_array_init(&wlcf->server_names, cf->pool, names->nelts,
                       sizeof(ngx_http_server_name_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_array_push_n(&wlcf->server_names, names->nelts);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, names->elts, names->nelts * sizeof(ngx_http_server_name_t));

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_resolve_selector(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    const char        *error;
    static ngx_str_t   expr = ngx_string("$request.body.action");

    if (wlcf->selector) {
        return NGX_OK;
    }

    wlcf->selector = ngx_palloc(cf->pool, sizeof(wsgw_selector_t));
    if (wlcf->selector == NULL) {
        return NGX_ERROR;
    }

    return wsgw_selector_compile(wlcf->selector, expr.data, expr.len, &error)
           ? NGX_ERROR : NGX_OK;
}


/* the routes as written may be those of several stages: each has a copy */

static ngx_int_t
ngx_http_wsgw_resolve_routes(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_uint_t              i, n;
    ngx_array_t             keys;
    ngx_hash_key_t         *key;
    ngx_http_wsgw_route_t  *route;

    n = wlcf->routes ? wlcf->routes->nelts : 0;

    if (ngx_array_init(&keys, cf->temp_pool, n + 1, sizeof(ngx_hash_key_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        route = ngx_palloc(cf->pool, sizeof(ngx_http_wsgw_route_t));
        if (route == NULL) {
            return NGX_ERROR;
        }

        *route = ((ngx_http_wsgw_route_t *) wlcf->routes->elts)[i];

        ngx_conf_init_uint_value(route->type, wlcf->integration_type);
        ngx_conf_init_msec_value(route->timeout, wlcf->integration_timeout);

        if (ngx_strcmp(route->key.data, "$connect") == 0) {
            wlcf->connect = route;
            continue;
        }

        if (ngx_strcmp(route->key.data, "$disconnect") == 0) {
            wlcf->disconnect = route;
            continue;
        }

        if (ngx_strcmp(route->key.data, "$default") == 0) {
            wlcf->fallback = route;
        }

        key = ngx_array_push(&keys);
        if (key == NULL) {
            return NGX_ERROR;
        }

        key->key = route->key;
        key->key_hash = ngx_hash_key(route->key.data, route->key.len);
        key->value = route;
    }

    return ngx_http_wsgw_resolve_hash(cf, &wlcf->route_hash, &keys);
}


/*
 * ngx_hash_init() stores its keys in lower case, but route keys are exact:
 * they are written over them.
 */

static ngx_int_t
ngx_http_wsgw_resolve_hash(ngx_conf_t *cf, ngx_hash_t *hash, ngx_array_t *keys)
{
    ngx_uint_t              i;
    ngx_hash_elt_t         *elt;
    ngx_hash_init_t         init;
    ngx_http_wsgw_route_t  *route;

    init.hash = hash;
    init.key = ngx_hash_key;
    init.max_size = 2048;
    init.bucket_size = ngx_align(2 * NGX_HTTP_WSGW_MAX_ROUTE_KEY,
                                 ngx_cacheline_size);
    init.name = "wsgw_route";
    init.pool = cf->pool;
    init.temp_pool = NULL;

    if (ngx_hash_init(&init, keys->elts, keys->nelts) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < hash->size; i++) {

        elt = hash->buckets[i];

        while (elt && elt->value) {
            route = elt->value;
            ngx_memcpy(elt->name, route->key.data, elt->len);

            elt = (ngx_hash_elt_t *) ngx_align_ptr(&elt->name[0] + elt->len,
                                                   sizeof(void *));
        }
    }

    return NGX_OK;
}


/* routes that stages inherit are told of once */

static ngx_int_t
ngx_http_wsgw_check_integrations(ngx_conf_t *cf, ngx_array_t *stages)
{
    ngx_uint_t                  i, j;
    ngx_http_wsgw_route_t      *route;
    ngx_http_wsgw_loc_conf_t  **wlcf;

    wlcf = stages->elts;

    for (i = 0; i < stages->nelts; i++) {

        for (j = 0; wlcf[j]->routes != wlcf[i]->routes; j++) { /* void */ }

        if (j < i || wlcf[i]->routes == NULL) {
            continue;
        }

        route = wlcf[i]->routes->elts;

        for (j = 0; j < wlcf[i]->routes->nelts; j++) {
            if (ngx_http_wsgw_check_integration(cf, wlcf[i]->server, &route[j])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_check_integration(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_http_wsgw_route_t *route)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (route->name.len) {

        if (ngx_http_wsgw_locate_named(cscf, &route->name)) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "route \"%V\" points to \"%V\", but its server has no "
                      "such location in %s:%ui",
                      &route->key, &route->name, route->file, route->line);
        return NGX_ERROR;
    }

    clcf = ngx_http_wsgw_locate(cscf, &route->uri);

    if (clcf == NULL) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "route \"%V\" points to \"%V\", which no location "
                      "serves in %s:%ui",
                      &route->key, &route->uri, route->file, route->line);

    } else if (!clcf->internal) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "route \"%V\" points to \"%V\", which clients can "
                      "reach; add \"internal;\" to location \"%V\" in %s:%ui",
                      &route->key, &route->uri, &clcf->name,
                      route->file, route->line);
    }

    return NGX_OK;
}


/*
 * Locations of the same zone, id and stage are one API, and any of them may
 * be asked for the $disconnect of a connection that another one accepted.
 */

static ngx_int_t
ngx_http_wsgw_check_disconnects(ngx_conf_t *cf, ngx_array_t *stages)
{
    ngx_uint_t                  i, j;
    ngx_http_wsgw_loc_conf_t  **wlcf;

    wlcf = stages->elts;

    for (i = 1; i < stages->nelts; i++) {

        for (j = 0; wlcf[j]->api != wlcf[i]->api; j++) { /* void */ }

        if (ngx_http_wsgw_same_route(wlcf[i]->disconnect, wlcf[j]->disconnect))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "route \"$disconnect\" of stage \"%V\" differs from "
                      "that of the same API and stage in %s:%ui; write the "
                      "same route, or another \"id=\" or \"stage=\" in %s:%ui",
                      &wlcf[i]->stage,
                      wlcf[j]->api_place->file, wlcf[j]->api_place->line,
                      wlcf[i]->api_place->file, wlcf[i]->api_place->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_wsgw_same_route(ngx_http_wsgw_route_t *a, ngx_http_wsgw_route_t *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }

    return a->type == b->type
           && a->timeout == b->timeout
           && ngx_http_wsgw_same_text(&a->uri, &b->uri)
           && ngx_http_wsgw_same_text(&a->args, &b->args)
           && ngx_http_wsgw_same_text(&a->name, &b->name);
}


static ngx_uint_t
ngx_http_wsgw_same_text(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


/*
 * An event request's connection is in no event queue, which nginx respects
 * only with an edge-triggered method.  An events{} behind http{} is unknown
 * as yet: init_process has the last word.
 */

static ngx_int_t
ngx_http_wsgw_check_events(ngx_conf_t *cf)
{
    ngx_event_conf_t  *ecf;

    if (ngx_get_conf(cf->cycle->conf_ctx, ngx_events_module) == NULL) {
        return NGX_OK;
    }

    ecf = ngx_event_get_conf(cf->cycle->conf_ctx, ngx_event_core_module);

    if (ngx_strcmp(ecf->name, "epoll") == 0
        || ngx_strcmp(ecf->name, "kqueue") == 0)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "wsgw needs an edge-triggered event method, epoll or "
                  "kqueue, not \"%s\"", ecf->name);

    return NGX_ERROR;
}
