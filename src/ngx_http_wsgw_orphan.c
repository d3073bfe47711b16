
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The file of an instance that is no more, as a zone that one process has for
 * itself: it adopts all that is in it, as it does in its own.
 */


#include "ngx_http_wsgw_orphan.h"
#include "ngx_http_wsgw_state.h"
#include "ngx_http_wsgw_zone.h"

#include <sys/mman.h>


typedef enum {
    ngx_http_wsgw_file_whole = 0,
    ngx_http_wsgw_file_unfinished,             /* its maker died */
    ngx_http_wsgw_file_strange                 /* another version's */
} ngx_http_wsgw_file_e;


static ngx_int_t ngx_http_wsgw_orphan_number(ngx_http_wsgw_zone_t *zone,
    const char *name);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_orphan_open(
    ngx_http_wsgw_zone_t *zone, uint32_t instance);
static ngx_int_t ngx_http_wsgw_orphan_seize(int fd, u_char *path,
    struct stat *st);
static ngx_http_wsgw_file_e ngx_http_wsgw_orphan_look(int fd,
    struct stat *st, ngx_http_wsgw_header_t *h);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_orphan_adopt(
    ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
    ngx_http_wsgw_header_t *h);
static void ngx_http_wsgw_orphan_close(ngx_http_wsgw_zone_t *orphan);


ngx_http_wsgw_zone_t *
ngx_http_wsgw_orphan_take(ngx_http_wsgw_zone_t *zone)
{
    DIR                   *dir;
    ngx_int_t              n;
    struct dirent         *de;
    ngx_http_wsgw_zone_t  *orphan;

    dir = opendir((char *) zone->state.data);
    if (dir == NULL) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, ngx_errno,
                      "opendir() \"%V\" failed", &zone->state);
        return NULL;
    }

    orphan = NULL;

    while (orphan == NULL && (de = readdir(dir)) != NULL) {

        n = ngx_http_wsgw_orphan_number(zone, de->d_name);

        if (n != NGX_ERROR && n != (ngx_int_t) zone->instance) {
            orphan = ngx_http_wsgw_orphan_open(zone, (uint32_t) n);
        }
    }

    (void) closedir(dir);

    return orphan;
}


/* NGX_ERROR: no file of that zone */

static ngx_int_t
ngx_http_wsgw_orphan_number(ngx_http_wsgw_zone_t *zone, const char *name)
{
    long    n;
    char   *end;
    size_t  len;

    len = zone->name.len;

    if (ngx_strncmp(name, zone->name.data, len) != 0 || name[len] != '.') {
        return NGX_ERROR;
    }

    n = strtol(name + len + 1, &end, 10);

    if (*end != '\0'
        || n < NGX_HTTP_WSGW_INSTANCE_FIRST
        || n >= NGX_HTTP_WSGW_INSTANCE_FIRST + NGX_HTTP_WSGW_INSTANCES)
    {
        return NGX_ERROR;
    }

    return n;
}


static ngx_http_wsgw_zone_t *
ngx_http_wsgw_orphan_open(ngx_http_wsgw_zone_t *zone, uint32_t instance)
{
    int                     fd;
    u_char                 *path;
    struct stat             st;
    ngx_http_wsgw_zone_t   *orphan;
    ngx_http_wsgw_header_t  h;

    path = ngx_http_wsgw_state_path(zone, instance);
    if (path == NULL) {
        return NULL;
    }

    orphan = NULL;
    fd = open((char *) path, O_RDWR|O_CLOEXEC|O_NOFOLLOW);

    if (fd == -1 || ngx_http_wsgw_orphan_seize(fd, path, &st) != NGX_OK) {
        goto done;
    }

    switch (ngx_http_wsgw_orphan_look(fd, &st, &h)) {

    case ngx_http_wsgw_file_whole:
        orphan = ngx_http_wsgw_orphan_adopt(zone, fd, path, &h);

        if (orphan) {
            return orphan;
        }

        break;

    case ngx_http_wsgw_file_unfinished:
        ngx_http_wsgw_state_unlink(path);
        break;

    default: /* ngx_http_wsgw_file_strange */

        if (!zone->strange) {
            zone->strange = 1;
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "\"%s\" is left alone: it was written by another "
                          "version of the module", path);
        }

        break;
    }

done:

    if (fd != -1) {
        (void) close(fd);
    }

    ngx_free(path);

    return NULL;
}


/* the file of that name may have been removed, and made, since we opened it */

static ngx_int_t
ngx_http_wsgw_orphan_seize(int fd, u_char *path, struct stat *st)
{
    struct stat  named;

    if (ngx_http_wsgw_state_lock(fd, F_WRLCK) != NGX_OK
        || fstat(fd, st) == -1
        || stat((char *) path, &named) == -1
        || st->st_ino != named.st_ino
        || st->st_dev != named.st_dev)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* what follows trusts the places that the header names */

static ngx_http_wsgw_file_e
ngx_http_wsgw_orphan_look(int fd, struct stat *st, ngx_http_wsgw_header_t *h)
{
    ssize_t  n;

    n = pread(fd, h, sizeof(ngx_http_wsgw_header_t), 0);

    if (n == 0 || (n == sizeof(ngx_http_wsgw_header_t) && h->magic == 0)) {
        return ngx_http_wsgw_file_unfinished;
    }

    if (n != sizeof(ngx_http_wsgw_header_t)
        || (uint64_t) st->st_size < h->size
        || ngx_http_wsgw_zone_is_sound(h) != NGX_OK)
    {
        return ngx_http_wsgw_file_strange;
    }

    return ngx_http_wsgw_file_whole;
}


/* fd and path are the orphan's, unless it is NULL */

static ngx_http_wsgw_zone_t *
ngx_http_wsgw_orphan_adopt(ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
    ngx_http_wsgw_header_t *h)
{
    void                         *map;
    uint32_t                      i;
    ngx_http_wsgw_zone_t         *orphan;
    ngx_http_wsgw_worker_slot_t  *worker;
    ngx_http_wsgw_descriptors_t  *d;

    map = mmap(NULL, h->size, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, ngx_errno,
                      "mmap() \"%s\" failed", path);
        return NULL;
    }

    orphan = ngx_calloc(sizeof(ngx_http_wsgw_zone_t)
                        + sizeof(ngx_http_wsgw_descriptors_t)
                        + zone->name.len, ngx_cycle->log);
    if (orphan == NULL) {
        (void) munmap(map, h->size);
        return NULL;
    }

    d = (ngx_http_wsgw_descriptors_t *) (orphan + 1);

    orphan->orphan = 1;
    orphan->base = map;
    orphan->instance = h->instance;
    orphan->key = h->key;
    orphan->slots = h->slots.stripes << h->slots.shift;
    orphan->descriptors = d;

    /* the cycle's own ends with a reload of a single process */

    orphan->name.len = zone->name.len;
    orphan->name.data = (u_char *) (d + 1);
    ngx_memcpy(orphan->name.data, zone->name.data, zone->name.len);

    d->lock = fd;
    d->path = path;
    d->map = map;
    d->size = h->size;

    /* nobody waits for a letter */

    for (i = 0; i < h->nworkers; i++) {
        worker = ngx_http_wsgw_worker_slot(orphan, i);
        worker->mailbox = 0;
    }

    if (ngx_http_wsgw_zone_attach(orphan, ngx_cycle->log) != NGX_OK) {
        d->lock = -1;
        d->path = NULL;
        ngx_http_wsgw_orphan_close(orphan);
        return NULL;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "\"%s\" of an instance that is no more is taken over", path);

    return orphan;
}


void
ngx_http_wsgw_orphan_drop(ngx_http_wsgw_zone_t *orphan)
{
    ngx_http_wsgw_zone_detach(orphan);

    ngx_http_wsgw_state_unlink(orphan->descriptors->path);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "\"%s\" is done with", orphan->descriptors->path);

    ngx_http_wsgw_orphan_close(orphan);
}


static void
ngx_http_wsgw_orphan_close(ngx_http_wsgw_zone_t *orphan)
{
    ngx_http_wsgw_descriptors_t  *d;

    d = orphan->descriptors;

    (void) munmap(d->map, d->size);

    if (d->lock != -1) {
        (void) close(d->lock);
    }

    if (d->path) {
        ngx_free(d->path);
    }

    ngx_free(orphan);
}
