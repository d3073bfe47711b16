
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Record locks.
 */


#include "base/flock.h"


static void ngx_http_wsgw_flock_init(struct flock *fl, int type, off_t start,
    off_t len);


ngx_int_t
ngx_http_wsgw_flock_set(int fd, int command, int type, off_t byte)
{
    struct flock  fl;

    ngx_http_wsgw_flock_init(&fl, type, byte, 1);

    return fcntl(fd, command, &fl) == -1 ? NGX_DECLINED : NGX_OK;
}


int
ngx_http_wsgw_flock_holder(int fd, off_t start, off_t len)
{
    struct flock  fl;

    /* A lock for writing is the one that every other lock stands against. */

    ngx_http_wsgw_flock_init(&fl, F_WRLCK, start, len);

    return fcntl(fd, F_OFD_GETLK, &fl) == -1 ? -1 : fl.l_type;
}


static void
ngx_http_wsgw_flock_init(struct flock *fl, int type, off_t start, off_t len)
{
    ngx_memzero(fl, sizeof(struct flock));

    fl->l_type = (short) type;
    fl->l_whence = SEEK_SET;
    fl->l_start = start;
    fl->l_len = len;
}
