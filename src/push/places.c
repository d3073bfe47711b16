
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Instances of this host are in a directory, nodes are in Redis, and an
 * instance may be in both.
 */


#include "push/places.h"
#include "zone/siblings.h"


static void ngx_http_wsgw_places_read(void *data);
static void ngx_http_wsgw_places_take(ngx_http_wsgw_places_t *places,
    ngx_uint_t read);
static void ngx_http_wsgw_places_add(ngx_http_wsgw_places_t *places,
    uint32_t *number, ngx_uint_t n);
static int ngx_libc_cdecl ngx_http_wsgw_places_order(const void *one,
    const void *two);


ngx_uint_t
ngx_http_wsgw_places_are(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_siblings_t  *siblings;

    if (zone->cluster) {
        return 1;
    }

    if (zone->state.len == 0) {
        return 0;
    }

    siblings = ngx_http_wsgw_siblings(zone);

    return siblings == NULL || siblings->n;
}


ngx_uint_t
ngx_http_wsgw_places_find(ngx_http_wsgw_places_t *places)
{
    ngx_http_wsgw_roster_t  *roster;

    places->number = NULL;
    places->n = 0;
    places->missing = 0;
    places->waits = 0;

    places->waiter.soon.handler = ngx_http_wsgw_places_read;
    places->waiter.soon.data = places;

    roster = places->zone->process->roster;

    if (roster && ngx_http_wsgw_roster_read(roster, &places->waiter) == NGX_OK)
    {
        places->waits = 1;
        return 0;
    }

    ngx_http_wsgw_places_take(places, 0);

    return 1;
}


static void
ngx_http_wsgw_places_read(void *data)
{
    ngx_http_wsgw_places_t *places = data;

    places->waits = 0;

    ngx_http_wsgw_places_take(places, places->waiter.read);
}


/*
 * Without Redis there are the nodes that were there before.  Where we know of
 * none at least one is missing.
 */

static void
ngx_http_wsgw_places_take(ngx_http_wsgw_places_t *places, ngx_uint_t read)
{
    ngx_uint_t                 room, n;
    ngx_http_wsgw_zone_t      *zone;
    ngx_http_wsgw_roster_t    *roster;
    ngx_http_wsgw_siblings_t  *siblings;

    zone = places->zone;
    roster = zone->process->roster;
    siblings = zone->state.len ? ngx_http_wsgw_siblings(zone) : NULL;

    room = (roster ? roster->n : 0) + (siblings ? siblings->n : 0);

    n = 0;
    places->number = ngx_alloc((room + 1) * sizeof(uint32_t), ngx_cycle->log);

    if (places->number == NULL) {
        places->missing = room;

    } else {

        if (siblings) {
            ngx_http_wsgw_places_add(places, siblings->number, siblings->n);
        }

        n = places->n;

        if (roster) {
            ngx_http_wsgw_places_add(places, roster->number, roster->n);
        }

        ngx_qsort(places->number, places->n, sizeof(uint32_t),
                  ngx_http_wsgw_places_order);
    }

    if (zone->state.len && siblings == NULL) {
        places->missing++;
    }

    if (zone->cluster && !read && places->n == n) {
        places->missing = ngx_max(ngx_http_wsgw_header(zone)->nodes, 2) - 1;
    }

    places->found(places);
}


static void
ngx_http_wsgw_places_add(ngx_http_wsgw_places_t *places, uint32_t *number,
    ngx_uint_t n)
{
    ngx_uint_t  i, k;

    for (i = 0; i < n; i++) {

        if (number[i] == places->zone->number) {
            continue;
        }

        for (k = 0; k < places->n && places->number[k] != number[i]; k++) {
            /* void */
        }

        if (k == places->n) {
            places->number[places->n++] = number[i];
        }
    }
}


static int ngx_libc_cdecl
ngx_http_wsgw_places_order(const void *one, const void *two)
{
    uint32_t  first, second;

    first = *(uint32_t *) one;
    second = *(uint32_t *) two;

    return first < second ? -1 : first > second;
}


void
ngx_http_wsgw_places_free(ngx_http_wsgw_places_t *places)
{
    if (places->waits) {
        ngx_queue_remove(&places->waiter.soon.queue);
        places->waits = 0;
    }

    if (places->number) {
        ngx_free(places->number);
        places->number = NULL;
    }
}
