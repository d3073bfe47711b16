
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The clock of the day, in ms since the epoch.  It may be set back.
 */


#ifndef _NGX_HTTP_WSGW_CLOCK_H_INCLUDED_
#define _NGX_HTTP_WSGW_CLOCK_H_INCLUDED_


#include "ngx_http_wsgw.h"


static ngx_inline uint64_t
ngx_http_wsgw_clock(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


/* how long ago that was, or 0 */

static ngx_inline uint64_t
ngx_http_wsgw_clock_since(uint64_t then)
{
    uint64_t  now;

    now = ngx_http_wsgw_clock();

    return now - ngx_min(now, then);
}


#endif /* _NGX_HTTP_WSGW_CLOCK_H_INCLUDED_ */
