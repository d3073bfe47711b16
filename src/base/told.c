
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A master tells its workers by a channel, or by a signal of its own.  What a
 * terminal sends, it sends to the master as well.
 */


#include "base/told.h"

#include <poll.h>
#include <signal.h>

#include <ngx_channel.h>


#define NGX_HTTP_WSGW_TOLD_WAIT  1000           /* ms */


static void ngx_http_wsgw_told_handler(int signo, siginfo_t *info, void *data);
static ngx_uint_t ngx_http_wsgw_told_word_waits(void);
static ngx_uint_t ngx_http_wsgw_told_by_master(void);


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


/*
 * Whom the master has told before ends with it, whoever says so again.  Its
 * word may wait in the channel, which the loop reads before the process ends.
 */

static void
ngx_http_wsgw_told_handler(int signo, siginfo_t *info, void *data)
{
    if (info && info->si_code <= 0 && info->si_pid != ngx_parent
        && !ngx_terminate && !ngx_quit && !ngx_exiting
        && !ngx_http_wsgw_told_word_waits())
    {
        ngx_http_wsgw_told = 1;
    }

    ngx_http_wsgw_told_nginx.sa_sigaction(signo, info, data);
}


/* in a signal handler */

static ngx_uint_t
ngx_http_wsgw_told_word_waits(void)
{
    ssize_t        n;
    ngx_err_t      err;
    ngx_channel_t  ch;

    err = ngx_errno;

    n = recv(ngx_channel, &ch, sizeof(ngx_channel_t), MSG_PEEK|MSG_DONTWAIT);

    ngx_set_errno(err);

    return n == (ssize_t) sizeof(ngx_channel_t)
           && (ch.command == NGX_CMD_TERMINATE || ch.command == NGX_CMD_QUIT);
}


ngx_uint_t
ngx_http_wsgw_told_by_other(void)
{
    return ngx_http_wsgw_told && !ngx_http_wsgw_told_by_master();
}


/*
 * Who ends all processes of a group, as systemd does with those of a unit, has
 * told the master, too, which then tells us.  A channel without one ends.
 */

static ngx_uint_t
ngx_http_wsgw_told_by_master(void)
{
    ngx_channel_t  ch;
    struct pollfd  pfd;

    pfd.fd = ngx_channel;
    pfd.events = POLLIN;

    while (poll(&pfd, 1, NGX_HTTP_WSGW_TOLD_WAIT) == 1) {

        if (ngx_read_channel(ngx_channel, &ch, sizeof(ngx_channel_t),
                             ngx_cycle->log)
            <= 0
            || ch.command == NGX_CMD_TERMINATE
            || ch.command == NGX_CMD_QUIT)
        {
            return 1;
        }
    }

    return 0;
}
