
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * $wsgw_cluster, one line of JSON for a "return 200": of the zone of the
 * location, or of the first one that has wsgw_redis.  Counters are those of all
 * workers; the pair, its times and what is in flight are this worker's.
 */


#include "http/nodes.h"
#include "cluster/pair.h"
#include "http/value.h"
#include "zone/meter.h"
#include "zone/number.h"

#include <jansson.h>


static ngx_int_t ngx_http_wsgw_nodes_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_nodes_zone(ngx_http_request_t *r);
static json_t *ngx_http_wsgw_nodes_object(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_nodes_number(json_t *object, const char *name,
    uint64_t value);
static void ngx_http_wsgw_nodes_text(json_t *object, const char *name,
    ngx_str_t *text);


static ngx_http_variable_t  ngx_http_wsgw_nodes_variable = {
    ngx_string("wsgw_cluster"), NULL, ngx_http_wsgw_nodes_get, 0,
    NGX_HTTP_VAR_NOCACHEABLE, 0
};


/* the states of pure/node_self.h */

static ngx_str_t  ngx_http_wsgw_nodes_states[] = {
    ngx_string("unregistered"),
    ngx_string("registered"),
    ngx_string("cut"),
    ngx_string("fenced"),
    ngx_string("claimed")
};


/* the counters of zone/meter.h, by their number */

static const char  *ngx_http_wsgw_nodes_counters[ngx_http_wsgw_redis_last] = {
    [ngx_http_wsgw_redis_answered] = "answered",
    [ngx_http_wsgw_redis_unavailable] = "unavailable",
    [ngx_http_wsgw_redis_nobody] = "nobody",
    [ngx_http_wsgw_redis_suspect] = "suspect",
    [ngx_http_wsgw_redis_timeout] = "timeouts",
    [ngx_http_wsgw_redis_lost] = "lost",
    [ngx_http_wsgw_redis_served] = "served",
    [ngx_http_wsgw_redis_dropped] = "dropped",
    [ngx_http_wsgw_redis_reconnects] = "reconnects",
    [ngx_http_wsgw_redis_probes_failed] = "probe_failures"
};


ngx_int_t
ngx_http_wsgw_nodes_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var;

    var = ngx_http_add_variable(cf, &ngx_http_wsgw_nodes_variable.name,
                                ngx_http_wsgw_nodes_variable.flags);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_wsgw_nodes_variable.get_handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_nodes_get(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    json_t                *object;
    ngx_str_t              text;
    ngx_http_wsgw_zone_t  *zone;

    zone = ngx_http_wsgw_nodes_zone(r);

    if (zone == NULL) {
        return ngx_http_wsgw_value_none(v);
    }

    object = ngx_http_wsgw_nodes_object(zone);

    text.len = json_dumpb(object, NULL, 0, JSON_COMPACT);
    text.data = ngx_pnalloc(r->pool, text.len);

    if (text.data) {
        (void) json_dumpb(object, (char *) text.data, text.len, JSON_COMPACT);
    }

    json_decref(object);

    return text.data ? ngx_http_wsgw_value_text(v, &text) : NGX_ERROR;
}


static ngx_http_wsgw_zone_t *
ngx_http_wsgw_nodes_zone(ngx_http_request_t *r)
{
    ngx_http_wsgw_zone_t       *zone, **zones;
    ngx_uint_t                  i;
    ngx_http_wsgw_loc_conf_t   *wlcf;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);
    zone = wlcf->api_zone ? wlcf->api_zone : wlcf->management_zone;

    if (zone) {
        return zone->cluster ? zone : NULL;
    }

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wsgw_module);
    zones = wmcf->zones.elts;

    for (i = 0; i < wmcf->zones.nelts; i++) {
        if (zones[i]->cluster) {
            return zones[i];
        }
    }

    return NULL;
}


/* What there is no memory for is left out. */

static json_t *
ngx_http_wsgw_nodes_object(ngx_http_wsgw_zone_t *zone)
{
    json_t                  *object;
    u_char                   number[8];
    uint64_t                 sums[NGX_HTTP_WSGW_ROW_VALUES], asked;
    ngx_str_t                text;
    ngx_uint_t               i;
    wsgw_node_conf_t         conf;
    wsgw_node_state_t        state;
    ngx_http_wsgw_pair_t    *pair;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);
    pair = zone->process ? zone->process->pair : NULL;

    object = json_object();

    ngx_http_wsgw_nodes_text(object, "zone", &zone->name);
    ngx_http_wsgw_nodes_text(object, "name", &zone->cluster->name);

    text.data = number;
    text.len = ngx_sprintf(number, "%06xD", zone->number) - number;
    ngx_http_wsgw_nodes_text(object, "number", &text);

    /* Without Redis nobody beats, and nobody writes what the time has made. */

    wsgw_node_self_conf(&conf, zone->cluster->takeover, 0, 0);
    state = wsgw_node_self_tick(&conf, &h->self, ngx_current_msec);

    ngx_http_wsgw_nodes_text(object, "node",
                             &ngx_http_wsgw_nodes_states[
                                 ngx_min(state, WSGW_NODE_CLAIMED)]);
    ngx_http_wsgw_nodes_number(object, "nodes", h->nodes);
    ngx_http_wsgw_nodes_number(object, "suspects", h->suspects);

    ngx_str_set(&text, "off");

    if (pair) {
        text.data = (u_char *) ngx_http_wsgw_pair_state(pair);
        text.len = ngx_strlen(text.data);
    }

    ngx_http_wsgw_nodes_text(object, "state", &text);

    if (pair) {

        if (pair->pick.server) {
            ngx_http_wsgw_nodes_text(object, "server",
                                     &pair->pick.server->text);
        }

        ngx_http_wsgw_nodes_number(object, "rtt_ms", pair->rtt);
        ngx_http_wsgw_nodes_number(object, "loop_gap_max_ms", pair->gap);
        ngx_http_wsgw_nodes_number(object, "in_flight", pair->questions);
    }

    ngx_http_wsgw_meter_sum(zone, ngx_http_wsgw_row_redis, sums);

    asked = 0;

    for (i = 0; i < ngx_http_wsgw_redis_served; i++) {
        asked += sums[i];
    }

    ngx_http_wsgw_nodes_number(object, "asked", asked);

    for (i = 0; i < ngx_http_wsgw_redis_last; i++) {
        ngx_http_wsgw_nodes_number(object, ngx_http_wsgw_nodes_counters[i],
                                   sums[i]);
    }

    return object;
}


static void
ngx_http_wsgw_nodes_number(json_t *object, const char *name, uint64_t value)
{
    (void) json_object_set_new(object, name, json_integer((json_int_t) value));
}


static void
ngx_http_wsgw_nodes_text(json_t *object, const char *name, ngx_str_t *text)
{
    (void) json_object_set_new(object, name,
                               json_stringn((char *) text->data, text->len));
}
