
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Values that can have variables, and whether all of these are known.
 *
 * A variable can be defined below its use, so nginx looks for it when it has
 * read everything.  It numbers variables as it meets them: those that a value
 * is the first to use are known by their numbers.
 */


#include "conf/expand.h"
#include "base/text.h"


typedef struct {
    ngx_uint_t   first;         /* of nginx's variables, and */
    ngx_uint_t   last;          /* the one after the last */
    ngx_str_t    directive;
    u_char      *file;
    ngx_uint_t   line;
} ngx_http_wsgw_expand_t;


static ngx_uint_t ngx_http_wsgw_expand_is_known(
    ngx_http_core_main_conf_t *cmcf, ngx_http_variable_t *v);


ngx_int_t
ngx_http_wsgw_expand(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t *value)
{
    ngx_str_t                         *directive;
    ngx_uint_t                         first;
    ngx_http_wsgw_expand_t            *e;
    ngx_http_core_main_conf_t         *cmcf;
    ngx_http_wsgw_main_conf_t         *wmcf;
    ngx_http_compile_complex_value_t   ccv;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    first = cmcf->variables.nelts;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cmcf->variables.nelts == first) {
        return NGX_OK;
    }

    if (wmcf->expands == NULL) {
        wmcf->expands = ngx_array_create(cf->pool, 4,
                                         sizeof(ngx_http_wsgw_expand_t));
        if (wmcf->expands == NULL) {
            return NGX_ERROR;
        }
    }

    e = ngx_array_push(wmcf->expands);
    if (e == NULL) {
        return NGX_ERROR;
    }

    directive = cf->args->elts;

    e->first = first;
    e->last = cmcf->variables.nelts;
    e->directive = *directive;
    e->file = cf->conf_file->file.name.data;
    e->line = cf->conf_file->line;

    return NGX_OK;
}


/* Warns: a module that comes behind this one may define more. */

void
ngx_http_wsgw_expand_check(ngx_conf_t *cf)
{
    ngx_uint_t                  i, n;
    ngx_http_variable_t        *v;
    ngx_http_wsgw_expand_t     *e;
    ngx_http_core_main_conf_t  *cmcf;
    ngx_http_wsgw_main_conf_t  *wmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);

    if (wmcf->expands == NULL) {
        return;
    }

    e = wmcf->expands->elts;
    v = cmcf->variables.elts;

    for (i = 0; i < wmcf->expands->nelts; i++) {
        for (n = e[i].first; n < e[i].last; n++) {

            if (ngx_http_wsgw_expand_is_known(cmcf, &v[n])) {
                continue;
            }

            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "\"%V\" has \"$%V\", a variable that nobody defines "
                          "in %s:%ui", &e[i].directive, &v[n].name,
                          e[i].file, e[i].line);
        }
    }
}


static ngx_uint_t
ngx_http_wsgw_expand_is_known(ngx_http_core_main_conf_t *cmcf,
    ngx_http_variable_t *v)
{
    ngx_uint_t            i;
    ngx_hash_key_t       *key;
    ngx_http_variable_t  *prefix;

    if (v->get_handler) {
        return 1;
    }

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {
        if (ngx_http_wsgw_text_is_same(&key[i].key, &v->name)) {
            return 1;
        }
    }

    prefix = cmcf->prefix_variables.elts;

    for (i = 0; i < cmcf->prefix_variables.nelts; i++) {
        if (prefix[i].name.len <= v->name.len
            && ngx_strncmp(prefix[i].name.data, v->name.data,
                           prefix[i].name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
