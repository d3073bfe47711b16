/*
 * A stream of a Redis that may be hostile: whatever it is cut into, the replies
 * are the same, none is deeper or has more parts than it may, and none takes
 * much more memory than it may have bytes.
 */

#include "fuzz.h"
#include "cluster/redis.h"


#define MAX    65536
#define DEPTH  4
#define PARTS  16384


/* pools that hide nothing from the sanitizers, and say how much they hold */

typedef struct piece_s  piece_t;

struct piece_s {
    piece_t        *next;
    max_align_t     data[];
};


static size_t       held;
static ngx_pool_t   the_pool;
static piece_t     *pieces;


volatile ngx_cycle_t  *ngx_cycle;


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    (void) log;

    return calloc(1, size);
}


ngx_pool_t *
ngx_create_pool(size_t size, ngx_log_t *log)
{
    (void) size;
    (void) log;

    fuzz_check(pieces == NULL);

    return &the_pool;
}


void
ngx_reset_pool(ngx_pool_t *pool)
{
    piece_t  *next;

    (void) pool;

    for ( /* void */ ; pieces; pieces = next) {
        next = pieces->next;
        free(pieces);
    }

    held = 0;
}


void
ngx_destroy_pool(ngx_pool_t *pool)
{
    ngx_reset_pool(pool);
}


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    piece_t  *piece;

    (void) pool;

    held += size;
    fuzz_check(held <= 2 * MAX + PARTS * sizeof(ngx_http_wsgw_reply_t)
                       + PARTS * sizeof(void *));

    piece = malloc(sizeof(piece_t) + size);
    fuzz_check(piece != NULL);

    piece->next = pieces;
    pieces = piece;

    return piece->data;
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    void  *p;

    p = ngx_pnalloc(pool, size);
    memset(p, 0, size);

    return p;
}


u_char *
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    (void) fmt;

    return buf;
}


/* a hash of all that it says */

static uint64_t
walk(ngx_http_wsgw_reply_t *reply, unsigned depth)
{
    size_t    i;
    uint64_t  hash;

    fuzz_check(depth <= DEPTH + 1);
    fuzz_check(reply != NULL);

    hash = (uint64_t) reply->type * 31 + 1;

    switch (reply->type) {

    case ngx_http_wsgw_reply_string:
    case ngx_http_wsgw_reply_error:

        fuzz_check(reply->text.data[reply->text.len] == '\0');

        for (i = 0; i < reply->text.len; i++) {
            hash = hash * 131 + reply->text.data[i];
        }

        (void) ngx_http_wsgw_redis_begins(reply, "MOVED ");
        break;

    case ngx_http_wsgw_reply_integer:
        hash = hash * 131 + (uint64_t) reply->integer;
        break;

    case ngx_http_wsgw_reply_nil:
        break;

    case ngx_http_wsgw_reply_array:

        for (i = 0; i < reply->n; i++) {
            hash = hash * 131 + walk(reply->element[i], depth + 1);
        }

        break;
    }

    return hash;
}


/* The hash of all replies, and how it ended. */

static uint64_t
play(const uint8_t *data, size_t size, size_t portion)
{
    size_t                  n;
    uint8_t                *copy;
    uint64_t                hash;
    ngx_int_t               rc;
    ngx_http_wsgw_reply_t  *reply;
    ngx_http_wsgw_redis_t  *redis;

    redis = ngx_http_wsgw_redis_create(MAX, NULL);
    fuzz_check(redis != NULL);

    hash = 7;
    rc = NGX_AGAIN;

    while (size != 0 && rc == NGX_AGAIN) {
        n = size < portion ? size : portion;

        copy = malloc(n);
        fuzz_check(copy != NULL);
        memcpy(copy, data, n);

        rc = ngx_http_wsgw_redis_feed(redis, copy, n);
        free(copy);

        data += n;
        size -= n;

        while (rc == NGX_OK) {
            rc = ngx_http_wsgw_redis_next(redis, &reply);

            if (rc == NGX_OK) {
                hash = hash * 1000003 + walk(reply, 0);
            }
        }
    }

    if (rc == NGX_ERROR) {
        fuzz_check(ngx_http_wsgw_redis_error(redis) != NULL);
        hash++;
    }

    ngx_http_wsgw_redis_free(redis);
    fuzz_check(pieces == NULL);

    return hash;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t  whole;

    if (size == 0) {
        return 0;
    }

    whole = play(data, size, size);

    fuzz_check(play(data, size, 1) == whole);
    fuzz_check(play(data, size, data[0] % 17 + 2) == whole);

    return 0;
}
