
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Places where a test lets one process die: the one that removes the file of
 * the failpoint's name from the directory NGX_HTTP_WSGW_FAILPOINTS, a string
 * given when compiling.  Nothing is left of them in other builds.
 */


#ifndef _NGX_HTTP_WSGW_FAILPOINT_H_INCLUDED_
#define _NGX_HTTP_WSGW_FAILPOINT_H_INCLUDED_


#if defined(NGX_HTTP_WSGW_FAILPOINTS)

#include <signal.h>
#include <unistd.h>

#define ngx_http_wsgw_failpoint(name)                                         \
    if (unlink(NGX_HTTP_WSGW_FAILPOINTS "/" name) == 0) raise(SIGKILL)

#else

#define ngx_http_wsgw_failpoint(name)

#endif


#endif /* _NGX_HTTP_WSGW_FAILPOINT_H_INCLUDED_ */
