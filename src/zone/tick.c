
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Letters.  The sender writes one into chunks of its own stripes and pushes
 * it onto the mailbox of the target, a stack; the target takes all of it by
 * one exchange, handles the letters in the order they came, and pushes each
 * back onto the mailbox of its sender, who alone frees its memory.
 *
 *     POSTED --target--> TAKEN --target--> DONE, with a status
 *        \---sender, after 5 s--> CANCELLED
 *
 * A target that dies loses the letters it had taken from its mailbox.  Each
 * worker slot counts the drains it has finished: when two more are done than
 * right after posting, a letter is back in the sender's mailbox or lost.
 */


#include "zone/tick.h"
#include "base/watch.h"
#include "zone/chunk.h"
#include "zone/heir.h"
#include "zone/letter.h"
#include "zone/reclaim.h"


#define NGX_HTTP_WSGW_TICK        1000          /* ms, as the next */
#define NGX_HTTP_WSGW_PATIENCE    5000


static void ngx_http_wsgw_tick_check(ngx_http_wsgw_letter_t *letter);
static void ngx_http_wsgw_tick_wake_handler(ngx_event_t *rev);
static void ngx_http_wsgw_tick_timer_handler(ngx_event_t *ev);


/* once a second for each letter that is out for longer */

static void
ngx_http_wsgw_tick_check(ngx_http_wsgw_letter_t *letter)
{
    void                          *data;
    uint32_t                       drains, posted;
    ngx_str_t                      answer;
    ngx_uint_t                     status;
    ngx_http_wsgw_process_t       *process;
    ngx_http_wsgw_letter_head_t   *head;
    ngx_http_wsgw_letter_done_pt   done;

    process = letter->process;
    done = letter->done;
    data = letter->data;

    ngx_str_null(&answer);

    if (letter->overdue) {

        /* the target died with it, and so did the connection */

        ngx_http_wsgw_letter_release(letter);
        status = NGX_HTTP_WSGW_GONE;
        goto tell;
    }

    drains = __atomic_load_n(&ngx_http_wsgw_worker_slot(process->zone,
                                                        letter->target)->drains,
                             __ATOMIC_ACQUIRE);

    if (drains - letter->drains >= 2) {
        letter->overdue = 1;

    } else {
        (void) ngx_http_wsgw_heir_bury(process, letter->target);
    }

    if (ngx_current_msec - letter->posted < NGX_HTTP_WSGW_PATIENCE) {
        return;
    }

    posted = NGX_HTTP_WSGW_POSTED;
    head = ngx_http_wsgw_chunk(process, letter->chunk);

    (void) __atomic_compare_exchange_n(&head->word, &posted,
                                       NGX_HTTP_WSGW_CANCELLED, 0,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);

    ngx_http_wsgw_letter_cancel(letter);
    status = NGX_HTTP_SERVICE_UNAVAILABLE;

tell:

    if (done) {
        done(data, status, &answer);
    }
}


ngx_int_t
ngx_http_wsgw_tick_start(ngx_http_wsgw_zone_t *zone, ngx_log_t *log)
{
    int                       fd;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;
    fd = zone->descriptors->wake[process->self.index];

    process->wake = ngx_http_wsgw_watch(fd, ngx_http_wsgw_tick_wake_handler,
                                        process, log);
    if (process->wake == NULL) {
        return NGX_ERROR;
    }

    process->timer.handler = ngx_http_wsgw_tick_timer_handler;
    process->timer.data = process;
    process->timer.log = process->wake->log;
    process->timer.cancelable = 1;

    ngx_add_timer(&process->timer, NGX_HTTP_WSGW_TICK);

    return NGX_OK;
}


void
ngx_http_wsgw_tick_stop(ngx_http_wsgw_zone_t *zone)
{
    ngx_queue_t              *q;
    ngx_http_wsgw_letter_t   *letter;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (process->wake == NULL) {
        return;
    }

    for (q = ngx_queue_head(&process->sent);
         q != ngx_queue_sentinel(&process->sent);
         q = ngx_queue_next(q))
    {
        letter = ngx_queue_data(q, ngx_http_wsgw_letter_t, queue);
        ngx_http_wsgw_letter_cancel(letter);
    }

    ngx_http_wsgw_letter_drain(process, process->self.index);

    /* those that are still out stay in the zone, with a dead owner */

    while (!ngx_queue_empty(&process->sent)) {
        q = ngx_queue_head(&process->sent);
        letter = ngx_queue_data(q, ngx_http_wsgw_letter_t, queue);

        ngx_queue_remove(q);
        ngx_free(letter);
    }

    ngx_del_timer(&process->timer);

    ngx_http_wsgw_watch_end(process->wake);
    process->wake = NULL;
}


static void
ngx_http_wsgw_tick_wake_handler(ngx_event_t *rev)
{
    uint64_t                  n;
    ngx_connection_t         *c;
    ngx_http_wsgw_process_t  *process;

    c = rev->data;
    process = c->data;

    /* first: a letter that comes from here on wakes us again */

    if (read(c->fd, &n, sizeof(n)) == -1 && ngx_errno != NGX_EAGAIN) {
        ngx_log_error(NGX_LOG_ALERT, c->log, ngx_errno,
                      "read() from eventfd failed");
    }

    ngx_http_wsgw_letter_drain(process, process->self.index);

    /* so nginx tells each connection that worker_shutdown_timeout is over */

    if (c->close) {
        process->hurried = 1;
        process->sweep.cancelable = 1;
    }
}


/* who woke us may have died before it could; targets may die with letters */

static void
ngx_http_wsgw_tick_timer_handler(ngx_event_t *ev)
{
    ngx_queue_t              *q, *next;
    ngx_http_wsgw_letter_t   *letter;
    ngx_http_wsgw_process_t  *process;

    process = ev->data;

    ngx_http_wsgw_letter_drain(process, process->self.index);

    for (q = ngx_queue_head(&process->sent);
         q != ngx_queue_sentinel(&process->sent);
         q = next)
    {
        next = ngx_queue_next(q);
        letter = ngx_queue_data(q, ngx_http_wsgw_letter_t, queue);

        if (ngx_current_msec - letter->posted < NGX_HTTP_WSGW_TICK) {
            break;
        }

        ngx_http_wsgw_tick_check(letter);
    }

    ngx_http_wsgw_reclaim(process);

    ngx_add_timer(ev, NGX_HTTP_WSGW_TICK);
}
