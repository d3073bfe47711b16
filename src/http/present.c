
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The series of wsgw_status that are looked at rather than counted: the build,
 * zones, workers, and the connections of each stage.
 */


#include "http/present.h"
#include "zone/meter.h"


static void ngx_http_wsgw_present_zones(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);
static void ngx_http_wsgw_present_zone(ngx_http_wsgw_emit_t *e,
    ngx_uint_t which, ngx_http_wsgw_picture_zone_t *pz);
static void ngx_http_wsgw_present_redis(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);
static void ngx_http_wsgw_present_node(ngx_http_wsgw_emit_t *e,
    ngx_uint_t which, ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_present_workers(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);
static void ngx_http_wsgw_present_stages(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);
static void ngx_http_wsgw_present_connections(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_census_stage_t *census);


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_present_build = {
    "wsgw_build_info", ngx_http_wsgw_emit_gauge,
    "The module, nginx, and the layout of zones."
};


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_present_census[] = {
    { "wsgw_connections", ngx_http_wsgw_emit_gauge, "Connections, by state." },
    { "wsgw_connections_draining", ngx_http_wsgw_emit_gauge,
      "Open connections of workers that exit." },
    { "wsgw_disconnects_owed", ngx_http_wsgw_emit_gauge,
      "$disconnects that are to be delivered." },
    { "wsgw_disconnect_owed_oldest_seconds", ngx_http_wsgw_emit_gauge,
      "How long the oldest of them has been owed." }
};


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_present_of_zones[] = {
    { "wsgw_start_time_seconds", ngx_http_wsgw_emit_gauge,
      "When the zone was made and its counters began, in Unix time." },
    { "wsgw_workers", ngx_http_wsgw_emit_gauge,
      "Workers of a zone, by state." },
    { "wsgw_workers_lost_total", ngx_http_wsgw_emit_counter,
      "Workers that were killed or have crashed." },
    { "wsgw_letters_total", ngx_http_wsgw_emit_counter,
      "Letters between workers, by result." },
    { "wsgw_zone_slots", ngx_http_wsgw_emit_gauge,
      "Connections that a zone has room for." },
    { "wsgw_zone_slots_used", ngx_http_wsgw_emit_gauge,
      "Of these, how many are taken." },
    { "wsgw_zone_letter_bytes", ngx_http_wsgw_emit_gauge,
      "Bytes of a zone for letters." },
    { "wsgw_zone_letter_used_bytes", ngx_http_wsgw_emit_gauge,
      "Of these, how many are in use." },
    { "wsgw_zone_record_bytes", ngx_http_wsgw_emit_gauge,
      "Bytes of a zone for the records of $disconnects." },
    { "wsgw_zone_record_used_bytes", ngx_http_wsgw_emit_gauge,
      "Of these, how many are in use." }
};


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_present_memory[] = {
    { "wsgw_worker_memory_bytes", ngx_http_wsgw_emit_gauge,
      "Bytes that a worker keeps for its clients." },
    { "wsgw_worker_memory_limit_bytes", ngx_http_wsgw_emit_gauge,
      "The worker's wsgw_worker_memory." }
};


/* of zones that have wsgw_redis */

static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_present_nodes[] = {
    { "wsgw_redis_up", ngx_http_wsgw_emit_gauge,
      "1: a worker of this node hears other nodes." },
    { "wsgw_nodes", ngx_http_wsgw_emit_gauge,
      "Nodes that share the zone's name, by state." },
    { "wsgw_redis_reconnects_total", ngx_http_wsgw_emit_counter,
      "Pairs of connections to Redis that were lost." },
    { "wsgw_redis_questions_total", ngx_http_wsgw_emit_counter,
      "Pushes to and from other nodes, by result." }
};


#define ngx_http_wsgw_present_n(table)  (sizeof(table) / sizeof((table)[0]))


void
ngx_http_wsgw_present(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    u_char     buf[NGX_INT32_LEN];
    ngx_str_t  layout;

    layout.data = buf;
    layout.len = ngx_sprintf(buf, "%ud", NGX_HTTP_WSGW_LAYOUT) - buf;

    ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_present_build);

    ngx_http_wsgw_emit_word(e, "version", NGX_HTTP_WSGW_VERSION);
    ngx_http_wsgw_emit_word(e, "nginx", NGINX_VERSION);
    ngx_http_wsgw_emit_label(e, "layout", &layout);
    ngx_http_wsgw_emit_value(e, 1);
    e->nlabels = 0;

    ngx_http_wsgw_present_zones(e, picture);
    ngx_http_wsgw_present_redis(e, picture);
    ngx_http_wsgw_present_workers(e, picture);
    ngx_http_wsgw_present_stages(e, picture);
}


static void
ngx_http_wsgw_present_stages(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    ngx_uint_t                         i, j;
    ngx_http_wsgw_subject_numbers_t  **numbers;

    numbers = picture->stages.elts;

    for (i = 0;
         i < ngx_http_wsgw_present_n(ngx_http_wsgw_present_census);
         i++)
    {

        ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_present_census[i]);

        for (j = 0; j < picture->stages.nelts; j++) {
            ngx_http_wsgw_present_subject(e, numbers[j]);
            ngx_http_wsgw_present_connections(e, &numbers[j]->census);
            e->nlabels = 0;
        }
    }
}


void
ngx_http_wsgw_present_subject(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_subject_numbers_t *numbers)
{
    ngx_http_wsgw_emit_label(e, "api", &numbers->api);
    ngx_http_wsgw_emit_label(e, "stage", &numbers->stage);

    if (numbers->route.len) {
        ngx_http_wsgw_emit_label(e, "route", &numbers->route);
    }
}


static void
ngx_http_wsgw_present_connections(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_census_stage_t *census)
{
    ngx_uint_t  i, n[3];

    static const char *const  states[] = { "connecting", "open", "closing" };

    switch (e->family - ngx_http_wsgw_present_census) {

    case 0:
        n[0] = census->connecting;
        n[1] = census->open;
        n[2] = census->closing;

        for (i = 0; i < 3; i++) {
            ngx_http_wsgw_emit_word(e, "state", states[i]);
            ngx_http_wsgw_emit_value(e, n[i]);
            e->nlabels--;
        }

        break;

    case 1:
        ngx_http_wsgw_emit_value(e, census->draining);
        break;

    case 2:
        ngx_http_wsgw_emit_value(e, census->owed);
        break;

    default:
        ngx_http_wsgw_emit_ms(e, census->oldest);
        break;
    }
}


static void
ngx_http_wsgw_present_zones(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    ngx_uint_t                     i, j;
    ngx_http_wsgw_picture_zone_t  *pz;

    pz = picture->zones.elts;

    for (i = 0;
         i < ngx_http_wsgw_present_n(ngx_http_wsgw_present_of_zones);
         i++)
    {
        ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_present_of_zones[i]);

        for (j = 0; j < picture->zones.nelts; j++) {
            ngx_http_wsgw_emit_label(e, "zone", &pz[j].zone->name);
            ngx_http_wsgw_present_zone(e, i, &pz[j]);
            e->nlabels = 0;
        }
    }
}


/* "which" is the family's place in the table */

static void
ngx_http_wsgw_present_zone(ngx_http_wsgw_emit_t *e, ngx_uint_t which,
    ngx_http_wsgw_picture_zone_t *pz)
{
    ngx_uint_t               i;
    ngx_http_wsgw_header_t  *h;

    static const char *const  letters[] = { "done", "timeout", "no_room" };

    h = ngx_http_wsgw_header(pz->zone);

    switch (which) {

    case 0:
        ngx_http_wsgw_emit_value(e, h->started);
        break;

    case 1:
        ngx_http_wsgw_emit_word(e, "state", "serving");
        ngx_http_wsgw_emit_value(e, pz->census.serving);
        e->nlabels--;

        ngx_http_wsgw_emit_word(e, "state", "draining");
        ngx_http_wsgw_emit_value(e, pz->census.draining);
        break;

    case 2:
        ngx_http_wsgw_emit_value(e, pz->own[ngx_http_wsgw_worker_lost]);
        break;

    case 3:
        for (i = 0; i < 3; i++) {
            ngx_http_wsgw_emit_word(e, "result", letters[i]);
            ngx_http_wsgw_emit_value(e,
                          pz->own[ngx_http_wsgw_worker_letters_done + i]);
            e->nlabels--;
        }

        break;

    case 4:
        ngx_http_wsgw_emit_value(e, pz->zone->slots);
        break;

    case 5:
        ngx_http_wsgw_emit_value(e, pz->census.slots);
        break;

    case 6:
        ngx_http_wsgw_emit_value(e, (uint64_t)
                                    ngx_http_wsgw_elements(&h->letters)
                                    * NGX_HTTP_WSGW_CHUNK);
        break;

    case 7:
        ngx_http_wsgw_emit_value(e, (uint64_t) pz->letters
                                    * NGX_HTTP_WSGW_CHUNK);
        break;

    case 8:
        ngx_http_wsgw_emit_value(e, (uint64_t)
                                    ngx_http_wsgw_elements(&h->records)
                                    * NGX_HTTP_WSGW_CHUNK);
        break;

    default:
        ngx_http_wsgw_emit_value(e, (uint64_t) pz->records
                                    * NGX_HTTP_WSGW_CHUNK);
        break;
    }
}


static void
ngx_http_wsgw_present_redis(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    ngx_uint_t                     i, j;
    ngx_http_wsgw_picture_zone_t  *pz;

    pz = picture->zones.elts;

    for (i = 0; i < ngx_http_wsgw_present_n(ngx_http_wsgw_present_nodes); i++) {

        for (j = 0; j < picture->zones.nelts; j++) {

            if (pz[j].zone->cluster == NULL) {
                continue;
            }

            if (e->family != &ngx_http_wsgw_present_nodes[i]) {
                ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_present_nodes[i]);
            }

            ngx_http_wsgw_emit_label(e, "zone", &pz[j].zone->name);
            ngx_http_wsgw_present_node(e, i, pz[j].zone);
            e->nlabels = 0;
        }
    }
}


/* "which" is the family's place in the table */

static void
ngx_http_wsgw_present_node(ngx_http_wsgw_emit_t *e, ngx_uint_t which,
    ngx_http_wsgw_zone_t *zone)
{
    uint64_t                 sums[NGX_HTTP_WSGW_ROW_VALUES];
    ngx_uint_t               i, up;
    ngx_http_wsgw_header_t  *h;

    static const char *const  results[] = {
        [ngx_http_wsgw_redis_answered] = "answered",
        [ngx_http_wsgw_redis_unavailable] = "unavailable",
        [ngx_http_wsgw_redis_nobody] = "nobody",
        [ngx_http_wsgw_redis_suspect] = "suspect",
        [ngx_http_wsgw_redis_timeout] = "timeout",
        [ngx_http_wsgw_redis_lost] = "lost",
        [ngx_http_wsgw_redis_served] = "served",
        [ngx_http_wsgw_redis_dropped] = "dropped"
    };

    h = ngx_http_wsgw_header(zone);

    switch (which) {

    case 0:
        up = 0;

        for (i = 0; i < h->nworkers; i++) {
            up |= ngx_http_wsgw_worker_slot(zone, i)->listening;
        }

        ngx_http_wsgw_emit_value(e, up);
        return;

    case 1:
        ngx_http_wsgw_emit_word(e, "state", "beating");
        ngx_http_wsgw_emit_value(e, h->nodes - ngx_min(h->suspects, h->nodes));
        e->nlabels--;

        ngx_http_wsgw_emit_word(e, "state", "suspect");
        ngx_http_wsgw_emit_value(e, h->suspects);
        return;
    }

    ngx_http_wsgw_meter_sum(zone, ngx_http_wsgw_row_redis, sums);

    if (which == 2) {
        ngx_http_wsgw_emit_value(e, sums[ngx_http_wsgw_redis_reconnects]);
        return;
    }

    for (i = 0; i <= ngx_http_wsgw_redis_dropped; i++) {
        ngx_http_wsgw_emit_word(e, "result", results[i]);
        ngx_http_wsgw_emit_value(e, sums[i]);
        e->nlabels--;
    }
}


static void
ngx_http_wsgw_present_workers(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    u_char                           buf[NGX_INT32_LEN];
    ngx_str_t                        number;
    ngx_uint_t                       i, j, k;
    ngx_http_wsgw_picture_zone_t    *pz;
    ngx_http_wsgw_picture_worker_t  *worker;

    pz = picture->zones.elts;
    number.data = buf;

    for (i = 0;
         i < ngx_http_wsgw_present_n(ngx_http_wsgw_present_memory);
         i++)
    {

        ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_present_memory[i]);

        for (j = 0; j < picture->zones.nelts; j++) {
            worker = pz[j].workers.elts;

            for (k = 0; k < pz[j].workers.nelts; k++) {
                number.len = ngx_sprintf(buf, "%uD", worker[k].worker) - buf;

                ngx_http_wsgw_emit_label(e, "zone", &pz[j].zone->name);
                ngx_http_wsgw_emit_label(e, "worker", &number);
                ngx_http_wsgw_emit_value(e,
                       worker[k].row[ngx_http_wsgw_memory_kept + i]);
                e->nlabels = 0;
            }
        }
    }
}
