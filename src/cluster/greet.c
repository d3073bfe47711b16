
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * HELLO logs in, names the connection and asks what the server is, all at once.
 */


#include "cluster/greet.h"


ngx_int_t
ngx_http_wsgw_greet(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_cluster_t *cluster, uint32_t worker)
{
    u_char      secret[NGX_HTTP_WSGW_GREET_PASSWORD + 1], *name;
    ssize_t     n;
    ngx_int_t   rc;
    ngx_str_t   words[7], *word;

    name = ngx_alloc(cluster->name.len + sizeof("wsgw--") + NGX_INT_T_LEN,
                     ngx_cycle->log);
    if (name == NULL) {
        return NGX_DECLINED;
    }

    word = words;

    ngx_str_set(word, "HELLO");
    word++;
    ngx_str_set(word, "2");
    word++;

    /* The file is read at each connect, so that a password can be changed.  A
       worker that may not read it uses what the master has read. */

    if (cluster->password_file.len) {
        ngx_str_set(word, "AUTH");
        word++;

        *word = dial->server->user;

        if (word->len == 0) {
            ngx_str_set(word, "default");
        }

        word++;

        n = ngx_http_wsgw_greet_password(&cluster->password_file, secret);

        *word = cluster->password;

        if (n > 0) {
            word->data = secret;
            word->len = n;
        }

        word++;
    }

    ngx_str_set(word, "SETNAME");
    word++;

    word->data = name;
    word->len = ngx_sprintf(name, "wsgw-%V-%uD", &cluster->name, worker)
                - name;
    word++;

    rc = ngx_http_wsgw_dial_command(dial, word - words, words);

    ngx_free(name);
    ngx_explicit_memzero(secret, sizeof(secret));

    return rc;
}


ssize_t
ngx_http_wsgw_greet_password(ngx_str_t *file, u_char *buf)
{
    int      fd;
    ssize_t  n;

    fd = open((char *) file->data, O_RDONLY|O_NONBLOCK|O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    n = read(fd, buf, NGX_HTTP_WSGW_GREET_PASSWORD + 1);

    (void) close(fd);

    while (n > 0 && (buf[n - 1] == LF || buf[n - 1] == CR)) {
        n--;
    }

    /* Of a longer file the rest has not been read. */

    if (n > NGX_HTTP_WSGW_GREET_PASSWORD
        || (n > 0 && ngx_strlchr(buf, buf + n, LF)))
    {
        return 0;
    }

    return n;
}


/* names and values in turn; what we do not know is skipped */

ngx_int_t
ngx_http_wsgw_greet_read(ngx_http_wsgw_reply_t *reply, ngx_uint_t *sharded,
    u_char *why)
{
    u_char                  *last;
    ngx_uint_t               i;
    ngx_http_wsgw_reply_t   *name, *value, *role;

    last = why + NGX_HTTP_WSGW_GREET_WHY - 1;
    role = NULL;
    *sharded = 0;

    if (reply->type == ngx_http_wsgw_reply_error) {

        if (ngx_http_wsgw_redis_begins(reply, "ERR unknown command")) {
            *ngx_cpymem(why, "it is older than Redis 6.0",
                        sizeof("it is older than Redis 6.0") - 1) = '\0';

        } else if (ngx_http_wsgw_redis_begins(reply, "NOAUTH")) {
            *ngx_snprintf(why, last - why, "it wants a password, write "
                          "\"password_file=FILE\"; %V", &reply->text) = '\0';

        } else {
            *ngx_snprintf(why, last - why, "%V", &reply->text) = '\0';
        }

        return NGX_ERROR;
    }

    for (i = 0;
         reply->type == ngx_http_wsgw_reply_array && i + 1 < reply->n;
         i += 2)
    {
        name = reply->element[i];
        value = reply->element[i + 1];

        if (name->type != ngx_http_wsgw_reply_string
            || value->type != ngx_http_wsgw_reply_string)
        {
            continue;
        }

        if (ngx_strcmp(name->text.data, "role") == 0) {
            role = value;

        } else if (ngx_strcmp(name->text.data, "mode") == 0) {
            *sharded = ngx_strcmp(value->text.data, "cluster") == 0;

            if (ngx_strcmp(value->text.data, "sentinel") == 0) {
                *ngx_snprintf(why, last - why, "it is a Sentinel, write the "
                              "addresses of the Redis servers that it "
                              "watches") = '\0';
                return NGX_ERROR;
            }
        }
    }

    if (role == NULL) {
        *ngx_snprintf(why, last - why, "it is no Redis") = '\0';
        return NGX_ERROR;
    }

    if (ngx_strcmp(role->text.data, "master") != 0) {
        *ngx_snprintf(why, last - why, "it is a %V now", &role->text) = '\0';
        return NGX_ERROR;
    }

    return NGX_OK;
}
