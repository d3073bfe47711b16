
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The module: its directives, the life of its configuration, and what runs
 * when nginx and its processes start and end.  All of it is done elsewhere.
 */


#include "ngx_http_wsgw.h"
#include "base/worker.h"
#include "cluster/join.h"
#include "cluster/bye.h"
#include "cluster/node.h"
#include "cluster/roster.h"
#include "conf/abi.h"
#include "conf/access.h"
#include "conf/api.h"
#include "conf/arg.h"
#include "conf/beside.h"
#include "conf/check.h"
#include "conf/cluster.h"
#include "conf/effect.h"
#include "conf/expand.h"
#include "conf/exposed.h"
#include "conf/joined.h"
#include "conf/keyfile.h"
#include "conf/level.h"
#include "conf/resolve.h"
#include "conf/route.h"
#include "conf/set.h"
#include "event/headers.h"
#include "flow/dispatch.h"
#include "flow/sweep.h"
#include "http/answer.h"
#include "http/local.h"
#include "http/management.h"
#include "http/mapping.h"
#include "http/nodes.h"
#include "http/variables.h"
#include "invoke/invoke_answer.h"
#include "invoke/invoke_request.h"
#include "invoke/phase.h"
#include "push/inbox.h"
#include "push/listen.h"
#include "push/mail.h"
#include "push/remote.h"
#include "socket/client.h"
#include "socket/deflate.h"
#include "socket/shed.h"
#include "zone/cycle.h"
#include "zone/file.h"
#include "zone/lease.h"
#include "zone/letter.h"
#include "zone/member.h"


#define NGX_HTTP_WSGW_HSL  (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF              \
                            |NGX_HTTP_LOC_CONF)


static ngx_int_t ngx_http_wsgw_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_wsgw_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_wsgw_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_wsgw_init_process(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_wsgw_joined(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_exit_process(ngx_cycle_t *cycle);
static void ngx_http_wsgw_exit_master(ngx_cycle_t *cycle);
static void ngx_http_wsgw_leave_cluster(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_each_zone(ngx_cycle_t *cycle,
    void (*leave)(ngx_http_wsgw_zone_t *zone));


static ngx_conf_enum_t  ngx_http_wsgw_profiles[] = {
    { ngx_string("extended"), NGX_HTTP_WSGW_EXTENDED },
    { ngx_string("aws"), NGX_HTTP_WSGW_AWS },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_wsgw_traces[] = {
    { ngx_string("message"), NGX_HTTP_WSGW_TRACE_MESSAGE },
    { ngx_string("connection"), NGX_HTTP_WSGW_TRACE_CONNECTION },
    { ngx_string("off"), NGX_HTTP_WSGW_TRACE_OFF },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_wsgw_commands[] = {

    { ngx_string("wsgw_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_wsgw_api_set_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_wsgw_cluster,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_drain_time"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_wsgw_set_drain_time,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_worker_events"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_worker_events,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_wsgw_main_conf_t, worker_events),
      NULL },

    { ngx_string("wsgw_worker_memory"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_size_not_zero,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_wsgw_main_conf_t, worker_memory),
      NULL },

    { ngx_string("wsgw_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_wsgw_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_management"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_wsgw_api_management,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_ANY,
      ngx_http_wsgw_exposed,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_authorizer"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_wsgw_access_authorizer,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_authorizer_context"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE2,
      ngx_http_wsgw_set_named_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, context),
      NULL },

    { ngx_string("wsgw_stage_variable"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE2,
      ngx_http_wsgw_set_named_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, stage_variables),
      NULL },

    { ngx_string("wsgw_api_key"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_wsgw_set_api_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_limit_conn"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE2,
      ngx_http_wsgw_set_limit_conn,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_body_variable"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_wsgw_route_body_variable,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_route_selection_expression"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_route_selector,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_route"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_wsgw_route,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_integration_type"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_arg_word,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, integration_type),
      &ngx_http_wsgw_route_types },

    { ngx_string("wsgw_integration_timeout"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, integration_timeout),
      NULL },

    { ngx_string("wsgw_profile"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_arg_word,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, profile),
      &ngx_http_wsgw_profiles },

    { ngx_string("wsgw_group"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_wsgw_joined_group,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_max_groups"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wsgw_joined_max_groups,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_trace"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_arg_word,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, trace),
      &ngx_http_wsgw_traces },

    { ngx_string("wsgw_concurrency"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_number,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, concurrency),
      NULL },

    { ngx_string("wsgw_max_pending_size"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, max_pending_size),
      NULL },

    { ngx_string("wsgw_max_message_size"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_size_not_zero,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, max_message_size),
      NULL },

    { ngx_string("wsgw_max_frame_size"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_size_not_zero,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, max_frame_size),
      NULL },

    { ngx_string("wsgw_max_fragments"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_number,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, max_fragments),
      NULL },

    { ngx_string("wsgw_max_queue_size"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, max_queue_size),
      NULL },

    { ngx_string("wsgw_idle_timeout"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, idle_timeout),
      NULL },

    { ngx_string("wsgw_max_lifetime"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, max_lifetime),
      NULL },

    { ngx_string("wsgw_ping_interval"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, ping_interval),
      NULL },

    { ngx_string("wsgw_close_timeout"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, close_timeout),
      NULL },

    { ngx_string("wsgw_send_timeout"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, send_timeout),
      NULL },

    { ngx_string("wsgw_message_rate"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE12,
      ngx_http_wsgw_set_message_rate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_sigv4"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE12,
      ngx_http_wsgw_keyfile,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_origin"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_1MORE,
      ngx_http_wsgw_set_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wsgw_compression"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, compression),
      NULL },

    { ngx_string("wsgw_disconnect_max_age"),
      NGX_HTTP_WSGW_HSL|NGX_CONF_TAKE1,
      ngx_http_wsgw_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wsgw_loc_conf_t, disconnect_max_age),
      NULL },

      ngx_null_command
};


static ngx_http_wsgw_effect_set_pt  ngx_http_wsgw_sets[
    sizeof(ngx_http_wsgw_commands) / sizeof(ngx_http_wsgw_commands[0])];


static ngx_http_module_t  ngx_http_wsgw_module_ctx = {
    ngx_http_wsgw_preconfiguration,        /* preconfiguration */
    ngx_http_wsgw_postconfiguration,       /* postconfiguration */

    ngx_http_wsgw_level_create_main,       /* create main configuration */
    ngx_http_wsgw_level_init_main,         /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_wsgw_level_create,            /* create location configuration */
    ngx_http_wsgw_level_merge              /* merge location configuration */
};


ngx_module_t  ngx_http_wsgw_module = {
    NGX_MODULE_V1,
    &ngx_http_wsgw_module_ctx,             /* module context */
    ngx_http_wsgw_commands,                /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_wsgw_init_module,             /* init module */
    ngx_http_wsgw_init_process,            /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_wsgw_exit_process,            /* exit process */
    ngx_http_wsgw_exit_master,             /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_wsgw_preconfiguration(ngx_conf_t *cf)
{
    ngx_http_wsgw_effect_begin(ngx_http_wsgw_commands, ngx_http_wsgw_sets);

    if (ngx_http_wsgw_beside_begin(cf) != NGX_OK
        || ngx_http_wsgw_variables_add(cf) != NGX_OK
        || ngx_http_wsgw_nodes_variables(cf) != NGX_OK
        || ngx_http_wsgw_invoke_request_variables(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_local_variables(cf);
}


static ngx_int_t
ngx_http_wsgw_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_wsgw_beside_end();

    if (ngx_http_wsgw_abi_check(cf) != NGX_OK
        || ngx_http_wsgw_resolve(cf) != NGX_OK
        || ngx_http_wsgw_cluster_resolve(cf) != NGX_OK
        || ngx_http_wsgw_exposed_resolve(cf) != NGX_OK
        || ngx_http_wsgw_check(cf) != NGX_OK
        || ngx_http_wsgw_phase_init(cf) != NGX_OK
        || ngx_http_wsgw_management_init(cf) != NGX_OK
        || ngx_http_wsgw_mapping_init(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_wsgw_effect_check(cf);
    ngx_http_wsgw_expand_check(cf);
    ngx_http_wsgw_headers_hash();

    ngx_http_wsgw_answer_init(cf);
    ngx_http_wsgw_invoke_answer_init(cf);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i, mega;
    ngx_http_wsgw_zone_t      **zone;
    ngx_http_wsgw_main_conf_t  *wmcf;

    ngx_http_wsgw_cycle_retire(cycle);

    wmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_wsgw_module);

    if (wmcf == NULL) {
        return NGX_OK;
    }

    ngx_http_wsgw_phase_first(cycle);

    if (wmcf->worker_events == NGX_CONF_UNSET_UINT) {
        wmcf->worker_events = ngx_max(cycle->connection_n / 8, 1);

    } else if (wmcf->worker_events > cycle->connection_n) {

        /* the log of configuration: the new one may be of errors alone */

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "wsgw_worker_events %ui is more than worker_connections "
                      "%ui: an event uses one of them, or two, and fails "
                      "where there is none; write less, or more "
                      "worker_connections in %s:%ui",
                      wmcf->worker_events, cycle->connection_n,
                      wmcf->worker_events_file, wmcf->worker_events_line);
    }

    ngx_http_wsgw_worker.memory_limit = wmcf->worker_memory;
    ngx_http_wsgw_worker.shed = ngx_http_wsgw_shed;
    ngx_http_wsgw_client_upward.room = ngx_http_wsgw_dispatch_room;
    ngx_http_wsgw_client_upward.message = ngx_http_wsgw_dispatch_message;
    ngx_http_wsgw_client_upward.next = ngx_http_wsgw_dispatch_next;
    ngx_http_wsgw_client_upward.forget = ngx_http_wsgw_dispatch_forget;
    ngx_http_wsgw_letter_handler = ngx_http_wsgw_mail_deliver;
    ngx_http_wsgw_sweep_joined = ngx_http_wsgw_joined;

    ngx_http_wsgw_cycle_check(cycle, &wmcf->zones);

    /* as nginx says its own, once; who loads the module and does not use it
       hears nothing of it */

    if (wmcf->zones.nelts && !ngx_test_config
        && ngx_is_init_cycle(cycle->old_cycle))
    {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "wsgw/" NGX_HTTP_WSGW_VERSION);
    }

    zone = wmcf->zones.elts;

    for (i = 0; i < wmcf->zones.nelts; i++) {

        if (ngx_http_wsgw_cycle_commit(cycle, zone[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!ngx_test_config) {
            mega = (zone[i]->size % (1024 * 1024) == 0);

            ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                          "wsgw zone \"%V\" (%uz%s) holds up to %uD "
                          "connections", &zone[i]->name,
                          zone[i]->size / (mega ? 1024 * 1024 : 1024),
                          mega ? "m" : "k", zone[i]->slots);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i;
    ngx_http_wsgw_zone_t      **zone;
    ngx_http_wsgw_main_conf_t  *wmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    wmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_wsgw_module);

    if (wmcf == NULL || wmcf->zones.nelts == 0) {
        return NGX_OK;
    }

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "wsgw needs an edge-triggered event method, epoll or "
                      "kqueue");
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_worker_init(cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    zone = wmcf->zones.elts;

    for (i = 0; i < wmcf->zones.nelts; i++) {

        /* without a slot in it the worker runs and refuses upgrades; logged */

        (void) ngx_http_wsgw_sweep_join(zone[i], cycle->log);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_joined(ngx_http_wsgw_zone_t *zone)
{
    if (ngx_http_wsgw_listen(zone, ngx_cycle->log) != NGX_OK
        || (zone->cluster
            && (ngx_http_wsgw_join_start(zone->process) != NGX_OK
                || ngx_http_wsgw_node_start(zone->process) != NGX_OK
                || ngx_http_wsgw_roster_start(zone->process) != NGX_OK
                || ngx_http_wsgw_remote_start(zone) != NGX_OK
                || ngx_http_wsgw_inbox_start(zone) != NGX_OK)))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_wsgw_each_zone(cycle, ngx_http_wsgw_leave_cluster);
    ngx_http_wsgw_each_zone(cycle, ngx_http_wsgw_member_detach);

    ngx_http_wsgw_deflate_exit();
    ngx_http_wsgw_block_exit();
    ngx_http_wsgw_worker_exit(cycle->log);
}


static void
ngx_http_wsgw_leave_cluster(ngx_http_wsgw_zone_t *zone)
{
    ngx_uint_t             registered;
    ngx_http_wsgw_pair_t  *pair;

    pair = zone->process ? zone->process->pair : NULL;

    if (pair == NULL) {
        return;
    }

    registered = ngx_http_wsgw_node_stop(zone->process);

    ngx_http_wsgw_inbox_stop(zone);
    ngx_http_wsgw_remote_stop(zone);
    ngx_http_wsgw_pair_listen(pair, 0);

    zone->process->pair = NULL;
    zone->process->roster = NULL;
    pair->process = NULL;

    /* Of workers that end at the same time each is gone when it looks. */

    ngx_http_wsgw_member_detach(zone);

    if (registered && !ngx_http_wsgw_lease_number_lives(zone, zone->number)) {
        ngx_http_wsgw_bye(zone, pair);
    }

    ngx_http_wsgw_join_stop(pair);
}


static void
ngx_http_wsgw_exit_master(ngx_cycle_t *cycle)
{
    ngx_http_wsgw_each_zone(cycle, ngx_http_wsgw_file_leave);
}


static void
ngx_http_wsgw_each_zone(ngx_cycle_t *cycle,
    void (*leave)(ngx_http_wsgw_zone_t *zone))
{
    ngx_uint_t                  i;
    ngx_http_wsgw_zone_t      **zone;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_wsgw_module);

    if (wmcf == NULL) {
        return;
    }

    zone = wmcf->zones.elts;

    for (i = 0; i < wmcf->zones.nelts; i++) {
        leave(zone[i]);
    }
}
