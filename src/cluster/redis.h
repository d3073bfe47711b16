
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Redis' protocol: commands as bytes, and bytes as replies.  The replies of a
 * server that is hostile, or no Redis at all, end in an error and take no more
 * memory than they may.
 */


#ifndef _NGX_HTTP_WSGW_REDIS_H_INCLUDED_
#define _NGX_HTTP_WSGW_REDIS_H_INCLUDED_


#include "ngx_http_wsgw.h"


typedef enum {
    ngx_http_wsgw_reply_string = 0,     /* a status is one, too */
    ngx_http_wsgw_reply_error,
    ngx_http_wsgw_reply_integer,
    ngx_http_wsgw_reply_nil,
    ngx_http_wsgw_reply_array
} ngx_http_wsgw_reply_e;


typedef struct ngx_http_wsgw_reply_s  ngx_http_wsgw_reply_t;

struct ngx_http_wsgw_reply_s {
    ngx_http_wsgw_reply_e          type;
    ngx_uint_t                     n;           /* of an array's elements */
    ngx_http_wsgw_reply_t        **element;
    int64_t                        integer;
    ngx_str_t                      text;        /* of a string or an error;
                                                   a zero follows it */
};


typedef struct ngx_http_wsgw_redis_s  ngx_http_wsgw_redis_t;


/* 1: this module was built with hiredis, else there are no replies */
ngx_uint_t ngx_http_wsgw_redis_is_built(void);

/* the bytes of a command, and how many they are */
size_t ngx_http_wsgw_redis_size(ngx_uint_t n, ngx_str_t *words);
u_char *ngx_http_wsgw_redis_write(u_char *p, ngx_uint_t n, ngx_str_t *words);

/* what reads replies of at most "max" bytes; NULL: no memory */
ngx_http_wsgw_redis_t *ngx_http_wsgw_redis_create(size_t max, ngx_log_t *log);
void ngx_http_wsgw_redis_free(ngx_http_wsgw_redis_t *redis);

/* takes bytes that have come, before the replies in them are asked for */
ngx_int_t ngx_http_wsgw_redis_feed(ngx_http_wsgw_redis_t *redis, u_char *p,
    size_t n);

/*
 * The next reply, which is there until the next call.  NGX_AGAIN: it has not
 * come yet; NGX_ERROR: what has come is none, or is too large.
 */
ngx_int_t ngx_http_wsgw_redis_next(ngx_http_wsgw_redis_t *redis,
    ngx_http_wsgw_reply_t **reply);

/* why it was an error */
const char *ngx_http_wsgw_redis_error(ngx_http_wsgw_redis_t *redis);

/* 1: the reply is a string or an error that begins so */
ngx_uint_t ngx_http_wsgw_redis_begins(ngx_http_wsgw_reply_t *reply,
    const char *word);

/* of ZSCORE.  NGX_OK: there is one; NGX_DECLINED: there is none; NGX_ERROR: the
   reply is neither */
ngx_int_t ngx_http_wsgw_redis_score(ngx_http_wsgw_reply_t *reply);


#endif /* _NGX_HTTP_WSGW_REDIS_H_INCLUDED_ */
