
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Series written as text: Prometheus' format, OpenMetrics or JSON.
 */


#ifndef _NGX_HTTP_WSGW_EMIT_H_INCLUDED_
#define _NGX_HTTP_WSGW_EMIT_H_INCLUDED_


#include "base/writer.h"


typedef enum {
    ngx_http_wsgw_emit_prometheus = 0,
    ngx_http_wsgw_emit_openmetrics,
    ngx_http_wsgw_emit_json
} ngx_http_wsgw_emit_format_e;


typedef enum {
    ngx_http_wsgw_emit_counter = 0,
    ngx_http_wsgw_emit_gauge,
    ngx_http_wsgw_emit_histogram
} ngx_http_wsgw_emit_type_e;


typedef struct {
    const char                    *name;
    ngx_http_wsgw_emit_type_e      type;
    const char                    *help;
} ngx_http_wsgw_emit_family_t;


typedef struct {
    const char                    *name;
    ngx_str_t                      value;
} ngx_http_wsgw_emit_label_t;


#define NGX_HTTP_WSGW_EMIT_LABELS  6

typedef struct {
    ngx_http_wsgw_writer_t         w;
    ngx_http_wsgw_emit_format_e    format;
    const ngx_http_wsgw_emit_family_t
                                  *family;      /* NULL: none yet */
    ngx_uint_t                     first;       /* of its samples is next */

    /* of the next sample */

    ngx_http_wsgw_emit_label_t     labels[NGX_HTTP_WSGW_EMIT_LABELS];
    ngx_uint_t                     nlabels;
} ngx_http_wsgw_emit_t;


void ngx_http_wsgw_emit_init(ngx_http_wsgw_emit_t *e, ngx_pool_t *pool,
    ngx_http_wsgw_emit_format_e format);

/* the text of it all; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_emit_finish(ngx_http_wsgw_emit_t *e, ngx_str_t *text);

/* what follows are samples of this family */
void ngx_http_wsgw_emit_family(ngx_http_wsgw_emit_t *e,
    const ngx_http_wsgw_emit_family_t *family);

/* a label of the samples that follow, until "nlabels" is less */
void ngx_http_wsgw_emit_label(ngx_http_wsgw_emit_t *e, const char *name,
    ngx_str_t *value);
void ngx_http_wsgw_emit_word(ngx_http_wsgw_emit_t *e, const char *name,
    const char *value);

void ngx_http_wsgw_emit_value(ngx_http_wsgw_emit_t *e, uint64_t value);

/* in seconds, with three digits */
void ngx_http_wsgw_emit_ms(ngx_http_wsgw_emit_t *e, uint64_t ms);

/* "counts" has a word for each bound, one for what is more, and the sum, in
   ms; or it is NULL.  The bounds are in 1/scale seconds. */
void ngx_http_wsgw_emit_times(ngx_http_wsgw_emit_t *e, const uint32_t *bounds,
    ngx_uint_t n, ngx_uint_t scale, const uint64_t *counts);


#endif /* _NGX_HTTP_WSGW_EMIT_H_INCLUDED_ */
