
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What wsgw_status tells, collected.  Rows are copied while their owners go on
 * counting: each number is right at the moment at which it was read.  Other
 * requests are served between two steps.
 */


#include "http/picture.h"
#include "base/text.h"


/* of a step */
#define NGX_HTTP_WSGW_PICTURE_NAMES    32
#define NGX_HTTP_WSGW_PICTURE_ROWS     1024
#define NGX_HTTP_WSGW_PICTURE_SLOTS    8192


typedef ngx_int_t (*ngx_http_wsgw_picture_part_pt)(
    ngx_http_wsgw_picture_t *picture, ngx_http_wsgw_picture_zone_t *pz);


static void ngx_http_wsgw_picture_register(ngx_http_wsgw_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wsgw_picture_zone(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_zone_t *zone);
static ngx_int_t ngx_http_wsgw_picture_names(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz);
static ngx_int_t ngx_http_wsgw_picture_name(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_zone_t *zone, uint32_t n);
static ngx_int_t ngx_http_wsgw_picture_rows(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz);
static ngx_int_t ngx_http_wsgw_picture_row(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz, ngx_http_wsgw_row_t *row);
static ngx_int_t ngx_http_wsgw_picture_own(ngx_http_wsgw_picture_zone_t *pz,
    ngx_http_wsgw_row_t *row, ngx_uint_t kind);
static ngx_int_t ngx_http_wsgw_picture_sum(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_subject_numbers_t *numbers, ngx_uint_t kind,
    ngx_http_wsgw_row_t *row);
static ngx_int_t ngx_http_wsgw_picture_slots(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz);
static void ngx_http_wsgw_picture_connections(
    ngx_http_wsgw_picture_zone_t *pz,
    ngx_http_wsgw_subject_numbers_t **numbers);
static ngx_http_wsgw_subject_numbers_t *ngx_http_wsgw_picture_subject(
    ngx_http_wsgw_picture_t *picture, ngx_str_t *api, ngx_str_t *stage,
    ngx_str_t *route);


static const ngx_http_wsgw_picture_part_pt  ngx_http_wsgw_picture_parts[] = {
    ngx_http_wsgw_picture_names,
    ngx_http_wsgw_picture_rows,
    ngx_http_wsgw_picture_slots
};

#define NGX_HTTP_WSGW_PICTURE_PARTS                                           \
    (sizeof(ngx_http_wsgw_picture_parts)                                      \
     / sizeof(ngx_http_wsgw_picture_part_pt))


ngx_int_t
ngx_http_wsgw_picture_begin(ngx_pool_t *pool, ngx_array_t *zones,
    ngx_array_t *stages, ngx_http_wsgw_picture_t *picture)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_loc_conf_t   **wlcf;

    picture->pool = pool;
    picture->asked = zones;
    picture->part = NGX_HTTP_WSGW_PICTURE_PARTS;

    if (ngx_array_init(&picture->zones, pool, zones->nelts,
                       sizeof(ngx_http_wsgw_picture_zone_t))
        != NGX_OK
        || ngx_array_init(&picture->stages, pool, 8, sizeof(void *)) != NGX_OK
        || ngx_array_init(&picture->routes, pool, 32, sizeof(void *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    wlcf = stages->elts;

    for (i = 0; i < stages->nelts; i++) {
        ngx_http_wsgw_picture_register(wlcf[i]);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_picture_step(ngx_http_wsgw_picture_t *picture)
{
    ngx_int_t                      rc;
    ngx_http_wsgw_zone_t         **zone;
    ngx_http_wsgw_picture_zone_t  *pz;

    if (picture->part == NGX_HTTP_WSGW_PICTURE_PARTS) {

        if (picture->zones.nelts == picture->asked->nelts) {
            return NGX_OK;
        }

        zone = picture->asked->elts;

        if (ngx_http_wsgw_picture_zone(picture, zone[picture->zones.nelts])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        picture->part = 0;
        picture->at = 0;
    }

    pz = picture->zones.elts;
    pz = &pz[picture->zones.nelts - 1];

    rc = ngx_http_wsgw_picture_parts[picture->part](picture, pz);

    if (rc == NGX_OK) {
        picture->part++;
        picture->at = 0;
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_AGAIN;
}


/* What never happened is a 0, and not missing: a counter's first step would not
   be seen. */

static void
ngx_http_wsgw_picture_register(ngx_http_wsgw_loc_conf_t *wlcf)
{
    ngx_uint_t               i;
    ngx_http_wsgw_route_t  **route;

    if (wlcf->api_zone->process == NULL) {
        return;
    }

    (void) ngx_http_wsgw_meter_name(wlcf->meter);

    route = wlcf->message_routes.elts;

    for (i = 0; i < wlcf->message_routes.nelts; i++) {
        (void) ngx_http_wsgw_meter_name(route[i]->meter);
    }

    if (wlcf->connect) {
        (void) ngx_http_wsgw_meter_name(wlcf->connect->meter);
    }

    if (wlcf->disconnect) {
        (void) ngx_http_wsgw_meter_name(wlcf->disconnect->meter);
    }

    if (wlcf->authorizer) {
        (void) ngx_http_wsgw_meter_name(wlcf->authorizer->route.meter);
    }
}


static ngx_int_t
ngx_http_wsgw_picture_zone(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_picture_zone_t  *pz;

    pz = ngx_array_push(&picture->zones);

    picture->numbers = ngx_pcalloc(picture->pool,
                                   (ngx_http_wsgw_header(zone)->nnames + 1)
                                   * sizeof(void *));

    if (pz == NULL || picture->numbers == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(pz, sizeof(ngx_http_wsgw_picture_zone_t));

    pz->zone = zone;

    if (ngx_array_init(&pz->workers, picture->pool, 4,
                       sizeof(ngx_http_wsgw_picture_worker_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_census_init(picture->pool, &pz->census);
}


static ngx_int_t
ngx_http_wsgw_picture_names(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz)
{
    uint32_t  last;

    last = ngx_min(picture->at + NGX_HTTP_WSGW_PICTURE_NAMES,
                   (uint32_t) ngx_http_wsgw_header(pz->zone)->nnames);

    for ( /* void */ ; picture->at < last; picture->at++) {
        if (ngx_http_wsgw_picture_name(picture, pz->zone, picture->at)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return last == ngx_http_wsgw_header(pz->zone)->nnames ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_http_wsgw_picture_name(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_zone_t *zone, uint32_t n)
{
    uint16_t               len;
    ngx_str_t              api, stage, route;
    ngx_http_wsgw_name_t  *name, *parent;

    name = ngx_http_wsgw_meter_name_at(zone, n);
    len = __atomic_load_n(&name->len, __ATOMIC_ACQUIRE);

    if (len == 0 || len > NGX_HTTP_WSGW_NAME_TEXT
        || name->stage > ngx_http_wsgw_header(zone)->nnames)
    {
        return NGX_OK;
    }

    ngx_str_null(&route);
    parent = name;

    if (name->stage) {
        route.data = name->text;
        route.len = len;
        parent = ngx_http_wsgw_meter_name_at(zone, name->stage - 1);
    }

    api.data = parent->text;
    api.len = ngx_min(parent->split, parent->len);
    stage.data = parent->text + api.len;
    stage.len = ngx_min(parent->len, NGX_HTTP_WSGW_NAME_TEXT) - api.len;

    picture->numbers[n + 1] = ngx_http_wsgw_picture_subject(picture, &api,
                                                            &stage, &route);

    return picture->numbers[n + 1] ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_picture_rows(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz)
{
    uint32_t  last;

    last = ngx_min(picture->at + NGX_HTTP_WSGW_PICTURE_ROWS,
                   (uint32_t) ngx_http_wsgw_header(pz->zone)->nrows);

    for ( /* void */ ; picture->at < last; picture->at++) {
        if (ngx_http_wsgw_picture_row(picture, pz,
                         ngx_http_wsgw_meter_row_at(pz->zone, picture->at))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return last == ngx_http_wsgw_header(pz->zone)->nrows ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_http_wsgw_picture_row(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz, ngx_http_wsgw_row_t *row)
{
    uint32_t                          name, kind;
    uint64_t                          key;
    ngx_http_wsgw_subject_numbers_t  *subject;

    static ngx_str_t  other = ngx_string("other");

    key = __atomic_load_n(&row->key, __ATOMIC_ACQUIRE);
    name = ngx_http_wsgw_row_name(key);
    kind = ngx_http_wsgw_row_kind(key);

    if (key == 0 || kind >= ngx_http_wsgw_row_last
        || name > ngx_http_wsgw_header(pz->zone)->nnames)
    {
        return NGX_OK;
    }

    if (name == 0) {
        return ngx_http_wsgw_picture_own(pz, row, kind);
    }

    subject = picture->numbers[name];

    /* what came after its names were looked at is in the next picture */

    if (subject == NULL) {
        return NGX_OK;
    }

    /* routes that found no place for their name */

    if (kind >= ngx_http_wsgw_row_requests && subject->route.len == 0) {
        subject = ngx_http_wsgw_picture_subject(picture, &subject->api,
                                                &subject->stage, &other);
        if (subject == NULL) {
            return NGX_ERROR;
        }
    }

    return ngx_http_wsgw_picture_sum(picture, subject, kind, row);
}


static ngx_int_t
ngx_http_wsgw_picture_own(ngx_http_wsgw_picture_zone_t *pz,
    ngx_http_wsgw_row_t *row, ngx_uint_t kind)
{
    ngx_uint_t                       n;
    ngx_http_wsgw_picture_worker_t  *worker;

    if (kind == ngx_http_wsgw_row_worker) {

        for (n = 0; n < NGX_HTTP_WSGW_ROW_VALUES; n++) {
            pz->own[n] += __atomic_load_n(&row->value[n], __ATOMIC_RELAXED);
        }

        return NGX_OK;
    }

    /* the limit of one who lives is not 0 */

    if (kind != ngx_http_wsgw_row_memory
        || row->value[ngx_http_wsgw_memory_limit] == 0)
    {
        return NGX_OK;
    }

    worker = ngx_array_push(&pz->workers);
    if (worker == NULL) {
        return NGX_ERROR;
    }

    worker->worker = ngx_http_wsgw_row_worker(row->key);
    worker->row = row->value;

    pz->letters += row->value[ngx_http_wsgw_memory_letters];
    pz->records += row->value[ngx_http_wsgw_memory_records];

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_picture_sum(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_subject_numbers_t *numbers, ngx_uint_t kind,
    ngx_http_wsgw_row_t *row)
{
    uint64_t    *sum;
    ngx_uint_t   n;

    sum = numbers->row[kind];

    if (sum == NULL) {
        sum = ngx_pcalloc(picture->pool,
                          NGX_HTTP_WSGW_ROW_VALUES * sizeof(uint64_t));
        if (sum == NULL) {
            return NGX_ERROR;
        }

        numbers->row[kind] = sum;
    }

    for (n = 0; n < NGX_HTTP_WSGW_ROW_VALUES; n++) {
        sum[n] += __atomic_load_n(&row->value[n], __ATOMIC_RELAXED);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_picture_slots(ngx_http_wsgw_picture_t *picture,
    ngx_http_wsgw_picture_zone_t *pz)
{
    uint32_t   last;
    ngx_int_t  rc;

    last = picture->at + (NGX_HTTP_WSGW_PICTURE_SLOTS
                          >> ngx_http_wsgw_header(pz->zone)->slots.shift) + 1;

    for ( /* void */ ; picture->at < last; picture->at++) {
        rc = ngx_http_wsgw_census_stripe(pz->zone, picture->at, &pz->census);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            ngx_http_wsgw_census_workers(pz->zone, &pz->census);
            ngx_http_wsgw_picture_connections(pz, picture->numbers);
            return NGX_OK;
        }
    }

    return NGX_AGAIN;
}


static void
ngx_http_wsgw_picture_connections(ngx_http_wsgw_picture_zone_t *pz,
    ngx_http_wsgw_subject_numbers_t **numbers)
{
    uint32_t                       i, j, n;
    ngx_http_wsgw_census_stage_t  *from, *to;

    n = ngx_http_wsgw_header(pz->zone)->nnames;
    from = pz->census.stages.elts;

    for (i = 0; i < pz->census.stages.nelts; i++) {

        for (j = 0; j < n; j++) {
            if (numbers[j + 1]
                && ngx_http_wsgw_meter_name_at(pz->zone, j)->hash
                   == from[i].api)
            {
                break;
            }
        }

        if (j == n) {
            continue;
        }

        to = &numbers[j + 1]->census;

        to->connecting += from[i].connecting;
        to->open += from[i].open;
        to->closing += from[i].closing;
        to->draining += from[i].draining;
        to->owed += from[i].owed;
        to->oldest = ngx_max(to->oldest, from[i].oldest);
    }
}


/* Two zones may have stages, and an API's id, of the same names: they are one
   series. */

static ngx_http_wsgw_subject_numbers_t *
ngx_http_wsgw_picture_subject(ngx_http_wsgw_picture_t *picture, ngx_str_t *api,
    ngx_str_t *stage, ngx_str_t *route)
{
    ngx_uint_t                         i;
    ngx_array_t                       *list;
    ngx_http_wsgw_subject_numbers_t   *numbers, **p;

    list = route->len ? &picture->routes : &picture->stages;
    p = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (ngx_http_wsgw_text_is_same(&p[i]->route, route)
            && ngx_http_wsgw_text_is_same(&p[i]->stage, stage)
            && ngx_http_wsgw_text_is_same(&p[i]->api, api))
        {
            return p[i];
        }
    }

    numbers = ngx_pcalloc(picture->pool,
                          sizeof(ngx_http_wsgw_subject_numbers_t));
    p = ngx_array_push(list);

    if (numbers == NULL || p == NULL) {
        return NULL;
    }

    *p = numbers;

    numbers->api = *api;
    numbers->stage = *stage;
    numbers->route = *route;

    return numbers;
}
