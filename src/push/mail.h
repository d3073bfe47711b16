
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A push to a connection of another worker: by letter.
 */


#ifndef _NGX_HTTP_WSGW_MAIL_H_INCLUDED_
#define _NGX_HTTP_WSGW_MAIL_H_INCLUDED_


#include "push/push.h"


extern ngx_http_wsgw_transport_t  ngx_http_wsgw_mail;


/* the other end, in the owner: an ngx_http_wsgw_letter_pt */
wsgw_outcome_t ngx_http_wsgw_mail_deliver(ngx_http_wsgw_zone_t *zone,
    ngx_str_t *letter, ngx_str_t *answer);


#endif /* _NGX_HTTP_WSGW_MAIL_H_INCLUDED_ */
