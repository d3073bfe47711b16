
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message to all is asked of each instance, so the directory would be read
 * for each message.  It is read when its time of change is another one, or was
 * so recent at the last reading that a file may have come since without a trace
 * in it.
 */


#include "zone/siblings.h"
#include "zone/file.h"


#define NGX_HTTP_WSGW_SIBLINGS_SETTLED  2       /* s, more than a clock's tick
                                                   of any file system */


static ngx_uint_t ngx_http_wsgw_siblings_is_fresh(
    ngx_http_wsgw_siblings_t *siblings, struct stat *st);
static ngx_int_t ngx_http_wsgw_siblings_read(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_siblings_t *siblings);
static ngx_int_t ngx_http_wsgw_siblings_add(
    ngx_http_wsgw_siblings_t *siblings, uint32_t number);


ngx_http_wsgw_siblings_t *
ngx_http_wsgw_siblings(ngx_http_wsgw_zone_t *zone)
{
    struct stat                st;
    ngx_http_wsgw_siblings_t  *siblings;

    siblings = zone->process->siblings;

    if (siblings == NULL) {
        siblings = ngx_calloc(sizeof(ngx_http_wsgw_siblings_t),
                              ngx_cycle->log);
        if (siblings == NULL) {
            return NULL;
        }

        zone->process->siblings = siblings;
    }

    if (stat((char *) zone->state.data, &st) == -1) {
        return NULL;
    }

    if (ngx_http_wsgw_siblings_is_fresh(siblings, &st)) {
        return siblings;
    }

    siblings->changed = st.st_mtim;
    siblings->read_at = ngx_time();

    if (ngx_http_wsgw_siblings_read(zone, siblings) != NGX_OK) {
        siblings->read_at = 0;
        return NULL;
    }

    return siblings;
}


static ngx_uint_t
ngx_http_wsgw_siblings_is_fresh(ngx_http_wsgw_siblings_t *siblings,
    struct stat *st)
{
    return st->st_mtim.tv_sec == siblings->changed.tv_sec
           && st->st_mtim.tv_nsec == siblings->changed.tv_nsec
           && siblings->read_at - st->st_mtim.tv_sec
              > NGX_HTTP_WSGW_SIBLINGS_SETTLED;
}


static ngx_int_t
ngx_http_wsgw_siblings_read(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_siblings_t *siblings)
{
    DIR            *dir;
    ngx_int_t       rc, number;
    struct dirent  *de;

    dir = opendir((char *) zone->state.data);
    if (dir == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    siblings->n = 0;

    while (rc == NGX_OK && (de = readdir(dir)) != NULL) {

        number = ngx_http_wsgw_file_number(zone, de->d_name);

        if (number != NGX_ERROR
            && number != (ngx_int_t) zone->number
            && ngx_http_wsgw_file_lives(zone, (uint32_t) number))
        {
            rc = ngx_http_wsgw_siblings_add(siblings, (uint32_t) number);
        }
    }

    (void) closedir(dir);

    return rc;
}


static ngx_int_t
ngx_http_wsgw_siblings_add(ngx_http_wsgw_siblings_t *siblings,
    uint32_t number)
{
    uint32_t    *numbers;
    ngx_uint_t   room;

    if (siblings->n == siblings->room) {
        room = 2 * siblings->room + 4;

        numbers = ngx_alloc(room * sizeof(uint32_t), ngx_cycle->log);
        if (numbers == NULL) {
            return NGX_ERROR;
        }

        if (siblings->number) {
            ngx_memcpy(numbers, siblings->number,
                       siblings->n * sizeof(uint32_t));
            ngx_free(siblings->number);
        }

        siblings->number = numbers;
        siblings->room = room;
    }

    siblings->number[siblings->n++] = number;

    return NGX_OK;
}


void
ngx_http_wsgw_siblings_free(ngx_http_wsgw_process_t *process)
{
    if (process->siblings == NULL) {
        return;
    }

    if (process->siblings->number) {
        ngx_free(process->siblings->number);
    }

    ngx_free(process->siblings);
    process->siblings = NULL;
}
