
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


/* writes all of them */
void ngx_http_wsgw_series(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);


#endif /* _NGX_HTTP_WSGW_SERIES_H_INCLUDED_ */
