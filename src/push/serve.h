
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The owner's end of a push from elsewhere, whatever brought the question.
 */


#ifndef _NGX_HTTP_WSGW_SERVE_H_INCLUDED_
#define _NGX_HTTP_WSGW_SERVE_H_INCLUDED_


#include "push/question.h"
#include "push/whole.h"


typedef struct ngx_http_wsgw_serve_s  ngx_http_wsgw_serve_t;

struct ngx_http_wsgw_serve_s {
    ngx_http_wsgw_zone_t          *zone;

    /* NULL, or who asked: then the RESULT is for it */
    ngx_http_wsgw_asker_t         *asker;

    /* called once: before serve() returns, or from the event loop */
    void                         (*done)(ngx_http_wsgw_serve_t *serve);
    void                          *data;

    /* readable in done: two parts of one envelope; the first is empty if there
       was no memory for it */
    ngx_str_t                      result;
    ngx_str_t                      more;

    /* private */
    ngx_http_wsgw_push_t           push;
    ngx_http_wsgw_whole_t          whole;
    u_char                         buf[NGX_HTTP_WSGW_QUESTION_RESULT];
};


/*
 * Carries out a question, which need not stay when this has returned.
 * NGX_ERROR: it is none, or not for this instance; nothing was done, and done
 * is not called.
 */
ngx_int_t ngx_http_wsgw_serve(ngx_http_wsgw_serve_t *serve,
    ngx_str_t *question);


#endif /* _NGX_HTTP_WSGW_SERVE_H_INCLUDED_ */
