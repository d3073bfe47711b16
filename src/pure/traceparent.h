
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The id of a trace, read from what is told of it in headers.
 */


#ifndef _WSGW_TRACEPARENT_H_INCLUDED_
#define _WSGW_TRACEPARENT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "pure/result.h"


#define WSGW_TRACEPARENT_ID    32       /* digits of a trace's id, */
#define WSGW_TRACEPARENT_SPAN  16       /* of a span's, */
#define WSGW_TRACEPARENT_KEPT  34       /* of a trace's id and two of flags */
#define WSGW_TRACEPARENT_LEN   55       /* "00-TRACE-SPAN-FLAGS" */


/*
 * Reads a "traceparent" (W3C Trace Context, 3.2): the trace's id, and "01" if
 * the trace is sampled, else "00".  WSGW_ERROR: it is none, and nothing is
 * written.
 */
int wsgw_traceparent_read(const uint8_t *p, size_t len,
    uint8_t kept[WSGW_TRACEPARENT_KEPT]);

/* the same of an "X-Amzn-Trace-Id", whose "Root=1-SSSSSSSS-UUU..." has the
   digits of an id; the id alone is written */
int wsgw_traceparent_root(const uint8_t *p, size_t len,
    uint8_t id[WSGW_TRACEPARENT_ID]);


#endif /* _WSGW_TRACEPARENT_H_INCLUDED_ */
