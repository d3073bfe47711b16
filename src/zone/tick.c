
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * When letters are looked at: at once, if the sender wakes us, and once a
 * second, as who was to wake us may have died before it could.
 *
 * A letter that is out, as its sender sees it at each tick:
 *
 *     out ------ its target's mailbox has had a whole drain ------> overdue
 *     overdue -- our own mailbox has been drained -----------------> lost
 *     out ------ five seconds are over ---------------------------> given up
 *
 * In a whole drain that began after the letter was posted the target has taken
 * it, and has either pushed it back or died.  If it died, who resets its worker
 * slot drains the mailbox twice in its place.  So an overdue letter lies in our
 * mailbox or is lost, and if our next drain does not bring it, it is lost: the
 * target is dead, and so is the connection.
 *
 * One that was given up is still out, so its memory is not free; a parcel's is,
 * or many could wait for one target that stands still.
 */


#include "zone/tick.h"
#include "base/block.h"
#include "base/watch.h"
#include "zone/chunk.h"
#include "zone/heir.h"
#include "zone/letter.h"
#include "zone/meter.h"
#include "zone/reclaim.h"


#define NGX_HTTP_WSGW_TICK        1000          /* ms, as the next */
#define NGX_HTTP_WSGW_PATIENCE    5000


static void ngx_http_wsgw_tick_check(ngx_http_wsgw_letter_t *letter);
static void ngx_http_wsgw_tick_look_after(ngx_http_wsgw_letter_t *letter);
static void ngx_http_wsgw_tick_give_up(ngx_http_wsgw_letter_t *letter);
static void ngx_http_wsgw_tick_wake_handler(ngx_event_t *rev);
static void ngx_http_wsgw_tick_timer_handler(ngx_event_t *ev);


/* Called for each letter that is out for a tick, after our mailbox's drain. */

static void
ngx_http_wsgw_tick_check(ngx_http_wsgw_letter_t *letter)
{
    void                          *data;
    ngx_str_t                      answer;
    wsgw_outcome_t                 outcome;
    ngx_http_wsgw_letter_done_pt   done;

    done = letter->done;
    data = letter->data;

    if (letter->overdue) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "wsgw letter:%uD lost", letter->chunk);

        ngx_http_wsgw_letter_release(letter);
        outcome = WSGW_OUTCOME_GONE;

    } else {
        ngx_http_wsgw_tick_look_after(letter);

        if (ngx_current_msec - letter->posted < NGX_HTTP_WSGW_PATIENCE) {
            return;
        }

        ngx_http_wsgw_tick_give_up(letter);
        outcome = WSGW_OUTCOME_UNKNOWN;
    }

    if (done) {
        ngx_str_null(&answer);
        done(data, outcome, &answer);
    }
}


/* A target that is dead drains nothing: who buries it does, us if need be. */

static void
ngx_http_wsgw_tick_look_after(ngx_http_wsgw_letter_t *letter)
{
    if (ngx_http_wsgw_letter_is_drained(letter->process->zone, letter->target,
                                        letter->drains))
    {
        letter->overdue = 1;
        return;
    }

    (void) ngx_http_wsgw_heir_bury(letter->process, letter->target);
}


/* A target that has not taken the letter yet will not deliver it any more, nor
   read what it has in common with others. */

static void
ngx_http_wsgw_tick_give_up(ngx_http_wsgw_letter_t *letter)
{
    uint32_t                      posted;
    ngx_http_wsgw_letter_head_t  *head;

    posted = NGX_HTTP_WSGW_POSTED;
    head = ngx_http_wsgw_chunk(letter->process, letter->chunk);

    if (__atomic_compare_exchange_n(&head->word, &posted,
                                    NGX_HTTP_WSGW_CANCELLED, 0,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    {
        ngx_http_wsgw_letter_forget_parcel(letter);
    }

    if (letter->done) {
        ngx_http_wsgw_meter_count(&letter->process->meter, worker,
                                  ngx_http_wsgw_worker_letters_timeout);

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "wsgw letter:%uD given up, word:%xD",
                       letter->chunk, head->word);
    }

    ngx_http_wsgw_letter_cancel(letter);
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

    /* Letters that are still out stay in the zone, with a dead sender. */

    ngx_del_timer(&process->timer);

    ngx_http_wsgw_watch_end(process->wake);
    process->wake = NULL;
}


static void
ngx_http_wsgw_tick_wake_handler(ngx_event_t *rev)
{
    ngx_connection_t         *c;
    ngx_http_wsgw_process_t  *process;

    c = rev->data;
    process = c->data;

    /* The eventfd is not read: each write is an edge, and its counter does not
       fill up in the life of a machine. */

    ngx_http_wsgw_letter_drain(process, process->self.index);

    /* This is how nginx says that worker_shutdown_timeout is over. */

    if (c->close) {
        process->hurried = 1;
        process->sweep.cancelable = 1;
    }
}


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

        /* The others were posted later. */

        if (ngx_current_msec - letter->posted < NGX_HTTP_WSGW_TICK) {
            break;
        }

        ngx_http_wsgw_tick_check(letter);
    }

    ngx_http_wsgw_reclaim(process);
    ngx_http_wsgw_block_trim();

    ngx_add_timer(ev, NGX_HTTP_WSGW_TICK);
}
