
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Other modules' structs are private, and what "return" leaves in them looks
 * the same in a location and in an "if" there.  Their commands are public: for
 * as long as http{} is parsed, those below are set by us, who have the module
 * do it and note the place.
 */


#include "conf/beside.h"


typedef struct {
    const char                    *name;
    ngx_command_t                 *cmd;         /* NULL: not watched */
    char                        *(*set)(ngx_conf_t *cf, ngx_command_t *cmd,
                                        void *conf);
} ngx_http_wsgw_watched_t;


typedef struct {
    ngx_command_t                 *cmd;
    void                          *where;
    ngx_str_t                      value;
} ngx_http_wsgw_beside_t;


static ngx_command_t *ngx_http_wsgw_beside_command(ngx_conf_t *cf,
    const char *name, ngx_module_t **module);
static void ngx_http_wsgw_beside_cleanup(void *data);
static char *ngx_http_wsgw_beside_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_wsgw_beside_note(ngx_conf_t *cf,
    ngx_command_t *cmd);


static ngx_http_wsgw_watched_t  ngx_http_wsgw_watched[] = {
    { "return", NULL, NULL },
    { "try_files", NULL, NULL },
    { "proxy_pass", NULL, NULL },
    { "keepalive", NULL, NULL },
    { NULL, NULL, NULL }
};


ngx_int_t
ngx_http_wsgw_beside_begin(ngx_conf_t *cf)
{
    ngx_module_t               *module;
    ngx_pool_cleanup_t         *cln;
    ngx_http_wsgw_watched_t    *watched;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (ngx_array_init(&wmcf->beside, cf->pool, 4,
                       sizeof(ngx_http_wsgw_beside_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* of a configuration that fails, before its modules are unloaded */

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_wsgw_beside_cleanup;

    for (watched = ngx_http_wsgw_watched; watched->name; watched++) {
        watched->cmd = ngx_http_wsgw_beside_command(cf, watched->name,
                                                    &module);
        if (watched->cmd) {
            watched->set = watched->cmd->set;
            watched->cmd->set = ngx_http_wsgw_beside_set;
        }
    }

    return NGX_OK;
}


/* nginx may be built without the module */

static ngx_command_t *
ngx_http_wsgw_beside_command(ngx_conf_t *cf, const char *name,
    ngx_module_t **module)
{
    ngx_uint_t      i;
    ngx_command_t  *cmd;

    for (i = 0; cf->cycle->modules[i]; i++) {

        *module = cf->cycle->modules[i];
        cmd = (*module)->commands;

        if ((*module)->type != NGX_HTTP_MODULE || cmd == NULL) {
            continue;
        }

        for ( /* void */ ; cmd->name.len; cmd++) {
            if (ngx_strcmp(cmd->name.data, name) == 0) {
                return cmd;
            }
        }
    }

    return NULL;
}


void
ngx_http_wsgw_beside_end(void)
{
    ngx_http_wsgw_watched_t  *watched;

    for (watched = ngx_http_wsgw_watched; watched->name; watched++) {

        if (watched->cmd) {
            watched->cmd->set = watched->set;
            watched->cmd = NULL;
        }
    }
}


static void
ngx_http_wsgw_beside_cleanup(void *data)
{
    ngx_http_wsgw_beside_end();
}


static char *
ngx_http_wsgw_beside_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_watched_t  *watched;

    for (watched = ngx_http_wsgw_watched; watched->cmd != cmd; watched++) {
        /* void */
    }

    if (ngx_http_wsgw_beside_note(cf, cmd) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return watched->set(cf, cmd, conf);
}


static ngx_int_t
ngx_http_wsgw_beside_note(ngx_conf_t *cf, ngx_command_t *cmd)
{
    ngx_str_t                  *value;
    ngx_http_wsgw_beside_t     *beside;
    ngx_http_wsgw_main_conf_t  *wmcf;

    if (!(cf->cmd_type & (NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF
                          |NGX_HTTP_UPS_CONF)))
    {
        return NGX_OK;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    beside = ngx_array_push(&wmcf->beside);
    if (beside == NULL) {
        return NGX_ERROR;
    }

    value = cf->args->elts;

    beside->cmd = cmd;
    beside->value = value[1];
    beside->where = (cf->cmd_type & NGX_HTTP_UPS_CONF)
        ? ngx_http_conf_get_module_srv_conf(cf, ngx_http_upstream_module)
        : ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    return NGX_OK;
}


ngx_str_t *
ngx_http_wsgw_beside(ngx_conf_t *cf, const char *name, void *where)
{
    ngx_uint_t                  i;
    ngx_http_wsgw_beside_t     *beside;
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    beside = wmcf->beside.elts;

    for (i = 0; i < wmcf->beside.nelts; i++) {

        if (beside[i].where == where
            && ngx_strcmp(beside[i].cmd->name.data, name) == 0)
        {
            return &beside[i].value;
        }
    }

    return NULL;
}


/* where it is, the command tells */

ngx_uint_t
ngx_http_wsgw_beside_number(ngx_conf_t *cf, const char *name,
    ngx_http_core_loc_conf_t *clcf)
{
    u_char         *conf;
    ngx_module_t   *module;
    ngx_command_t  *cmd;

    cmd = ngx_http_wsgw_beside_command(cf, name, &module);

    if (cmd == NULL || cmd->set != ngx_conf_set_enum_slot) {
        return 0;
    }

    conf = clcf->loc_conf[module->ctx_index];

    return *(ngx_uint_t *) (conf + cmd->offset);
}
