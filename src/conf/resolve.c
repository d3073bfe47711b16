
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * After parsing: stages and management locations get their zones, their
 * defaults and what is derived from them.
 */


#include "conf/resolve.h"
#include "base/writer.h"
#include "conf/declared.h"
#include "conf/metered.h"
#include "conf/place.h"
#include "flow/dispatch.h"
#include "http/handshake.h"
#include "http/management.h"
#include "http/texts.h"
#include "invoke/invoke_request.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_AUTHORIZER_TIMEOUT  29000     /* ms */


static ngx_int_t ngx_http_wsgw_resolve_stage(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_management(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_resolve_place(ngx_conf_t *cf,
    const char *directive, ngx_http_wsgw_place_t *place,
    ngx_http_handler_pt handler);
static void ngx_http_wsgw_resolve_defaults(ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_sizes(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_texts(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static void ngx_http_wsgw_resolve_constants(ngx_http_wsgw_writer_t *w,
    ngx_array_t *values, ngx_uint_t omit);
static ngx_int_t ngx_http_wsgw_resolve_names(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_ports(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_uint_t ngx_http_wsgw_resolve_listens(ngx_http_conf_port_t *port,
    ngx_http_core_srv_conf_t *server);
static ngx_int_t ngx_http_wsgw_resolve_selector(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_routes(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_resolve_target(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf, ngx_http_wsgw_route_t *route);
static ngx_int_t ngx_http_wsgw_resolve_authorizer(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf);


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

    return NGX_OK;
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

    wlcf->api = ngx_http_wsgw_slot_api(&wlcf->api_zone->name, &wlcf->api_id,
                                       &wlcf->stage);

    ngx_http_wsgw_resolve_defaults(wlcf);

    wlcf->agent.len = sizeof("AmazonAPIGateway_") - 1 + wlcf->api_id.len;
    wlcf->agent.data = ngx_pnalloc(cf->pool, wlcf->agent.len);
    if (wlcf->agent.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(wlcf->agent.data, "AmazonAPIGateway_%V", &wlcf->api_id);

    if (ngx_http_wsgw_resolve_selector(cf, wlcf) != NGX_OK
        || ngx_http_wsgw_resolve_names(cf, wlcf) != NGX_OK
        || ngx_http_wsgw_resolve_ports(cf, wlcf) != NGX_OK
        || ngx_http_wsgw_resolve_sizes(cf, wlcf) != NGX_OK
        || ngx_http_wsgw_resolve_texts(cf, wlcf) != NGX_OK
        || ngx_http_wsgw_resolve_authorizer(cf, wlcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    wlcf->protocol.max_frame = wlcf->max_frame_size;
    wlcf->protocol.max_message = wlcf->max_message_size;
    wlcf->protocol.max_fragments = wlcf->max_fragments;
    wlcf->protocol.binary = (wlcf->profile != NGX_HTTP_WSGW_AWS);

    wlcf->protocol_deflate = wlcf->protocol;
    wlcf->protocol_deflate.deflate = 1;

    if (ngx_http_wsgw_resolve_routes(cf, wlcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_metered_stage(cf, wlcf);
}


static ngx_int_t
ngx_http_wsgw_resolve_management(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_str_t              any;
    ngx_http_wsgw_zone_t  *zone;

    zone = ngx_http_wsgw_resolve_place(cf, "wsgw_management",
                                       wlcf->management_place,
                                       ngx_http_wsgw_management_handler);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    ngx_str_null(&any);

    wlcf->management_zone = zone;
    wlcf->management_api = ngx_http_wsgw_slot_api(&zone->name, &any,
                                                  &wlcf->management_stage);

    ngx_http_wsgw_resolve_defaults(wlcf);

    /* letters have less than a quarter of the zone */

    if (zone->size / 32 * 7 < wlcf->max_message_size) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "a push of wsgw_max_message_size %uz cannot reach "
                      "another worker: it is more than 7/32 of wsgw zone "
                      "\"%V\" of %uz in %s:%ui",
                      wlcf->max_message_size, &zone->name, zone->size,
                      wlcf->management_place->file,
                      wlcf->management_place->line);
    }

    return ngx_http_wsgw_metered_management(cf, wlcf);
}


/* the zone that the directive names, if nothing else is wrong with it */

static ngx_http_wsgw_zone_t *
ngx_http_wsgw_resolve_place(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place, ngx_http_handler_pt handler)
{
    if (ngx_http_wsgw_place_check(cf, directive, place, handler) != NGX_OK) {
        return NULL;
    }

    return ngx_http_wsgw_declared(cf, directive, &place->zone, place->file,
                                  place->line);
}


static ngx_int_t
ngx_http_wsgw_resolve_sizes(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (wlcf->max_queue_size < wlcf->max_message_size) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "stage \"%V\": wsgw_max_queue_size %uz is less than "
                      "wsgw_max_message_size %uz, so that no client could get "
                      "the largest message; write at least that in %s:%ui",
                      &wlcf->stage, wlcf->max_queue_size,
                      wlcf->max_message_size,
                      wlcf->api_place->file, wlcf->api_place->line);
        return NGX_ERROR;
    }

    if (wlcf->max_message_size > wmcf->worker_memory) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "stage \"%V\": wsgw_max_message_size %uz is more than "
                      "the wsgw_worker_memory %uz that all clients of a "
                      "worker share; write a smaller one, or give workers "
                      "more in %s:%ui",
                      &wlcf->stage, wlcf->max_message_size,
                      wmcf->worker_memory,
                      wlcf->api_place->file, wlcf->api_place->line);
    }

    return NGX_OK;
}


/* what no handshake can have less of */

static ngx_int_t
ngx_http_wsgw_resolve_texts(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_str_t               text;
    ngx_http_wsgw_writer_t  w;

    ngx_http_wsgw_writer_init(&w, cf->temp_pool, 256);

    ngx_http_wsgw_resolve_constants(&w, wlcf->context, 1);
    ngx_http_wsgw_resolve_constants(&w, wlcf->stage_variables, 0);

    if (ngx_http_wsgw_writer_text(&w, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len <= NGX_HTTP_WSGW_CONTEXT_MAX) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "stage \"%V\": wsgw_authorizer_context and "
                  "wsgw_stage_variable have %uz bytes without the values of "
                  "variables, a connection keeps %d: every handshake would be "
                  "refused; write less in %s:%ui",
                  &wlcf->stage, text.len, NGX_HTTP_WSGW_CONTEXT_MAX,
                  wlcf->api_place->file, wlcf->api_place->line);

    return NGX_ERROR;
}


/* as the handshake writes them, variables being empty; "omit" is for those that
   are left out then */

static void
ngx_http_wsgw_resolve_constants(ngx_http_wsgw_writer_t *w, ngx_array_t *values,
    ngx_uint_t omit)
{
    ngx_str_t                    *text, none;
    ngx_uint_t                    i, n;
    ngx_http_wsgw_named_value_t  *nv;

    if (values == NULL) {
        return;
    }

    ngx_str_null(&none);
    nv = values->elts;

    for (i = 0, n = 0; i < values->nelts; i++) {

        text = nv[i].value.lengths ? &none : &nv[i].value.value;

        if (omit && text->len == 0) {
            continue;
        }

        ngx_http_wsgw_writer_member(w, n++, &nv[i].name, text);
    }
}


/*
 * Not while conf is merged: a default depends on other directives, which may
 * stand at another level.
 */

static void
ngx_http_wsgw_resolve_defaults(ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_uint_t  aws;

    ngx_conf_init_ptr_value(wlcf->keys, NULL);
    ngx_conf_init_uint_value(wlcf->profile, NGX_HTTP_WSGW_EXTENDED);
    ngx_conf_init_uint_value(wlcf->trace, NGX_HTTP_WSGW_TRACE_MESSAGE);

    aws = (wlcf->profile == NGX_HTTP_WSGW_AWS);

    ngx_conf_init_uint_value(wlcf->integration_type, NGX_HTTP_WSGW_AWS_PROXY);
    ngx_conf_init_msec_value(wlcf->integration_timeout, 29000);
    ngx_conf_init_uint_value(wlcf->concurrency, aws ? 64 : 1);
    ngx_conf_init_uint_value(wlcf->max_groups, 32);

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


/* nginx's list ends with configuration, too */

static ngx_int_t
ngx_http_wsgw_resolve_ports(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf)
{
    in_port_t                  *p;
    ngx_uint_t                  i;
    ngx_http_conf_port_t       *port;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (ngx_array_init(&wlcf->server_ports, cf->pool, 1, sizeof(in_port_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (cmcf->ports == NULL) {
        return NGX_OK;
    }

    port = cmcf->ports->elts;

    for (i = 0; i < cmcf->ports->nelts; i++) {

        if (!ngx_http_wsgw_resolve_listens(&port[i], wlcf->server)) {
            continue;
        }

        p = ngx_array_push(&wlcf->server_ports);
        if (p == NULL) {
            return NGX_ERROR;
        }

        *p = port[i].port;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_wsgw_resolve_listens(ngx_http_conf_port_t *port,
    ngx_http_core_srv_conf_t *server)
{
    ngx_uint_t                  i, j;
    ngx_http_conf_addr_t       *addr;
    ngx_http_core_srv_conf_t  **cscfp;

    addr = port->addrs.elts;

    for (i = 0; i < port->addrs.nelts; i++) {
        cscfp = addr[i].servers.elts;

        for (j = 0; j < addr[i].servers.nelts; j++) {
            if (cscfp[j] == server) {
                return 1;
            }
        }
    }

    return 0;
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
    ngx_uint_t               i, n;
    ngx_array_t             *keyed;
    ngx_http_wsgw_route_t   *route, **place;

    n = wlcf->routes ? wlcf->routes->nelts : 0;
    keyed = &wlcf->message_routes;

    if (ngx_array_init(keyed, cf->pool, n, sizeof(ngx_http_wsgw_route_t *))
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

        if (ngx_http_wsgw_resolve_target(cf, wlcf, route) != NGX_OK) {
            return NGX_ERROR;
        }

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

        place = ngx_array_push(keyed);
        if (place == NULL) {
            return NGX_ERROR;
        }

        *place = route;
    }

    wlcf->selects = keyed->nelts > (wlcf->fallback ? 1 : 0);

    ngx_qsort(keyed->elts, keyed->nelts, sizeof(ngx_http_wsgw_route_t *),
              ngx_http_wsgw_dispatch_compare);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_resolve_target(ngx_conf_t *cf, ngx_http_wsgw_loc_conf_t *wlcf,
    ngx_http_wsgw_route_t *route)
{
    static ngx_str_t  root = ngx_string("/");

    if (route->name.len) {
        route->uri = wlcf->path.len ? wlcf->path : root;
    }

    route->exten = ngx_http_wsgw_invoke_request_exten(&route->uri);

    return ngx_http_wsgw_invoke_request_line(cf->pool, &route->uri,
                                             &route->args,
                                             &route->request_line);
}


/* It has the integrations' time, but never without an end and no more than
   AWS's, as a client waits for two of them. */

static ngx_int_t
ngx_http_wsgw_resolve_authorizer(ngx_conf_t *cf,
    ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_msec_t                   timeout;
    ngx_str_t                   *arn;
    ngx_http_wsgw_authorizer_t  *authorizer;

    ngx_conf_init_ptr_value(wlcf->authorizer, NULL);

    if (wlcf->authorizer == NULL) {
        return NGX_OK;
    }

    authorizer = ngx_palloc(cf->pool, sizeof(ngx_http_wsgw_authorizer_t));
    if (authorizer == NULL) {
        return NGX_ERROR;
    }

    *authorizer = *wlcf->authorizer;
    wlcf->authorizer = authorizer;

    timeout = wlcf->integration_timeout;

    if (timeout == 0 || timeout > NGX_HTTP_WSGW_AUTHORIZER_TIMEOUT) {
        timeout = NGX_HTTP_WSGW_AUTHORIZER_TIMEOUT;
    }

    ngx_conf_init_msec_value(authorizer->route.timeout, timeout);

    arn = &authorizer->arn;

    arn->len = sizeof("arn:aws:execute-api::/" "/$connect") - 1
               + authorizer->account.len + wlcf->api_id.len + wlcf->stage.len;
    arn->data = ngx_pnalloc(cf->pool, arn->len);

    if (arn->data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(arn->data, "arn:aws:execute-api:%V:%V/%V/$connect",
                &authorizer->account, &wlcf->api_id, &wlcf->stage);

    return ngx_http_wsgw_resolve_target(cf, wlcf, &authorizer->route);
}
