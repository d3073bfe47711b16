
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who touches a page of a mapped file that is gone gets a SIGBUS.  Then the
 * process gets memory of its own in place of all pages from there on, and goes
 * on: its connections live, but others do not see any more what it writes, so
 * nobody comes in and pushes are 503.
 */


#include "zone/fault.h"

#include <signal.h>
#include <sys/mman.h>


/* The handler may read the list: nobody changes it while touching a zone. */

typedef struct ngx_http_wsgw_fault_s  ngx_http_wsgw_fault_t;

struct ngx_http_wsgw_fault_s {
    ngx_http_wsgw_fault_t         *next;
    u_char                        *map;
    size_t                         size;
    ngx_http_wsgw_header_t         header;
    volatile sig_atomic_t          found;
};


static ngx_int_t ngx_http_wsgw_fault_catch(ngx_log_t *log);
static void ngx_http_wsgw_fault_handler(int signo, siginfo_t *info,
    void *context);
static ngx_int_t ngx_http_wsgw_fault_replace(u_char *page);


static ngx_http_wsgw_fault_t  *ngx_http_wsgw_faults;
static struct sigaction        ngx_http_wsgw_fault_former;


ngx_int_t
ngx_http_wsgw_fault_watch(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_header_t *h, ngx_log_t *log)
{
    ngx_http_wsgw_fault_t  *fault;

    if (ngx_http_wsgw_fault_catch(log) != NGX_OK) {
        return NGX_ERROR;
    }

    fault = ngx_calloc(sizeof(ngx_http_wsgw_fault_t), log);
    if (fault == NULL) {
        return NGX_ERROR;
    }

    fault->map = zone->descriptors->map;
    fault->size = zone->descriptors->size;
    fault->header = *h;

    fault->next = ngx_http_wsgw_faults;
    ngx_http_wsgw_faults = fault;

    return NGX_OK;
}


/* The signal is ours as long as there is a zone to watch. */

static ngx_int_t
ngx_http_wsgw_fault_catch(ngx_log_t *log)
{
    struct sigaction  sa;

    if (ngx_http_wsgw_faults) {
        return NGX_OK;
    }

    ngx_memzero(&sa, sizeof(struct sigaction));

    sa.sa_sigaction = ngx_http_wsgw_fault_handler;
    sa.sa_flags = SA_SIGINFO;
    sigemptyset(&sa.sa_mask);

    if (sigaction(SIGBUS, &sa, &ngx_http_wsgw_fault_former) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "sigaction(SIGBUS) failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_wsgw_fault_unwatch(u_char *map)
{
    ngx_http_wsgw_fault_t  *fault, **p;

    for (p = &ngx_http_wsgw_faults; *p; p = &(*p)->next) {
        fault = *p;

        if (fault->map == map) {
            *p = fault->next;
            ngx_free(fault);
            break;
        }
    }

    if (ngx_http_wsgw_faults == NULL) {
        (void) sigaction(SIGBUS, &ngx_http_wsgw_fault_former, NULL);
    }
}


ngx_uint_t
ngx_http_wsgw_fault_found(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_fault_t  *fault;

    for (fault = ngx_http_wsgw_faults; fault; fault = fault->next) {
        if (fault->map == zone->descriptors->map) {
            return fault->found;
        }
    }

    return 0;
}


/* A fault that is none of ours happens again, and ends the process. */

static void
ngx_http_wsgw_fault_handler(int signo, siginfo_t *info, void *context)
{
    u_char     *page;
    ngx_err_t   err;

    err = ngx_errno;
    page = (u_char *) ((uintptr_t) info->si_addr
                       & ~((uintptr_t) ngx_pagesize - 1));

    if (ngx_http_wsgw_fault_replace(page) != NGX_OK) {
        (void) sigaction(SIGBUS, &ngx_http_wsgw_fault_former, NULL);
    }

    ngx_set_errno(err);
}


static ngx_int_t
ngx_http_wsgw_fault_replace(u_char *page)
{
    u_char                 *end;
    ngx_http_wsgw_fault_t  *fault;

    for (fault = ngx_http_wsgw_faults; fault; fault = fault->next) {
        end = fault->map + fault->size;

        if (page < fault->map || page >= end) {
            continue;
        }

        if (mmap(page, end - page, PROT_READ|PROT_WRITE,
                 MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            == MAP_FAILED)
        {
            return NGX_ERROR;
        }

        if (page == fault->map) {
            *(ngx_http_wsgw_header_t *) (void *) page = fault->header;
        }

        fault->found = 1;

        return NGX_OK;
    }

    return NGX_DECLINED;
}
