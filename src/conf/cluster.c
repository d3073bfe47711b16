
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_redis: which Redis makes one API of a zone's nodes.  All that can be
 * found wrong is found when the configuration is read, but nobody talks to a
 * Redis then.
 */


#include "conf/cluster.h"
#include "base/text.h"
#include "cluster/greet.h"
#include "conf/address.h"
#include "conf/arg.h"
#include "conf/declared.h"


#define NGX_HTTP_WSGW_CLUSTER_SYNTAX                                          \
    "wsgw_redis ZONE redis[s]://[USER@]HOST[:PORT][/DB] ... "                 \
    "[password_file=FILE] [trusted_certificate=FILE] [prefix=PREFIX] "        \
    "[name=NAME] [takeover=TIME|off]"

#define NGX_HTTP_WSGW_CLUSTER_NAME       64
#define NGX_HTTP_WSGW_CLUSTER_DEPTH      9      /* of a chain of certificates */

#define NGX_HTTP_WSGW_CLUSTER_TAKEOVER      60000   /* ms */
#define NGX_HTTP_WSGW_CLUSTER_TAKEOVER_MIN  10000


static ngx_int_t ngx_http_wsgw_cluster_param(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster, ngx_str_t *arg, ngx_str_t *certificate);
static ngx_int_t ngx_http_wsgw_cluster_takeover(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster, ngx_str_t *time);
static ngx_int_t ngx_http_wsgw_cluster_password(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster);
static ngx_int_t ngx_http_wsgw_cluster_name(ngx_conf_t *cf, ngx_str_t *name);
static ngx_int_t ngx_http_wsgw_cluster_consistent(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster, ngx_str_t *certificate);
static ngx_int_t ngx_http_wsgw_cluster_tls(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster, ngx_str_t *certificate);
static ngx_int_t ngx_http_wsgw_cluster_of(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster);


char *
ngx_http_wsgw_cluster(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t                    rc;
    ngx_str_t                   *value, certificate;
    ngx_uint_t                   i;
    ngx_http_wsgw_cluster_t     *cluster, **p;
    ngx_http_wsgw_main_conf_t   *wmcf = conf;

    if (!ngx_http_wsgw_redis_is_built()) {
        return "is not in this build: it was made without hiredis, install "
               "libhiredis-dev and build the module again";
    }

    value = cf->args->elts;

    if (ngx_http_wsgw_arg_name(cf, "zone", &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cluster = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_cluster_t));
    if (cluster == NULL
        || ngx_array_init(&cluster->servers, cf->pool, 1,
                          sizeof(ngx_http_wsgw_server_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cluster->zone_name = value[1];
    cluster->takeover = NGX_HTTP_WSGW_CLUSTER_TAKEOVER;
    cluster->file = cf->conf_file->file.name.data;
    cluster->line = cf->conf_file->line;

    ngx_str_set(&cluster->prefix, "wsgw");
    ngx_str_null(&certificate);

    for (i = 2; i < cf->args->nelts; i++) {

        rc = ngx_strnstr(value[i].data, "://", value[i].len)
             ? ngx_http_wsgw_address(cf, cluster, &value[i])
             : ngx_http_wsgw_cluster_param(cf, cluster, &value[i],
                                           &certificate);

        if (rc != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_wsgw_arg_once(cf, 2, NULL) != NGX_OK
        || ngx_http_wsgw_cluster_consistent(cf, cluster, &certificate)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    p = ngx_array_push(&wmcf->clusters);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = cluster;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wsgw_cluster_param(ngx_conf_t *cf, ngx_http_wsgw_cluster_t *cluster,
    ngx_str_t *arg, ngx_str_t *certificate)
{
    ngx_str_t  param;

    if (ngx_http_wsgw_arg_param(arg, "password_file=",
                                &cluster->password_file)
        && cluster->password_file.len)
    {
        return ngx_http_wsgw_cluster_password(cf, cluster);
    }

    if (ngx_http_wsgw_arg_param(arg, "password=", &param)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"password=\" would be in every copy of this "
                           "file, write \"password_file=FILE\"");
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_arg_param(arg, "trusted_certificate=", certificate)
        && certificate->len)
    {
        return NGX_OK;
    }

    if (ngx_http_wsgw_arg_param(arg, "prefix=", &cluster->prefix)) {
        return ngx_http_wsgw_arg_name(cf, "prefix", &cluster->prefix);
    }

    if (ngx_http_wsgw_arg_param(arg, "name=", &cluster->name)) {
        return ngx_http_wsgw_cluster_name(cf, &cluster->name);
    }

    if (ngx_http_wsgw_arg_param(arg, "takeover=", &param)) {
        return ngx_http_wsgw_cluster_takeover(cf, cluster, &param);
    }

    if (ngx_http_wsgw_text_is(arg, "disconnects=on")
        || ngx_http_wsgw_text_is(arg, "fence=on"))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not in this version: nodes do not take "
                           "over what a dead one owes yet, write wsgw_redis "
                           "without it", arg);
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_text_is(arg, "disconnects=off")
        || ngx_http_wsgw_text_is(arg, "fence=off"))
    {
        return NGX_OK;
    }

    return ngx_http_wsgw_arg_invalid(cf, arg, NGX_HTTP_WSGW_CLUSTER_SYNTAX);
}


static ngx_int_t
ngx_http_wsgw_cluster_takeover(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster, ngx_str_t *time)
{
    cluster->takeover = ngx_http_wsgw_arg_time(cf, time);

    if (cluster->takeover == NGX_CONF_UNSET_MSEC) {
        return NGX_ERROR;
    }

    if (cluster->takeover
        && cluster->takeover < NGX_HTTP_WSGW_CLUSTER_TAKEOVER_MIN)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"takeover=%V\" is too short: a node that Redis "
                           "does not hear of for so long counts as dead, "
                           "write at least \"takeover=10s\"", time);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_cluster_password(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster)
{
    u_char   *p;
    ssize_t   n;

    if (ngx_conf_full_name(cf->cycle, &cluster->password_file, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, NGX_HTTP_WSGW_GREET_PASSWORD + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_http_wsgw_greet_password(&cluster->password_file, p);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot read \"%V\"", &cluster->password_file);
        return NGX_ERROR;
    }

    if (n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is no password in \"%V\", write it as its "
                           "one line, of at most %d bytes",
                           &cluster->password_file,
                           NGX_HTTP_WSGW_GREET_PASSWORD);
        return NGX_ERROR;
    }

    cluster->password.data = p;
    cluster->password.len = n;

    return NGX_OK;
}


/* Redis takes no blank in the name of a client, and a record's words end there
   as well. */

static ngx_int_t
ngx_http_wsgw_cluster_name(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        if (!ngx_http_wsgw_arg_alnum(name->data[i])
            && ngx_strchr("_-.", name->data[i]) == NULL)
        {
            break;
        }
    }

    if (i == name->len && i && i <= NGX_HTTP_WSGW_CLUSTER_NAME) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid name \"%V\" of a node, it has 1 to %d "
                       "letters, digits, \"_\", \"-\" and \".\"",
                       name, NGX_HTTP_WSGW_CLUSTER_NAME);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_cluster_consistent(ngx_conf_t *cf,
    ngx_http_wsgw_cluster_t *cluster, ngx_str_t *certificate)
{
    u_char                  *p;
    ngx_uint_t               i, tls;
    ngx_http_wsgw_server_t  *server;

    server = cluster->servers.elts;
    tls = 0;

    for (i = 0; i < cluster->servers.nelts; i++) {

        if (server[i].user.len && cluster->password_file.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the password of user \"%V\" is missing, write "
                               "\"password_file=FILE\"", &server[i].user);
            return NGX_ERROR;
        }

        tls |= server[i].tls;
    }

    if (cluster->servers.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no Redis is named, write \"%s\"",
                           NGX_HTTP_WSGW_CLUSTER_SYNTAX);
        return NGX_ERROR;
    }

    if (certificate->len && !tls) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"trusted_certificate\" is for TLS, write "
                           "\"rediss://\"");
        return NGX_ERROR;
    }

    /* A host's name is what most want; what cannot be in it is left out. */

    if (cluster->name.len == 0) {
        p = ngx_pnalloc(cf->pool, NGX_HTTP_WSGW_CLUSTER_NAME);
        if (p == NULL) {
            return NGX_ERROR;
        }

        cluster->name.data = p;

        for (i = 0;
             i < cf->cycle->hostname.len && i < NGX_HTTP_WSGW_CLUSTER_NAME;
             i++)
        {
            if (ngx_http_wsgw_arg_alnum(cf->cycle->hostname.data[i])
                || ngx_strchr("_-.", cf->cycle->hostname.data[i]))
            {
                *p++ = cf->cycle->hostname.data[i];
            }
        }

        cluster->name.len = p - cluster->name.data;
    }

    return tls ? ngx_http_wsgw_cluster_tls(cf, cluster, certificate) : NGX_OK;
}


#if (NGX_SSL)

static ngx_int_t
ngx_http_wsgw_cluster_tls(ngx_conf_t *cf, ngx_http_wsgw_cluster_t *cluster,
    ngx_str_t *certificate)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (ssl == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    cluster->ssl = ssl;

    if (certificate->len) {

        if (ngx_ssl_trusted_certificate(cf, ssl, certificate,
                                        NGX_HTTP_WSGW_CLUSTER_DEPTH)
            == NGX_OK)
        {
            return NGX_OK;
        }

        /* The reason has been logged, and names no line. */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"trusted_certificate=%V\" cannot be used, write "
                           "a file of certificates in PEM", certificate);
        return NGX_ERROR;
    }

    /* those of the system */

    if (SSL_CTX_set_default_verify_paths(ssl->ctx) != 1) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}

#else

static ngx_int_t
ngx_http_wsgw_cluster_tls(ngx_conf_t *cf, ngx_http_wsgw_cluster_t *cluster,
    ngx_str_t *certificate)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"rediss://\" needs an nginx that was built with "
                       "OpenSSL");
    return NGX_ERROR;
}

#endif


ngx_int_t
ngx_http_wsgw_cluster_resolve(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_http_wsgw_cluster_t    **cluster;
    ngx_http_wsgw_main_conf_t   *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wsgw_module);
    cluster = wmcf->clusters.elts;

    for (i = 0; i < wmcf->clusters.nelts; i++) {

        if (ngx_http_wsgw_cluster_of(cf, cluster[i]) != NGX_OK
            || ngx_http_wsgw_address_lookup(cf, cluster[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_cluster_of(ngx_conf_t *cf, ngx_http_wsgw_cluster_t *cluster)
{
    u_char                *p;
    ngx_http_wsgw_zone_t  *zone;

    zone = ngx_http_wsgw_declared(cf, "wsgw_redis", &cluster->zone_name,
                                  cluster->file, cluster->line);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    if (zone->cluster) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "wsgw_redis of zone \"%V\" is duplicate, the first is "
                      "in %s:%ui; one line names all servers in %s:%ui",
                      &zone->name, zone->cluster->file, zone->cluster->line,
                      cluster->file, cluster->line);
        return NGX_ERROR;
    }

    zone->cluster = cluster;
    cluster->zone = zone;

    /* a hash tag: in a Redis Cluster all keys of the zone are in one slot */

    p = ngx_pnalloc(cf->pool, cluster->prefix.len + zone->name.len
                              + sizeof(":{}:") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    cluster->prefix.len = ngx_sprintf(p, "%V:{%V}:", &cluster->prefix,
                                      &zone->name)
                          - p;
    cluster->prefix.data = p;

    return NGX_OK;
}
