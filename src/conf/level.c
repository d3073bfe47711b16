
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The configuration of http{}, a server or a location: unset when it is
 * created, inherited from the level above when it is merged.
 */


#include "conf/level.h"


static void ngx_http_wsgw_level_inherit(ngx_http_wsgw_loc_conf_t *prev,
    ngx_http_wsgw_loc_conf_t *conf);
static void ngx_http_wsgw_level_pages(ngx_http_core_loc_conf_t *clcf,
    ngx_http_wsgw_loc_conf_t *prev, ngx_http_wsgw_loc_conf_t *conf);


void *
ngx_http_wsgw_level_create_main(ngx_conf_t *cf)
{
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_main_conf_t));
    if (wmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&wmcf->zones, cf->pool, 1,
                       sizeof(ngx_http_wsgw_zone_t *))
        != NGX_OK
        || ngx_array_init(&wmcf->stages, cf->pool, 4,
                          sizeof(ngx_http_wsgw_loc_conf_t *))
           != NGX_OK
        || ngx_array_init(&wmcf->managements, cf->pool, 4,
                          sizeof(ngx_http_wsgw_loc_conf_t *))
           != NGX_OK
        || ngx_array_init(&wmcf->clusters, cf->pool, 1,
                          sizeof(ngx_http_wsgw_cluster_t *))
           != NGX_OK
        || ngx_array_init(&wmcf->statuses, cf->pool, 1,
                          sizeof(ngx_http_wsgw_status_t *))
           != NGX_OK
        || ngx_array_init(&wmcf->routes, cf->pool, 4, sizeof(ngx_array_t *))
           != NGX_OK
        || ngx_array_init(&wmcf->effects, cf->pool, 16,
                          sizeof(ngx_http_wsgw_effect_t))
           != NGX_OK)
    {
        return NULL;
    }

    wmcf->drain_time = NGX_CONF_UNSET_MSEC;
    wmcf->quit_time = NGX_CONF_UNSET_MSEC;
    wmcf->worker_events = NGX_CONF_UNSET_UINT;
    wmcf->worker_memory = NGX_CONF_UNSET_SIZE;

    return wmcf;
}


char *
ngx_http_wsgw_level_init_main(ngx_conf_t *cf, void *conf)
{
    ngx_http_wsgw_main_conf_t  *wmcf = conf;

    ngx_conf_init_msec_value(wmcf->drain_time, 15 * 60 * 1000);
    ngx_conf_init_msec_value(wmcf->quit_time, 30000);
    ngx_conf_init_size_value(wmcf->worker_memory, 256 * 1024 * 1024);

    /* wsgw_worker_events: worker_connections may stand behind http{} */

    return NGX_CONF_OK;
}


void *
ngx_http_wsgw_level_create(ngx_conf_t *cf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_loc_conf_t));
    if (wlcf == NULL) {
        return NULL;
    }

    wlcf->keys = NGX_CONF_UNSET_PTR;
    wlcf->authorizer = NGX_CONF_UNSET_PTR;

    wlcf->profile = NGX_CONF_UNSET_UINT;
    wlcf->trace = NGX_CONF_UNSET_UINT;
    wlcf->integration_type = NGX_CONF_UNSET_UINT;
    wlcf->integration_timeout = NGX_CONF_UNSET_MSEC;
    wlcf->concurrency = NGX_CONF_UNSET_UINT;
    wlcf->max_groups = NGX_CONF_UNSET_UINT;

    wlcf->max_message_size = NGX_CONF_UNSET_SIZE;
    wlcf->max_frame_size = NGX_CONF_UNSET_SIZE;
    wlcf->max_fragments = NGX_CONF_UNSET_UINT;
    wlcf->max_pending_size = NGX_CONF_UNSET_SIZE;
    wlcf->max_queue_size = NGX_CONF_UNSET_SIZE;

    wlcf->idle_timeout = NGX_CONF_UNSET_MSEC;
    wlcf->max_lifetime = NGX_CONF_UNSET_MSEC;
    wlcf->ping_interval = NGX_CONF_UNSET_MSEC;
    wlcf->close_timeout = NGX_CONF_UNSET_MSEC;
    wlcf->send_timeout = NGX_CONF_UNSET_MSEC;
    wlcf->disconnect_max_age = NGX_CONF_UNSET_MSEC;

    wlcf->message_rate = NGX_CONF_UNSET_UINT;
    wlcf->origin_mode = NGX_CONF_UNSET_UINT;
    wlcf->compression = NGX_CONF_UNSET;

    return wlcf;
}


/* inherits, no more: the defaults are ngx_http_wsgw_resolve's */

char *
ngx_http_wsgw_level_merge(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_wsgw_loc_conf_t  *prev = parent;
    ngx_http_wsgw_loc_conf_t  *conf = child;

    ngx_http_conf_ctx_t       *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {

        /* "if" and "limit_except" hold none of our directives and leave the
           location's handler in charge: they are the location */

        ctx = cf->ctx;
        ctx->loc_conf[ngx_http_wsgw_module.ctx_index] = prev;
        conf = prev;
    }

    ngx_http_wsgw_level_pages(clcf, prev, conf);

    if (conf == prev) {
        return NGX_CONF_OK;
    }

    conf->above = prev;

    ngx_http_wsgw_level_inherit(prev, conf);

    ngx_conf_merge_ptr_value(conf->keys, prev->keys, NGX_CONF_UNSET_PTR);
    ngx_conf_merge_ptr_value(conf->authorizer, prev->authorizer,
                             NGX_CONF_UNSET_PTR);

    ngx_conf_merge_uint_value(conf->profile, prev->profile,
                              NGX_CONF_UNSET_UINT);
    ngx_conf_merge_uint_value(conf->trace, prev->trace, NGX_CONF_UNSET_UINT);
    ngx_conf_merge_uint_value(conf->integration_type, prev->integration_type,
                              NGX_CONF_UNSET_UINT);
    ngx_conf_merge_msec_value(conf->integration_timeout,
                              prev->integration_timeout, NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_uint_value(conf->concurrency, prev->concurrency,
                              NGX_CONF_UNSET_UINT);
    ngx_conf_merge_uint_value(conf->max_groups, prev->max_groups,
                              NGX_CONF_UNSET_UINT);

    ngx_conf_merge_size_value(conf->max_message_size, prev->max_message_size,
                              NGX_CONF_UNSET_SIZE);
    ngx_conf_merge_size_value(conf->max_frame_size, prev->max_frame_size,
                              NGX_CONF_UNSET_SIZE);
    ngx_conf_merge_uint_value(conf->max_fragments, prev->max_fragments,
                              NGX_CONF_UNSET_UINT);
    ngx_conf_merge_size_value(conf->max_pending_size, prev->max_pending_size,
                              NGX_CONF_UNSET_SIZE);
    ngx_conf_merge_size_value(conf->max_queue_size, prev->max_queue_size,
                              NGX_CONF_UNSET_SIZE);

    ngx_conf_merge_msec_value(conf->idle_timeout, prev->idle_timeout,
                              NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_msec_value(conf->max_lifetime, prev->max_lifetime,
                              NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_msec_value(conf->ping_interval, prev->ping_interval,
                              NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_msec_value(conf->close_timeout, prev->close_timeout,
                              NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_msec_value(conf->send_timeout, prev->send_timeout,
                              NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_msec_value(conf->disconnect_max_age,
                              prev->disconnect_max_age, NGX_CONF_UNSET_MSEC);

    ngx_conf_merge_value(conf->compression, prev->compression, NGX_CONF_UNSET);

    return NGX_CONF_OK;
}


/* what has no value that means unset, and pairs that are set as one */

static void
ngx_http_wsgw_level_inherit(ngx_http_wsgw_loc_conf_t *prev,
    ngx_http_wsgw_loc_conf_t *conf)
{
    if (conf->routes == NULL) {
        conf->routes = prev->routes;
    }

    if (conf->selector == NULL) {
        conf->selector = prev->selector;
    }

    if (conf->stage_variables == NULL) {
        conf->stage_variables = prev->stage_variables;
    }

    if (conf->context == NULL) {
        conf->context = prev->context;
    }

    if (conf->api_key == NULL) {
        conf->api_key = prev->api_key;
    }

    if (conf->limits == NULL) {
        conf->limits = prev->limits;
    }

    if (conf->groups == NULL) {
        conf->groups = prev->groups;
    }

    if (conf->body_variables == NULL) {
        conf->body_variables = prev->body_variables;
    }

    if (conf->message_rate == NGX_CONF_UNSET_UINT) {
        conf->message_rate = prev->message_rate;
        conf->message_burst = prev->message_burst;
    }

    if (conf->origin_mode == NGX_CONF_UNSET_UINT) {
        conf->origin_mode = prev->origin_mode;
        conf->origins = prev->origins;
    }
}


/*
 * A stage and a management location answer in JSON unless they have an
 * error_page themselves: one from above was written for browsers' pages.  An
 * "if" in them, for which conf is prev, has what they have.
 */

static void
ngx_http_wsgw_level_pages(ngx_http_core_loc_conf_t *clcf,
    ngx_http_wsgw_loc_conf_t *prev, ngx_http_wsgw_loc_conf_t *conf)
{
    ngx_uint_t              inherited;
    ngx_http_wsgw_place_t  *place;

    inherited = (clcf->error_pages == prev->error_pages);
    place = conf->api_place ? conf->api_place : conf->management_place;

    if (conf != prev) {
        conf->error_pages = clcf->error_pages;
    }

    if (place && inherited) {
        clcf->error_pages = (conf == prev) ? place->location->error_pages
                                           : NULL;
    }
}
