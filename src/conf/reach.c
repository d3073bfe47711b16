
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether requests come as far as a stage, a management location or a page of
 * wsgw_status.
 */


#include "conf/reach.h"
#include "conf/beside.h"
#include "conf/locate.h"
#include "http/management.h"
#include "http/status.h"


static void ngx_http_wsgw_reach_before(ngx_conf_t *cf, const char *name,
    ngx_http_core_loc_conf_t *where, ngx_http_wsgw_place_t *place,
    const char *directive);
static void ngx_http_wsgw_reach_found(ngx_conf_t *cf,
    ngx_http_wsgw_place_t *place, const char *directive);
static void ngx_http_wsgw_reach_by_name(ngx_conf_t *cf,
    ngx_http_wsgw_place_t *place, const char *directive);
static void ngx_http_wsgw_reach_internal(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place);


/* nginx has answered, or has gone elsewhere, before it asks for content */

void
ngx_http_wsgw_reach(ngx_conf_t *cf, ngx_http_wsgw_place_t *place,
    const char *directive)
{
    ngx_http_core_loc_conf_t  *server;

    server = place->server->ctx->loc_conf[ngx_http_core_module.ctx_index];

    ngx_http_wsgw_reach_internal(cf, directive, place);

    ngx_http_wsgw_reach_before(cf, "return", place->location, place,
                               directive);
    ngx_http_wsgw_reach_before(cf, "try_files", place->location, place,
                               directive);
    ngx_http_wsgw_reach_before(cf, "return", server, place, directive);

    ngx_http_wsgw_reach_found(cf, place, directive);
}


static void
ngx_http_wsgw_reach_before(ngx_conf_t *cf, const char *name,
    ngx_http_core_loc_conf_t *where, ngx_http_wsgw_place_t *place,
    const char *directive)
{
    ngx_uint_t  own;

    if (!ngx_http_wsgw_beside(cf, name, where)) {
        return;
    }

    own = (where == place->location);

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"%s\" comes before \"%s\" of its %s, which no client "
                  "reaches; write it into %s location in %s:%ui",
                  name, directive, own ? "location" : "server",
                  own ? "another" : "a", place->file, place->line);
}


static void
ngx_http_wsgw_reach_found(ngx_conf_t *cf, ngx_http_wsgw_place_t *place,
    const char *directive)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = place->location;

    if (clcf->name.len == 0 || clcf->named) {
        return;
    }

#if (NGX_PCRE)
    if (clcf->regex) {
        return;
    }
#endif

    if (clcf->name.data[0] == '/') {
        ngx_http_wsgw_reach_by_name(cf, place, directive);
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"%s\" is in location \"%V\", which gets no request, as "
                  "all paths begin with \"/\"; write \"location /%V\" in "
                  "%s:%ui",
                  directive, &clcf->name, &clcf->name, place->file,
                  place->line);
}


/* a URI that is the location's by its name may be another one's: of a regex,
   or of all if ours is exact */

static void
ngx_http_wsgw_reach_by_name(ngx_conf_t *cf, ngx_http_wsgw_place_t *place,
    const char *directive)
{
    u_char                    *p;
    wsgw_id_t                  id;
    ngx_str_t                  uri, *name;
    ngx_http_core_loc_conf_t  *clcf, *other;

    static ngx_str_t  none = ngx_string("none");

    clcf = place->location;
    name = &clcf->name;

    p = ngx_pnalloc(cf->temp_pool, name->len + sizeof("/@connections/")
                                   + WSGW_ID_LEN);
    if (p == NULL) {
        return;
    }

    uri.data = p;
    p = ngx_cpymem(p, name->data, name->len);

    if (clcf->handler == ngx_http_wsgw_management_handler) {

        if (p[-1] == '/') {
            p--;
        }

        if (ngx_strnstr(name->data, "/@connections", name->len) == NULL) {
            p = ngx_cpymem(p, "/@connections", sizeof("/@connections") - 1);
        }

        *p++ = '/';

        ngx_memzero(&id, sizeof(wsgw_id_t));
        wsgw_id_encode(p, &id);
        p += WSGW_ID_LEN;
    }

    uri.len = p - uri.data;

    other = ngx_http_wsgw_locate(place->server, &uri);

    if (other == clcf) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"%s\" does not get \"%V\", the location that does is "
                  "\"%V\"; write \"location ^~ %V\" in %s:%ui",
                  directive, &uri, other ? &other->name : &none, name,
                  place->file, place->line);
}


/* but an operator may redirect to a page, for its "?health" alone, say */

static void
ngx_http_wsgw_reach_internal(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place)
{
    if (place->location->internal
        && place->location->handler != ngx_http_wsgw_status_handler)
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%s\" is in a location that is \"internal\": it is "
                      "404 to all but what nginx itself redirects there; "
                      "remove \"internal;\" in %s:%ui",
                      directive, place->file, place->line);
    }
}
