
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a pair can do, and its end.  There is one function that closes it, and
 * that arms the timer that opens it again, whatever has happened: no path leads
 * to a pair that nobody looks at any more.
 */


#include "cluster/pair.h"
#include "base/text.h"
#include "zone/meter.h"


#define NGX_HTTP_WSGW_PAIR_FIRST      100       /* ms of back-off, */
#define NGX_HTTP_WSGW_PAIR_DOUBLED    5         /* so often at most: with half
                                                   as much again it stays below
                                                   5 s */


static ngx_msec_t ngx_http_wsgw_pair_delay(ngx_http_wsgw_pair_t *pair);
static void ngx_http_wsgw_pair_log(ngx_http_wsgw_pair_t *pair,
    const char *why, ngx_msec_t delay);
static ngx_uint_t ngx_http_wsgw_pair_said(ngx_http_wsgw_pair_t *pair,
    uint32_t hash);



void
ngx_http_wsgw_pair_use(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_pair_user_t *user)
{
    pair->users[pair->nusers++] = *user;
}


ngx_str_t
ngx_http_wsgw_pair_key(ngx_http_wsgw_pair_t *pair, u_char *buf,
    const char *end)
{
    ngx_str_t  key;

    key.data = buf;
    key.len = ngx_snprintf(buf, NGX_HTTP_WSGW_PAIR_KEY, "%V%s",
                           &pair->process->zone->cluster->prefix, end)
              - buf;

    return key;
}


const char *
ngx_http_wsgw_pair_state(ngx_http_wsgw_pair_t *pair)
{
    static const char *const  names[] = {
        "off", "backoff", "resolve", "connect", "hello", "subscribe", "probe",
        "ready", "parted"
    };

    return names[pair->state];
}


ngx_int_t
ngx_http_wsgw_pair_send(ngx_http_wsgw_pair_t *pair, ngx_uint_t n,
    ngx_str_t *words, ngx_http_wsgw_pending_pt done, void *data)
{
    if (pair->state < ngx_http_wsgw_pair_probe
        || ngx_http_wsgw_dial_room(&pair->command,
                                   ngx_http_wsgw_redis_size(n, words))
           == NULL
        || ngx_http_wsgw_pending_add(&pair->pending, done, data) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_wsgw_dial_command(&pair->command, n, words);
}


ngx_int_t
ngx_http_wsgw_pair_publish(ngx_http_wsgw_pair_t *pair, uint32_t number,
    uint32_t worker, ngx_str_t *head, ngx_str_t *body,
    ngx_http_wsgw_pending_pt done, void *data)
{
    u_char     *p, channel[NGX_HTTP_WSGW_PAIR_KEY], *last;
    ngx_str_t  *prefix;

    prefix = &pair->process->zone->cluster->prefix;

    last = ngx_cpymem(channel, prefix->data, prefix->len);
    last = ngx_sprintf(last, "%06xD:%uD", number, worker);

    p = NULL;

    if (pair->state >= ngx_http_wsgw_pair_probe) {
        p = ngx_http_wsgw_dial_room(&pair->command,
                                    sizeof("*3\r\n$8\r\nSPUBLISH\r\n"
                                           "$\r\n\r\n$\r\n\r\n")
                                    + 2 * NGX_INT_T_LEN + (last - channel)
                                    + head->len + body->len);
    }

    if (p == NULL
        || ngx_http_wsgw_pending_add(&pair->pending, done, data) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    p = ngx_sprintf(p, "*3\r\n%s\r\n$%uz\r\n",
                    pair->sharded ? "$8\r\nSPUBLISH" : "$7\r\nPUBLISH",
                    (size_t) (last - channel));
    p = ngx_cpymem(p, channel, last - channel);
    p = ngx_sprintf(p, "\r\n$%uz\r\n", head->len + body->len);
    p = ngx_cpymem(p, head->data, head->len);

    if (body->len) {
        p = ngx_cpymem(p, body->data, body->len);
    }

    *p++ = CR;
    *p++ = LF;

    pair->command.last = p;

    return NGX_OK;
}


/* Whoever waits learns that there is no answer, and may not close it again. */

void
ngx_http_wsgw_pair_drop(ngx_http_wsgw_pair_t *pair, const char *why)
{
    ngx_uint_t                    ready;
    ngx_msec_t                    delay;
    ngx_http_wsgw_pending_t       pending;
    ngx_http_wsgw_pending_one_t   one;

    if (pair->state <= ngx_http_wsgw_pair_backoff) {
        return;
    }

    ready = (pair->state == ngx_http_wsgw_pair_ready);
    delay = ngx_http_wsgw_pair_delay(pair);

    ngx_http_wsgw_pair_log(pair, why, delay);

    ngx_http_wsgw_pair_listen(pair, 0);

    pair->state = ngx_http_wsgw_pair_backoff;
    pair->probing = 0;
    pair->timer.cancelable = 1;

    ngx_http_wsgw_dial_close(&pair->command);
    ngx_http_wsgw_dial_close(&pair->subscriber);
    ngx_http_wsgw_pick_cancel(&pair->pick);

    ngx_add_timer(&pair->timer, delay);

    pending = pair->pending;
    ngx_memzero(&pair->pending, sizeof(ngx_http_wsgw_pending_t));

    while (ngx_http_wsgw_pending_take(&pending, &one) == NGX_OK) {
        if (one.done) {
            one.done(one.data, NULL);
        }
    }

    ngx_http_wsgw_pending_free(&pending);

    if (!ready) {
        return;
    }

    ngx_http_wsgw_meter_count(&pair->process->meter, redis,
                              ngx_http_wsgw_redis_reconnects);

    ngx_http_wsgw_pair_changed(pair, 0);
}


void
ngx_http_wsgw_pair_changed(ngx_http_wsgw_pair_t *pair, ngx_uint_t ready)
{
    ngx_uint_t  i;

    for (i = 0; i < pair->nusers; i++) {
        pair->users[i].changed(pair->users[i].data, ready);
    }
}


/* of "100 ms, and after a round twice as much as after the one before", half to
   half as much again, and no more than a quarter of the takeover time */

static ngx_msec_t
ngx_http_wsgw_pair_delay(ngx_http_wsgw_pair_t *pair)
{
    ngx_msec_t  delay, longest;
    ngx_uint_t  rounds;

    if (pair->pick.to_moved) {
        return 1;
    }

    rounds = pair->pick.rounds;
    delay = NGX_HTTP_WSGW_PAIR_FIRST;

    if (rounds > 1 && ngx_http_wsgw_pick_is_round(&pair->pick)) {
        delay <<= ngx_min(rounds - 1, NGX_HTTP_WSGW_PAIR_DOUBLED);
    }

    /* It must not be taken for dead meanwhile. */

    longest = pair->process->zone->cluster->takeover / 4;

    if (longest && delay > longest * 2 / 3) {
        delay = longest * 2 / 3;
    }

    return delay / 2 + ngx_random() % (delay + 1);
}


/* Once for each change of the text: many are tried in vain while it is down. */

static void
ngx_http_wsgw_pair_log(ngx_http_wsgw_pair_t *pair, const char *why,
    ngx_msec_t delay)
{
    uint32_t                  hash;
    ngx_http_wsgw_cluster_t  *cluster;

    static ngx_str_t          none = ngx_string("?");

    cluster = pair->process->zone->cluster;

    hash = ngx_crc32_short((u_char *) why, ngx_strlen(why));

    if (pair->pick.server) {
        hash ^= ngx_crc32_short(pair->pick.server->text.data,
                                pair->pick.server->text.len);
    }

    ngx_http_wsgw_text_log(pair->pick.to_moved || pair->leaving
                           || ngx_http_wsgw_pair_said(pair, hash)
                           ? NGX_LOG_INFO : NGX_LOG_ERR,
                           ngx_cycle->log,
                           "redis \"%V\" of zone \"%V\" is lost: %s, next "
                           "try in %M ms",
                           pair->pick.server ? &pair->pick.server->text
                                               : &none,
                           &cluster->zone->name, why, delay);
}


/* 1: it was said since the pair was ready last */

static ngx_uint_t
ngx_http_wsgw_pair_said(ngx_http_wsgw_pair_t *pair, uint32_t hash)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_WSGW_PAIR_SAID; i++) {
        if (pair->said[i] == hash) {
            return 1;
        }
    }

    pair->said[pair->nsaid++ % NGX_HTTP_WSGW_PAIR_SAID] = hash;

    return 0;
}


/*
 * A server that refuses all is left for another one.  NGX_DONE: the pair was
 * dropped.
 */

ngx_int_t
ngx_http_wsgw_pair_refused(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_reply_t *reply)
{
    uint32_t      hash;
    const char  **word;

    static const char  *fatal[] = { "ASK ", "TRYAGAIN", "CLUSTERDOWN",
                                    "LOADING", "MASTERDOWN", "READONLY",
                                    NULL };

    if (ngx_http_wsgw_redis_begins(reply, "MOVED ")
        && ngx_http_wsgw_pick_move(&pair->pick, &reply->text) == NGX_OK)
    {
        ngx_http_wsgw_pair_drop(pair, (char *) reply->text.data);
        return NGX_DONE;
    }

    for (word = fatal; *word; word++) {
        if (ngx_http_wsgw_redis_begins(reply, *word)) {
            ngx_http_wsgw_pair_drop(pair, (char *) reply->text.data);
            return NGX_DONE;
        }
    }

    /* The one follows from another refusal, which was logged.  The other is of
       a right that a user need not have. */

    if (ngx_http_wsgw_redis_begins(reply, "EXECABORT Transaction discarded "
                                          "because of previous errors")
        || (ngx_http_wsgw_redis_begins(reply, "NOPERM")
            && ngx_strstr(reply->text.data, "'info'")))
    {
        return NGX_OK;
    }

    hash = ngx_crc32_short(reply->text.data, reply->text.len);

    if (!ngx_http_wsgw_pair_said(pair, hash)) {
        ngx_http_wsgw_text_log(NGX_LOG_ERR, ngx_cycle->log,
                               "redis \"%V\" of zone \"%V\" refuses a "
                               "command: %V", &pair->pick.server->text,
                               &pair->process->zone->name, &reply->text);
    }

    return NGX_OK;
}


/* The beater makes known which workers listen. */

void
ngx_http_wsgw_pair_listen(ngx_http_wsgw_pair_t *pair, ngx_uint_t listening)
{
    ngx_http_wsgw_worker_slot_t  *worker;

    worker = ngx_http_wsgw_worker_slot(pair->process->zone,
                                       pair->process->self.index);

    __atomic_store_n(&worker->listening, listening && !pair->leaving,
                     __ATOMIC_RELEASE);
}


void
ngx_http_wsgw_pair_step(ngx_http_wsgw_pair_t *pair,
    ngx_http_wsgw_pair_e state, ngx_msec_t ms)
{
    pair->state = state;
    pair->missing = 2;

    ngx_add_timer(&pair->timer, ms);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw redis pair:%s timer:%M",
                   ngx_http_wsgw_pair_state(pair), ms);
}
