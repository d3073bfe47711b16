
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_sigv4 and the file that it names.
 */


#ifndef _NGX_HTTP_WSGW_KEYFILE_H_INCLUDED_
#define _NGX_HTTP_WSGW_KEYFILE_H_INCLUDED_


#include "ngx_http_wsgw.h"


/* the setter */
char *ngx_http_wsgw_keyfile(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_HTTP_WSGW_KEYFILE_H_INCLUDED_ */
