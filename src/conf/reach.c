
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether requests come as far as a stage or a management location.
 */


#include "conf/reach.h"
#include "conf/beside.h"
#include "conf/locate.h"
#include "http/management.h"


static void ngx_http_wsgw_reach_before(ngx_conf_t *cf, const char *name,
    ngx_http_core_loc_conf_t *where, ngx_http_wsgw_place_t *place,
    const char *directive);
static void ngx_http_wsgw_reach_found(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_http_wsgw_place_t *place,
    const char *directive);
static void ngx_http_wsgw_reach_internal(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place);


/* nginx has answered, or has gone elsewhere, before it asks for content */

void
ngx_http_wsgw_reach(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_http_wsgw_place_t *place, const char *directive)
{
    ngx_http_core_loc_conf_t  *server;

    server = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    ngx_http_wsgw_reach_internal(cf, directive, place);

    ngx_http_wsgw_reach_before(cf, "return", place->location, place,
                               directive);
    ngx_http_wsgw_reach_before(cf, "try_files", place->location, place,
                               directive);
    ngx_http_wsgw_reach_before(cf, "return", server, place, directive);

    ngx_http_wsgw_reach_found(cf, cscf, place, directive);
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


/* a URI that is the location's by its name may be another one's: of a regex,
   or of all if ours is exact */

static void
ngx_http_wsgw_reach_found(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_http_wsgw_place_t *place, const char *directive)
{
    u_char                    *p;
    wsgw_id_t                  id;
    ngx_str_t                  uri, *name;
    ngx_http_core_loc_conf_t  *clcf, *other;

    static ngx_str_t  none = ngx_string("none");

    clcf = place->location;
    name = &clcf->name;

    if (name->len == 0 || name->data[0] != '/') {
        return;
    }

#if (NGX_PCRE)
    if (clcf->regex) {
        return;
    }
#endif

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

    other = ngx_http_wsgw_locate(cscf, &uri);

    if (other == clcf) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"%s\" does not get \"%V\", the location that does is "
                  "\"%V\"; write \"location ^~ %V\" in %s:%ui",
                  directive, &uri, other ? &other->name : &none, name,
                  place->file, place->line);
}


static void
ngx_http_wsgw_reach_internal(ngx_conf_t *cf, const char *directive,
    ngx_http_wsgw_place_t *place)
{
    if (place->location->internal) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%s\" is in a location that is \"internal\": it is "
                      "404 to all but what nginx itself redirects there; "
                      "remove \"internal;\" in %s:%ui",
                      directive, place->file, place->line);
    }
}
