
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Zones that outlive their nginx: files ZONE.NUMBER in a directory, the number
 * in six hexadecimal digits.  The master makes and removes its own; workers
 * remove those of instances that have ended.
 */


#ifndef _NGX_HTTP_WSGW_FILE_H_INCLUDED_
#define _NGX_HTTP_WSGW_FILE_H_INCLUDED_


#include "zone/slot.h"


/*
 * Makes the file of a new instance and maps it at zone->base, all zero.  Its
 * number is zone->number.  Locks of its descriptor, which is closed with the
 * zone's others, say who lives.  Errors are logged.
 */
ngx_int_t ngx_http_wsgw_file_create(ngx_http_wsgw_zone_t *zone, size_t size);

/* 1: the instance of that number lives, or nobody can tell */
ngx_uint_t ngx_http_wsgw_file_lives(ngx_http_wsgw_zone_t *zone,
    uint32_t number);

/* 1: our own file was removed, or another one has its name */
ngx_uint_t ngx_http_wsgw_file_is_gone(ngx_http_wsgw_zone_t *zone);

/* connects to an instance; -1: nobody listens, or all are busy */
ngx_socket_t ngx_http_wsgw_file_connect(ngx_http_wsgw_zone_t *zone,
    uint32_t number);

/* When the master ends: removes its file if no slot of it is in use. */
void ngx_http_wsgw_file_leave(ngx_http_wsgw_zone_t *zone);

/* the name of an instance's file, which the caller frees; NULL: no memory */
u_char *ngx_http_wsgw_file_path(ngx_http_wsgw_zone_t *zone,
    uint32_t number);

/* the number in the name of a file in its directory; NGX_ERROR: it is no file
   of that zone */
ngx_int_t ngx_http_wsgw_file_number(ngx_http_wsgw_zone_t *zone,
    const char *name);

/*
 * Locks the byte that is locked while an instance lives: with F_RDLCK as one of
 * its processes, with F_WRLCK alone.  NGX_DECLINED: that is not possible.
 */
ngx_int_t ngx_http_wsgw_file_lock(int fd, int type);

/*
 * Renames a file, or what is in its place, to PATH.bad, which nobody looks at.
 * NGX_ERROR: ngx_errno says why it cannot.
 */
ngx_int_t ngx_http_wsgw_file_set_aside(u_char *path);

/* removes a file and its socket */
void ngx_http_wsgw_file_unlink(u_char *path);


#endif /* _NGX_HTTP_WSGW_FILE_H_INCLUDED_ */
