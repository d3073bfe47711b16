
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The roster is read again for each question to all nodes: whoever has joined a
 * group by then is at a node that was in Redis before.  Those who ask while it
 * is being read share the next reading, so that there is at most one answer to
 * come, however many ask.
 */


#include "cluster/roster.h"
#include "zone/number.h"


#define NGX_HTTP_WSGW_ROSTER_TIMEOUT  5000      /* ms, more than a pair waits */


static void ngx_http_wsgw_roster_timeout(ngx_event_t *ev);
static ngx_int_t ngx_http_wsgw_roster_ask(ngx_http_wsgw_roster_t *roster);
static void ngx_http_wsgw_roster_answered(void *data,
    ngx_http_wsgw_reply_t *reply);
static ngx_uint_t ngx_http_wsgw_roster_take(ngx_http_wsgw_roster_t *roster,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_roster_tell(ngx_queue_t *waiters, ngx_uint_t read);


ngx_int_t
ngx_http_wsgw_roster_start(ngx_http_wsgw_process_t *process)
{
    ngx_http_wsgw_roster_t  *roster;

    if (process->roster) {
        return NGX_OK;
    }

    roster = ngx_calloc(sizeof(ngx_http_wsgw_roster_t), ngx_cycle->log);
    if (roster == NULL) {
        return NGX_ERROR;
    }

    process->roster = roster;
    roster->pair = process->pair;

    roster->timer.handler = ngx_http_wsgw_roster_timeout;
    roster->timer.data = roster;
    roster->timer.log = ngx_cycle->log;

    ngx_queue_init(&roster->asked);
    ngx_queue_init(&roster->next);

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_roster_read(ngx_http_wsgw_roster_t *roster,
    ngx_http_wsgw_roster_waiter_t *waiter)
{
    if (roster->reading) {
        ngx_queue_insert_tail(&roster->next, &waiter->soon.queue);
        return NGX_OK;
    }

    if (!ngx_http_wsgw_pair_is_ready(roster->pair)
        || ngx_http_wsgw_roster_ask(roster) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_queue_insert_tail(&roster->asked, &waiter->soon.queue);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_roster_ask(ngx_http_wsgw_roster_t *roster)
{
    u_char     key[NGX_HTTP_WSGW_PAIR_KEY];
    ngx_str_t  words[2];

    ngx_str_set(&words[0], "HGETALL");
    words[1] = ngx_http_wsgw_pair_key(roster->pair, key, "nodes");

    if (ngx_http_wsgw_pair_send(roster->pair, 2, words,
                                ngx_http_wsgw_roster_answered, roster)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    roster->reading = 1;
    ngx_add_timer(&roster->timer, NGX_HTTP_WSGW_ROSTER_TIMEOUT);

    return NGX_OK;
}


/* A pair that does not answer is lost before. */

static void
ngx_http_wsgw_roster_timeout(ngx_event_t *ev)
{
    /* void */
}


static void
ngx_http_wsgw_roster_answered(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_roster_t *roster = data;

    ngx_http_wsgw_roster_tell(&roster->asked,
                              ngx_http_wsgw_roster_take(roster, reply));

    roster->reading = 0;

    if (roster->timer.timer_set) {
        ngx_del_timer(&roster->timer);
    }

    if (ngx_queue_empty(&roster->next)) {
        return;
    }

    if (reply == NULL || ngx_http_wsgw_roster_ask(roster) != NGX_OK) {
        ngx_http_wsgw_roster_tell(&roster->next, 0);
        return;
    }

    ngx_queue_add(&roster->asked, &roster->next);
    ngx_queue_init(&roster->next);
}


/* 1: the roster is what Redis has said */

static ngx_uint_t
ngx_http_wsgw_roster_take(ngx_http_wsgw_roster_t *roster,
    ngx_http_wsgw_reply_t *reply)
{
    uint32_t               *numbers;
    ngx_int_t               number;
    ngx_uint_t              i, n;
    ngx_http_wsgw_reply_t  *name;

    if (reply == NULL || reply->type != ngx_http_wsgw_reply_array) {
        return 0;
    }

    numbers = ngx_alloc((reply->n / 2 + 1) * sizeof(uint32_t),
                        ngx_cycle->log);
    if (numbers == NULL) {
        return 0;
    }

    n = 0;

    for (i = 0; i + 1 < reply->n; i += 2) {
        name = reply->element[i];

        if (name->type != ngx_http_wsgw_reply_string || name->text.len != 6) {
            continue;
        }

        number = ngx_hextoi(name->text.data, name->text.len);

        if (number >= 0 && number <= NGX_HTTP_WSGW_NUMBER) {
            numbers[n++] = (uint32_t) number;
        }
    }

    if (roster->number) {
        ngx_free(roster->number);
    }

    roster->number = numbers;
    roster->n = n;

    return 1;
}


static void
ngx_http_wsgw_roster_tell(ngx_queue_t *waiters, ngx_uint_t read)
{
    ngx_queue_t                    *q;
    ngx_http_wsgw_roster_waiter_t  *waiter;

    while (!ngx_queue_empty(waiters)) {
        q = ngx_queue_head(waiters);
        ngx_queue_remove(q);

        waiter = ngx_queue_data(q, ngx_http_wsgw_roster_waiter_t, soon.queue);
        waiter->read = read;

        ngx_http_wsgw_soon(&waiter->soon);
    }
}
