
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The series of wsgw_status, which docs/monitoring.md lists: names, labels, and
 * where in the picture their numbers are.
 */


#ifndef _NGX_HTTP_WSGW_SERIES_H_INCLUDED_
#define _NGX_HTTP_WSGW_SERIES_H_INCLUDED_


#include "http/emit.h"
#include "http/picture.h"


/* where writing goes on; zeroed to begin with */

typedef struct {
    ngx_uint_t                     series;
    ngx_uint_t                     subject;     /* of these */
} ngx_http_wsgw_series_place_t;


/* writes them, for a fraction of a millisecond; NGX_AGAIN: there is more */
ngx_int_t ngx_http_wsgw_series_step(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture, ngx_http_wsgw_series_place_t *place);


#endif /* _NGX_HTTP_WSGW_SERIES_H_INCLUDED_ */
