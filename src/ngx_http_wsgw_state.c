
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone in a file.  Its number is the instance's in ids: whoever makes the
 * file has the number, until the file is removed.
 *
 * The master locks one byte, far behind all the others, through a description
 * that its children inherit: so it is held as long as one of them lives.  A
 * file that nobody holds belongs to who can lock that byte for himself alone,
 * and nobody else comes in until he is gone too.
 */


#include "ngx_http_wsgw_state.h"
#include "ngx_http_wsgw_zone.h"

#include <sys/mman.h>


#define NGX_HTTP_WSGW_HELD  ((off_t) 1 << 40)       /* a byte of the file */


typedef enum {
    ngx_http_wsgw_file_whole = 0,
    ngx_http_wsgw_file_unfinished,             /* its maker died */
    ngx_http_wsgw_file_strange                 /* another version's */
} ngx_http_wsgw_file_e;


static ngx_int_t ngx_http_wsgw_state_directory(ngx_http_wsgw_zone_t *zone,
    ngx_core_conf_t *ccf);
static ngx_int_t ngx_http_wsgw_state_claim(ngx_http_wsgw_zone_t *zone,
    ngx_core_conf_t *ccf);
static ngx_int_t ngx_http_wsgw_state_map(ngx_http_wsgw_zone_t *zone,
    size_t size);
static u_char *ngx_http_wsgw_state_path(ngx_http_wsgw_zone_t *zone,
    uint32_t instance);
static ngx_int_t ngx_http_wsgw_state_lock(int fd, int type);
static ngx_int_t ngx_http_wsgw_state_number(ngx_http_wsgw_zone_t *zone,
    const char *name);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_state_open(
    ngx_http_wsgw_zone_t *zone, uint32_t instance);
static ngx_int_t ngx_http_wsgw_state_seize(int fd, u_char *path,
    struct stat *st);
static ngx_http_wsgw_file_e ngx_http_wsgw_state_look(int fd,
    struct stat *st, ngx_http_wsgw_header_t *h);
static ngx_http_wsgw_zone_t *ngx_http_wsgw_state_orphan(
    ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
    ngx_http_wsgw_header_t *h);
static void ngx_http_wsgw_state_close(ngx_http_wsgw_zone_t *orphan);


ngx_int_t
ngx_http_wsgw_state_create(ngx_http_wsgw_zone_t *zone, size_t size)
{
    uint32_t          i;
    ngx_int_t         rc;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(zone->cycle->conf_ctx,
                                           ngx_core_module);

    if (ngx_http_wsgw_state_directory(zone, ccf) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_WSGW_INSTANCES; i++) {
        zone->instance = NGX_HTTP_WSGW_INSTANCE_FIRST + i;

        rc = ngx_http_wsgw_state_claim(zone, ccf);

        if (rc == NGX_OK) {
            return ngx_http_wsgw_state_map(zone, size);
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                  "\"%V\" has %d files of wsgw zone \"%V\" already",
                  &zone->state, NGX_HTTP_WSGW_INSTANCES, &zone->name);

    return NGX_ERROR;
}


/* workers make and remove files in it: it is theirs */

static ngx_int_t
ngx_http_wsgw_state_directory(ngx_http_wsgw_zone_t *zone,
    ngx_core_conf_t *ccf)
{
    u_char       *dir;
    ngx_log_t    *log;
    struct stat   st;

    dir = zone->state.data;
    log = zone->shm_zone->shm.log;

    if (mkdir((char *) dir, 0700) == 0) {

        if (geteuid() == 0 && chown((char *) dir, ccf->user, ccf->group) == -1)
        {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          "chown(\"%s\", %d) failed", dir, ccf->user);
            return NGX_ERROR;
        }

    } else if (ngx_errno != NGX_EEXIST) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "mkdir() \"%s\" failed, the state of wsgw zone \"%V\" "
                      "has no place", dir, &zone->name);
        return NGX_ERROR;
    }

    if (stat((char *) dir, &st) == -1
        || !S_ISDIR(st.st_mode)
        || st.st_uid != (geteuid() ? geteuid() : ccf->user)
        || (st.st_mode & S_IRWXU) != S_IRWXU)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"%s\", the state of wsgw zone \"%V\", is not a "
                      "directory that belongs to the workers' user",
                      dir, &zone->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * NGX_DECLINED: the number is another's.  Until the lock is ours the file may
 * be removed as one whose maker died.
 */

static ngx_int_t
ngx_http_wsgw_state_claim(ngx_http_wsgw_zone_t *zone, ngx_core_conf_t *ccf)
{
    int                           fd;
    u_char                       *path;
    ngx_log_t                    *log;
    struct stat                   st;
    ngx_http_wsgw_descriptors_t  *d;

    d = zone->descriptors;
    log = zone->shm_zone->shm.log;
    path = ngx_http_wsgw_state_path(zone, zone->instance);

    if (path == NULL) {
        return NGX_ERROR;
    }

    fd = open((char *) path, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (fd == -1) {
        if (ngx_errno == NGX_EEXIST) {
            ngx_free(path);
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "open() \"%s\" failed", path);
        ngx_free(path);
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_state_lock(fd, F_RDLCK) != NGX_OK
        || fstat(fd, &st) == -1
        || st.st_nlink == 0)
    {
        ngx_free(path);
        (void) close(fd);
        return NGX_DECLINED;
    }

    d->lock = fd;
    d->path = path;

    if (geteuid() == 0 && fchown(fd, ccf->user, ccf->group) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "fchown(\"%s\", %d) failed", path, ccf->user);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* all of it now: a page that cannot be had later kills who touches it */

static ngx_int_t
ngx_http_wsgw_state_map(ngx_http_wsgw_zone_t *zone, size_t size)
{
    int                           rc;
    void                         *p;
    ngx_log_t                    *log;
    ngx_http_wsgw_descriptors_t  *d;

    d = zone->descriptors;
    log = zone->shm_zone->shm.log;

    rc = posix_fallocate(d->lock, 0, (off_t) size);

    if (rc != 0) {
        ngx_log_error(NGX_LOG_EMERG, log, rc,
                      "posix_fallocate() \"%s\" of %uz bytes failed",
                      d->path, size);
        return NGX_ERROR;
    }

    p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED, d->lock, 0);

    if (p == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "mmap() \"%s\" failed", d->path);
        return NGX_ERROR;
    }

    d->map = p;
    d->size = size;
    zone->base = p;

    return NGX_OK;
}


/* to be freed */

static u_char *
ngx_http_wsgw_state_path(ngx_http_wsgw_zone_t *zone, uint32_t instance)
{
    u_char  *path;

    path = ngx_alloc(zone->state.len + zone->name.len + sizeof("/.0000"),
                     ngx_cycle->log);

    if (path) {
        ngx_sprintf(path, "%V/%V.%04uD%Z", &zone->state, &zone->name,
                    instance);
    }

    return path;
}


static ngx_int_t
ngx_http_wsgw_state_lock(int fd, int type)
{
    struct flock  fl;

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = (short) type;
    fl.l_whence = SEEK_SET;
    fl.l_start = NGX_HTTP_WSGW_HELD;
    fl.l_len = 1;

    return fcntl(fd, F_OFD_SETLK, &fl) == -1 ? NGX_DECLINED : NGX_OK;
}


void
ngx_http_wsgw_state_leave(ngx_http_wsgw_zone_t *zone)
{
    u_char    *path;
    uint32_t   i;

    for (i = 0; i < zone->slots; i++) {
        if (ngx_http_wsgw_slot_used(zone->base, i)) {
            return;
        }
    }

    path = ngx_http_wsgw_state_path(zone,
                                    ngx_http_wsgw_header(zone)->instance);

    if (path) {
        (void) unlink((char *) path);
        ngx_free(path);
    }
}


ngx_http_wsgw_zone_t *
ngx_http_wsgw_state_take(ngx_http_wsgw_zone_t *zone)
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

        n = ngx_http_wsgw_state_number(zone, de->d_name);

        if (n != NGX_ERROR && n != (ngx_int_t) zone->instance) {
            orphan = ngx_http_wsgw_state_open(zone, (uint32_t) n);
        }
    }

    (void) closedir(dir);

    return orphan;
}


/* NGX_ERROR: no file of that zone */

static ngx_int_t
ngx_http_wsgw_state_number(ngx_http_wsgw_zone_t *zone, const char *name)
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
ngx_http_wsgw_state_open(ngx_http_wsgw_zone_t *zone, uint32_t instance)
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

    if (fd == -1 || ngx_http_wsgw_state_seize(fd, path, &st) != NGX_OK) {
        goto done;
    }

    switch (ngx_http_wsgw_state_look(fd, &st, &h)) {

    case ngx_http_wsgw_file_whole:
        orphan = ngx_http_wsgw_state_orphan(zone, fd, path, &h);

        if (orphan) {
            return orphan;
        }

        break;

    case ngx_http_wsgw_file_unfinished:
        (void) unlink((char *) path);
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
ngx_http_wsgw_state_seize(int fd, u_char *path, struct stat *st)
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
ngx_http_wsgw_state_look(int fd, struct stat *st, ngx_http_wsgw_header_t *h)
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
ngx_http_wsgw_state_orphan(ngx_http_wsgw_zone_t *zone, int fd, u_char *path,
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
        ngx_http_wsgw_state_close(orphan);
        return NULL;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "\"%s\" of an instance that is no more is taken over", path);

    return orphan;
}


void
ngx_http_wsgw_state_drop(ngx_http_wsgw_zone_t *orphan)
{
    ngx_http_wsgw_zone_detach(orphan);

    (void) unlink((char *) orphan->descriptors->path);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "\"%s\" is done with", orphan->descriptors->path);

    ngx_http_wsgw_state_close(orphan);
}


static void
ngx_http_wsgw_state_close(ngx_http_wsgw_zone_t *orphan)
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
