
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A page of the members of a group, or their number.
 */


#ifndef _NGX_HTTP_WSGW_MEMBERS_H_INCLUDED_
#define _NGX_HTTP_WSGW_MEMBERS_H_INCLUDED_


#include "http/details.h"


/* fills l->open, or counts; l->found is called then, unless the answer is that
   nobody knows now */
void ngx_http_wsgw_members(ngx_http_wsgw_listing_t *l);


#endif /* _NGX_HTTP_WSGW_MEMBERS_H_INCLUDED_ */
