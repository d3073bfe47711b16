
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What only its owner knows of a connection, as it is told.
 */


#ifndef _NGX_HTTP_WSGW_KNOWN_H_INCLUDED_
#define _NGX_HTTP_WSGW_KNOWN_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "pure/wire.h"


typedef struct {
    uint64_t                       last_active_at;  /* ms since 1970 */
    ngx_str_t                      source_ip;
    ngx_str_t                      user_agent;
    ngx_str_t                      groups;      /* commas between them */
} ngx_http_wsgw_known_t;


void ngx_http_wsgw_known_write(ngx_http_wsgw_known_t *known,
    wsgw_wire_writer_t *w);

/* takes a field, if it is one of these; texts stay where they are */
void ngx_http_wsgw_known_read(ngx_http_wsgw_known_t *known,
    wsgw_wire_field_t *f);


#endif /* _NGX_HTTP_WSGW_KNOWN_H_INCLUDED_ */
