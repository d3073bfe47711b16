
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Masters share an anonymous file, which the first one makes and each new
 * binary inherits: the environment says which descriptor it is.  Each master
 * locks a byte of it through a description of its own, which its workers
 * inherit and a new binary does not.  So the byte stays locked while one of
 * them lives, however it ends, and no worker needs the right to read a file.
 */


#include "zone/masters.h"
#include "base/flock.h"

#include <sys/mman.h>


#define NGX_HTTP_WSGW_MASTERS        "WSGW_MASTERS"
#define NGX_HTTP_WSGW_MASTERS_TEXT   128
#define NGX_HTTP_WSGW_MASTERS_FIRST  2
#define NGX_HTTP_WSGW_MASTERS_LAST   63


static ngx_int_t ngx_http_wsgw_masters_open(ngx_log_t *log);
static ngx_int_t ngx_http_wsgw_masters_take_byte(ngx_log_t *log);
static ngx_int_t ngx_http_wsgw_masters_export(ngx_conf_t *cf);
static void ngx_http_wsgw_masters_free_text(void *data);
static void ngx_http_wsgw_masters_text(char *text, int fd);
static ngx_uint_t ngx_http_wsgw_masters_is_locked(off_t start, off_t len);
static ngx_int_t ngx_http_wsgw_masters_lock(int command, int type);


static struct {
    int                            file;        /* a new binary inherits it */
    int                            own;         /* it does not inherit this */
    ngx_uint_t                     shared;      /* both are the same */
    off_t                          byte;        /* that we lock */
} ngx_http_wsgw_masters = { -1, -1, 0, NGX_HTTP_WSGW_MASTERS_FIRST };


ngx_int_t
ngx_http_wsgw_masters_join(ngx_conf_t *cf)
{
    if (ngx_test_config || ngx_process == NGX_PROCESS_SIGNALLER) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_masters.file == -1
        && (ngx_http_wsgw_masters_open(cf->log) != NGX_OK
            || ngx_http_wsgw_masters_take_byte(cf->log) != NGX_OK))
    {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_masters_export(cf);
}


/* A variable that does not come from a master says nothing. */

static ngx_int_t
ngx_http_wsgw_masters_open(ngx_log_t *log)
{
    int    fd;
    char  *value, text[NGX_HTTP_WSGW_MASTERS_TEXT];

    value = getenv(NGX_HTTP_WSGW_MASTERS);

    if (value) {
        fd = (int) strtol(value, NULL, 10);
        ngx_http_wsgw_masters_text(text, fd);

        if (ngx_strcmp(text + sizeof(NGX_HTTP_WSGW_MASTERS), value) == 0) {
            ngx_http_wsgw_masters.file = fd;
            return NGX_OK;
        }

        if (ngx_inherited) {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "the descriptor that " NGX_HTTP_WSGW_MASTERS
                          " \"%s\" names is not inherited from the old binary",
                          value);
            return NGX_ERROR;
        }
    }

    ngx_http_wsgw_masters.file = memfd_create("wsgw masters", 0);

    if (ngx_http_wsgw_masters.file == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "memfd_create() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Takes the first byte that no other master has. */

static ngx_int_t
ngx_http_wsgw_masters_take_byte(ngx_log_t *log)
{
    char  path[sizeof("/proc/self/fd/") + NGX_INT_T_LEN];

    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d",
                    ngx_http_wsgw_masters.file);

    ngx_http_wsgw_masters.own = open(path, O_RDWR|O_CLOEXEC);

    if (ngx_http_wsgw_masters.own == -1) {
        ngx_log_error(NGX_LOG_INFO, log, ngx_errno,
                      "open() \"%s\" failed, each worker takes a lock", path);

        ngx_http_wsgw_masters.own = ngx_http_wsgw_masters.file;
        ngx_http_wsgw_masters.shared = 1;
    }

    while (ngx_http_wsgw_masters_is_locked(ngx_http_wsgw_masters.byte, 1)
           && ngx_http_wsgw_masters.byte < NGX_HTTP_WSGW_MASTERS_LAST)
    {
        ngx_http_wsgw_masters.byte++;
    }

    if (!ngx_http_wsgw_masters.shared
        && ngx_http_wsgw_masters_lock(F_OFD_SETLK, F_WRLCK) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "fcntl() of the masters' file failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * A worker's environ points to the text when the module is unloaded and the
 * cycle's pool is gone, and destructors of libraries read it: so it is neither
 * the module's nor the pool's.
 */

static ngx_int_t
ngx_http_wsgw_masters_export(ngx_conf_t *cf)
{
    char                *text;
    ngx_str_t           *variable;
    ngx_core_conf_t     *ccf;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    text = ngx_alloc(NGX_HTTP_WSGW_MASTERS_TEXT, cf->log);
    if (text == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_masters_text(text, ngx_http_wsgw_masters.file);

    cln->handler = ngx_http_wsgw_masters_free_text;
    cln->data = text;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);

    variable = ngx_array_push(&ccf->env);
    if (variable == NULL) {
        return NGX_ERROR;
    }

    /* nginx takes the name's length for that of a variable with a value */

    variable->data = (u_char *) text;
    variable->len = sizeof(NGX_HTTP_WSGW_MASTERS) - 1;

    return NGX_OK;
}


/* A process that exits still uses it: then it is left, as nginx leaves its
   own. */

static void
ngx_http_wsgw_masters_free_text(void *data)
{
    char  **p;

    for (p = environ; *p; p++) {
        if (*p == data) {
            return;
        }
    }

    ngx_free(data);
}


/* The inode tells whether the descriptor of that number still is ours. */

static void
ngx_http_wsgw_masters_text(char *text, int fd)
{
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        ngx_memzero(&st, sizeof(struct stat));
    }

    (void) snprintf(text, NGX_HTTP_WSGW_MASTERS_TEXT,
                    NGX_HTTP_WSGW_MASTERS "=%d:%llu:%llu", fd,
                    (unsigned long long) st.st_dev,
                    (unsigned long long) st.st_ino);
}


void
ngx_http_wsgw_masters_attach(void)
{
    if (ngx_http_wsgw_masters.shared) {
        (void) ngx_http_wsgw_masters_lock(F_SETLK, F_RDLCK);
    }
}


ngx_uint_t
ngx_http_wsgw_masters_others(void)
{
    off_t  own;

    own = ngx_http_wsgw_masters.byte;

    return ngx_http_wsgw_masters_is_locked(0, own)
           || ngx_http_wsgw_masters_is_locked(own + 1,
                                              NGX_HTTP_WSGW_MASTERS_LAST);
}


static ngx_uint_t
ngx_http_wsgw_masters_is_locked(off_t start, off_t len)
{
    return ngx_http_wsgw_flock_holder(ngx_http_wsgw_masters.own, start, len)
           != F_UNLCK;
}


static ngx_int_t
ngx_http_wsgw_masters_lock(int command, int type)
{
    return ngx_http_wsgw_flock_set(ngx_http_wsgw_masters.own, command, type,
                                   ngx_http_wsgw_masters.byte);
}
