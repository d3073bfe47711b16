
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The file of an instance that is no more, as a zone that one process has for
 * itself: it adopts all that is in it, as it does in its own.
 */


#include "zone/orphan.h"
#include "zone/examine.h"
#include "zone/fault.h"
#include "zone/file.h"
#include "zone/member.h"

#include <sys/mman.h>


typedef enum {
    ngx_http_wsgw_orphan_whole = 0,
    ngx_http_wsgw_orphan_unfinished,            /* its maker died, or zeros */
    ngx_http_wsgw_orphan_foreign,               /* another version's */
    ngx_http_wsgw_orphan_damaged
} ngx_http_wsgw_orphan_e;


static ngx_http_wsgw_zone_t *ngx_http_wsgw_orphan_try(
    ngx_http_wsgw_zone_t *zone, uint32_t number);
static int ngx_http_wsgw_orphan_open(ngx_http_wsgw_zone_t *zone,
    uint32_t number, u_char *path, struct stat *st);
static ngx_int_t ngx_http_wsgw_orphan_seize(int fd, u_char *path,
    struct stat *st);
static ngx_http_wsgw_orphan_e ngx_http_wsgw_orphan_judge(int fd,
    struct stat *st, uint32_t number, ngx_http_wsgw_header_t *h);
static ngx_uint_t ngx_http_wsgw_orphan_is_empty(int fd);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_orphan_adopt(
    ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
    ngx_http_wsgw_header_t *h);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_orphan_map(
    ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
    ngx_http_wsgw_header_t *h);
static void ngx_http_wsgw_orphan_set_aside(ngx_http_wsgw_zone_t *zone,
    uint32_t number, u_char *path, const char *what);
static ngx_uint_t ngx_http_wsgw_orphan_is_news(ngx_http_wsgw_zone_t *zone,
    uint32_t number);
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
        if (!zone->closed_logged) {
            ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, ngx_errno,
                          "opendir() \"%V\" failed, what files there owe "
                          "waits", &zone->state);
        }

        zone->closed_logged = 1;
        return NULL;
    }

    zone->closed_logged = 0;
    orphan = NULL;

    while (orphan == NULL && (de = readdir(dir)) != NULL) {

        n = ngx_http_wsgw_file_number(zone, de->d_name);

        if (n != NGX_ERROR && n != (ngx_int_t) zone->number) {
            orphan = ngx_http_wsgw_orphan_try(zone, (uint32_t) n);
        }
    }

    (void) closedir(dir);

    return orphan;
}


static ngx_http_wsgw_zone_t *
ngx_http_wsgw_orphan_try(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    int                     fd;
    u_char                 *path;
    struct stat             st;
    ngx_http_wsgw_zone_t   *orphan;
    ngx_http_wsgw_header_t  h;

    path = ngx_http_wsgw_file_path(zone, number);
    if (path == NULL) {
        return NULL;
    }

    orphan = NULL;
    fd = ngx_http_wsgw_orphan_open(zone, number, path, &st);

    if (fd == -1) {
        goto done;
    }

    switch (ngx_http_wsgw_orphan_judge(fd, &st, number, &h)) {

    case ngx_http_wsgw_orphan_whole:
        orphan = ngx_http_wsgw_orphan_adopt(zone, fd, path, &h);

        if (orphan) {
            return orphan;
        }

        break;

    case ngx_http_wsgw_orphan_unfinished:
        ngx_http_wsgw_file_unlink(path);
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "\"%s\" has nothing in it and was removed: who made it "
                      "died while it started, or all that it owed is lost",
                      path);
        break;

    case ngx_http_wsgw_orphan_foreign:

        if (ngx_http_wsgw_orphan_is_news(zone, number)) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "\"%s\" is left alone: it was written by another "
                          "version of the module", path);
        }

        break;

    default: /* ngx_http_wsgw_orphan_damaged */
        ngx_http_wsgw_orphan_set_aside(zone, number, path,
                                       "header or size");
        break;
    }

    (void) close(fd);

done:

    ngx_free(path);

    return NULL;
}


/*
 * Opens a file that nobody holds, which is ours from here on.  -1: its instance
 * lives, another worker has it, or it cannot be opened.
 */

static int
ngx_http_wsgw_orphan_open(ngx_http_wsgw_zone_t *zone, uint32_t number,
    u_char *path, struct stat *st)
{
    int  fd;

    if (lstat((char *) path, st) == -1) {
        return -1;
    }

    if (!S_ISREG(st->st_mode)) {
        ngx_http_wsgw_orphan_set_aside(zone, number, path,
                                       "not a regular file");
        return -1;
    }

    fd = open((char *) path, O_RDWR|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd == -1) {

        /* Whoever can open it again delivers what it owes. */

        if (ngx_errno != NGX_ENOENT
            && ngx_http_wsgw_orphan_is_news(zone, number))
        {
            ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, ngx_errno,
                          "open() \"%s\" failed, what it owes waits", path);
        }

        return -1;
    }

    if (ngx_http_wsgw_orphan_seize(fd, path, st) != NGX_OK) {
        (void) close(fd);
        return -1;
    }

    return fd;
}


/* Since we opened it the file may have been removed, and another one made. */

static ngx_int_t
ngx_http_wsgw_orphan_seize(int fd, u_char *path, struct stat *st)
{
    struct stat  named;

    if (ngx_http_wsgw_file_lock(fd, F_WRLCK) != NGX_OK
        || fstat(fd, st) == -1
        || stat((char *) path, &named) == -1
        || st->st_ino != named.st_ino
        || st->st_dev != named.st_dev)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* Whatever uses the zone trusts the places that its header names. */

static ngx_http_wsgw_orphan_e
ngx_http_wsgw_orphan_judge(int fd, struct stat *st, uint32_t number,
    ngx_http_wsgw_header_t *h)
{
    ssize_t  n;

    ngx_memzero(h, sizeof(ngx_http_wsgw_header_t));

    n = pread(fd, h, sizeof(ngx_http_wsgw_header_t), 0);

    if (n >= 0 && h->magic == 0 && ngx_http_wsgw_orphan_is_empty(fd)) {
        return ngx_http_wsgw_orphan_unfinished;
    }

    if (h->magic == NGX_HTTP_WSGW_MAGIC
        && n == sizeof(ngx_http_wsgw_header_t)
        && h->layout != NGX_HTTP_WSGW_LAYOUT)
    {
        return ngx_http_wsgw_orphan_foreign;
    }

    if (n != sizeof(ngx_http_wsgw_header_t)
        || (uint64_t) st->st_size != h->size
        || (h->number & NGX_HTTP_WSGW_NUMBER) != number
        || ngx_http_wsgw_layout_is_sound(h) != NGX_OK)
    {
        return ngx_http_wsgw_orphan_damaged;
    }

    return ngx_http_wsgw_orphan_whole;
}


/* 1: nobody was ever in it, as there is nothing after the header */

static ngx_uint_t
ngx_http_wsgw_orphan_is_empty(int fd)
{
    off_t    offset;
    u_char   buf[4096];
    ssize_t  i, n;

    offset = sizeof(ngx_http_wsgw_header_t);

    for ( ;; ) {
        offset = lseek(fd, offset, SEEK_DATA);

        if (offset == -1) {
            return ngx_errno == ENXIO;
        }

        n = pread(fd, buf, sizeof(buf), offset);

        if (n <= 0) {
            return n == 0;
        }

        for (i = 0; i < n; i++) {
            if (buf[i]) {
                return 0;
            }
        }

        offset += n;
    }
}


/* From here on fd and path are the orphan's, unless it is NULL. */

static ngx_http_wsgw_zone_t *
ngx_http_wsgw_orphan_adopt(ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
    ngx_http_wsgw_header_t *h)
{
    u_char                 what[64];
    uint32_t               i, number;
    const char            *part;
    ngx_http_wsgw_zone_t  *orphan;

    orphan = ngx_http_wsgw_orphan_map(zone, fd, path, h);
    if (orphan == NULL) {
        return NULL;
    }

    part = ngx_http_wsgw_examine(orphan, &number);

    if (part) {
        ngx_sprintf(what, "%s %uD%Z", part, number);
        ngx_http_wsgw_orphan_set_aside(zone, orphan->number, path,
                                       (char *) what);
        goto failed;
    }

    /* Letters are dropped, as nobody waits for them any more. */

    for (i = 0; i < h->nworkers; i++) {
        ngx_http_wsgw_worker_slot(orphan, i)->mailbox = 0;
    }

    if (ngx_http_wsgw_member_attach(orphan, ngx_cycle->log) != NGX_OK) {
        goto failed;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "\"%s\" of an instance that is no more is taken over", path);

    return orphan;

failed:

    orphan->descriptors->lock = -1;
    orphan->descriptors->path = NULL;
    ngx_http_wsgw_orphan_close(orphan);

    return NULL;
}


static ngx_http_wsgw_zone_t *
ngx_http_wsgw_orphan_map(ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
    ngx_http_wsgw_header_t *h)
{
    void                         *map;
    ngx_http_wsgw_zone_t         *orphan;
    ngx_http_wsgw_descriptors_t  *d;

    map = mmap(NULL, h->size, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED) {
        if (ngx_http_wsgw_orphan_is_news(zone,
                                         h->number & NGX_HTTP_WSGW_NUMBER)) {
            ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, ngx_errno,
                          "mmap() \"%s\" failed, what it owes waits", path);
        }

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
    orphan->number = h->number & NGX_HTTP_WSGW_NUMBER;
    orphan->key = h->key;
    orphan->slots = ngx_http_wsgw_elements(&h->slots);
    orphan->descriptors = d;

    /* The name is copied: the cycle's may end while we have the file. */

    orphan->name.len = zone->name.len;
    orphan->name.data = (u_char *) (d + 1);
    ngx_memcpy(orphan->name.data, zone->name.data, zone->name.len);

    d->lock = fd;
    d->path = path;
    d->map = map;
    d->size = h->size;

    if (ngx_http_wsgw_fault_watch(orphan, h, ngx_cycle->log) != NGX_OK) {
        (void) munmap(map, h->size);
        ngx_free(orphan);
        return NULL;
    }

    return orphan;
}


/* We hold the file, so no other worker does this to a newer one. */

static void
ngx_http_wsgw_orphan_set_aside(ngx_http_wsgw_zone_t *zone, uint32_t number,
    u_char *path, const char *what)
{
    if (ngx_http_wsgw_file_set_aside(path) == NGX_OK) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "\"%s\" is damaged (%s) and was renamed to \"%s.bad\": "
                      "what it owes is not delivered", path, what, path);

    } else if (ngx_errno != NGX_ENOENT
               && ngx_http_wsgw_orphan_is_news(zone, number))
    {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, ngx_errno,
                      "\"%s\" is damaged (%s) and cannot be renamed to "
                      "\"%s.bad\": what it owes is not delivered",
                      path, what, path);
    }
}


/*
 * 1: this process has said nothing yet about the file of that number.  Of one
 * that was taken over there is one thing to say, at its end.
 */

static ngx_uint_t
ngx_http_wsgw_orphan_is_news(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    uint32_t    *p;
    ngx_uint_t   i;

    if (zone->orphan) {
        return 1;
    }

    if (zone->files_logged == NULL) {
        zone->files_logged = ngx_array_create(zone->cycle->pool, 4,
                                              sizeof(uint32_t));
        if (zone->files_logged == NULL) {
            return 1;
        }
    }

    p = zone->files_logged->elts;

    for (i = 0; i < zone->files_logged->nelts; i++) {
        if (p[i] == number) {
            return 0;
        }
    }

    p = ngx_array_push(zone->files_logged);

    if (p) {
        *p = number;
    }

    return 1;
}


void
ngx_http_wsgw_orphan_drop(ngx_http_wsgw_zone_t *orphan)
{
    u_char  *path;

    path = orphan->descriptors->path;

    ngx_http_wsgw_member_detach(orphan);

    if (ngx_http_wsgw_fault_found(orphan)) {
        ngx_http_wsgw_orphan_set_aside(orphan, orphan->number, path,
                                       "cut while it was read");

    } else {
        ngx_http_wsgw_file_unlink(path);
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "\"%s\" is done with", path);
    }

    ngx_http_wsgw_orphan_close(orphan);
}


static void
ngx_http_wsgw_orphan_close(ngx_http_wsgw_zone_t *orphan)
{
    ngx_http_wsgw_descriptors_t  *d;

    d = orphan->descriptors;

    ngx_http_wsgw_fault_unwatch(d->map);
    (void) munmap(d->map, d->size);

    if (d->lock != -1) {
        (void) close(d->lock);
    }

    if (d->path) {
        ngx_free(d->path);
    }

    ngx_free(orphan);
}
