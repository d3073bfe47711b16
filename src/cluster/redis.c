
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The one file that knows hiredis, and of hiredis the reader alone: versions
 * 0.14 and 1.x have it in common.  The reader calls us for each part of a
 * reply, so our limits are checked before there is memory for it.  A reply lies
 * in a pool of its own, which is reset when it has been dealt with.
 */


#include "cluster/redis.h"

#if (NGX_HTTP_WSGW_HIREDIS)
#include <hiredis/hiredis.h>
#endif


#define NGX_HTTP_WSGW_REDIS_DEPTH     4
#define NGX_HTTP_WSGW_REDIS_ELEMENTS  8192      /* of an array */
#define NGX_HTTP_WSGW_REDIS_PARTS     16384     /* of a reply */
#define NGX_HTTP_WSGW_REDIS_POOL      4096


size_t
ngx_http_wsgw_redis_size(ngx_uint_t n, ngx_str_t *words)
{
    size_t      size;
    ngx_uint_t  i;

    size = sizeof("*\r\n") + NGX_INT_T_LEN;

    for (i = 0; i < n; i++) {
        size += sizeof("$\r\n\r\n") + NGX_INT_T_LEN + words[i].len;
    }

    return size;
}


u_char *
ngx_http_wsgw_redis_write(u_char *p, ngx_uint_t n, ngx_str_t *words)
{
    ngx_uint_t  i;

    p = ngx_sprintf(p, "*%ui\r\n", n);

    for (i = 0; i < n; i++) {
        p = ngx_sprintf(p, "$%uz\r\n", words[i].len);
        p = ngx_cpymem(p, words[i].data, words[i].len);
        *p++ = '\r';
        *p++ = '\n';
    }

    return p;
}


ngx_uint_t
ngx_http_wsgw_redis_begins(ngx_http_wsgw_reply_t *reply, const char *word)
{
    return reply->type <= ngx_http_wsgw_reply_error
           && ngx_strncmp(reply->text.data, word, ngx_strlen(word)) == 0;
}


ngx_int_t
ngx_http_wsgw_redis_score(ngx_http_wsgw_reply_t *reply)
{
    if (reply->type == ngx_http_wsgw_reply_nil) {
        return NGX_DECLINED;
    }

    return reply->type == ngx_http_wsgw_reply_string
           && reply->text.len != 0
           && strspn((char *) reply->text.data, "0123456789.e+")
              == reply->text.len
           ? NGX_OK : NGX_ERROR;
}


#if (NGX_HTTP_WSGW_HIREDIS)

struct ngx_http_wsgw_redis_s {
    redisReader                   *reader;
    ngx_pool_t                    *pool;        /* of the reply */
    size_t                         max;         /* bytes of it */
    size_t                         fed;         /* since it began */
    ngx_uint_t                     parts;
    const char                    *error;
};


static void *ngx_http_wsgw_redis_string(const redisReadTask *task, char *p,
    size_t len);
#if (HIREDIS_MAJOR >= 1)
static void *ngx_http_wsgw_redis_array(const redisReadTask *task, size_t n);
static void *ngx_http_wsgw_redis_double(const redisReadTask *task,
    double value, char *p, size_t len);
static void *ngx_http_wsgw_redis_bool(const redisReadTask *task, int value);
#else
static void *ngx_http_wsgw_redis_array(const redisReadTask *task, int n);
#endif
static void *ngx_http_wsgw_redis_integer(const redisReadTask *task,
    long long value);
static void *ngx_http_wsgw_redis_nil(const redisReadTask *task);
static void ngx_http_wsgw_redis_free_part(void *part);
static ngx_http_wsgw_reply_t *ngx_http_wsgw_redis_part(
    const redisReadTask *task, ngx_http_wsgw_reply_e type);


/* Of RESP3 there is nothing: we never ask for it. */

static redisReplyObjectFunctions  ngx_http_wsgw_redis_functions = {
    .createString = ngx_http_wsgw_redis_string,
    .createArray = ngx_http_wsgw_redis_array,
    .createInteger = ngx_http_wsgw_redis_integer,
    .createNil = ngx_http_wsgw_redis_nil,
#if (HIREDIS_MAJOR >= 1)
    .createDouble = ngx_http_wsgw_redis_double,
    .createBool = ngx_http_wsgw_redis_bool,
#endif
    .freeObject = ngx_http_wsgw_redis_free_part
};


ngx_uint_t
ngx_http_wsgw_redis_is_built(void)
{
    return 1;
}


ngx_http_wsgw_redis_t *
ngx_http_wsgw_redis_create(size_t max, ngx_log_t *log)
{
    ngx_http_wsgw_redis_t  *redis;

    redis = ngx_calloc(sizeof(ngx_http_wsgw_redis_t), log);
    if (redis == NULL) {
        return NULL;
    }

    redis->max = max;
    redis->pool = ngx_create_pool(NGX_HTTP_WSGW_REDIS_POOL, log);
    redis->reader =
                redisReaderCreateWithFunctions(&ngx_http_wsgw_redis_functions);

    if (redis->pool == NULL || redis->reader == NULL) {
        ngx_http_wsgw_redis_free(redis);
        return NULL;
    }

    redis->reader->privdata = redis;

    return redis;
}


void
ngx_http_wsgw_redis_free(ngx_http_wsgw_redis_t *redis)
{
    if (redis->reader) {
        redisReaderFree(redis->reader);
    }

    if (redis->pool) {
        ngx_destroy_pool(redis->pool);
    }

    ngx_free(redis);
}


ngx_int_t
ngx_http_wsgw_redis_feed(ngx_http_wsgw_redis_t *redis, u_char *p, size_t n)
{
    redis->fed += n;

    return redisReaderFeed(redis->reader, (char *) p, n) == REDIS_OK
           ? NGX_OK : NGX_ERROR;
}


/* The pool is reset at the beginning: what is there is the last reply. */

ngx_int_t
ngx_http_wsgw_redis_next(ngx_http_wsgw_redis_t *redis,
    ngx_http_wsgw_reply_t **reply)
{
    void  *object;

    if (redis->parts && redis->reader->ridx == -1) {
        ngx_reset_pool(redis->pool);
        redis->parts = 0;
    }

    if (redisReaderGetReply(redis->reader, &object) != REDIS_OK) {
        return NGX_ERROR;
    }

    if (object == NULL) {

        if (redis->fed > redis->max) {
            redis->error = "the reply is too large";
            return NGX_ERROR;
        }

        return NGX_AGAIN;
    }

    redis->fed = redis->reader->len - redis->reader->pos;
    *reply = object;

    return NGX_OK;
}


const char *
ngx_http_wsgw_redis_error(ngx_http_wsgw_redis_t *redis)
{
    return redis->error ? redis->error : redis->reader->errstr;
}


static void *
ngx_http_wsgw_redis_string(const redisReadTask *task, char *p, size_t len)
{
    u_char                 *text;
    ngx_http_wsgw_reply_t  *reply;
    ngx_http_wsgw_redis_t  *redis;

    redis = task->privdata;

    if (task->type != REDIS_REPLY_STRING
        && task->type != REDIS_REPLY_STATUS
        && task->type != REDIS_REPLY_ERROR)
    {
        redis->error = "the reply is of an unknown type";
        return NULL;
    }

    if (len > redis->max) {
        redis->error = "the reply is too large";
        return NULL;
    }

    reply = ngx_http_wsgw_redis_part(task,
                                     task->type == REDIS_REPLY_ERROR
                                     ? ngx_http_wsgw_reply_error
                                     : ngx_http_wsgw_reply_string);
    if (reply == NULL) {
        return NULL;
    }

    text = ngx_pnalloc(redis->pool, len + 1);
    if (text == NULL) {
        return NULL;
    }

    ngx_memcpy(text, p, len);
    text[len] = '\0';

    reply->text.data = text;
    reply->text.len = len;

    return reply;
}


#if (HIREDIS_MAJOR >= 1)

static void *
ngx_http_wsgw_redis_array(const redisReadTask *task, size_t n)

#else

static void *
ngx_http_wsgw_redis_array(const redisReadTask *task, int n)

#endif
{
    ngx_uint_t              depth;
    const redisReadTask    *parent;
    ngx_http_wsgw_redis_t  *redis;
    ngx_http_wsgw_reply_t  *reply;

    redis = task->privdata;

    depth = 1;

    for (parent = task->parent; parent; parent = parent->parent) {
        depth++;
    }

    if (task->type != REDIS_REPLY_ARRAY
        || depth > NGX_HTTP_WSGW_REDIS_DEPTH
        || (uint64_t) n > NGX_HTTP_WSGW_REDIS_ELEMENTS)
    {
        redis->error = "the reply has too many elements, or too deep ones";
        return NULL;
    }

    reply = ngx_http_wsgw_redis_part(task, ngx_http_wsgw_reply_array);
    if (reply == NULL) {
        return NULL;
    }

    reply->element = ngx_pcalloc(redis->pool,
                                 n * sizeof(ngx_http_wsgw_reply_t *));
    if (reply->element == NULL) {
        return NULL;
    }

    reply->n = n;

    return reply;
}


static void *
ngx_http_wsgw_redis_integer(const redisReadTask *task, long long value)
{
    ngx_http_wsgw_reply_t  *reply;

    reply = ngx_http_wsgw_redis_part(task, ngx_http_wsgw_reply_integer);

    if (reply) {
        reply->integer = value;
    }

    return reply;
}


static void *
ngx_http_wsgw_redis_nil(const redisReadTask *task)
{
    return ngx_http_wsgw_redis_part(task, ngx_http_wsgw_reply_nil);
}


#if (HIREDIS_MAJOR >= 1)

static void *
ngx_http_wsgw_redis_double(const redisReadTask *task, double value, char *p,
    size_t len)
{
    return NULL;
}


static void *
ngx_http_wsgw_redis_bool(const redisReadTask *task, int value)
{
    return NULL;
}

#endif


/* It lies in the pool. */

static void
ngx_http_wsgw_redis_free_part(void *part)
{
    /* void */
}


/* NULL: the reader takes it for a lack of memory, and says so. */

static ngx_http_wsgw_reply_t *
ngx_http_wsgw_redis_part(const redisReadTask *task,
    ngx_http_wsgw_reply_e type)
{
    ngx_http_wsgw_redis_t  *redis;
    ngx_http_wsgw_reply_t  *reply, *parent;

    redis = task->privdata;

    if (redis->parts == NGX_HTTP_WSGW_REDIS_PARTS) {
        redis->error = "the reply has too many parts";
        return NULL;
    }

    reply = ngx_pcalloc(redis->pool, sizeof(ngx_http_wsgw_reply_t));
    if (reply == NULL) {
        return NULL;
    }

    redis->parts++;
    reply->type = type;

    if (task->parent) {
        parent = task->parent->obj;
        parent->element[task->idx] = reply;
    }

    return reply;
}


#else /* there is no hiredis */

ngx_uint_t
ngx_http_wsgw_redis_is_built(void)
{
    return 0;
}


ngx_http_wsgw_redis_t *
ngx_http_wsgw_redis_create(size_t max, ngx_log_t *log)
{
    return NULL;
}


void
ngx_http_wsgw_redis_free(ngx_http_wsgw_redis_t *redis)
{
    /* void */
}


ngx_int_t
ngx_http_wsgw_redis_feed(ngx_http_wsgw_redis_t *redis, u_char *p, size_t n)
{
    return NGX_ERROR;
}


ngx_int_t
ngx_http_wsgw_redis_next(ngx_http_wsgw_redis_t *redis,
    ngx_http_wsgw_reply_t **reply)
{
    return NGX_ERROR;
}


const char *
ngx_http_wsgw_redis_error(ngx_http_wsgw_redis_t *redis)
{
    return "there is no hiredis";
}

#endif
