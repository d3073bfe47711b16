
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The verbs of a push, in the process that has the connection.
 */


#ifndef _NGX_HTTP_WSGW_HERE_H_INCLUDED_
#define _NGX_HTTP_WSGW_HERE_H_INCLUDED_


#include "push/push.h"


typedef struct {

    /* carries it out and returns the outcome; it may end the connection */
    wsgw_outcome_t               (*run)(ngx_http_wsgw_push_t *push,
                                        ngx_http_wsgw_connection_t *wc);

    size_t                         room;        /* of what it finds out, as a
                                                   RESULT; 0: nothing */
} ngx_http_wsgw_here_verb_t;


extern ngx_http_wsgw_transport_t  ngx_http_wsgw_here;


/* NULL: it is no verb of a push */
const ngx_http_wsgw_here_verb_t *ngx_http_wsgw_here_verb(ngx_uint_t verb);

/* NULL: this process has no connection of that id, or it is ending */
ngx_http_wsgw_connection_t *ngx_http_wsgw_here_find(ngx_http_wsgw_zone_t *zone,
    wsgw_id_t *id);

/* of a connection of this process; the groups are valid until the next call */
ngx_http_wsgw_known_t ngx_http_wsgw_here_known(ngx_http_wsgw_connection_t *wc);

/* sets push->outcome: GONE if this process has no such connection */
void ngx_http_wsgw_here_run(ngx_http_wsgw_push_t *push);


#endif /* _NGX_HTTP_WSGW_HERE_H_INCLUDED_ */
