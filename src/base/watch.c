
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A descriptor of the master in the event loop.
 */


#include "base/watch.h"


ngx_connection_t *
ngx_http_wsgw_watch(int fd, ngx_event_handler_pt handler, void *data,
    ngx_log_t *log)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NULL;
    }

    c->data = data;
    c->log = ngx_cycle->log;

    c->read->handler = handler;
    c->read->log = c->log;
    c->write->log = c->log;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        return NULL;
    }

    return c;
}


void
ngx_http_wsgw_watch_end(ngx_connection_t *c)
{
    ngx_del_event(c->read, NGX_READ_EVENT, 0);
    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;
}
