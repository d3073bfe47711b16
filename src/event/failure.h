
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How an answer fails before anybody reads it, whatever it was to be.
 */


#ifndef _NGX_HTTP_WSGW_FAILURE_H_INCLUDED_
#define _NGX_HTTP_WSGW_FAILURE_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "invoke/invoke.h"


extern const char  ngx_http_wsgw_failure_too_large[];


/* what fails with either type of integration; NULL: there is an answer */
const char *ngx_http_wsgw_failure(ngx_http_wsgw_invoke_t *inv);

/* the same, and what says yes in the place of a backend, of which a handshake
   does not take it */
const char *ngx_http_wsgw_failure_to_admit(ngx_http_wsgw_invoke_t *inv);

/* NULL: the body is as it is, or in an encoding that nginx undoes; "note" is
   for the log line */
const char *ngx_http_wsgw_failure_encoded(ngx_http_wsgw_invoke_t *inv,
    ngx_str_t *note);


#endif /* _NGX_HTTP_WSGW_FAILURE_H_INCLUDED_ */
