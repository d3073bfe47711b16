
/*
 * Copyright (C) 2026 the wsgw authors
 */


#ifndef _NGX_HTTP_WSGW_ABI_H_INCLUDED_
#define _NGX_HTTP_WSGW_ABI_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* After the servers are configured.  NGX_ERROR: this nginx's structs are not
   those of the headers that we were compiled against; it is logged. */
ngx_int_t ngx_http_wsgw_abi_check(ngx_conf_t *cf);


#endif /* _NGX_HTTP_WSGW_ABI_H_INCLUDED_ */
