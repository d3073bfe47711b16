
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who lives: a record lock on a byte of a file, one for each worker slot of an
 * instance, held as long as the worker lives.
 */


#include "zone/lease.h"
#include "base/flock.h"
#include "zone/masters.h"

#include <sys/mman.h>


/*
 * The byte of a worker slot.  All instances of all zones may share the file, so
 * each has a range of its own.
 */

#define ngx_http_wsgw_lease_byte(number, index)                               \
    ((off_t) (number) << 20 | (index))


int
ngx_http_wsgw_lease_file(ngx_log_t *log)
{
    int  fd;

    static int  file = -1;

    if (file == -1) {
        file = memfd_create("wsgw", MFD_CLOEXEC);

        if (file == -1) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          "memfd_create() failed");
            return -1;
        }
    }

    fd = fcntl(file, F_DUPFD_CLOEXEC, 0);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "fcntl() failed");
    }

    return fd;
}


/*
 * A lock belongs to an open file description, and those that the master opened
 * are shared by all its children, so we open the file once more.  Without /proc
 * we use a lock that belongs to the process, which lasts as long as nobody in
 * it closes the file.
 */

ngx_int_t
ngx_http_wsgw_lease_open(ngx_http_wsgw_process_t *process,
    ngx_log_t *log)
{
    int     fd;
    u_char  path[sizeof("/proc/self/fd/") + NGX_INT_T_LEN];

    fd = process->zone->descriptors->lock;

    ngx_sprintf(path, "/proc/self/fd/%d%Z", fd);

    process->lock = open((char *) path, O_RDWR|O_CLOEXEC);

    if (process->lock == -1) {
        ngx_log_error(NGX_LOG_INFO, log, ngx_errno,
                      "open() \"%s\" failed, using a lock of the process",
                      path);

        process->lock = fd;
        process->shared_lock = 1;

        ngx_http_wsgw_masters_attach();
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_lease_set(ngx_http_wsgw_process_t *process, uint32_t index,
    int type)
{
    return ngx_http_wsgw_flock_set(process->lock,
                         process->shared_lock ? F_SETLK : F_OFD_SETLK, type,
                         ngx_http_wsgw_lease_byte(process->zone->number,
                                                  index));
}


ngx_uint_t
ngx_http_wsgw_lease_owner_lives(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t owner)
{
    /* Nobody could inherit from what cannot be an owner. */

    if (owner.index >= ngx_http_wsgw_header(zone)->nworkers) {
        return 1;
    }

    if (ngx_http_wsgw_owner_has_ended(zone, owner)) {
        return 0;
    }

    if (zone->process && zone->process->self.index == owner.index) {
        return 1;
    }

    return ngx_http_wsgw_flock_holder(zone->descriptors->lock,
                                      ngx_http_wsgw_lease_byte(zone->number,
                                                               owner.index),
                                      1)
           != F_UNLCK;
}


/* The instance lives while any byte of its range is locked by a worker. */

ngx_uint_t
ngx_http_wsgw_lease_number_lives(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    return ngx_http_wsgw_flock_holder(zone->descriptors->lock,
                                      ngx_http_wsgw_lease_byte(number, 0),
                                      ngx_http_wsgw_lease_byte(1, 0))
           != F_UNLCK;
}
