
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The choice that nginx makes at run time, made while it is configured, for
 * a URI without a request: exact, longest prefix, first regex, nested ones.
 */


#include "conf/locate.h"
#include "base/text.h"


static ngx_http_core_loc_conf_t *ngx_http_wsgw_locate_in(
    ngx_http_core_loc_conf_t *pclcf, ngx_str_t *uri, ngx_uint_t *final);
static ngx_http_core_loc_conf_t *ngx_http_wsgw_locate_static(
    ngx_http_location_tree_node_t *node, ngx_str_t *uri, ngx_uint_t *exact);
static ngx_http_core_loc_conf_t *ngx_http_wsgw_locate_regex(
    ngx_http_core_loc_conf_t *pclcf, ngx_str_t *uri);


ngx_http_core_loc_conf_t *
ngx_http_wsgw_locate(ngx_http_core_srv_conf_t *cscf, ngx_str_t *uri)
{
    ngx_uint_t                 final;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    return ngx_http_wsgw_locate_in(clcf, uri, &final);
}


ngx_http_core_loc_conf_t *
ngx_http_wsgw_locate_named(ngx_http_core_srv_conf_t *cscf, ngx_str_t *name)
{
    ngx_http_core_loc_conf_t  **clcfp;

    if (cscf->named_locations == NULL) {
        return NULL;
    }

    for (clcfp = cscf->named_locations; *clcfp; clcfp++) {
        if (ngx_http_wsgw_text_is_same(&(*clcfp)->name, name)) {
            return *clcfp;
        }
    }

    return NULL;
}


/* *final: nothing outside pclcf may be preferred to the result */

static ngx_http_core_loc_conf_t *
ngx_http_wsgw_locate_in(ngx_http_core_loc_conf_t *pclcf, ngx_str_t *uri,
    ngx_uint_t *final)
{
    ngx_uint_t                 noregex;
    ngx_http_core_loc_conf_t  *clcf, *nested, *regex;

    noregex = 0;
    clcf = ngx_http_wsgw_locate_static(pclcf->static_locations, uri, final);

    if (clcf && !*final) {

#if (NGX_PCRE)
        noregex = clcf->noregex;
#endif

        nested = ngx_http_wsgw_locate_in(clcf, uri, final);

        if (nested) {
            clcf = nested;
        }
    }

    if (*final || noregex) {
        return clcf;
    }

    regex = ngx_http_wsgw_locate_regex(pclcf, uri);

    if (regex) {
        *final = 1;
        return regex;
    }

    return clcf;
}


static ngx_http_core_loc_conf_t *
ngx_http_wsgw_locate_static(ngx_http_location_tree_node_t *node,
    ngx_str_t *uri, ngx_uint_t *exact)
{
    u_char                    *p;
    size_t                     len, n;
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *clcf;

    p = uri->data;
    len = uri->len;
    clcf = NULL;
    *exact = 0;

    while (node) {

        n = ngx_min(len, (size_t) node->len);
        rc = ngx_filename_cmp(p, node->name, n);

        if (rc != 0) {
            node = (rc < 0) ? node->left : node->right;
            continue;
        }

        if (len < (size_t) node->len) {
            node = node->left;
            continue;
        }

        if (len == (size_t) node->len) {
            *exact = (node->exact != NULL);
            return node->exact ? node->exact : node->inclusive;
        }

        if (node->inclusive == NULL) {
            node = node->right;
            continue;
        }

        clcf = node->inclusive;
        node = node->tree;
        p += n;
        len -= n;
    }

    return clcf;
}


static ngx_http_core_loc_conf_t *
ngx_http_wsgw_locate_regex(ngx_http_core_loc_conf_t *pclcf, ngx_str_t *uri)
{
#if (NGX_PCRE)

    ngx_uint_t                  final;
    ngx_http_core_loc_conf_t  **clcfp, *nested;

    if (pclcf->regex_locations == NULL) {
        return NULL;
    }

    for (clcfp = pclcf->regex_locations; *clcfp; clcfp++) {

        if (ngx_regex_exec((*clcfp)->regex->regex, uri, NULL, 0) >= 0) {
            nested = ngx_http_wsgw_locate_in(*clcfp, uri, &final);
            return nested ? nested : *clcfp;
        }
    }

#endif

    return NULL;
}
