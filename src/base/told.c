
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A master tells its workers by a channel, or by a signal of its own.  What a
 * terminal sends, it sends to the master as well.
 */


#include "base/told.h"

#include <signal.h>


static void ngx_http_wsgw_told_handler(int signo, siginfo_t *info, void *data);


static volatile sig_atomic_t  ngx_http_wsgw_told;

static struct sigaction       ngx_http_wsgw_told_nginx;


void
ngx_http_wsgw_told_watch(void)
{
    ngx_uint_t        i;
    struct sigaction  sa;

    static const int  signals[] = { SIGTERM, SIGINT, SIGQUIT };

    if (ngx_process != NGX_PROCESS_WORKER) {
        return;
    }

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {

        if (sigaction(signals[i], NULL, &sa) == -1
            || !(sa.sa_flags & SA_SIGINFO)
            || sa.sa_sigaction == ngx_http_wsgw_told_handler)
        {
            continue;
        }

        ngx_http_wsgw_told_nginx = sa;
        sa.sa_sigaction = ngx_http_wsgw_told_handler;

        (void) sigaction(signals[i], &sa, NULL);
    }
}


static void
ngx_http_wsgw_told_handler(int signo, siginfo_t *info, void *data)
{
    if (info && info->si_code <= 0 && info->si_pid != ngx_parent) {
        ngx_http_wsgw_told = 1;
    }

    ngx_http_wsgw_told_nginx.sa_sigaction(signo, info, data);
}


ngx_uint_t
ngx_http_wsgw_told_by_other(void)
{
    return ngx_http_wsgw_told != 0;
}
