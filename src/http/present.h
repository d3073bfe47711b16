
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The series of wsgw_status that are looked at rather than counted.
 */


#ifndef _NGX_HTTP_WSGW_PRESENT_H_INCLUDED_
#define _NGX_HTTP_WSGW_PRESENT_H_INCLUDED_


#include "http/emit.h"
#include "http/picture.h"


/* writes what there is once, or once for each zone, worker or stage */
void ngx_http_wsgw_present(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);

/* the labels of a stage or route, until e->nlabels is 0 */
void ngx_http_wsgw_present_subject(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_subject_numbers_t *numbers);


#endif /* _NGX_HTTP_WSGW_PRESENT_H_INCLUDED_ */
