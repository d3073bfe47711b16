
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Random numbers of the operating system.
 */


#include "base/random.h"

#include <sys/random.h>


/*
 * They are asked for in batches, of 256 bytes: as many come whole, whatever
 * signal comes meanwhile (getrandom(2)).  A child inherits what is left of its
 * parent's batch and must not use it, so the process is checked.
 */

ngx_int_t
ngx_http_wsgw_random(uint64_t *value)
{
    static uint64_t    batch[32];
    static ngx_pid_t   pid;
    static ngx_uint_t  left;

    if (left == 0 || pid != ngx_pid) {

        if (getrandom(batch, sizeof(batch), 0) != (ssize_t) sizeof(batch)) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                          "getrandom() failed");
            return NGX_ERROR;
        }

        left = sizeof(batch) / sizeof(batch[0]);
        pid = ngx_pid;
    }

    *value = batch[--left];
    batch[left] = 0;

    return NGX_OK;
}
