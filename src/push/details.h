
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What only the owners of a page's connections know of them, for a lister.
 */


#ifndef _NGX_HTTP_WSGW_DETAILS_H_INCLUDED_
#define _NGX_HTTP_WSGW_DETAILS_H_INCLUDED_


#include "push/lister.h"


/* begins to ask the owners; l->entry is filled when the survey is done, which
   the caller ends.  NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_details(ngx_http_wsgw_lister_t *l);

/* takes a field of what is known of the connection of that entry; texts are
   copied to the pool */
void ngx_http_wsgw_details_field(ngx_pool_t *pool,
    ngx_http_wsgw_lister_entry_t *entry, wsgw_wire_field_t *f);


#endif /* _NGX_HTTP_WSGW_DETAILS_H_INCLUDED_ */
