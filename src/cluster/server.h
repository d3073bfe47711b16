
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What one wsgw_redis says.  All of it lives as long as the cycle.
 */


#ifndef _NGX_HTTP_WSGW_SERVER_H_INCLUDED_
#define _NGX_HTTP_WSGW_SERVER_H_INCLUDED_


#include "zone/zone.h"


/* one redis[s]://[user@]host[:port][/db] */

typedef struct {
    ngx_str_t                      host;        /* without brackets */
    ngx_str_t                      text;        /* "host:port", for messages */
    ngx_str_t                      user;        /* empty: the default one */
    ngx_str_t                      db;          /* empty: 0 */
    in_port_t                      port;
    ngx_uint_t                     tls;         /* 1: rediss:// */
    ngx_addr_t                    *addrs;       /* NULL: the name is resolved
                                                   at each connect */
    ngx_uint_t                     naddrs;
} ngx_http_wsgw_server_t;


struct ngx_http_wsgw_cluster_s {
    ngx_http_wsgw_zone_t          *zone;
    ngx_str_t                      zone_name;
    ngx_array_t                    servers;     /* ngx_http_wsgw_server_t */
    ngx_str_t                      prefix;      /* "PREFIX:{ZONE}:" */
    ngx_str_t                      name;        /* of this node, for people */
    ngx_str_t                      password_file;   /* empty: no password */
    ngx_str_t                      password;    /* when the configuration was
                                                   read: workers may not be
                                                   allowed to read the file */
    ngx_msec_t                     takeover;
    void                          *ssl;         /* ngx_ssl_t; NULL: no TLS */
    ngx_resolver_t                *resolver;    /* NULL: names were resolved
                                                   when nginx started */
    ngx_msec_t                     resolver_timeout;
    u_char                        *file;        /* where it is written */
    ngx_uint_t                     line;
};


#endif /* _NGX_HTTP_WSGW_SERVER_H_INCLUDED_ */
