
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone in a file.  Its number is the zone's in ids: whoever makes the file
 * has the number, until the file is removed and he is no more.
 *
 * The master locks one byte, far behind all the others, through a description
 * that its children inherit: so it is held as long as one of them lives.  A
 * file that nobody holds belongs to who can lock that byte for himself alone,
 * and nobody else comes in until he is gone too.
 */


#include "zone/file.h"
#include "base/flock.h"
#include "zone/number.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/un.h>


#define NGX_HTTP_WSGW_FILE_HELD   ((off_t) 1 << 44)  /* a byte of the file */
#define NGX_HTTP_WSGW_FILE_DRAWS  16                 /* of a number, at most */
#define NGX_HTTP_WSGW_FILE_DIGITS  (sizeof("000000") - 1)  /* of it */


static ngx_int_t ngx_http_wsgw_file_make_directory(ngx_http_wsgw_zone_t *zone,
    ngx_core_conf_t *ccf);
static ngx_err_t ngx_http_wsgw_file_reach(u_char *dir, ngx_core_conf_t *ccf);
static ngx_int_t ngx_http_wsgw_file_claim(ngx_http_wsgw_zone_t *zone,
    ngx_core_conf_t *ccf);
static ngx_int_t ngx_http_wsgw_file_map(ngx_http_wsgw_zone_t *zone,
    size_t size);
static ngx_socket_t ngx_http_wsgw_file_socket(u_char *path,
    struct sockaddr_un *sun, ngx_log_t *log);
static ngx_int_t ngx_http_wsgw_file_listen(ngx_http_wsgw_zone_t *zone,
    ngx_core_conf_t *ccf);
static ngx_uint_t ngx_http_wsgw_file_own_exists(ngx_http_wsgw_zone_t *zone);


ngx_int_t
ngx_http_wsgw_file_create(ngx_http_wsgw_zone_t *zone, size_t size)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(zone->cycle->conf_ctx,
                                           ngx_core_module);

    if (ngx_http_wsgw_file_make_directory(zone, ccf) != NGX_OK) {
        return NGX_ERROR;
    }

    /* Another number is drawn when there is a file of that one. */

    rc = NGX_DECLINED;

    for (i = 0; rc == NGX_DECLINED && i < NGX_HTTP_WSGW_FILE_DRAWS; i++) {

        if (ngx_http_wsgw_number_draw(&zone->number) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_wsgw_file_claim(zone, ccf);
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, ngx_errno,
                      "wsgw zone \"%V\" gets no file in \"%V\" in %s:%ui",
                      &zone->name, &zone->state, zone->file, zone->line);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, zone->shm_zone->shm.log, 0,
                   "wsgw file \"%s\" made", zone->descriptors->path);

    if (ngx_http_wsgw_file_map(zone, size) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_file_listen(zone, ccf);
}


/*
 * Workers make and remove files in it: it is theirs, and who else could write
 * to it could put other files and sockets in their place.
 */

static ngx_int_t
ngx_http_wsgw_file_make_directory(ngx_http_wsgw_zone_t *zone,
    ngx_core_conf_t *ccf)
{
    uid_t           uid;
    u_char         *dir;
    ngx_err_t       err;
    ngx_log_t      *log;
    const char     *user;
    struct stat     st;
    struct passwd  *pw;

    dir = zone->state.data;
    log = zone->shm_zone->shm.log;

    uid = geteuid() ? geteuid() : ccf->user;
    pw = getpwuid(uid);
    user = pw ? pw->pw_name : "of nginx";

    if (mkdir((char *) dir, 0700) == 0) {

        if (geteuid() == 0 && chown((char *) dir, uid, ccf->group) == -1) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          "chown(\"%s\", \"%s\") failed in %s:%ui",
                          dir, user, zone->file, zone->line);
            return NGX_ERROR;
        }

    } else if (ngx_errno != NGX_EEXIST) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "mkdir() \"%s\" failed, the state of wsgw zone \"%V\" "
                      "has no place in %s:%ui",
                      dir, &zone->name, zone->file, zone->line);
        return NGX_ERROR;
    }

    if (stat((char *) dir, &st) == -1
        || !S_ISDIR(st.st_mode)
        || st.st_uid != uid
        || (st.st_mode & S_IRWXU) != S_IRWXU
        || (st.st_mode & (S_IWGRP|S_IWOTH)))
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"%s\", the state of wsgw zone \"%V\", is not a "
                      "directory that belongs to the workers' user \"%s\" and "
                      "that nobody else can write to; make one with \"install "
                      "-d -o %s -m 700 %s\" in %s:%ui", dir, &zone->name,
                      user, user, dir, zone->file, zone->line);
        return NGX_ERROR;
    }

    err = ngx_http_wsgw_file_reach(dir, ccf);

    if (err) {
        ngx_log_error(NGX_LOG_EMERG, log, err,
                      "\"%s\", the state of wsgw zone \"%V\", cannot be used "
                      "by the workers' user \"%s\"; each directory above it "
                      "has to be searchable for that user in %s:%ui",
                      dir, &zone->name, user, zone->file, zone->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Workers have other rights than the master, on the way there, too: a process
 * that has theirs tries it.  Its end raises no SIGCHLD, which nginx would take
 * for the end of a child of its own.
 */

static ngx_err_t
ngx_http_wsgw_file_reach(u_char *dir, ngx_core_conf_t *ccf)
{
    int    status;
    pid_t  pid;

    if (geteuid() != 0 || !ccf->master) {
        return access((char *) dir, R_OK|W_OK|X_OK) == -1 ? ngx_errno : 0;
    }

    pid = (pid_t) syscall(SYS_clone, 0, NULL, NULL, NULL, 0);

    if (pid == 0) {

        /* a worker goes on without these, too */

        (void) initgroups(ccf->username, ccf->group);

        if (setgid(ccf->group) == -1
            || setuid(ccf->user) == -1
            || access((char *) dir, R_OK|W_OK|X_OK) == -1)
        {
            _exit(ngx_errno);
        }

        _exit(0);
    }

    while (pid == -1 || waitpid(pid, &status, __WALL) == -1) {
        if (pid == -1 || ngx_errno != NGX_EINTR) {
            return ngx_errno;
        }
    }

    return WIFEXITED(status) ? WEXITSTATUS(status) : NGX_EINVAL;
}


/*
 * NGX_DECLINED: the number is another instance's.  Until the lock is ours the
 * file may be removed as one whose maker died.
 */

static ngx_int_t
ngx_http_wsgw_file_claim(ngx_http_wsgw_zone_t *zone, ngx_core_conf_t *ccf)
{
    int                           fd;
    u_char                       *path;
    ngx_log_t                    *log;
    struct stat                   st;
    ngx_http_wsgw_descriptors_t  *d;

    d = zone->descriptors;
    log = zone->shm_zone->shm.log;
    path = ngx_http_wsgw_file_path(zone, zone->number);

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
                      "open() \"%s\" failed in %s:%ui",
                      path, zone->file, zone->line);
        ngx_free(path);
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_file_lock(fd, F_RDLCK) != NGX_OK
        || fstat(fd, &st) == -1
        || st.st_nlink == 0)
    {
        ngx_free(path);
        (void) close(fd);
        return NGX_DECLINED;
    }

    if (ngx_http_wsgw_number_take(zone) != NGX_OK) {
        (void) unlink((char *) path);
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


/* All pages are taken now: one that is missing later kills who touches it. */

static ngx_int_t
ngx_http_wsgw_file_map(ngx_http_wsgw_zone_t *zone, size_t size)
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
                      "posix_fallocate() \"%s\" of %uz bytes failed in "
                      "%s:%ui", d->path, size, zone->file, zone->line);
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


/*
 * Not of nginx's: a new binary must not inherit it.  Who may connect may push,
 * and so it is for the workers' user alone, from the moment that it is there.
 */

static ngx_int_t
ngx_http_wsgw_file_listen(ngx_http_wsgw_zone_t *zone, ngx_core_conf_t *ccf)
{
    int                           rc;
    mode_t                        mask;
    ngx_log_t                    *log;
    ngx_socket_t                  s;
    struct sockaddr_un            sun;
    ngx_http_wsgw_descriptors_t  *d;

    d = zone->descriptors;
    log = zone->shm_zone->shm.log;

    s = ngx_http_wsgw_file_socket(d->path, &sun, log);
    if (s == -1) {
        return NGX_ERROR;
    }

    d->listen = s;

    /* Whatever has the name was left: the number is ours, so is the name. */

    (void) unlink(sun.sun_path);

    mask = umask(S_IXUSR|S_IRWXG|S_IRWXO);
    rc = bind(s, (struct sockaddr *) &sun, sizeof(struct sockaddr_un));
    (void) umask(mask);

    if (rc == -1
        || (geteuid() == 0
            && lchown(sun.sun_path, ccf->user, ccf->group) == -1)
        || listen(s, NGX_LISTEN_BACKLOG) == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"%s\" of wsgw zone \"%V\" cannot be listened at",
                      sun.sun_path, &zone->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The socket beside a file is called "PATH.sock". */

static ngx_socket_t
ngx_http_wsgw_file_socket(u_char *path, struct sockaddr_un *sun,
    ngx_log_t *log)
{
    ngx_socket_t  s;

    if (ngx_strlen(path) + sizeof(".sock") > sizeof(sun->sun_path)) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"%s.sock\" is too long for the name of a socket",
                      path);
        return -1;
    }

    ngx_memzero(sun, sizeof(struct sockaddr_un));
    sun->sun_family = AF_UNIX;
    ngx_sprintf((u_char *) sun->sun_path, "%s.sock", path);

    s = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (s == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "socket() failed");
    }

    return s;
}


ngx_socket_t
ngx_http_wsgw_file_connect(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    u_char              *path;
    ngx_socket_t         s;
    struct sockaddr_un   sun;

    path = ngx_http_wsgw_file_path(zone, number);
    if (path == NULL) {
        return -1;
    }

    s = ngx_http_wsgw_file_socket(path, &sun, ngx_cycle->log);
    ngx_free(path);

    if (s != -1
        && connect(s, (struct sockaddr *) &sun, sizeof(struct sockaddr_un))
           == -1)
    {
        (void) close(s);
        return -1;
    }

    return s;
}


void
ngx_http_wsgw_file_unlink(u_char *path)
{
    char  sock[sizeof(((struct sockaddr_un *) 0)->sun_path)];

    (void) snprintf(sock, sizeof(sock), "%s.sock", path);

    (void) unlink(sock);
    (void) unlink((char *) path);
}


ngx_int_t
ngx_http_wsgw_file_set_aside(u_char *path)
{
    char  name[sizeof(((struct sockaddr_un *) 0)->sun_path)];

    (void) snprintf(name, sizeof(name), "%s.sock", path);
    (void) unlink(name);

    (void) snprintf(name, sizeof(name), "%s.bad", path);

    return rename((char *) path, name) == -1 ? NGX_ERROR : NGX_OK;
}


/*
 * The master and the other processes of an instance share a lock for reading.
 * Who takes over the file of a dead one locks it for writing.
 */

ngx_uint_t
ngx_http_wsgw_file_lives(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    int          fd, type;
    u_char      *path;
    ngx_uint_t   exists;

    path = ngx_http_wsgw_file_path(zone, number);
    if (path == NULL) {
        return 1;
    }

    fd = open((char *) path, O_RDWR|O_CLOEXEC|O_NOFOLLOW);
    exists = (fd != -1 || ngx_errno != NGX_ENOENT);
    ngx_free(path);

    if (fd == -1) {
        return exists || !ngx_http_wsgw_file_own_exists(zone)
               || ngx_http_wsgw_number_is_taken(zone, number);
    }

    type = ngx_http_wsgw_flock_holder(fd, NGX_HTTP_WSGW_FILE_HELD, 1);

    (void) close(fd);

    return type == F_RDLCK || type == -1;
}


/* A directory in which our own file is missing, too, proves nothing. */

static ngx_uint_t
ngx_http_wsgw_file_own_exists(ngx_http_wsgw_zone_t *zone)
{
    u_char      *path;
    ngx_uint_t   exists;

    path = ngx_http_wsgw_file_path(zone, zone->number);
    if (path == NULL) {
        return 0;
    }

    exists = (access((char *) path, F_OK) == 0);
    ngx_free(path);

    return exists;
}


ngx_uint_t
ngx_http_wsgw_file_is_gone(ngx_http_wsgw_zone_t *zone)
{
    u_char       *path;
    ngx_uint_t    gone;
    struct stat   st, named;

    path = ngx_http_wsgw_file_path(zone, zone->number);
    if (path == NULL) {
        return 0;
    }

    gone = fstat(zone->descriptors->lock, &st) == 0
           && (stat((char *) path, &named) == -1
               ? ngx_errno == NGX_ENOENT
               : st.st_ino != named.st_ino || st.st_dev != named.st_dev);

    ngx_free(path);

    return gone;
}


u_char *
ngx_http_wsgw_file_path(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    u_char  *path;

    path = ngx_alloc(zone->state.len + zone->name.len + sizeof("/.000000"),
                     ngx_cycle->log);

    if (path) {
        ngx_sprintf(path, "%V/%V.%06xD%Z", &zone->state, &zone->name,
                    number);
    }

    return path;
}


ngx_int_t
ngx_http_wsgw_file_number(ngx_http_wsgw_zone_t *zone, const char *name)
{
    size_t     len;
    u_char    *p;
    ngx_int_t  n;

    len = zone->name.len;

    if (ngx_strncmp(name, zone->name.data, len) != 0 || name[len] != '.') {
        return NGX_ERROR;
    }

    p = (u_char *) name + len + 1;

    if (ngx_strlen(p) != NGX_HTTP_WSGW_FILE_DIGITS
        || strspn((char *) p, "0123456789abcdef")
           != NGX_HTTP_WSGW_FILE_DIGITS)
    {
        return NGX_ERROR;
    }

    n = ngx_hextoi(p, NGX_HTTP_WSGW_FILE_DIGITS);

    return n <= NGX_HTTP_WSGW_NUMBER ? n : NGX_ERROR;
}


ngx_int_t
ngx_http_wsgw_file_lock(int fd, int type)
{
    return ngx_http_wsgw_flock_set(fd, F_OFD_SETLK, type,
                                   NGX_HTTP_WSGW_FILE_HELD);
}


void
ngx_http_wsgw_file_leave(ngx_http_wsgw_zone_t *zone)
{
    u_char    *path;
    uint32_t   i;

    if (zone->state.len == 0) {
        return;
    }

    for (i = 0; i < zone->slots; i++) {
        if (ngx_http_wsgw_slot_used(zone->base, i)) {
            return;
        }
    }

    path = ngx_http_wsgw_file_path(zone, zone->number);

    if (path) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "wsgw file \"%s\" removed, nothing is owed in it",
                       path);

        ngx_http_wsgw_file_unlink(path);
        ngx_free(path);
    }
}
