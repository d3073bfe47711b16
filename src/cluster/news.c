
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What an operator is told of a node.
 */


#include "cluster/news.h"
#include "pure/node_watch.h"


void
ngx_http_wsgw_news(ngx_http_wsgw_zone_t *zone, unsigned flags)
{
    if (flags & WSGW_NODE_TAKEN) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "another node of zone \"%V\" has our number %06xD: "
                      "other nodes cannot push to this one, restart nginx",
                      &zone->name, zone->number);
    }

    if (flags & WSGW_NODE_MISSING) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "redis of zone \"%V\" had lost node %06xD, which is "
                      "written again", &zone->name, zone->number);
    }

    if (flags & WSGW_NODE_BACK) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "node %06xD of zone \"%V\" is back",
                      zone->number, &zone->name);
    }

    if (flags & WSGW_NODE_TWIN) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "another node has our number %06xD of zone \"%V\": "
                      "other nodes cannot push to this one, restart nginx",
                      zone->number, &zone->name);

    } else if (flags & WSGW_NODE_CLOSE) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "node %06xD of zone \"%V\" was claimed: other nodes "
                      "cannot push to it any more, restart nginx",
                      zone->number, &zone->name);
    }
}
