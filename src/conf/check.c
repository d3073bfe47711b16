
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What several directives can only get wrong together: it is told when all of
 * them are known, with the place of ours.
 */


#include "conf/check.h"
#include "base/text.h"
#include "conf/arg.h"
#include "conf/beside.h"
#include "conf/locate.h"
#include "conf/reach.h"
#include "conf/route.h"
#include "http/handshake.h"
#include "http/management.h"
#include "zone/slot.h"


static void ngx_http_wsgw_check_stage(ngx_conf_t *cf,
    ngx_http_wsgw_main_conf_t *wmcf, ngx_uint_t n);
static ngx_int_t ngx_http_wsgw_check_stages(ngx_conf_t *cf,
    ngx_array_t *stages);
static ngx_int_t ngx_http_wsgw_check_routes(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static void ngx_http_wsgw_check_key(ngx_conf_t *cf, ngx_array_t *routes,
    ngx_http_wsgw_route_t *route);
static void ngx_http_wsgw_check_oneway(ngx_conf_t *cf, ngx_array_t *routes,
    ngx_http_wsgw_route_t *route);
static ngx_int_t ngx_http_wsgw_check_authorizers(ngx_conf_t *cf,
    ngx_array_t *stages);
static ngx_int_t ngx_http_wsgw_check_integration(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_http_wsgw_route_t *route);
static void ngx_http_wsgw_check_keepalive(ngx_conf_t *cf,
    ngx_http_core_loc_conf_t *clcf, ngx_http_wsgw_route_t *route,
    ngx_str_t *called);
static ngx_uint_t ngx_http_wsgw_check_keeps(ngx_conf_t *cf, ngx_str_t *host);
static void ngx_http_wsgw_check_unused(ngx_conf_t *cf,
    ngx_http_wsgw_main_conf_t *wmcf);
static void ngx_http_wsgw_check_managements(ngx_conf_t *cf,
    ngx_http_wsgw_main_conf_t *wmcf);
static ngx_int_t ngx_http_wsgw_check_disconnects(ngx_conf_t *cf,
    ngx_array_t *stages);
static ngx_uint_t ngx_http_wsgw_check_same_route(ngx_http_wsgw_route_t *a,
    ngx_http_wsgw_route_t *b);
static ngx_int_t ngx_http_wsgw_check_events(ngx_conf_t *cf);


ngx_int_t
ngx_http_wsgw_check(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_wsgw_status_t    **status;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    for (i = 0; i < wmcf->stages.nelts; i++) {
        ngx_http_wsgw_check_stage(cf, wmcf, i);
    }

    ngx_http_wsgw_check_unused(cf, wmcf);
    ngx_http_wsgw_check_managements(cf, wmcf);

    status = wmcf->statuses.elts;

    for (i = 0; i < wmcf->statuses.nelts; i++) {
        ngx_http_wsgw_reach(cf, status[i]->place, "wsgw_status");
    }

    if (wmcf->stages.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_check_stages(cf, &wmcf->stages) != NGX_OK
        || ngx_http_wsgw_check_authorizers(cf, &wmcf->stages) != NGX_OK
        || ngx_http_wsgw_check_disconnects(cf, &wmcf->stages) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_check_events(cf);
}


/* what it lacks may be meant, but is more likely forgotten */

static void
ngx_http_wsgw_check_stage(ngx_conf_t *cf, ngx_http_wsgw_main_conf_t *wmcf,
    ngx_uint_t n)
{
    uint32_t                    name;
    ngx_uint_t                  i;
    ngx_http_wsgw_place_t      *place;
    ngx_http_wsgw_loc_conf_t  **stage, **management;

    stage = wmcf->stages.elts;
    management = wmcf->managements.elts;
    place = stage[n]->api_place;

    ngx_http_wsgw_reach(cf, place, "wsgw_api");

    if (stage[n]->routes == NULL) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "stage \"%V\" has no route: nothing is called, and "
                      "messages are answered \"Forbidden\"; add "
                      "\"wsgw_route $default URI;\" in %s:%ui",
                      &stage[n]->stage, place->file, place->line);
    }

    name = ngx_http_wsgw_slot_api_stage(stage[n]->api);

    for (i = 0; i < wmcf->managements.nelts; i++) {
        if (ngx_http_wsgw_slot_api_stage(management[i]->management_api)
            == name) {
            return;
        }
    }

    /* of several locations of that stage, the first is told of */

    for (i = 0; i < n; i++) {
        if (ngx_http_wsgw_slot_api_stage(stage[i]->api) == name) {
            return;
        }
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "stage \"%V\" has no \"wsgw_management\": nobody can push "
                  "to its connections; add \"location ^~ %V/@connections { "
                  "wsgw_management %V stage=%V; }\" in %s:%ui",
                  &stage[n]->stage, &stage[n]->path, &place->zone,
                  &stage[n]->stage, place->file, place->line);
}


/* routes that stages inherit are told of once */

static ngx_int_t
ngx_http_wsgw_check_stages(ngx_conf_t *cf, ngx_array_t *stages)
{
    ngx_uint_t                  i, j;
    ngx_http_wsgw_loc_conf_t  **wlcf;

    wlcf = stages->elts;

    for (i = 0; i < stages->nelts; i++) {

        for (j = 0; wlcf[j]->routes != wlcf[i]->routes; j++) { /* void */ }

        if (j < i || wlcf[i]->routes == NULL) {
            continue;
        }

        if (ngx_http_wsgw_check_routes(cf, wlcf[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_check_routes(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_uint_t              i;
    ngx_http_wsgw_route_t  *route;

    route = wlcf->routes->elts;

    for (i = 0; i < wlcf->routes->nelts; i++) {

        ngx_http_wsgw_check_key(cf, wlcf->routes, &route[i]);
        ngx_http_wsgw_check_oneway(cf, wlcf->routes, &route[i]);

        if (ngx_http_wsgw_check_integration(cf, wlcf->server, &route[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* "connect" where there is no "$connect" */

static void
ngx_http_wsgw_check_key(ngx_conf_t *cf, ngx_array_t *routes,
    ngx_http_wsgw_route_t *route)
{
    ngx_uint_t              i;
    ngx_http_wsgw_route_t  *other;

    if (!ngx_http_wsgw_text_is(&route->key, "connect")
        && !ngx_http_wsgw_text_is(&route->key, "disconnect")
        && !ngx_http_wsgw_text_is(&route->key, "default"))
    {
        return;
    }

    other = routes->elts;

    for (i = 0; i < routes->nelts; i++) {
        if (other[i].key.len == route->key.len + 1
            && other[i].key.data[0] == '$'
            && ngx_strcmp(other[i].key.data + 1, route->key.data) == 0)
        {
            return;
        }
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "route \"%V\" is for messages that say so, and there is no "
                  "\"$%V\"; did you mean that? in %s:%ui",
                  &route->key, &route->key, route->file, route->line);
}


/* stages that inherit the route may have several types and profiles */

static void
ngx_http_wsgw_check_oneway(ngx_conf_t *cf, ngx_array_t *routes,
    ngx_http_wsgw_route_t *route)
{
    ngx_uint_t                  i, type;
    ngx_http_wsgw_loc_conf_t  **stage;
    ngx_http_wsgw_main_conf_t  *wmcf;

    if (!route->oneway) {
        return;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    stage = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {

        if (stage[i]->routes != routes) {
            continue;
        }

        type = route->type;
        ngx_conf_init_uint_value(type, stage[i]->integration_type);

        if (type != NGX_HTTP_WSGW_AWS_PROXY
            && stage[i]->profile != NGX_HTTP_WSGW_AWS)
        {
            return;
        }
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"oneway\" has no effect on route \"%V\": aws_proxy "
                  "integrations, and with \"wsgw_profile aws\" all, reply on "
                  "\"response\" routes alone; remove it in %s:%ui",
                  &route->key, route->file, route->line);
}


/* one that stages inherit is told of once; the server may have others */

static ngx_int_t
ngx_http_wsgw_check_authorizers(ngx_conf_t *cf, ngx_array_t *stages)
{
    ngx_uint_t                  i, j;
    ngx_http_wsgw_route_t      *route, *other;
    ngx_http_wsgw_loc_conf_t  **wlcf;

    wlcf = stages->elts;

    for (i = 0; i < stages->nelts; i++) {

        if (wlcf[i]->authorizer == NULL) {
            continue;
        }

        route = &wlcf[i]->authorizer->route;

        for (j = 0; j < i; j++) {

            if (wlcf[j]->authorizer == NULL) {
                continue;
            }

            other = &wlcf[j]->authorizer->route;

            if (other->line == route->line && other->file == route->file
                && wlcf[j]->server == wlcf[i]->server)
            {
                break;
            }
        }

        if (j == i
            && ngx_http_wsgw_check_integration(cf, wlcf[i]->server, route)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_check_integration(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_http_wsgw_route_t *route)
{
    ngx_str_t                  called;
    ngx_http_core_loc_conf_t  *clcf;

    if (ngx_http_wsgw_route_called(cf, route, &called) != NGX_OK) {
        return NGX_ERROR;
    }

    if (route->name.len) {

        clcf = ngx_http_wsgw_locate_named(cscf, &route->name);

        if (clcf) {
            ngx_http_wsgw_check_keepalive(cf, clcf, route, &called);
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V points to \"%V\", but its server has no "
                      "such location in %s:%ui",
                      &called, &route->name, route->file, route->line);
        return NGX_ERROR;
    }

    clcf = ngx_http_wsgw_locate(cscf, &route->uri);

    if (clcf == NULL) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "%V points to \"%V\", which no location of "
                      "its server serves; add \"location %V { internal; ... "
                      "}\" in %s:%ui",
                      &called, &route->uri, &route->uri,
                      route->file, route->line);
        return NGX_OK;
    }

    if (clcf->handler == ngx_http_wsgw_handshake_handler
        || clcf->handler == ngx_http_wsgw_management_handler)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V points to \"%V\" in location \"%V\" of "
                      "\"%s\"; an integration is a location of its own in "
                      "%s:%ui", &called, &route->uri, &clcf->name,
                      clcf->handler == ngx_http_wsgw_handshake_handler
                      ? "wsgw_api" : "wsgw_management",
                      route->file, route->line);
        return NGX_ERROR;
    }

    if (!clcf->internal) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "%V points to \"%V\", which clients can "
                      "reach; %s \"internal;\" %s location \"%V\" in %s:%ui",
                      &called, &route->uri,
                      clcf->name.len == 1 ? "give it a location with" : "add",
                      clcf->name.len == 1 ? "instead of" : "to",
                      &clcf->name, route->file, route->line);
    }

    ngx_http_wsgw_check_keepalive(cf, clcf, route, &called);

    return NGX_OK;
}


/* a location is told of once */

static void
ngx_http_wsgw_check_keepalive(ngx_conf_t *cf, ngx_http_core_loc_conf_t *clcf,
    ngx_http_wsgw_route_t *route, ngx_str_t *called)
{
    u_char      *p;
    ngx_str_t   *url, host;

    url = ngx_http_wsgw_beside(cf, "proxy_pass", clcf);

    if (url == NULL || url->len == 0
        || ngx_http_wsgw_beside_number(cf, "proxy_http_version", clcf)
           != NGX_HTTP_VERSION_10)
    {
        return;
    }

    p = (u_char *) ngx_strstr(url->data, "://");
    if (p == NULL) {
        return;
    }

    host.data = p + 3;
    host.len = 0;

    while (host.data[host.len] && ngx_strchr("/:?", host.data[host.len])
                                  == NULL)
    {
        host.len++;
    }

    if (!ngx_http_wsgw_check_keeps(cf, &host)) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"keepalive\" of upstream \"%V\" has no effect on "
                  "%V, whose location proxies over HTTP/1.0; add "
                  "\"proxy_http_version 1.1; proxy_set_header Connection "
                  "\"\";\" to location \"%V\" in %s:%ui",
                  &host, called, &clcf->name, route->file, route->line);

    url->len = 0;
}


static ngx_uint_t
ngx_http_wsgw_check_keeps(ngx_conf_t *cf, ngx_str_t *host)
{
    ngx_uint_t                       i;
    ngx_http_upstream_srv_conf_t   **uscf;
    ngx_http_upstream_main_conf_t   *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);
    uscf = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if (uscf[i]->host.len == host->len
            && ngx_strncasecmp(uscf[i]->host.data, host->data, host->len) == 0
            && ngx_http_wsgw_beside(cf, "keepalive", uscf[i]))
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_wsgw_check_unused(ngx_conf_t *cf, ngx_http_wsgw_main_conf_t *wmcf)
{
    ngx_uint_t                  i, j;
    ngx_array_t               **routes;
    ngx_http_wsgw_route_t      *route;
    ngx_http_wsgw_loc_conf_t  **wlcf;

    routes = wmcf->routes.elts;
    wlcf = wmcf->stages.elts;

    for (i = 0; i < wmcf->routes.nelts; i++) {

        for (j = 0; j < wmcf->stages.nelts; j++) {
            if (wlcf[j]->routes == routes[i]) {
                break;
            }
        }

        if (j < wmcf->stages.nelts) {
            continue;
        }

        route = routes[i]->elts;

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "route \"%V\" is of no stage: no location here has "
                      "\"wsgw_api\" without routes of its own in %s:%ui",
                      &route->key, route->file, route->line);
    }
}


static void
ngx_http_wsgw_check_managements(ngx_conf_t *cf,
    ngx_http_wsgw_main_conf_t *wmcf)
{
    ngx_uint_t                  i, j;
    ngx_http_wsgw_place_t      *place;
    ngx_http_wsgw_loc_conf_t  **stage, **management;

    stage = wmcf->stages.elts;
    management = wmcf->managements.elts;

    for (i = 0; i < wmcf->managements.nelts; i++) {

        place = management[i]->management_place;

        ngx_http_wsgw_reach(cf, place, "wsgw_management");

        for (j = 0; j < wmcf->stages.nelts; j++) {
            if (stage[j]->api_zone == management[i]->management_zone
                && ngx_http_wsgw_text_is_same(&stage[j]->stage,
                                           &management[i]->management_stage))
            {
                break;
            }
        }

        if (j < wmcf->stages.nelts) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"wsgw_management\" is of stage \"%V\", but no "
                      "\"wsgw_api %V\" has that stage in %s:%ui",
                      &management[i]->management_stage, &place->zone,
                      place->file, place->line);
    }
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

        if (ngx_http_wsgw_check_same_route(wlcf[i]->disconnect,
                                           wlcf[j]->disconnect))
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
ngx_http_wsgw_check_same_route(ngx_http_wsgw_route_t *a,
    ngx_http_wsgw_route_t *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }

    return a->type == b->type
           && a->timeout == b->timeout
           && ngx_http_wsgw_text_is_same(&a->name, &b->name)
           && (a->name.len || ngx_http_wsgw_text_is_same(&a->uri, &b->uri))
           && ngx_http_wsgw_text_is_same(&a->args, &b->args);
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
