
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Directives in locations where nobody reads them.  What http{} or a server
 * says is for whoever inherits it.  What a location says is for itself and for
 * the locations in it, one of which has to be what the directive is for.
 */


#include "conf/effect.h"


/* kinds of locations */

#define NGX_HTTP_WSGW_EFFECT_STAGE       0x01
#define NGX_HTTP_WSGW_EFFECT_MANAGEMENT  0x02


static char *ngx_http_wsgw_effect_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_uint_t ngx_http_wsgw_effect_kinds(ngx_command_t *cmd);
static void ngx_http_wsgw_effect_mark(ngx_array_t *locations, ngx_uint_t kind);


/* whom a directive is for, by default a stage */

static const struct {
    const char                    *name;
    ngx_uint_t                     kinds;       /* 0: is told of elsewhere, or
                                                   makes a location what it
                                                   is */
} ngx_http_wsgw_effect_rows[] = {

    { "wsgw_api", 0 },
    { "wsgw_management", 0 },
    { "wsgw_status", 0 },
    { "wsgw_route", 0 },

    { "wsgw_max_message_size",
      NGX_HTTP_WSGW_EFFECT_STAGE|NGX_HTTP_WSGW_EFFECT_MANAGEMENT },
    { "wsgw_profile",
      NGX_HTTP_WSGW_EFFECT_STAGE|NGX_HTTP_WSGW_EFFECT_MANAGEMENT },
    { "wsgw_sigv4",
      NGX_HTTP_WSGW_EFFECT_STAGE|NGX_HTTP_WSGW_EFFECT_MANAGEMENT },

    { NULL, NGX_HTTP_WSGW_EFFECT_STAGE }
};


static ngx_command_t                *ngx_http_wsgw_effect_directives;
static ngx_http_wsgw_effect_set_pt  *ngx_http_wsgw_effect_sets;


void
ngx_http_wsgw_effect_begin(ngx_command_t *directives,
    ngx_http_wsgw_effect_set_pt *sets)
{
    ngx_command_t  *cmd;

    ngx_http_wsgw_effect_directives = directives;
    ngx_http_wsgw_effect_sets = sets;

    for (cmd = directives; cmd->name.len; cmd++) {

        /* a reload finds them as they were left */

        if (cmd->set != ngx_http_wsgw_effect_set) {
            sets[cmd - directives] = cmd->set;
            cmd->set = ngx_http_wsgw_effect_set;
        }
    }
}


static char *
ngx_http_wsgw_effect_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_effect_t     *effect;
    ngx_http_wsgw_main_conf_t  *wmcf;

    if (cf->cmd_type & NGX_HTTP_LOC_CONF) {
        wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

        effect = ngx_array_push(&wmcf->effects);
        if (effect == NULL) {
            return NGX_CONF_ERROR;
        }

        effect->cmd = cmd;
        effect->where = conf;
        effect->file = cf->conf_file->file.name.data;
        effect->line = cf->conf_file->line;
    }

    return ngx_http_wsgw_effect_sets[cmd - ngx_http_wsgw_effect_directives]
               (cf, cmd, conf);
}


void
ngx_http_wsgw_effect_check(ngx_conf_t *cf)
{
    ngx_uint_t                  i, kinds;
    ngx_http_wsgw_effect_t     *effect;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    ngx_http_wsgw_effect_mark(&wmcf->stages, NGX_HTTP_WSGW_EFFECT_STAGE);
    ngx_http_wsgw_effect_mark(&wmcf->managements,
                              NGX_HTTP_WSGW_EFFECT_MANAGEMENT);

    effect = wmcf->effects.elts;

    for (i = 0; i < wmcf->effects.nelts; i++) {

        kinds = ngx_http_wsgw_effect_kinds(effect[i].cmd);

        if (kinds == 0 || (effect[i].where->kinds & kinds)) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%V\" has no effect in a location without %s; move it "
                      "to one that has that, or to its server in %s:%ui",
                      &effect[i].cmd->name,
                      kinds == NGX_HTTP_WSGW_EFFECT_STAGE ? "\"wsgw_api\""
                      : "\"wsgw_api\" or \"wsgw_management\"",
                      effect[i].file, effect[i].line);
    }
}


static ngx_uint_t
ngx_http_wsgw_effect_kinds(ngx_command_t *cmd)
{
    ngx_uint_t  i;

    for (i = 0; ngx_http_wsgw_effect_rows[i].name; i++) {
        if (ngx_strcmp(cmd->name.data, ngx_http_wsgw_effect_rows[i].name)
            == 0)
        {
            break;
        }
    }

    return ngx_http_wsgw_effect_rows[i].kinds;
}


/* a location has what is in it */

static void
ngx_http_wsgw_effect_mark(ngx_array_t *locations, ngx_uint_t kind)
{
    ngx_uint_t                  i;
    ngx_http_wsgw_loc_conf_t   *wlcf, **location;

    location = locations->elts;

    for (i = 0; i < locations->nelts; i++) {
        for (wlcf = location[i]; wlcf; wlcf = wlcf->above) {
            wlcf->kinds |= kind;
        }
    }
}
