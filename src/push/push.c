
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Push: finds out where the owner of a connection is and asks it.  Every
 * outcome is the owner's word, or what the zone says when there is no owner.
 */


#include "push/push.h"
#include "flow/sweep.h"
#include "push/here.h"
#include "push/link.h"
#include "push/mail.h"
#include "push/remote.h"
#include "zone/fault.h"
#include "zone/file.h"
#include "zone/number.h"
#include "zone/slot.h"
#include "zone/succession.h"


/* who is asked there, or what the outcome is where nobody can be asked */

typedef struct {
    const char                    *name;
    ngx_http_wsgw_transport_t     *transport;
    wsgw_outcome_t                 outcome;     /* if that is NULL */
} ngx_http_wsgw_push_place_t;


static ngx_inline void ngx_http_wsgw_push_place(ngx_http_wsgw_push_t *push);
static ngx_http_wsgw_push_where_e ngx_http_wsgw_push_locate(
    ngx_http_wsgw_push_t *push);
static ngx_http_wsgw_push_where_e ngx_http_wsgw_push_locate_absent(
    ngx_http_wsgw_push_t *push, uint32_t number);


static const ngx_http_wsgw_push_place_t  ngx_http_wsgw_push_places[] = {
    [ngx_http_wsgw_push_here] = { "here", &ngx_http_wsgw_here, 0 },
    [ngx_http_wsgw_push_worker] = { "worker", &ngx_http_wsgw_mail, 0 },
    [ngx_http_wsgw_push_instance] = { "instance", &ngx_http_wsgw_link, 0 },
    [ngx_http_wsgw_push_node] = { "node", &ngx_http_wsgw_remote, 0 },
    [ngx_http_wsgw_push_gone] = { "gone", NULL, WSGW_OUTCOME_GONE },
    [ngx_http_wsgw_push_forbidden] = { "forbidden", NULL,
                                       WSGW_OUTCOME_FORBIDDEN },
    [ngx_http_wsgw_push_unsure] = { "unsure", NULL, WSGW_OUTCOME_UNKNOWN }
};


ngx_int_t
ngx_http_wsgw_push(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_push_place(push);

    if (push->transport) {
        push->transport->ask(push);
    }

    if (push->pending) {
        return NGX_AGAIN;
    }

    ngx_http_wsgw_push_complete(push, push->outcome, 0);

    return NGX_OK;
}


void
ngx_http_wsgw_push_find(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_push_place(push);
}


static ngx_inline void
ngx_http_wsgw_push_place(ngx_http_wsgw_push_t *push)
{
    const ngx_http_wsgw_push_place_t  *place;

    push->begun = ngx_current_msec;
    push->where = ngx_http_wsgw_push_locate(push);

    place = &ngx_http_wsgw_push_places[push->where];

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, push->log, 0,
                   "wsgw push verb:%ui slot:%uD where:%s",
                   push->verb, push->id.slot, place->name);

    push->transport = place->transport;
    push->pending = NULL;
    push->outcome = place->outcome;
}


const char *
ngx_http_wsgw_push_name(ngx_http_wsgw_push_t *push)
{
    return ngx_http_wsgw_push_places[push->where].name;
}


void
ngx_http_wsgw_push_cancel(ngx_http_wsgw_push_t *push)
{
    if (push->pending) {
        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, push->log, 0,
                       "wsgw push cancelled");

        push->transport->cancel(push);
        push->pending = NULL;
    }
}


/* of a worker, push->owner says which one */

static ngx_http_wsgw_push_where_e
ngx_http_wsgw_push_locate(ngx_http_wsgw_push_t *push)
{
    uint32_t                    number;
    ngx_http_wsgw_zone_t       *zone;
    ngx_http_wsgw_slot_info_t   info;

    zone = push->zone;

    if (ngx_http_wsgw_sweep_join(zone, ngx_cycle->log) != NGX_OK) {
        return ngx_http_wsgw_push_unsure;
    }

    number = ngx_http_wsgw_number_of(&push->id);

    if (zone->state.len && number != zone->number) {
        return zone->cluster && !ngx_http_wsgw_file_lives(zone, number)
               ? ngx_http_wsgw_push_node : ngx_http_wsgw_push_instance;
    }

    /* Nobody here can tell what lives in another zone, but in Redis each zone
       is a node of its own. */

    if (!zone->cluster && ngx_http_wsgw_succession_predecessor(zone, number)) {
        return ngx_http_wsgw_push_unsure;
    }

    if (number != zone->number
        || ngx_http_wsgw_slot_find(zone, &push->id, &info) != NGX_OK)
    {
        return ngx_http_wsgw_push_locate_absent(push, number);
    }

    if (ngx_http_wsgw_slot_api_stage(info.api) != push->stage) {
        push->api = info.api;
        return ngx_http_wsgw_push_forbidden;
    }

    push->owner = info.owner;

    return info.here ? ngx_http_wsgw_push_here : ngx_http_wsgw_push_worker;
}


/*
 * Not in our zone.  An id of our own number that says it is registered, while
 * we never were, is that of another node that has drawn the same.
 */

static ngx_http_wsgw_push_where_e
ngx_http_wsgw_push_locate_absent(ngx_http_wsgw_push_t *push, uint32_t number)
{
    ngx_http_wsgw_zone_t  *zone;

    zone = push->zone;

    if (zone->cluster
        && !push->served
        && (number != zone->number
            || (!(push->id.number & NGX_HTTP_WSGW_NUMBER_OWN)
                && !ngx_http_wsgw_number_is_registered(zone))))
    {
        return ngx_http_wsgw_push_node;
    }

    return ngx_http_wsgw_fault_found(zone) ? ngx_http_wsgw_push_unsure
                                           : ngx_http_wsgw_push_gone;
}
