
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Record locks.  A lock ends with the process that took it, however that ends:
 * so the bytes of a file can say who lives.
 */


#ifndef _NGX_HTTP_WSGW_FLOCK_H_INCLUDED_
#define _NGX_HTTP_WSGW_FLOCK_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * Sets the lock of one byte to F_RDLCK, F_WRLCK or F_UNLCK.  It belongs to the
 * open file description with F_OFD_SETLK as the command, and to the process
 * with F_SETLK.  NGX_DECLINED: ngx_errno says why, EAGAIN or EACCES that
 * somebody else holds the byte.
 */
ngx_int_t ngx_http_wsgw_flock_set(int fd, int command, int type, off_t byte);

/*
 * The type of a lock of either kind that another description or process holds
 * on one of the bytes: F_RDLCK, F_WRLCK, or F_UNLCK if nobody holds any.  An
 * error is -1, which proves nothing: callers take it for a lock.
 */
int ngx_http_wsgw_flock_holder(int fd, off_t start, off_t len);


#endif /* _NGX_HTTP_WSGW_FLOCK_H_INCLUDED_ */
