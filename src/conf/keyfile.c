
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * wsgw_sigv4 and the file that it names: KEY:SECRET a line.  What is wrong
 * with a line is told without the line, as it may be a secret.
 */


#include "conf/keyfile.h"
#include "base/text.h"
#include "conf/arg.h"
#include "http/keys.h"

#include <sys/stat.h>


#define NGX_HTTP_WSGW_KEYFILE_SKEW  300             /* seconds, as AWS's */
#define NGX_HTTP_WSGW_KEYFILE_MAX   (1024 * 1024)   /* bytes */


/* a file while it is read */

typedef struct {
    ngx_conf_t                    *cf;
    ngx_str_t                      name;
    ngx_str_t                      text;
    ngx_uint_t                     line;
    ngx_http_wsgw_keys_t          *keys;
} ngx_http_wsgw_keyfile_t;


static ngx_int_t ngx_http_wsgw_keyfile_skew(ngx_conf_t *cf,
    ngx_http_wsgw_keys_t *keys);
static ngx_int_t ngx_http_wsgw_keyfile_open(ngx_http_wsgw_keyfile_t *kf);
static ngx_int_t ngx_http_wsgw_keyfile_read(ngx_http_wsgw_keyfile_t *kf,
    ngx_fd_t fd);
static ngx_int_t ngx_http_wsgw_keyfile_lines(ngx_http_wsgw_keyfile_t *kf);
static ngx_int_t ngx_http_wsgw_keyfile_line(ngx_http_wsgw_keyfile_t *kf,
    u_char *p, u_char *last);
static ngx_int_t ngx_http_wsgw_keyfile_sort(ngx_http_wsgw_keyfile_t *kf);
static ngx_uint_t ngx_http_wsgw_keyfile_is_id(ngx_str_t *id);
static ngx_uint_t ngx_http_wsgw_keyfile_is_secret(ngx_str_t *secret);


/* wsgw_sigv4 FILE [skew=TIME] | off */

char *
ngx_http_wsgw_keyfile(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wsgw_loc_conf_t  *wlcf = conf;

    ngx_str_t                *value;
    ngx_http_wsgw_keys_t     *keys;
    ngx_http_wsgw_keyfile_t   kf;

    if (wlcf->keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_http_wsgw_text_is(&value[1], "off")) {
        wlcf->keys = NULL;
        return NGX_CONF_OK;
    }

    if (!ngx_http_wsgw_sha256_is_there()) {
        return "needs an nginx that was built with TLS "
               "(--with-http_ssl_module), which has HMAC-SHA256";
    }

    keys = ngx_pcalloc(cf->pool, sizeof(ngx_http_wsgw_keys_t));
    if (keys == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wsgw_keyfile_skew(cf, keys) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&kf, sizeof(ngx_http_wsgw_keyfile_t));

    kf.cf = cf;
    kf.name = value[1];
    kf.keys = keys;

    if (ngx_conf_full_name(cf->cycle, &kf.name, 1) != NGX_OK
        || ngx_http_wsgw_keyfile_open(&kf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    wlcf->keys = keys;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wsgw_keyfile_skew(ngx_conf_t *cf, ngx_http_wsgw_keys_t *keys)
{
    ngx_str_t   *value, skew;
    ngx_msec_t   time;

    keys->skew = NGX_HTTP_WSGW_KEYFILE_SKEW;

    if (cf->args->nelts == 2) {
        return NGX_OK;
    }

    value = cf->args->elts;

    if (!ngx_http_wsgw_arg_param(&value[2], "skew=", &skew)) {
        return ngx_http_wsgw_arg_invalid(cf, &value[2], "wsgw_sigv4 FILE "
                                         "[skew=TIME]");
    }

    time = ngx_http_wsgw_arg_time(cf, &skew);

    if (time == NGX_CONF_UNSET_MSEC) {
        return NGX_ERROR;
    }

    if (time < 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is too short: clocks differ, and without "
                           "a limit a call could be repeated for ever; write "
                           "at least \"skew=1s\"", &value[2]);
        return NGX_ERROR;
    }

    keys->skew = time / 1000;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_keyfile_open(ngx_http_wsgw_keyfile_t *kf)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    /* a pipe would wait for its writer */

    fd = ngx_open_file(kf->name.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &kf->name);
        return NGX_ERROR;
    }

    rc = ngx_http_wsgw_keyfile_read(kf, fd);

    (void) ngx_close_file(fd);

    if (rc != NGX_OK || ngx_http_wsgw_keyfile_lines(kf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wsgw_keyfile_sort(kf);
}


static ngx_int_t
ngx_http_wsgw_keyfile_read(ngx_http_wsgw_keyfile_t *kf, ngx_fd_t fd)
{
    off_t            size;
    ssize_t          n;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", &kf->name);
        return NGX_ERROR;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, 0,
                           "\"%V\" is no regular file", &kf->name);
        return NGX_ERROR;
    }

    if (ngx_file_access(&fi) & (S_IROTH|S_IWOTH)) {
        ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, 0,
                           "\"%V\" has secrets and can be read or written by "
                           "everybody; \"chmod o= %V\"", &kf->name, &kf->name);
        return NGX_ERROR;
    }

    size = ngx_file_size(&fi);

    if (size > NGX_HTTP_WSGW_KEYFILE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, 0,
                           "\"%V\" has %O bytes, at most %d are read",
                           &kf->name, size, NGX_HTTP_WSGW_KEYFILE_MAX);
        return NGX_ERROR;
    }

    kf->text.data = ngx_http_wsgw_keys_pages(kf->cf->pool, kf->cf->log,
                                             (size_t) size + 1);
    if (kf->text.data == NULL) {
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, kf->text.data, (size_t) size);

    if (n != (ssize_t) size) {
        ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, n == -1 ? ngx_errno : 0,
                           ngx_read_fd_n " \"%V\" returned %z instead of %O",
                           &kf->name, n, size);
        return NGX_ERROR;
    }

    kf->text.len = (size_t) size;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_keyfile_lines(ngx_http_wsgw_keyfile_t *kf)
{
    size_t   i, lines;
    u_char  *p, *end, *last;

    /* one for what follows the last newline, one for nobody */

    lines = 2;

    for (i = 0; i < kf->text.len; i++) {
        lines += (kf->text.data[i] == LF);
    }

    kf->keys->keys = ngx_http_wsgw_keys_pages(kf->cf->pool, kf->cf->log,
                                         lines * sizeof(ngx_http_wsgw_key_t));
    if (kf->keys->keys == NULL) {
        return NGX_ERROR;
    }

    last = kf->text.data + kf->text.len;

    for (p = kf->text.data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, LF);
        if (end == NULL) {
            end = last;
        }

        kf->line++;

        if (ngx_http_wsgw_keyfile_line(kf, p, end) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (kf->keys->n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, 0,
                           "\"%V\" has no key, so that nobody could call; "
                           "a line is KEY:SECRET", &kf->name);
        return NGX_ERROR;
    }

    kf->keys->nobody = &kf->keys->keys[kf->keys->n];
    ngx_str_set(&kf->keys->nobody->secret,
                "one of the length that AWS's secrets have");

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_keyfile_line(ngx_http_wsgw_keyfile_t *kf, u_char *p, u_char *last)
{
    u_char               *colon;
    const char           *what;
    ngx_http_wsgw_key_t  *key;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (p == last || *p == '#') {
        return NGX_OK;
    }

    colon = ngx_strlchr(p, last, ':');

    if (colon == NULL) {
        what = "has no colon, it is KEY:SECRET";
        goto malformed;
    }

    key = &kf->keys->keys[kf->keys->n];

    key->id.data = p;
    key->id.len = colon - p;
    key->secret.data = colon + 1;
    key->secret.len = last - key->secret.data;

    if (!ngx_http_wsgw_keyfile_is_id(&key->id)) {
        what = "has no key of 1 to 128 letters, digits, \"_\", \"-\", \".\", "
               "\"+\" and \"@\" in front of the first colon";
        goto malformed;
    }

    if (!ngx_http_wsgw_keyfile_is_secret(&key->secret)) {
        what = "has no secret of 1 to 256 bytes behind the first colon, "
               "without blanks and control characters, a carriage return "
               "included";
        goto malformed;
    }

    kf->keys->n++;

    return NGX_OK;

malformed:

    ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, 0, "line %ui of \"%V\" %s",
                       kf->line, &kf->name, what);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_keyfile_sort(ngx_http_wsgw_keyfile_t *kf)
{
    u_char               *p;
    ngx_uint_t            line;
    ngx_http_wsgw_key_t  *key;

    key = ngx_http_wsgw_keys_sort(kf->keys);

    if (key == NULL) {
        return NGX_OK;
    }

    line = 1;

    for (p = kf->text.data; p < key->id.data; p++) {
        line += (*p == LF);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, kf->cf, 0,
                       "line %ui of \"%V\" has a key that is in it twice, "
                       "\"%V\"", line, &kf->name, &key->id);

    return NGX_ERROR;
}


/* what stands in a Credential, in an ARN and in a log as it is */

static ngx_uint_t
ngx_http_wsgw_keyfile_is_id(ngx_str_t *id)
{
    size_t  i;

    for (i = 0; i < id->len; i++) {
        if (!ngx_http_wsgw_arg_alnum(id->data[i])
            && ngx_strchr("_-.+@", id->data[i]) == NULL)
        {
            return 0;
        }
    }

    return id->len > 0 && id->len <= WSGW_SIGV4_KEY_MAX;
}


static ngx_uint_t
ngx_http_wsgw_keyfile_is_secret(ngx_str_t *secret)
{
    size_t  i;

    for (i = 0; i < secret->len; i++) {
        if (ngx_http_wsgw_is_control(secret->data[i])
            || secret->data[i] == ' ')
        {
            return 0;
        }
    }

    return secret->len > 0 && secret->len <= NGX_HTTP_WSGW_KEYS_SECRET_MAX;
}
