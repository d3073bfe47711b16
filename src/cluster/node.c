
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What pure/node_watch.c decides is sent to Redis here, and what Redis answers
 * is brought to it.  Any worker becomes the beater when there is none, when it
 * is dead, or when it has not looked for two beats: a worker that stands still
 * must not take its node along.  The header says who it is, and keeps what the
 * node knows of itself for the next one.
 *
 * Nobody claims the number of a dead node yet, so its ids are answered by 503.
 */


#include "cluster/node.h"
#include "base/random.h"
#include "cluster/eviction.h"
#include "cluster/listener.h"
#include "cluster/news.h"
#include "cluster/poll.h"
#include "zone/lease.h"
#include "zone/number.h"


#define NGX_HTTP_WSGW_NODE_TICK    500          /* ms */
#define NGX_HTTP_WSGW_NODES        4096


struct ngx_http_wsgw_node_s {
    ngx_http_wsgw_process_t       *process;
    ngx_http_wsgw_pair_t          *pair;
    ngx_event_t                    timer;
    wsgw_node_conf_t               conf;

    /* of the beater */

    ngx_uint_t                     beats;       /* 1: we are it */
    wsgw_node_watch_t              watch;
    wsgw_node_other_t             *others;
    ngx_http_wsgw_listener_t      *listeners;   /* by worker slot */
    wsgw_node_line_t               line;        /* as it was sent last */
    ngx_uint_t                     taken_logged;
};


static void ngx_http_wsgw_node_timer(ngx_event_t *ev);
static void ngx_http_wsgw_node_changed(void *data, ngx_uint_t ready);
static ngx_uint_t ngx_http_wsgw_node_is_beater(ngx_http_wsgw_node_t *node);
static ngx_uint_t ngx_http_wsgw_node_beats(ngx_http_wsgw_node_t *node);
static ngx_int_t ngx_http_wsgw_node_begin(ngx_http_wsgw_node_t *node);
static void ngx_http_wsgw_node_give_up(ngx_http_wsgw_node_t *node);
static void ngx_http_wsgw_node_act(ngx_http_wsgw_node_t *node);
static void ngx_http_wsgw_node_send(ngx_http_wsgw_node_t *node,
    wsgw_node_action_t action);
static void ngx_http_wsgw_node_renounce(ngx_http_wsgw_node_t *node);
static ngx_int_t ngx_http_wsgw_node_command(ngx_http_wsgw_node_t *node,
    const char *name, const char *key, ngx_str_t *line,
    ngx_http_wsgw_pending_pt done);
static void ngx_http_wsgw_node_registered(void *data,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_node_beaten(void *data,
    ngx_http_wsgw_reply_t *reply);
static ngx_int_t ngx_http_wsgw_node_read(ngx_http_wsgw_node_t *node,
    ngx_http_wsgw_reply_t *reply, ngx_uint_t get, wsgw_node_answer_t *answer,
    wsgw_node_line_t *line);
static void ngx_http_wsgw_node_polled(void *data,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_node_say(ngx_http_wsgw_node_t *node,
    unsigned flags);


ngx_int_t
ngx_http_wsgw_node_start(ngx_http_wsgw_process_t *process)
{
    ngx_http_wsgw_node_t       *node;
    ngx_http_wsgw_pair_user_t   user;

    if (process->node) {
        return NGX_OK;
    }

    node = ngx_calloc(sizeof(ngx_http_wsgw_node_t), ngx_cycle->log);
    if (node == NULL) {
        return NGX_ERROR;
    }

    process->node = node;
    node->process = process;
    node->pair = process->pair;

    wsgw_node_self_conf(&node->conf, process->zone->cluster->takeover, 0, 0);

    node->timer.handler = ngx_http_wsgw_node_timer;
    node->timer.data = node;
    node->timer.log = ngx_cycle->log;
    node->timer.cancelable = 1;

    ngx_add_timer(&node->timer, NGX_HTTP_WSGW_NODE_TICK);

    user.changed = ngx_http_wsgw_node_changed;
    user.message = NULL;
    user.data = node;

    ngx_http_wsgw_pair_use(process->pair, &user);

    return NGX_OK;
}


ngx_uint_t
ngx_http_wsgw_node_stop(ngx_http_wsgw_process_t *process)
{
    ngx_uint_t             state;
    ngx_http_wsgw_node_t  *node;

    node = process->node;

    if (node == NULL) {
        return 0;
    }

    process->node = NULL;
    state = ngx_http_wsgw_header(process->zone)->self.state;

    ngx_http_wsgw_node_give_up(node);

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    if (node->others) {
        ngx_free(node->others);
    }

    if (node->listeners) {
        ngx_free(node->listeners);
    }

    ngx_free(node);

    return state == WSGW_NODE_REGISTERED || state == WSGW_NODE_CUT
           || state == WSGW_NODE_CLAIMED;
}


static void
ngx_http_wsgw_node_timer(ngx_event_t *ev)
{
    ngx_http_wsgw_node_t  *node;

    node = ev->data;

    if (ngx_http_wsgw_node_is_beater(node)) {
        ngx_http_wsgw_node_act(node);
    }

    ngx_add_timer(ev, NGX_HTTP_WSGW_NODE_TICK);
}


/* A new one may be another server, and what waits is not answered any more. */

static void
ngx_http_wsgw_node_changed(void *data, ngx_uint_t ready)
{
    ngx_http_wsgw_node_t *node = data;

    if (node->beats) {
        wsgw_node_watch_lost(&node->watch, ngx_current_msec);
    }

    if (!ready) {
        ngx_http_wsgw_node_give_up(node);

    } else if (ngx_http_wsgw_node_is_beater(node)) {
        ngx_http_wsgw_node_act(node);
    }
}


/*
 * Takes the role if nobody has it.  Dying after the CAS, the next one finds a
 * dead owner.
 */

static ngx_uint_t
ngx_http_wsgw_node_is_beater(ngx_http_wsgw_node_t *node)
{
    uint64_t                 word, own, looked_at;
    ngx_uint_t               still;
    ngx_http_wsgw_zone_t    *zone;
    ngx_http_wsgw_header_t  *h;

    zone = node->process->zone;
    h = ngx_http_wsgw_header(zone);
    own = ngx_http_wsgw_owner_word(&node->process->self);

    word = __atomic_load_n(&h->beater, __ATOMIC_ACQUIRE);

    if (word != own) {

        /* It has taken us for one that stands still. */

        node->beats = 0;

        /* The beater's clock may be some ms ahead of ours. */

        looked_at = __atomic_load_n(&h->looked_at, __ATOMIC_RELAXED);
        still = (int64_t) (ngx_current_msec - looked_at)
                >= (int64_t) (2 * node->conf.beat);

        if (!ngx_http_wsgw_pair_is_ready(node->pair)
            || node->pair->leaving
            || (word && !still
                && ngx_http_wsgw_lease_owner_lives(zone,
                                                   ngx_http_wsgw_owner(word))))
        {
            return 0;
        }

        /* Whoever sees us in the role sees that we are at work as well. */

        __atomic_store_n(&h->looked_at, ngx_current_msec, __ATOMIC_RELAXED);

        if (!__atomic_compare_exchange_n(&h->beater, &word, own, 0,
                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        {
            return 0;
        }
    }

    if (!ngx_http_wsgw_pair_is_ready(node->pair) || node->pair->leaving) {
        ngx_http_wsgw_node_give_up(node);
        return 0;
    }

    if (!node->beats && ngx_http_wsgw_node_begin(node) != NGX_OK) {
        ngx_http_wsgw_node_give_up(node);
        return 0;
    }

    __atomic_store_n(&h->looked_at, ngx_current_msec, __ATOMIC_RELAXED);

    return 1;
}


/* What one was answered who stood still meanwhile is not the next one's. */

static ngx_uint_t
ngx_http_wsgw_node_beats(ngx_http_wsgw_node_t *node)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(node->process->zone);

    return node->beats
           && __atomic_load_n(&h->beater, __ATOMIC_ACQUIRE)
              == ngx_http_wsgw_owner_word(&node->process->self);
}


static ngx_int_t
ngx_http_wsgw_node_begin(ngx_http_wsgw_node_t *node)
{
    uint64_t                 token;
    ngx_http_wsgw_zone_t    *zone;
    ngx_http_wsgw_header_t  *h;

    zone = node->process->zone;
    h = ngx_http_wsgw_header(zone);

    if (node->others == NULL) {
        node->others = ngx_alloc(NGX_HTTP_WSGW_NODES
                                 * sizeof(wsgw_node_other_t),
                                 ngx_cycle->log);
        node->listeners = ngx_alloc(h->nworkers
                                    * sizeof(ngx_http_wsgw_listener_t),
                                    ngx_cycle->log);
    }

    if (node->others == NULL || node->listeners == NULL) {
        return NGX_ERROR;
    }

    /* The first beater of a zone draws its token. */

    if (h->self.token == 0) {

        if (ngx_http_wsgw_random(&token) != NGX_OK) {
            return NGX_ERROR;
        }

        wsgw_node_self_init(&h->self, zone->number, token | 1);
    }

    node->line.name = zone->cluster->name.data;
    node->line.name_len = zone->cluster->name.len;
    node->line.version = (u_char *) NGX_HTTP_WSGW_VERSION;
    node->line.version_len = sizeof(NGX_HTTP_WSGW_VERSION) - 1;

    ngx_http_wsgw_listener_begin(zone, node->listeners);

    wsgw_node_watch_init(&node->watch, &node->conf, &h->self, node->others,
                         NGX_HTTP_WSGW_NODES);

    node->beats = 1;

    ngx_http_wsgw_eviction_ask(node->pair);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw node:%06xD beater slot:%uD", zone->number,
                   node->process->self.index);

    return NGX_OK;
}


static void
ngx_http_wsgw_node_give_up(ngx_http_wsgw_node_t *node)
{
    uint64_t  own;

    own = ngx_http_wsgw_owner_word(&node->process->self);

    (void) __atomic_compare_exchange_n(
                         &ngx_http_wsgw_header(node->process->zone)->beater,
                         &own, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);

    node->beats = 0;
}


static void
ngx_http_wsgw_node_act(ngx_http_wsgw_node_t *node)
{
    u_char               text[WSGW_NODE_LINE_LEN];
    ngx_str_t            line;
    ngx_uint_t           changed;
    wsgw_node_self_t    *self;
    wsgw_node_action_t   action;

    self = &ngx_http_wsgw_header(node->process->zone)->self;

    changed = ngx_http_wsgw_listener_look(node->process->zone,
                                          node->listeners, &node->line);
    action = wsgw_node_watch_next(&node->watch, ngx_current_msec);

    node->line.token = self->token;
    node->line.beat = self->sent;

    if (action != WSGW_NODE_WAIT) {
        ngx_http_wsgw_node_send(node, action);
        return;
    }

    if (self->state == WSGW_NODE_CLAIMED) {
        ngx_http_wsgw_node_renounce(node);
        return;
    }

    /* Who listens is told at once, with the beat that is the last anyway. */

    if (changed && self->state == WSGW_NODE_REGISTERED) {
        line.data = text;
        line.len = wsgw_node_line_write(text, &node->line);

        (void) ngx_http_wsgw_node_command(node, "HSET", "nodes", &line, NULL);
    }
}


static void
ngx_http_wsgw_node_send(ngx_http_wsgw_node_t *node, wsgw_node_action_t action)
{
    u_char     text[WSGW_NODE_LINE_LEN];
    ngx_int_t  rc;
    ngx_str_t  line;

    line.data = text;
    line.len = wsgw_node_line_write(text, &node->line);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw node sends action:%d line:\"%V\"", action, &line);

    rc = ngx_http_wsgw_node_command(node, "MULTI", NULL, NULL, NULL);

    if (action == WSGW_NODE_REGISTER) {
        rc |= ngx_http_wsgw_node_command(node, "HSETNX", "nodes", &line, NULL);
        rc |= ngx_http_wsgw_node_command(node, "HGET", "nodes", NULL, NULL);
        rc |= ngx_http_wsgw_node_command(node, "ZSCORE", "dead", NULL, NULL);
        rc |= ngx_http_wsgw_node_command(node, "EXEC", NULL, NULL,
                                         ngx_http_wsgw_node_registered);

    } else { /* WSGW_NODE_BEAT, as there are no claims */

        rc |= ngx_http_wsgw_node_command(node, "HGET", "nodes", NULL, NULL);
        rc |= ngx_http_wsgw_node_command(node, "HSET", "nodes", &line, NULL);
        rc |= ngx_http_wsgw_node_command(node, "ZSCORE", "dead", NULL, NULL);
        rc |= ngx_http_wsgw_node_command(node, "EXEC", NULL, NULL,
                                         ngx_http_wsgw_node_beaten);
        rc |= ngx_http_wsgw_node_command(node, "HGETALL", "nodes", NULL,
                                         ngx_http_wsgw_node_polled);
    }

    if (rc != NGX_OK) {

        /* A part of them may be on its way: the rest of MULTI is not. */

        ngx_http_wsgw_pair_drop(node->pair, "too much waits to be sent");
    }
}


/*
 * A number that two nodes have is nobody's.  The other one may not have noticed
 * it: in the place of its line it finds one that is not its own, and of which
 * nobody listens.
 */

static void
ngx_http_wsgw_node_renounce(ngx_http_wsgw_node_t *node)
{
    u_char     text[WSGW_NODE_LINE_LEN];
    ngx_str_t  line;

    if (ngx_current_msec < node->watch.due) {
        return;
    }

    node->watch.due = ngx_current_msec + node->conf.beat;

    node->line.token = 0;
    ngx_memzero(node->line.workers, sizeof(node->line.workers));

    line.data = text;
    line.len = wsgw_node_line_write(text, &node->line);

    (void) ngx_http_wsgw_node_command(node, "HSET", "nodes", &line, NULL);
}


/* of a key, our number unless it is HGETALL, and the line */

static ngx_int_t
ngx_http_wsgw_node_command(ngx_http_wsgw_node_t *node, const char *name,
    const char *key, ngx_str_t *line, ngx_http_wsgw_pending_pt done)
{
    u_char      text[NGX_HTTP_WSGW_PAIR_KEY], number[8];
    ngx_str_t   words[4];
    ngx_uint_t  n;

    words[0].data = (u_char *) name;
    words[0].len = ngx_strlen(name);
    n = 1;

    if (key) {
        words[n++] = ngx_http_wsgw_pair_key(node->pair, text, key);
    }

    if (key && ngx_strcmp(name, "HGETALL") != 0) {
        words[n].data = number;
        words[n++].len = ngx_sprintf(number, "%06xD",
                                     node->process->zone->number)
                         - number;
    }

    if (line) {
        words[n++] = *line;
    }

    return ngx_http_wsgw_pair_send(node->pair, n, words, done, node);
}


/* the answers of HSETNX, HGET and ZSCORE */

static void
ngx_http_wsgw_node_registered(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_node_t *node = data;

    unsigned               flags;
    wsgw_node_line_t       line;
    wsgw_node_answer_t     answer;
    ngx_http_wsgw_zone_t  *zone;

    if (ngx_http_wsgw_node_read(node, reply, 1, &answer, &line) != NGX_OK) {
        return;
    }

    answer.set = reply->element[0]->type == ngx_http_wsgw_reply_integer
                 && reply->element[0]->integer == 1;

    zone = node->process->zone;

    flags = wsgw_node_watch_registered(&node->watch, ngx_current_msec,
                                       &answer);
    ngx_http_wsgw_node_say(node, flags);

    if (node->watch.self->state != WSGW_NODE_REGISTERED) {
        return;
    }

    if (!ngx_http_wsgw_number_is_registered(zone)) {
        ngx_http_wsgw_number_register(zone, 1);
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "zone \"%V\" is node %06xD \"%V\" in redis",
                      &zone->name, zone->number, &zone->cluster->name);
    }

    ngx_http_wsgw_node_act(node);
}


/* those of HGET, HSET and ZSCORE */

static void
ngx_http_wsgw_node_beaten(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_node_t *node = data;

    wsgw_node_line_t    line;
    wsgw_node_answer_t  answer;

    if (ngx_http_wsgw_node_read(node, reply, 0, &answer, &line) != NGX_OK) {
        return;
    }

    ngx_http_wsgw_node_say(node, wsgw_node_watch_beaten(&node->watch,
                                                        ngx_current_msec,
                                                        &answer));
}


/* of EXEC; "get" is the place of HGET in it.  NGX_DECLINED: there is none, or
   another worker beats by now */

static ngx_int_t
ngx_http_wsgw_node_read(ngx_http_wsgw_node_t *node,
    ngx_http_wsgw_reply_t *reply, ngx_uint_t get, wsgw_node_answer_t *answer,
    wsgw_node_line_t *line)
{
    ngx_int_t               dead;
    ngx_uint_t              i;
    ngx_http_wsgw_reply_t  *got;

    if (reply == NULL || !ngx_http_wsgw_node_beats(node)) {
        return NGX_DECLINED;
    }

    dead = NGX_ERROR;

    if (reply->type == ngx_http_wsgw_reply_array && reply->n == 3) {
        dead = ngx_http_wsgw_redis_score(reply->element[2]);
    }

    for (i = 0; reply->type == ngx_http_wsgw_reply_array && i < reply->n; i++)
    {
        if (reply->element[i]->type == ngx_http_wsgw_reply_error) {
            dead = NGX_ERROR;

            if (ngx_http_wsgw_pair_refused(node->pair, reply->element[i])
                != NGX_OK)
            {
                return NGX_DECLINED;
            }
        }
    }

    if (dead == NGX_ERROR) {
        wsgw_node_watch_lost(&node->watch,
                             ngx_current_msec + node->conf.beat);
        return NGX_DECLINED;
    }

    ngx_memzero(answer, sizeof(wsgw_node_answer_t));

    got = reply->element[get];

    if (got->type == ngx_http_wsgw_reply_string) {

        if (wsgw_node_line_read(line, got->text.data, got->text.len)
            == WSGW_DONE)
        {
            answer->line = line;

        } else {
            answer->foreign = 1;
        }
    }

    answer->dead = dead == NGX_OK;

    return NGX_OK;
}


static void
ngx_http_wsgw_node_polled(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_node_t *node = data;

    if (reply
        && reply->type == ngx_http_wsgw_reply_array
        && ngx_http_wsgw_node_beats(node))
    {
        ngx_http_wsgw_node_say(node, ngx_http_wsgw_poll(node->pair,
                                                        &node->watch, reply));
    }
}


/* What a beat finds is said once; a registration is tried with every beat. */

static void
ngx_http_wsgw_node_say(ngx_http_wsgw_node_t *node, unsigned flags)
{
    ngx_http_wsgw_zone_t  *zone;

    zone = node->process->zone;

    if (flags & WSGW_NODE_TAKEN) {
        flags &= node->taken_logged ? ~(unsigned) WSGW_NODE_TAKEN : flags;
        node->taken_logged = 1;
    }

    ngx_http_wsgw_news(zone, flags);

    if (flags & WSGW_NODE_CLOSE) {

        /* New ids do not say that Redis has the number as ours. */

        ngx_http_wsgw_number_register(zone, 0);
    }
}
