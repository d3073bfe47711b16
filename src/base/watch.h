
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A descriptor of the master in the event loop.
 */


#ifndef _NGX_HTTP_WSGW_WATCH_H_INCLUDED_
#define _NGX_HTTP_WSGW_WATCH_H_INCLUDED_


#include "ngx_http_wsgw.h"


/*
 * Calls the handler when fd can be read, with an event whose data is the
 * connection that is returned, whose data is "data".  NULL: an error, which was
 * logged.  fd stays open when the watch ends.
 */
ngx_connection_t *ngx_http_wsgw_watch(int fd, ngx_event_handler_pt handler,
    void *data, ngx_log_t *log);
void ngx_http_wsgw_watch_end(ngx_connection_t *c);


#endif /* _NGX_HTTP_WSGW_WATCH_H_INCLUDED_ */
