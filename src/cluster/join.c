
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How a pair becomes ready, step by step.  Any failure leads to pair_drop(),
 * and from there to our timer.
 */


#include "cluster/join.h"
#include "base/text.h"
#include "base/told.h"
#include "cluster/greet.h"
#include "cluster/probe.h"


#define NGX_HTTP_WSGW_JOIN_CONNECT    1000      /* ms, as the next ones */
#define NGX_HTTP_WSGW_JOIN_TLS        2000      /* in addition */
#define NGX_HTTP_WSGW_JOIN_STEP       1000
#define NGX_HTTP_WSGW_JOIN_FLUSH      500


static void ngx_http_wsgw_join_timer(ngx_event_t *ev);
static void ngx_http_wsgw_join_open(ngx_http_wsgw_pair_t *pair);
static void ngx_http_wsgw_join_not_found(ngx_http_wsgw_pick_t *pick,
    const char *why);
static void ngx_http_wsgw_join_found(ngx_http_wsgw_pick_t *pick);
static void ngx_http_wsgw_join_failed(ngx_http_wsgw_dial_t *dial,
    const char *why);
static void ngx_http_wsgw_join_opened(ngx_http_wsgw_dial_t *dial);
static void ngx_http_wsgw_join_answered(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_join_greeted(void *data,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_join_subscribe(ngx_http_wsgw_pair_t *pair);
static void ngx_http_wsgw_join_selected(void *data,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_join_published(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_join_subscribed(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_join_message(ngx_http_wsgw_pair_t *pair,
    ngx_str_t *message);


ngx_int_t
ngx_http_wsgw_join_start(ngx_http_wsgw_process_t *process)
{
    u_char                *p;
    ngx_http_wsgw_pair_t  *pair;

    if (process->pair) {
        return NGX_OK;
    }

    pair = ngx_calloc(sizeof(ngx_http_wsgw_pair_t), ngx_cycle->log);
    p = ngx_alloc(NGX_HTTP_WSGW_PAIR_KEY, ngx_cycle->log);

    if (pair == NULL || p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_told_watch();

    process->pair = pair;
    pair->process = process;

    pair->channel.data = p;
    pair->channel.len = ngx_snprintf(p, NGX_HTTP_WSGW_PAIR_KEY,
                                     "%V%06xD:%uD",
                                     &process->zone->cluster->prefix,
                                     process->zone->number,
                                     process->self.index)
                        - p;

    pair->pick.found = ngx_http_wsgw_join_found;
    pair->pick.failed = ngx_http_wsgw_join_not_found;
    pair->pick.data = pair;

    pair->command.opened = ngx_http_wsgw_join_opened;
    pair->command.failed = ngx_http_wsgw_join_failed;
    pair->command.leave = ngx_http_wsgw_probe_leave;
    pair->command.fresh = ngx_http_wsgw_probe_fresh;
    pair->command.data = pair;

    pair->subscriber = pair->command;

    pair->command.replied = ngx_http_wsgw_join_answered;
    pair->subscriber.replied = ngx_http_wsgw_join_published;

    pair->timer.handler = ngx_http_wsgw_join_timer;
    pair->timer.data = pair;
    pair->timer.log = ngx_cycle->log;
    pair->timer.cancelable = 1;

    ngx_http_wsgw_join_open(pair);

    return NGX_OK;
}


void
ngx_http_wsgw_join_stop(ngx_http_wsgw_pair_t *pair)
{
    ngx_http_wsgw_dial_flush(&pair->command, NGX_HTTP_WSGW_JOIN_FLUSH);

    ngx_http_wsgw_dial_close(&pair->command);
    ngx_http_wsgw_dial_close(&pair->subscriber);
    ngx_http_wsgw_pick_free(&pair->pick);
    ngx_http_wsgw_pending_free(&pair->pending);

    if (pair->timer.timer_set) {
        ngx_del_timer(&pair->timer);
    }

    ngx_free(pair->channel.data);
    ngx_free(pair);
}


static void
ngx_http_wsgw_join_timer(ngx_event_t *ev)
{
    ngx_http_wsgw_pair_t  *pair;

    pair = ev->data;

    switch (pair->state) {

    case ngx_http_wsgw_pair_off:
        return;

    case ngx_http_wsgw_pair_backoff:

        if (ngx_http_wsgw_probe_leaves(pair)) {
            ngx_add_timer(ev, NGX_HTTP_WSGW_PROBE_PARTED);
            return;
        }

        ngx_http_wsgw_join_open(pair);
        return;

    case ngx_http_wsgw_pair_ready:
        ngx_http_wsgw_probe_look(pair);
        return;

    case ngx_http_wsgw_pair_parted:

        if (ngx_http_wsgw_probe_leaves(pair)) {
            ngx_add_timer(ev, NGX_HTTP_WSGW_PROBE_PARTED);

        } else {
            ngx_http_wsgw_join_subscribe(pair);
        }

        return;

    case ngx_http_wsgw_pair_resolve:
    case ngx_http_wsgw_pair_connect:
        ngx_http_wsgw_pair_drop(pair, "cannot connect in time");
        return;

    default:
        ngx_http_wsgw_pair_drop(pair, "it does not answer");
    }
}


static void
ngx_http_wsgw_join_open(ngx_http_wsgw_pair_t *pair)
{
    ngx_http_wsgw_cluster_t  *cluster;

    cluster = pair->process->zone->cluster;

    ngx_http_wsgw_pair_step(pair, ngx_http_wsgw_pair_resolve,
                            cluster->resolver_timeout
                            + NGX_HTTP_WSGW_JOIN_STEP);

    ngx_http_wsgw_pick_next(&pair->pick, cluster);
}


static void
ngx_http_wsgw_join_not_found(ngx_http_wsgw_pick_t *pick, const char *why)
{
    ngx_http_wsgw_pair_drop(pick->data, why);
}


static void
ngx_http_wsgw_join_found(ngx_http_wsgw_pick_t *pick)
{
    const char               *why;
    ngx_http_wsgw_pair_t     *pair;
    ngx_http_wsgw_cluster_t  *cluster;

    pair = pick->data;
    cluster = pair->process->zone->cluster;

    ngx_http_wsgw_pair_step(pair, ngx_http_wsgw_pair_connect,
                            NGX_HTTP_WSGW_JOIN_CONNECT
                            + (pick->server->tls ? NGX_HTTP_WSGW_JOIN_TLS
                                                   : 0));

    if (ngx_http_wsgw_dial(&pair->command, cluster, pick->server, pick->addr,
                           &why)
        != NGX_OK
        || ngx_http_wsgw_dial(&pair->subscriber, cluster, pick->server,
                              pick->addr, &why)
           != NGX_OK)
    {
        ngx_http_wsgw_pair_drop(pair, why);
    }
}


static void
ngx_http_wsgw_join_failed(ngx_http_wsgw_dial_t *dial, const char *why)
{
    ngx_http_wsgw_pair_drop(dial->data, why);
}


/* Both greet: each has to log in. */

static void
ngx_http_wsgw_join_opened(ngx_http_wsgw_dial_t *dial)
{
    ngx_http_wsgw_pair_t     *pair;
    ngx_http_wsgw_process_t  *process;

    pair = dial->data;
    process = pair->process;

    if (--pair->missing) {
        return;
    }

    ngx_http_wsgw_pair_step(pair, ngx_http_wsgw_pair_hello,
                            NGX_HTTP_WSGW_JOIN_STEP);

    if (ngx_http_wsgw_pending_add(&pair->pending, ngx_http_wsgw_join_greeted,
                                  pair)
        != NGX_OK
        || ngx_http_wsgw_greet(&pair->command, process->zone->cluster,
                               process->self.index)
           != NGX_OK
        || ngx_http_wsgw_greet(&pair->subscriber, process->zone->cluster,
                               process->self.index)
           != NGX_OK)
    {
        ngx_http_wsgw_pair_drop(pair, "there is no memory");
    }
}


/* of the command connection: a reply is that of the eldest command */

static void
ngx_http_wsgw_join_answered(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_pair_t         *pair;
    ngx_http_wsgw_pending_one_t   one;

    pair = dial->data;

    if (ngx_http_wsgw_pending_take(&pair->pending, &one) != NGX_OK) {
        ngx_http_wsgw_pair_drop(pair, "it has answered what was not asked");
        return;
    }

    if (reply->type == ngx_http_wsgw_reply_error
        && pair->state > ngx_http_wsgw_pair_hello
        && ngx_http_wsgw_pair_refused(pair, reply) != NGX_OK)
    {
        if (one.done) {
            one.done(one.data, NULL);
        }

        return;
    }

    if (one.done) {
        one.done(one.data, reply);
    }
}


/* the answer to HELLO, of either connection */

static void
ngx_http_wsgw_join_greeted(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_pair_t *pair = data;

    u_char                   why[NGX_HTTP_WSGW_GREET_WHY];
    ngx_str_t                words[2];
    ngx_http_wsgw_server_t  *server;

    if (reply == NULL) {
        return;
    }

    if (ngx_http_wsgw_greet_read(reply, &pair->sharded, why) != NGX_OK) {
        ngx_http_wsgw_pair_drop(pair, (char *) why);
        return;
    }

    if (--pair->missing) {
        return;
    }

    server = pair->pick.server;

    ngx_str_set(&words[0], "SELECT");
    words[1] = server->db;

    if (server->db.len
        && (ngx_http_wsgw_pending_add(&pair->pending,
                                      ngx_http_wsgw_join_selected, pair)
            != NGX_OK
            || ngx_http_wsgw_dial_command(&pair->command, 2, words)
               != NGX_OK))
    {
        ngx_http_wsgw_pair_drop(pair, "there is no memory");
        return;
    }

    ngx_http_wsgw_join_subscribe(pair);
}


static void
ngx_http_wsgw_join_subscribe(ngx_http_wsgw_pair_t *pair)
{
    ngx_str_t  words[2];

    ngx_http_wsgw_pair_step(pair, ngx_http_wsgw_pair_subscribe,
                            NGX_HTTP_WSGW_JOIN_STEP);
    pair->parting = 0;

    if (pair->sharded) {
        ngx_str_set(&words[0], "SSUBSCRIBE");

    } else {
        ngx_str_set(&words[0], "SUBSCRIBE");
    }

    words[1] = pair->channel;

    if (ngx_http_wsgw_dial_command(&pair->subscriber, 2, words) != NGX_OK) {
        ngx_http_wsgw_pair_drop(pair, "there is no memory");
    }
}


static void
ngx_http_wsgw_join_selected(void *data, ngx_http_wsgw_reply_t *reply)
{
    if (reply && reply->type == ngx_http_wsgw_reply_error) {
        ngx_http_wsgw_pair_drop(data, (char *) reply->text.data);
    }
}


/* of the subscriber connection */

static void
ngx_http_wsgw_join_published(ngx_http_wsgw_dial_t *dial,
    ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_pair_t   *pair;
    ngx_http_wsgw_reply_t  *what;

    pair = dial->data;

    if (pair->state == ngx_http_wsgw_pair_hello) {
        ngx_http_wsgw_join_greeted(pair, reply);
        return;
    }

    if (reply->type != ngx_http_wsgw_reply_array
        || reply->n != 3
        || reply->element[0]->type != ngx_http_wsgw_reply_string)
    {
        ngx_http_wsgw_join_subscribed(pair, reply);
        return;
    }

    what = reply->element[0];

    if ((ngx_strcmp(what->text.data, "message") == 0
         || ngx_strcmp(what->text.data, "smessage") == 0)
        && reply->element[2]->type == ngx_http_wsgw_reply_string)
    {
        ngx_http_wsgw_join_message(pair, &reply->element[2]->text);
        return;
    }

    ngx_http_wsgw_join_subscribed(pair, reply);
}


/* What is neither a message nor the answer to SUBSCRIBE is the end of it. */

static void
ngx_http_wsgw_join_subscribed(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_reply_t *reply)
{
    u_char                  why[NGX_HTTP_WSGW_GREET_WHY], *last;
    ngx_str_t              *user;
    ngx_http_wsgw_reply_t  *what;

    static ngx_str_t        none = ngx_string("default");

    last = why + sizeof(why) - 1;

    if (reply->type == ngx_http_wsgw_reply_error) {

        if (ngx_http_wsgw_redis_begins(reply, "NOPERM")) {
            user = &pair->pick.server->user;

            *ngx_snprintf(why, last - why, "user \"%V\" may not use channel "
                          "%V*: %V", user->len ? user : &none,
                          &pair->process->zone->cluster->prefix,
                          &reply->text) = '\0';

            ngx_http_wsgw_pair_drop(pair, (char *) why);
            return;
        }

        if (ngx_http_wsgw_pair_refused(pair, reply) == NGX_OK) {
            ngx_http_wsgw_pair_drop(pair, (char *) reply->text.data);
        }

        return;
    }

    what = reply->n ? reply->element[0] : reply;

    if (pair->state == ngx_http_wsgw_pair_subscribe
        && (ngx_http_wsgw_redis_begins(what, "subscribe")
            || ngx_http_wsgw_redis_begins(what, "ssubscribe")))
    {
        ngx_http_wsgw_pair_step(pair, ngx_http_wsgw_pair_probe,
                                NGX_HTTP_WSGW_PROBE_EVERY);
        ngx_http_wsgw_probe_try(pair);
        return;
    }

    if (pair->parting
        && (ngx_http_wsgw_redis_begins(what, "unsubscribe")
            || ngx_http_wsgw_redis_begins(what, "sunsubscribe")))
    {
        pair->parting = 2;
        return;
    }

    ngx_http_wsgw_pair_drop(pair, "the subscription has ended");
}


static void
ngx_http_wsgw_join_message(ngx_http_wsgw_pair_t *pair, ngx_str_t *message)
{
    ngx_uint_t  i;

    if (ngx_http_wsgw_probe_arrived(pair, message)) {
        return;
    }

    for (i = 0; i < pair->nusers; i++) {
        if (pair->users[i].message) {
            pair->users[i].message(pair->users[i].data, message);
        }
    }
}
