
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The numbers of wsgw_status, collected and written while others are served.
 * A million slots or a thousand routes take milliseconds, which messages would
 * have to wait: so after each step, of a fraction of one, the event loop has
 * its turn.
 */


#include "http/scrape.h"
#include "base/worker.h"
#include "http/series.h"


typedef struct {
    ngx_http_request_t             *request;    /* holds this */
    ngx_event_t                     event;      /* the next step */
    ngx_array_t                     stages;     /* ..._loc_conf_t * */
    ngx_http_wsgw_picture_t         picture;
    ngx_http_wsgw_emit_t            emit;
    ngx_http_wsgw_series_place_t    place;
    ngx_http_wsgw_scrape_done_pt    done;
    ngx_uint_t                      pictured;   /* 1: it is being written */
} ngx_http_wsgw_scrape_t;


static ngx_int_t ngx_http_wsgw_scrape_stages(ngx_http_request_t *r,
    ngx_array_t *zones, ngx_array_t *stages);
static void ngx_http_wsgw_scrape_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_wsgw_scrape_step(ngx_http_wsgw_scrape_t *scrape);
static void ngx_http_wsgw_scrape_cleanup(void *data);


ngx_int_t
ngx_http_wsgw_scrape(ngx_http_request_t *r, ngx_array_t *zones,
    ngx_http_wsgw_emit_format_e format, ngx_http_wsgw_scrape_done_pt done)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_wsgw_scrape_t  *scrape;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_wsgw_scrape_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    scrape = cln->data;
    ngx_memzero(scrape, sizeof(ngx_http_wsgw_scrape_t));

    scrape->request = r;
    scrape->done = done;
    scrape->event.handler = ngx_http_wsgw_scrape_handler;
    scrape->event.data = scrape;
    scrape->event.log = r->connection->log;

    if (ngx_http_wsgw_scrape_stages(r, zones, &scrape->stages) != NGX_OK
        || ngx_http_wsgw_picture_begin(r->pool, zones, &scrape->stages,
                                       &scrape->picture)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_wsgw_emit_init(&scrape->emit, r->pool, format);

    cln->handler = ngx_http_wsgw_scrape_cleanup;
    r->main->count++;

    ngx_http_wsgw_worker_turn(&scrape->event);

    return NGX_DONE;
}


/* those of this configuration, in the zones that are told of */

static ngx_int_t
ngx_http_wsgw_scrape_stages(ngx_http_request_t *r, ngx_array_t *zones,
    ngx_array_t *stages)
{
    ngx_uint_t                   i, j;
    ngx_http_wsgw_zone_t       **zone;
    ngx_http_wsgw_loc_conf_t   **stage, **p;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wsgw_module);

    if (ngx_array_init(stages, r->pool, wmcf->stages.nelts + 1,
                       sizeof(ngx_http_wsgw_loc_conf_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    zone = zones->elts;
    stage = wmcf->stages.elts;

    for (i = 0; i < wmcf->stages.nelts; i++) {
        for (j = 0; j < zones->nelts; j++) {

            if (stage[i]->api_zone != zone[j]) {
                continue;
            }

            p = ngx_array_push(stages);
            if (p == NULL) {
                return NGX_ERROR;
            }

            *p = stage[i];
        }
    }

    return NGX_OK;
}


static void
ngx_http_wsgw_scrape_handler(ngx_event_t *ev)
{
    ngx_int_t                rc;
    ngx_str_t                text;
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_wsgw_scrape_t  *scrape;

    scrape = ev->data;
    r = scrape->request;
    c = r->connection;

    rc = ngx_http_wsgw_scrape_step(scrape);

    if (rc == NGX_AGAIN) {
        ngx_http_wsgw_worker_turn(ev);
        return;
    }

    ngx_http_wsgw_worker_rest(ev);

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_emit_finish(&scrape->emit, &text);
    }

    rc = rc == NGX_OK ? scrape->done(r, scrape->emit.format, &text)
                      : NGX_HTTP_INTERNAL_SERVER_ERROR;

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_wsgw_scrape_step(ngx_http_wsgw_scrape_t *scrape)
{
    ngx_int_t  rc;

    if (scrape->pictured) {
        return ngx_http_wsgw_series_step(&scrape->emit, &scrape->picture,
                                         &scrape->place);
    }

    rc = ngx_http_wsgw_picture_step(&scrape->picture);

    if (rc == NGX_OK) {
        scrape->pictured = 1;
        return NGX_AGAIN;
    }

    return rc;
}


static void
ngx_http_wsgw_scrape_cleanup(void *data)
{
    ngx_http_wsgw_scrape_t  *scrape = data;

    ngx_http_wsgw_worker_rest(&scrape->event);
}
