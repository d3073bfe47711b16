
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who the client of an event is: the member "identity" of requestContext.
 */


#ifndef _NGX_HTTP_WSGW_IDENTITY_H_INCLUDED_
#define _NGX_HTTP_WSGW_IDENTITY_H_INCLUDED_


#include "ngx_http_wsgw.h"
#include "base/writer.h"


/* writes ,"identity":{..} */
void ngx_http_wsgw_identity(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_connection_t *wc);


#endif /* _NGX_HTTP_WSGW_IDENTITY_H_INCLUDED_ */
