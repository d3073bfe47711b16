
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The members of a group, for a lister.
 */


#ifndef _NGX_HTTP_WSGW_MEMBERS_H_INCLUDED_
#define _NGX_HTTP_WSGW_MEMBERS_H_INCLUDED_


#include "push/lister.h"


/* begins to ask; l->open is filled, or they are counted, when the survey is
   done, which the caller ends */
void ngx_http_wsgw_members(ngx_http_wsgw_lister_t *l);


#endif /* _NGX_HTTP_WSGW_MEMBERS_H_INCLUDED_ */
