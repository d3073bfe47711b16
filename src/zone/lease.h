
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who lives: a record lock on a byte of a file, one for each worker slot of an
 * instance.  The slot's owner holds it as long as it lives, and after that who
 * inherits from it, for a moment.
 */


#ifndef _NGX_HTTP_WSGW_LEASE_H_INCLUDED_
#define _NGX_HTTP_WSGW_LEASE_H_INCLUDED_


#include "zone/zone.h"


/*
 * A descriptor for the caller of the file in which all zones of this master,
 * but for those in files of their own, have their locks; -1: none, logged.  The
 * master keeps it for its life: a zone that one reload takes away and another
 * brings back sees who lives in the former.
 */
int ngx_http_wsgw_lease_file(ngx_log_t *log);

/* 1 if a connection of that owner may still exist */
ngx_uint_t ngx_http_wsgw_lease_owner_lives(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t owner);

/* 1 if a worker of the instance of that number may still exist, in any zone of
   that lock */
ngx_uint_t ngx_http_wsgw_lease_number_lives(ngx_http_wsgw_zone_t *zone,
    uint32_t number);

/* opens the file for the locks of this process, before any is set */
ngx_int_t ngx_http_wsgw_lease_open(ngx_http_wsgw_process_t *process,
    ngx_log_t *log);

/* locks (F_WRLCK) or unlocks a worker slot; NGX_DECLINED: another holds it */
ngx_int_t ngx_http_wsgw_lease_set(ngx_http_wsgw_process_t *process,
    uint32_t index, int type);


#endif /* _NGX_HTTP_WSGW_LEASE_H_INCLUDED_ */
