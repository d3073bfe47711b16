
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A zone's number: drawn, taken, and from its first id on kept.
 *
 * The file of an instance that lives may be removed, and nobody finds its lock
 * any more.  So the number is locked in the directory, too: a byte of its
 * inode, through a description that the master's children inherit.  A directory
 * that cannot be locked, as in some file systems, leaves it to the file.
 */


#include "zone/number.h"
#include "base/flock.h"
#include "base/hash.h"
#include "base/random.h"


static int ngx_http_wsgw_number_open(ngx_http_wsgw_zone_t *zone);
static ngx_uint_t ngx_http_wsgw_number_is_locked(ngx_http_wsgw_zone_t *zone,
    int fd, uint32_t number);
static off_t ngx_http_wsgw_number_byte(ngx_http_wsgw_zone_t *zone,
    uint32_t number);


ngx_int_t
ngx_http_wsgw_number_draw(uint32_t *number)
{
    uint64_t  random;

    if (ngx_http_wsgw_random(&random) != NGX_OK) {
        return NGX_ERROR;
    }

    *number = (uint32_t) random & NGX_HTTP_WSGW_NUMBER;

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_number_take(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_descriptors_t  *d;

    d = zone->descriptors;

    if (d->directory == -1) {
        d->directory = ngx_http_wsgw_number_open(zone);
    }

    if (d->directory == -1) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_number_is_locked(zone, d->directory, zone->number)) {
        return NGX_DECLINED;
    }

    /* Who may write to a directory can open it for reading alone. */

    if (ngx_http_wsgw_flock_set(d->directory, F_OFD_SETLK, F_RDLCK,
                                ngx_http_wsgw_number_byte(zone, zone->number))
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_INFO, zone->shm_zone->shm.log, ngx_errno,
                      "fcntl() \"%V\" failed", &zone->state);
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_wsgw_number_is_taken(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    int         fd;
    ngx_uint_t  locked;

    fd = ngx_http_wsgw_number_open(zone);
    if (fd == -1) {
        return 0;
    }

    locked = ngx_http_wsgw_number_is_locked(zone, fd, number);

    (void) close(fd);

    return locked;
}


/*
 * Dying before the CAS, no id was made.  Dying after it, the number stays for
 * one that nobody will ever have.
 */

uint16_t
ngx_http_wsgw_number_issue(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                 word;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    word = __atomic_load_n(&h->number, __ATOMIC_ACQUIRE);

    while (!(word & NGX_HTTP_WSGW_NUMBER_ISSUED)
           && !__atomic_compare_exchange_n(&h->number, &word,
                                           word | NGX_HTTP_WSGW_NUMBER_ISSUED,
                                           0, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE))
    {
        /* void */
    }

    return word & NGX_HTTP_WSGW_NUMBER_REGISTERED
           ? NGX_HTTP_WSGW_SLOT_REGISTERED : 0;
}


void
ngx_http_wsgw_number_register(ngx_http_wsgw_zone_t *zone,
    ngx_uint_t registered)
{
    uint32_t                 word, new;
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(zone);

    word = __atomic_load_n(&h->number, __ATOMIC_ACQUIRE);

    do {
        new = registered ? word | NGX_HTTP_WSGW_NUMBER_REGISTERED
                         : word & ~NGX_HTTP_WSGW_NUMBER_REGISTERED;

    } while (!__atomic_compare_exchange_n(&h->number, &word, new, 0,
                                          __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
}


ngx_uint_t
ngx_http_wsgw_number_is_registered(ngx_http_wsgw_zone_t *zone)
{
    return (__atomic_load_n(&ngx_http_wsgw_header(zone)->number,
                            __ATOMIC_ACQUIRE)
            & NGX_HTTP_WSGW_NUMBER_REGISTERED)
           != 0;
}


static int
ngx_http_wsgw_number_open(ngx_http_wsgw_zone_t *zone)
{
    return open((char *) zone->state.data, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
}


static ngx_uint_t
ngx_http_wsgw_number_is_locked(ngx_http_wsgw_zone_t *zone, int fd,
    uint32_t number)
{
    return ngx_http_wsgw_flock_holder(fd,
                                      ngx_http_wsgw_number_byte(zone, number),
                                      1)
           == F_RDLCK;
}


/* Zones of several names may share a directory. */

static off_t
ngx_http_wsgw_number_byte(ngx_http_wsgw_zone_t *zone, uint32_t number)
{
    uint64_t  hash;

    hash = ngx_http_wsgw_hash(NGX_HTTP_WSGW_HASH_EMPTY, &zone->name);

    return (off_t) (hash % ((uint64_t) 1 << 39) << 23) + number;
}
