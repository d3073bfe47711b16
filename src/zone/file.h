
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Zones that outlive their nginx: files ZONE.NUMBER in a directory.
 */


#ifndef _NGX_HTTP_WSGW_FILE_H_INCLUDED_
#define _NGX_HTTP_WSGW_FILE_H_INCLUDED_


#include "zone/slot.h"


/*
 * The master: makes the file of a new instance and maps it at zone->base, all
 * zero.  Its number is zone->instance, its descriptor, closed with the zone's
 * others, tells who lives.  Errors are logged.
 */
ngx_int_t ngx_http_wsgw_file_create(ngx_http_wsgw_zone_t *zone, size_t size);

/* 1: the instance of that number lives, or nobody can tell */
ngx_uint_t ngx_http_wsgw_file_lives(ngx_http_wsgw_zone_t *zone,
    uint32_t instance);

/* its socket, or -1: nobody listens, or all are busy */
ngx_socket_t ngx_http_wsgw_file_connect(ngx_http_wsgw_zone_t *zone,
    uint32_t instance);

/* the master's end: removes the file, if it has one and no $disconnect is owed
   in it */
void ngx_http_wsgw_file_leave(ngx_http_wsgw_zone_t *zone);

/* of the file of that instance, to be freed */
u_char *ngx_http_wsgw_file_path(ngx_http_wsgw_zone_t *zone,
    uint32_t instance);

/* the byte that is held while an instance lives; F_WRLCK: NGX_DECLINED then */
ngx_int_t ngx_http_wsgw_file_lock(int fd, int type);

/* renames a file, or what is in its place, to PATH.bad, which nobody looks at;
   ngx_errno tells why not */
ngx_int_t ngx_http_wsgw_file_set_aside(u_char *path);

/* removes a file and its socket */
void ngx_http_wsgw_file_unlink(u_char *path);


#endif /* _NGX_HTTP_WSGW_FILE_H_INCLUDED_ */
